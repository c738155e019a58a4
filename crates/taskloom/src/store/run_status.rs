use std::{fmt, time::SystemTime};

use super::micros;
use crate::Status;

/// How far a recorded run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunStatus {
    /// It is under way; or it was, when the process that drove it died.
    Running,
    /// It waits for answers or for time, and nobody drives it.
    Suspended {
        /// When the first of its timers is due, if it has one.
        until: Option<SystemTime>,
    },
    /// It has ended.
    Ended(Status),
}

impl RunStatus {
    /// Whether the run has ended.
    pub fn is_ended(self) -> bool {
        matches!(self, Self::Ended(_))
    }

    /// Whether the run has ended for good: nobody will go on with it.
    pub(super) fn is_final(self) -> bool {
        matches!(self, Self::Ended(Status::Succeeded | Status::Terminated))
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Suspended { .. } | Self::Ended(Status::Suspended) => "suspended",
            Self::Ended(Status::Succeeded) => "succeeded",
            Self::Ended(Status::Terminated) => "terminated",
            Self::Ended(Status::Failed) => "failed",
            Self::Ended(Status::Cancelled) => "cancelled",
        }
    }

    pub(super) fn until(self) -> Option<i64> {
        match self {
            Self::Suspended { until } => until.map(micros::of_time),
            _ => None,
        }
    }

    pub(super) fn named(name: &str, until: Option<i64>) -> Option<Self> {
        Some(match name {
            "running" => Self::Running,
            "suspended" => Self::Suspended { until: until.map(micros::to_time) },
            "succeeded" => Self::Ended(Status::Succeeded),
            "terminated" => Self::Ended(Status::Terminated),
            "failed" => Self::Ended(Status::Failed),
            "cancelled" => Self::Ended(Status::Cancelled),
            _ => return None,
        })
    }
}

impl From<Status> for RunStatus {
    fn from(status: Status) -> Self {
        Self::Ended(status)
    }
}

impl fmt::Display for RunStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
