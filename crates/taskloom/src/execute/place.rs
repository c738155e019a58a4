//! Where the calling code runs: it decides what a thread may do while it waits for a run (rule R-14).

use std::cell::Cell;

use tokio::runtime::{Handle, Id, RuntimeFlavor};

use super::runtime::Runtime;

thread_local! {
    static PLACE: Cell<Option<Place>> = const { Cell::new(None) };
}

/// What of ours called the code that runs on this thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A worker, or a caller that works: a thread that is free to block, until a body enters another runtime than
    /// this one.
    Worker(Option<Id>),
    /// A tokio runtime, which polls an async body after it has yielded.
    Runtime {
        /// Whether it can go on elsewhere while this thread blocks.
        can_move: bool,
    },
}

/// How a thread waits for a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waiting {
    /// It works for the run.
    Working,
    /// It works for the run, and the runtime that it belongs to goes on with another thread.
    Moving,
    /// It blocks a runtime that cannot go on elsewhere, so it runs no bodies: a plain one that called
    /// `block_on` would panic here.
    Idle,
}

impl Place {
    /// Says that what runs on this thread until the guard is dropped is called from here.
    pub(super) fn enter(self) -> Entered {
        Entered(PLACE.replace(Some(self)))
    }

    pub(super) fn worker() -> Self {
        Self::Worker(Handle::try_current().ok().map(|runtime| runtime.id()))
    }

    pub(super) fn on(runtime: &Handle) -> Self {
        Self::Runtime { can_move: can_move(runtime) }
    }
}

/// Restores what was before.
pub(super) struct Entered(Option<Place>);

impl Drop for Entered {
    fn drop(&mut self) {
        PLACE.set(self.0);
    }
}

/// How this thread is to wait for a run of `.blocking()`.
pub(super) fn waiting() -> Waiting {
    let runtime = Handle::try_current();
    match (PLACE.get(), &runtime) {
        (_, Err(_)) => Waiting::Working,
        (Some(Place::Runtime { can_move: true }), _) => Waiting::Moving,
        (Some(Place::Runtime { can_move: false }), _) => Waiting::Idle,
        // A body may have called `Handle::block_on`, and what runs here may do so again.
        (Some(Place::Worker(Some(before))), Ok(now)) if before == now.id() && can_move(now) => Waiting::Moving,
        (Some(Place::Worker(Some(before))), Ok(now)) if before == now.id() => Waiting::Working,
        // The run needs this runtime, so that has to go on.
        (_, Ok(now)) if now.id() == Runtime::own().handle().id() => Waiting::Moving,
        // This may be a task of a runtime, a blocking thread of one or a `LocalSet`: tokio does not say, and panics
        // where it cannot move. The run needs nothing of it.
        _ => Waiting::Idle,
    }
}

fn can_move(runtime: &Handle) -> bool {
    runtime.runtime_flavor() == RuntimeFlavor::MultiThread
}
