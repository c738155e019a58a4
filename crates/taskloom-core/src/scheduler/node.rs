use super::State;
use crate::NodeId;

/// What the scheduler knows of a node.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    /// How many edges that count have not arrived.
    pub(super) pending: u32,
    /// How many of those that have arrived did so live.
    pub(super) live: u32,
    pub(super) phase: Phase,
    /// How the last pass ended; [`State::Waiting`] if there was none.
    pub(super) last: State,
    /// Whether an execution has ever started.
    pub(super) has_run: bool,
    /// Whether a jump made it ready.
    pub(super) by_jump: bool,
}

/// Where a node is in its present pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Not all of its edges have arrived.
    Waiting,
    Ready,
    Running,
    /// Elements of the map are ready or under way.
    Mapping,
    /// A failed attempt waits for the next.
    BackingOff,
    /// It waits for a person or for time.
    Suspended,
    /// As [`Node::last`] says.
    Ended,
    /// The run ended first.
    Stopped,
}

/// What happens once the execution under way has ended, other than that its edges arrive (rules S-4, S-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// It waits for its edges again.
    Wait,
    /// It is ready again, since this node jumped to it.
    ReadyAgain(NodeId),
}

impl Node {
    pub(super) fn new(pending: u32) -> Self {
        Self { pending, live: 0, phase: Phase::Waiting, last: State::Waiting, has_run: false, by_jump: false }
    }

    /// Whether it is ready or under way.
    pub(super) fn is_active(&self) -> bool {
        matches!(self.phase, Phase::Ready | Phase::Running | Phase::Mapping | Phase::BackingOff | Phase::Suspended)
    }
}
