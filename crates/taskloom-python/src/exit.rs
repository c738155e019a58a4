//! The end of the process.
//!
//! Before Python 3.14 a thread that asks for the interpreter once that has begun to finalize is ended by
//! `pthread_exit`, and the process aborts if there is a Rust frame on its stack. So whatever may let go of
//! the interpreter on a thread that can outlive it, says that it is in here; at exit we wait until nobody
//! is, and who comes later is parked for good.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, ThreadId},
    time::{Duration, Instant},
};

use pyo3::prelude::*;

/// The thread that exits, once it does.
static EXITING: OnceLock<ThreadId> = OnceLock::new();

/// How many calls are in here.
static INSIDE: AtomicUsize = AtomicUsize::new(0);

/// How long the exit waits: a call that takes longer is stuck in code of the user's.
const PATIENCE: Duration = Duration::from_secs(2);

/// A call that is in here, until it is dropped.
pub(crate) struct Inside(());

impl Inside {
    pub(crate) fn enter(py: Python<'_>) -> Self {
        INSIDE.fetch_add(1, Ordering::SeqCst);
        let inside = Self(());
        if is_over() {
            py.detach(|| inside.before_attaching());
        }
        inside
    }

    /// The same for a thread that has not taken up the interpreter; `None` if the process exits.
    pub(crate) fn enter_detached() -> Option<Self> {
        INSIDE.fetch_add(1, Ordering::SeqCst);
        let inside = Self(());
        (!is_over()).then_some(inside)
    }

    /// Goes no further if the process exits; to be called before it takes up the interpreter again.
    pub(crate) fn before_attaching(&self) {
        if is_over() {
            INSIDE.fetch_sub(1, Ordering::SeqCst);
            park();
        }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.fetch_sub(1, Ordering::SeqCst);
    }
}

fn is_over() -> bool {
    EXITING.get().is_some_and(|exiting| *exiting != thread::current().id())
}

fn park() -> ! {
    loop {
        thread::park();
    }
}

/// In a process that was forked: the calls in here were those of threads that it does not have.
pub(crate) fn forked() {
    INSIDE.store(0, Ordering::SeqCst);
}

/// Says that the interpreter is about to finalize, and waits until nobody else is in here.
#[pyfunction]
pub(crate) fn exiting(py: Python<'_>) {
    EXITING.get_or_init(|| thread::current().id());
    py.detach(|| {
        let until = Instant::now() + PATIENCE;
        while INSIDE.load(Ordering::SeqCst) > 0 && Instant::now() < until {
            thread::sleep(Duration::from_millis(1));
        }
    });
}
