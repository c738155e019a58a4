use taskloom_core::State;

/// What the reference knows of a node.
#[expect(clippy::struct_excessive_bools, reason = "each says something else")]
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record {
    pub(super) state: State,
    /// How its last finished pass ended.
    pub(super) last: Option<State>,
    pub(super) iteration: u32,
    pub(super) attempt: u32,
    /// Whether it has waited, so that the attempt goes on with the next start.
    pub(super) has_waited: bool,
    /// Whether an execution has ever started.
    pub(super) has_run: bool,
    /// Whether a jump made it ready.
    pub(super) by_jump: bool,
    /// The node that a jump or a loop edge came from.
    pub(super) cause: Option<usize>,
    pub(super) after: Option<After>,
    /// Whether its group has told it to end.
    pub(super) is_being_cancelled: bool,
}

/// What becomes of a node once the execution under way has ended, without letting an edge arrive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum After {
    Wait,
    ReadyAgain { cause: usize },
}

impl Record {
    pub(super) fn new() -> Self {
        Self {
            state: State::Waiting,
            last: None,
            iteration: 1,
            attempt: 1,
            has_waited: false,
            has_run: false,
            by_jump: false,
            cause: None,
            after: None,
            is_being_cancelled: false,
        }
    }

    /// Whether it is ready or under way.
    pub(super) fn is_active(&self) -> bool {
        matches!(self.state, State::Ready | State::Running | State::BackingOff | State::Suspended)
    }

    /// Whether an execution has begun that the next start goes on with.
    pub(super) fn is_begun(&self) -> bool {
        self.attempt > 1 || self.has_waited || self.state == State::Suspended
    }

    pub(super) fn has_ended(&self) -> bool {
        matches!(self.state, State::Succeeded | State::Failed | State::Skipped | State::Cancelled)
    }
}
