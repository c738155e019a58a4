//! How a body waits: on its thread, or in its future (rule D-5).

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    task::{Poll, ready},
    time::Duration,
};

use tokio::time::Sleep;

use super::Context;
use crate::{
    Error, ErrorKind, Result,
    engine::{
        Engine, Execution,
        waiting::{Awaited, Look},
    },
    execute::Runtime,
};

/// Does something that waits for the disk, in a durable run: elsewhere then, so that the caller's runtime goes on.
pub(crate) async fn apart<R: Send + 'static>(durable: bool, act: impl FnOnce() -> R + Send + 'static) -> R {
    if !durable {
        return act();
    }
    match Runtime::own().handle().spawn_blocking(act).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(payload) => std::panic::resume_unwind(payload),
            // The library's own runtime does not end.
            Err(_) => std::future::pending().await,
        },
    }
}

impl Context {
    /// Waits on the calling thread.
    pub(super) fn wait(&self, awaited: Awaited, patience: Option<Duration>) -> Result<()> {
        let engine = self.engine()?;
        let mut look = engine.begin_wait(self.execution, awaited, patience);
        while let Look::Later(wait) = look {
            engine.wait_for_change(self.execution, wait);
            look = engine.look(self.execution);
        }
        self.settle(look)
    }

    /// Waits in the calling future.
    pub(super) async fn wait_async(&self, awaited: Awaited, patience: Option<Duration>) -> Result<()> {
        let engine = self.engine()?;
        let durable = engine.is_durable();
        let pause = Pause::new(&engine, self.execution);
        let (is_over, execution) = (pause.is_over.clone(), self.execution);
        let look = apart(durable, move || {
            if is_over.load(Ordering::SeqCst) {
                return Look::Cancelled;
            }
            let look = engine.begin_wait(execution, awaited, patience);
            // It may have been dropped meanwhile.
            if is_over.load(Ordering::SeqCst) {
                engine.stop_waiting(execution);
            }
            look
        });
        let look = match look.await {
            Look::Later(_) => pause.await,
            look => {
                pause.is_over.store(true, Ordering::SeqCst);
                look
            }
        };
        self.settle(look)
    }

    fn settle(&self, look: Look) -> Result<()> {
        match look {
            Look::Over | Look::Later(_) => Ok(()),
            Look::Leave => {
                let id = self.task_id();
                let message = format!(
                    "`{id}` is suspended, and runs again from its beginning once what it waits for is there\n  hint: pass \
                     this error on with `?`: what the body does from here on does not count"
                );
                Err(Error::new(ErrorKind::RunSuspended, message).task(id))
            }
            Look::Cancelled => Err(self.to_end("so it waits no longer")),
        }
    }

    /// The run, if this attempt may still use it.
    pub(super) fn engine(&self) -> Result<Arc<Engine>> {
        self.under_way()?;
        self.engine.upgrade().ok_or_else(|| self.has_ended())
    }

    pub(super) fn to_end(&self, consequence: &str) -> Error {
        let id = self.task_id();
        Error::new(ErrorKind::RunCancelled, format!("`{id}` is to end, {consequence}")).task(id)
    }

    pub(super) fn used_twice(&self, what: &str, name: &str) -> Error {
        let id = self.task_id();
        let message = format!(
            "`{id}` has two {what} called `{name}` in one execution\n  hint: give each a name of its own; in a loop, put a \
             counter into it"
        );
        Error::new(ErrorKind::DuplicateKey, message).task(id)
    }
}

/// A wait in a future. Dropped before it is over, it lets the body go on.
struct Pause {
    // A future may be kept for longer than its run.
    engine: Weak<Engine>,
    execution: Execution,
    timer: Option<Pin<Box<Sleep>>>,
    is_over: Arc<AtomicBool>,
}

impl Pause {
    fn new(engine: &Arc<Engine>, execution: Execution) -> Self {
        Self { engine: Arc::downgrade(engine), execution, timer: None, is_over: Arc::default() }
    }
}

impl Future for Pause {
    type Output = Look;

    fn poll(mut self: Pin<&mut Self>, context: &mut std::task::Context<'_>) -> Poll<Look> {
        loop {
            let Some(engine) = self.engine.upgrade() else { return Poll::Ready(Look::Cancelled) };
            match engine.look_waking(self.execution, context.waker()) {
                Look::Later(wait) => {
                    let timer = self.timer.insert(Box::pin(Runtime::sleep(wait)));
                    ready!(timer.as_mut().poll(context));
                }
                look => {
                    self.is_over.store(true, Ordering::SeqCst);
                    return Poll::Ready(look);
                }
            }
        }
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        if !self.is_over.swap(true, Ordering::SeqCst)
            && let Some(engine) = self.engine.upgrade()
        {
            engine.stop_waiting(self.execution);
        }
    }
}
