use std::fmt;

/// What a node of a run is doing, or how it ended (rule S-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// An edge has not arrived.
    Waiting,
    /// It can start.
    Ready,
    /// It has been started and has not ended.
    Running,
    /// An attempt has failed, and the next waits for its time.
    BackingOff,
    /// It waits for a person or for time.
    Suspended,
    /// It has ended with a value.
    Succeeded,
    /// It has ended with an error.
    Failed,
    /// Nothing that leads to it succeeded.
    Skipped,
    /// It was running when the run was cancelled.
    Cancelled,
    /// The run ended first.
    NotRun,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Waiting => "waiting",
            Self::Ready => "ready",
            Self::Running => "running",
            Self::BackingOff => "backing off",
            Self::Suspended => "suspended",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Cancelled => "cancelled",
            Self::NotRun => "not run",
        })
    }
}
