use std::{fmt, time::Duration};

use crate::State;

/// What a picture of a run says of a task or a group: how it stands, and how long it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// How it stands.
    pub state: State,
    /// How long it took, if that is known.
    pub duration: Option<Duration>,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.duration {
            None => self.state.fmt(f),
            Some(duration) => write!(f, "{} in {duration:.1?}", self.state),
        }
    }
}

/// The colors of a box. Each state has a text as well, since not everybody sees colors.
#[derive(Clone, Copy)]
pub(super) struct Colors {
    pub(super) ground: &'static str,
    pub(super) line: &'static str,
    is_dashed: bool,
}

/// Where nothing is known of a run.
pub(super) const PLAIN: Colors = Colors { ground: "#ffffff", line: "#495057", is_dashed: false };

impl Colors {
    pub(super) fn dashes(self) -> &'static str {
        if self.is_dashed { " stroke-dasharray=\"4 3\"" } else { "" }
    }
}

impl Mark {
    pub(super) fn colors(self) -> Colors {
        let (ground, line, is_dashed) = match self.state {
            State::Succeeded => ("#e6f5e9", "#2b8a3e", false),
            State::Failed => ("#fdeaea", "#c92a2a", false),
            State::Cancelled => ("#fff3dc", "#a85800", false),
            State::Skipped | State::NotRun => ("#f4f5f6", "#757d85", true),
            State::Waiting | State::Ready | State::Running | State::BackingOff | State::Suspended => {
                ("#e7f1fb", "#1c6fb8", false)
            }
        };
        Colors { ground, line, is_dashed }
    }
}
