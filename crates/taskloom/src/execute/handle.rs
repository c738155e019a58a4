use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use super::host::RustHost;
use crate::{Result, Run, engine::Engine};

/// A run in the background; awaiting it gives the [`Run`]. Dropping it lets the run go on.
pub struct RunHandle {
    engine: Arc<Engine>,
    host: Arc<RustHost>,
}

impl RunHandle {
    pub(super) fn new(engine: Arc<Engine>, host: Arc<RustHost>) -> Self {
        Self { engine, host }
    }

    /// Cancels the run: nothing new starts, async tasks are dropped at their next suspension point, plain
    /// functions that are running have the time of [`grace`](crate::Execute::grace). Awaiting the handle then gives an error of kind
    /// [`RunCancelled`](crate::ErrorKind::RunCancelled).
    pub fn cancel(&self) {
        self.engine.cancel();
    }

    /// Whether the run has ended.
    pub fn is_finished(&self) -> bool {
        self.engine.is_finished()
    }
}

impl Future for RunHandle {
    type Output = Result<Run>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.host.poll_finished(&self.engine, context).map(|()| Run::finish(&self.engine))
    }
}

impl fmt::Debug for RunHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunHandle").field("finished", &self.is_finished()).finish_non_exhaustive()
    }
}
