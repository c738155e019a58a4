use std::{error::Error, fmt, time::Duration};

use taskloom_core::{NodeId, State};

use crate::engine::Record;

/// What a run knows of one of its tasks.
#[derive(Clone, Copy)]
pub struct TaskRecord<'a> {
    record: &'a Record,
    node: NodeId,
}

impl<'a> TaskRecord<'a> {
    pub(super) fn new(record: &'a Record, node: NodeId) -> Self {
        Self { record, node }
    }

    /// Its id.
    pub fn id(self) -> &'a str {
        self.record.plan().id(self.node)
    }

    /// How it ended.
    pub fn state(self) -> State {
        self.record.state(self.node)
    }

    /// How many attempts it had; 0 if it did not run.
    pub fn attempts(self) -> u32 {
        self.record.attempts(self.node)
    }

    /// How many executions it had; 0 if it did not run.
    pub fn iterations(self) -> u32 {
        self.record.iterations(self.node)
    }

    /// How long its last attempt took.
    pub fn duration(self) -> Duration {
        let (started, ended) = self.record.times(self.node);
        ended.saturating_sub(started)
    }

    /// The error of its last attempt, if it failed.
    pub fn error(self) -> Option<&'a (dyn Error + Send + Sync)> {
        self.record.failure(self.node).map(|failure| &*failure.error)
    }
}

impl fmt::Debug for TaskRecord<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskRecord")
            .field("id", &self.id())
            .field("state", &self.state())
            .field("attempts", &self.attempts())
            .field("duration", &self.duration())
            .finish()
    }
}
