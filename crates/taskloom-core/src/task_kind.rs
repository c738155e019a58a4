use std::ops::BitOr;

use crate::{Backend, Instance};

/// What it takes to run a ready node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum TaskKind {
    /// A thread.
    Plain,
    /// A thread that can be done without, should the function outrun its timeout.
    Timed,
    /// An executor of futures.
    Async,
    /// Somebody who asks a policy of the user's own about its group. That is no task: it counts for no limit.
    Judgement,
}

impl TaskKind {
    /// The kinds that tasks have.
    pub(crate) const OF_TASKS: [Self; 3] = [Self::Plain, Self::Timed, Self::Async];

    pub(crate) fn of(task: &Instance, backend: Backend) -> Self {
        match task.options().timeout {
            // A thread waits for the process, and ends that if it takes too long.
            _ if backend == Backend::Processes => Self::Plain,
            _ if task.definition().body().is_async() => Self::Async,
            Some(_) => Self::Timed,
            None => Self::Plain,
        }
    }
}

/// The kinds of nodes that somebody can run.
///
/// ```
/// use taskloom_core::{TaskKind, TaskKinds};
///
/// let loops = TaskKinds::of(TaskKind::Async) | TaskKinds::of(TaskKind::Judgement);
/// assert!(loops.contains(TaskKind::Async) && !loops.contains(TaskKind::Plain));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskKinds(u8);

impl TaskKinds {
    /// None.
    pub const NONE: Self = Self(0);
    /// All of them.
    pub const ALL: Self = Self(0b1111);

    /// One of them.
    pub const fn of(kind: TaskKind) -> Self {
        Self(1 << kind as u8)
    }

    /// Whether a kind is among them.
    pub const fn contains(self, kind: TaskKind) -> bool {
        self.0 & Self::of(kind).0 != 0
    }

    /// All but these.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

impl BitOr for TaskKinds {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
