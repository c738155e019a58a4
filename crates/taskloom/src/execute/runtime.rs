use std::{sync::OnceLock, time::Duration};

use tokio::{
    runtime::{Builder, Handle, Runtime as Tokio},
    time::Sleep,
};

/// How many threads for workers the library's own runtime makes on demand, at most. Runs that wait for runs hold a
/// thread each, so that must not be what ends first; a system gives fewer (a process of Linux 32,768 by default).
const MOST_THREADS: usize = 1 << 16;

/// The tokio runtime of a run: the caller's, or the library's own.
pub(crate) enum Runtime {
    Given(Handle),
    Own,
}

impl Runtime {
    /// The runtime that the calling code runs on, if it does.
    pub(crate) fn current() -> Self {
        Handle::try_current().map_or(Self::Own, Self::Given)
    }

    /// The library's own runtime. It is made when something first needs it: a chain of plain functions
    /// does not.
    pub(crate) fn own() -> Self {
        Self::Own
    }

    /// A wait on the library's own runtime, to be polled anywhere: the caller's may have been made without a clock.
    pub(crate) fn sleep(wait: Duration) -> Sleep {
        let _inside = Self::Own.handle().enter();
        tokio::time::sleep(wait)
    }

    /// The caller's runtime, if it has one.
    pub(crate) fn given(&self) -> Option<&Handle> {
        match self {
            Self::Given(handle) => Some(handle),
            Self::Own => None,
        }
    }

    pub(crate) fn handle(&self) -> &Handle {
        static OWN: OnceLock<Tokio> = OnceLock::new();
        match self {
            Self::Given(handle) => handle,
            Self::Own => OWN
                .get_or_init(|| {
                    Builder::new_multi_thread()
                        .worker_threads(1)
                        .max_blocking_threads(MOST_THREADS)
                        .thread_name("taskloom")
                        .enable_all()
                        .build()
                        .expect("the system gives no thread or descriptor for a runtime")
                })
                .handle(),
        }
    }
}
