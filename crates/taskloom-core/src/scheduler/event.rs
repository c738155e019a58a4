use std::num::NonZeroU32;

use crate::NodeId;

/// Something that has happened in a run, told to the scheduler by a driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The node that [`crate::Scheduler::next`] gave has been started.
    Started(NodeId),
    /// A running node has succeeded.
    Succeeded(NodeId),
    /// A running node has succeeded and asks for something.
    Directed {
        /// The node.
        node: NodeId,
        /// What it asks for.
        control: Control,
    },
    /// A running node that is a map was taken apart.
    Expanded {
        /// The node.
        node: NodeId,
        /// The number of its first element.
        first: NodeId,
        /// How many elements it has.
        count: u32,
    },
    /// A running node's attempt has failed.
    Failed {
        /// The node.
        node: NodeId,
        /// Whether a further attempt follows.
        retry: Retry,
    },
    /// The wait of a node that backs off is over. Nothing happens if it does not back off any more.
    Due(NodeId),
    /// A running node was dropped in the middle: since the run or its group is being cancelled; else that
    /// cancels the run.
    Dropped(NodeId),
    /// A running node waits for a person or for time, and holds no slot meanwhile.
    Suspended(NodeId),
    /// What a suspended node waited for is there: it is ready again, for the same attempt. Nothing happens if it is not
    /// suspended any more.
    Continued(NodeId),
    /// The policy of a group has been asked, one of the user's own, after its exit had been started.
    Judged {
        /// The group's exit.
        exit: NodeId,
        /// Whether the group has succeeded.
        passed: bool,
    },
    /// The run was cancelled from outside.
    Cancelled,
}

/// What an execution asks for from inside (rule R-9). Of several wishes a driver passes on the first in the
/// order of these variants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Control {
    /// The run is cancelled.
    Cancel,
    /// The run ends well, here.
    Terminate,
    /// The node runs again, before anything behind it does.
    Iterate,
    /// The run goes on at these tasks. Those that the run did not have were added to its [`crate::RunPlan`] before.
    Jump(Vec<NodeId>),
    /// These tasks, which were added just now, run as well.
    Add(Vec<NodeId>),
}

impl Control {
    /// The tasks that are to run because of it.
    pub(super) fn targets(&self) -> &[NodeId] {
        match self {
            Self::Jump(targets) | Self::Add(targets) => targets,
            Self::Cancel | Self::Terminate | Self::Iterate => &[],
        }
    }
}

/// Whether an attempt that failed is followed by another. A run that is ending follows none up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// The execution has failed.
    No,
    /// The node is ready again.
    Now,
    /// The node backs off, until [`Event::Due`].
    Later,
}

/// Something that a driver has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Cancel a running node.
    Cancel(NodeId),
    /// Cancel all running nodes.
    CancelAll,
    /// All elements of a map have ended: what they gave is its value.
    Mapped(NodeId),
}

/// What a run may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// How many tasks run at the same time, at most.
    pub max_concurrency: Option<NonZeroU32>,
    /// How many executions start, at most; further attempts do not count. Clean-ups run in any case.
    pub max_steps: Option<u64>,
}

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything that was to run did, and nothing failed that no group forgave.
    Succeeded,
    /// This task ended it, as a success.
    Terminated(NodeId),
    /// A task or a group failed; this one first.
    Failed(NodeId),
    /// This task would have been executed more often than it may; or this group is in a loop in which nothing
    /// can run, so that it would never end.
    CycleLimit(NodeId),
    /// As many executions as may had started, and this task was to be the next.
    StepLimit(NodeId),
    /// It was cancelled from outside.
    Cancelled,
    /// This task cancelled it.
    CancelledBy(NodeId),
}

impl Outcome {
    /// Whether the run did what it was to do.
    pub fn is_success(self) -> bool {
        matches!(self, Self::Succeeded | Self::Terminated(_))
    }

    /// Whether what is running is told to end.
    pub fn cancels_running(self) -> bool {
        matches!(self, Self::Cancelled | Self::CancelledBy(_))
    }
}
