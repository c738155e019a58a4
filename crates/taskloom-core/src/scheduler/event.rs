use std::num::NonZeroU32;

use crate::NodeId;

/// Something that has happened in a run, told to the scheduler by a driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The node that [`crate::Scheduler::next`] gave has been started.
    Started(NodeId),
    /// A running node has succeeded.
    Succeeded(NodeId),
    /// A running node's attempt has failed. With `retry` it is ready again, unless the run is ending.
    Failed {
        /// The node.
        node: NodeId,
        /// Whether a further attempt follows.
        retry: bool,
    },
    /// A running node was dropped in the middle, which cancels the run.
    Dropped(NodeId),
    /// The run was cancelled from outside.
    Cancelled,
}

/// What a run may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// How many tasks run at the same time, at most.
    pub max_concurrency: Option<NonZeroU32>,
}

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything that was to run did, and nothing failed that no group forgave.
    Succeeded,
    /// A task or a group failed; this one first.
    Failed(NodeId),
    /// It was cancelled from outside.
    Cancelled,
}
