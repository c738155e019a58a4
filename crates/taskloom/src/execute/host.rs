use std::{
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{runtime::Handle, sync::Notify};

use super::{runtime::Runtime, worker};
use crate::{
    context::apart,
    engine::{Engine, Execution, Host, Timer},
};

/// What a run on a tokio runtime needs beside the engine.
pub(crate) struct RustHost {
    runtime: Runtime,
    /// Whoever awaits the run.
    waker: Mutex<Option<std::task::Waker>>,
    /// Tells async tasks that some of them are to end.
    cancelling: Notify,
}

impl RustHost {
    pub(super) fn new(runtime: Runtime) -> Self {
        Self { runtime, waker: Mutex::new(None), cancelling: Notify::new() }
    }

    pub(super) fn handle(&self) -> &Handle {
        self.runtime.handle()
    }

    /// The caller's runtime, if it has one.
    pub(super) fn given(&self) -> Option<&Handle> {
        self.runtime.given()
    }

    /// Ready once a running task is to end.
    pub(super) async fn cancelled(&self, engine: &Engine, execution: Execution) {
        loop {
            // Once this is there it hears of a cancellation; of an earlier one the engine tells.
            let cancelling = self.cancelling.notified();
            if engine.is_cancelled(execution) {
                return;
            }
            cancelling.await;
        }
    }

    /// Ready once the run has ended.
    pub(super) fn poll_finished(&self, engine: &Engine, context: &mut Context<'_>) -> Poll<()> {
        if engine.is_finished() {
            return Poll::Ready(());
        }
        *self.waker.lock() = Some(context.waker().clone());
        // It may have ended before the waker was in place.
        if engine.is_finished() { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// An executor of async tasks that has been called. A runtime that shuts down drops it before it arrives; nobody would
/// run these then, so this cancels the run.
struct Called(Option<Arc<Engine>>);

impl Called {
    fn new(engine: &Arc<Engine>) -> Self {
        Self(Some(engine.clone()))
    }

    /// It has come.
    fn arrive(mut self) -> Option<Arc<Engine>> {
        self.0.take()
    }
}

impl Drop for Called {
    fn drop(&mut self) {
        if let Some(engine) = &self.0 {
            engine.cancel();
        }
    }
}

impl Host for Arc<RustHost> {
    fn start_worker(&self, engine: &Arc<Engine>) {
        // Not in the pool of the caller's runtime: that may be small, and its threads may all wait for runs (rule R-14).
        let (engine, host) = (engine.clone(), self.clone());
        Runtime::own().handle().spawn_blocking(move || worker::work(&engine, &host));
    }

    fn start_async(&self, engine: &Arc<Engine>) {
        let (called, host) = (Called::new(engine), self.clone());
        drop(self.handle().spawn(async move {
            if let Some(engine) = called.arrive() {
                worker::work_async(engine, host).await;
            }
        }));
    }

    fn wake_later(&self, engine: &Arc<Engine>, wait: Duration, timer: Timer) {
        // A run that has ended does not stay for its timers.
        let engine = Arc::downgrade(engine);
        drop(Runtime::own().handle().spawn(async move {
            tokio::time::sleep(wait).await;
            if let Some(engine) = engine.upgrade() {
                apart(engine.is_durable(), move || engine.due(timer)).await;
            }
        }));
    }

    fn cancelled(&self) {
        self.cancelling.notify_waiters();
    }

    fn warn(&self, warning: &str) {
        tracing::warn!("{warning}");
    }

    fn finished(&self) {
        let waker = self.waker.lock().take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}
