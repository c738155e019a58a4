use std::{fmt, time::Duration};

use taskloom_core::{Control, NodeId, RunPlan, State};

use crate::{
    Status,
    engine::{Entry, Execution, What},
};

/// Something that has happened in a run. It displays itself without the time, such as
/// `tokyo failed: no network; the next attempt follows in 1s`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    at: Duration,
    task_id: Option<String>,
    iteration: u32,
    attempt: u32,
    kind: EventKind,
}

/// What has happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventKind {
    /// The run has begun: the first event.
    RunStarted,
    /// An attempt to run the task has begun.
    Started,
    /// The attempt has succeeded.
    Succeeded,
    /// The attempt has failed.
    Failed {
        /// The text of its error.
        error: String,
        /// The wait before the next attempt; `None` if no other follows.
        retry_after: Option<Duration>,
    },
    /// The task is skipped, in this pass if it is in a loop.
    Skipped,
    /// The attempt was ended in the middle, since the run or the task's group is being cancelled.
    Cancelled,
    /// The attempt has outrun its timeout in a plain function, whose thread is not waited for. That it has failed is
    /// the next event.
    Abandoned,
    /// The wait before this attempt is over.
    RetryDue,
    /// All branches of the group, or all elements of the map, have ended, and its policy has judged them.
    GroupEnded {
        /// [`State::Succeeded`], [`State::Failed`], or [`State::Skipped`].
        state: State,
    },
    /// The attempt, which has succeeded, asks to go on at other tasks. A run that is ending follows no wish.
    Jump {
        /// Their ids.
        targets: Vec<String>,
    },
    /// The attempt, which has succeeded, adds tasks to the run, beside what follows it.
    Add {
        /// Their ids.
        targets: Vec<String>,
    },
    /// The map was taken apart: its elements are tasks of their own.
    Expanded {
        /// How many elements it has.
        elements: u32,
    },
    /// The attempt, which has succeeded, asks for a further iteration.
    Iterate,
    /// The attempt, which has succeeded, ends the run as a success.
    Terminate {
        /// What it says.
        message: String,
    },
    /// The attempt, which has succeeded, cancels the run.
    Cancel {
        /// What it says.
        message: String,
    },
    /// The run has ended: the last event.
    RunEnded {
        /// How.
        status: Status,
    },
}

impl Event {
    pub(crate) fn new(plan: &RunPlan, Entry { at, what }: Entry) -> Self {
        let run = |kind| Self { at, task_id: None, iteration: 0, attempt: 0, kind };
        let node = |node: NodeId, kind| Self { task_id: Some(plan.id(node).to_owned()), ..run(kind) };
        let of = |execution: Execution, kind| {
            let Execution { iteration, attempt, .. } = execution;
            Self { iteration, attempt, ..node(execution.node, kind) }
        };
        match what {
            What::RunStarted => run(EventKind::RunStarted),
            // Only recorders hear that arguments are there.
            What::Started(execution) | What::Called(execution, _) => of(execution, EventKind::Started),
            What::Succeeded(execution) => of(execution, EventKind::Succeeded),
            What::Failed { execution, error, retry_after } => {
                of(execution, EventKind::Failed { error: (*error).to_owned(), retry_after })
            }
            What::Skipped(task) => node(task, EventKind::Skipped),
            What::Cancelled(execution) => of(execution, EventKind::Cancelled),
            What::Abandoned(execution) => of(execution, EventKind::Abandoned),
            What::RetryDue(execution) => of(execution, EventKind::RetryDue),
            What::GroupEnded(group, state) => node(group, EventKind::GroupEnded { state }),
            What::Asked(execution, control, message) => {
                let message = message.unwrap_or_default();
                let ids = |targets: Vec<NodeId>| targets.iter().map(|&target| plan.id(target).to_owned()).collect();
                of(
                    execution,
                    match control {
                        Control::Cancel => EventKind::Cancel { message },
                        Control::Terminate => EventKind::Terminate { message },
                        Control::Iterate => EventKind::Iterate,
                        Control::Jump(targets) => EventKind::Jump { targets: ids(targets) },
                        Control::Add(targets) => EventKind::Add { targets: ids(targets) },
                    },
                )
            }
            What::Expanded(execution, elements) => of(execution, EventKind::Expanded { elements }),
            What::RunEnded(outcome) => run(EventKind::RunEnded { status: outcome.into() }),
        }
    }

    /// When it happened, since the run began.
    pub fn at(&self) -> Duration {
        self.at
    }

    /// The id of the task, or the name of the group; `None` if it happened to the run.
    pub fn task_id(&self) -> Option<&str> {
        self.task_id.as_deref()
    }

    /// Which execution of the task it is about; the first is 1. 0 if it is about none.
    pub fn iteration(&self) -> u32 {
        self.iteration
    }

    /// Which attempt of that execution it is about; the first is 1. 0 if it is about none.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// What happened.
    pub fn kind(&self) -> &EventKind {
        &self.kind
    }
}

impl EventKind {
    /// Its name: `run started`, `started`, `succeeded`, `failed`, `skipped`, `cancelled`, `abandoned`, `retry due`,
    /// `group ended`, `jump`, `add`, `expanded`, `iterate`, `terminate`, `cancel`, `run ended`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::RunStarted => "run started",
            Self::Started => "started",
            Self::Succeeded => "succeeded",
            Self::Failed { .. } => "failed",
            Self::Skipped => "skipped",
            Self::Cancelled => "cancelled",
            Self::Abandoned => "abandoned",
            Self::RetryDue => "retry due",
            Self::GroupEnded { .. } => "group ended",
            Self::Jump { .. } => "jump",
            Self::Add { .. } => "add",
            Self::Expanded { .. } => "expanded",
            Self::Iterate => "iterate",
            Self::Terminate { .. } => "terminate",
            Self::Cancel { .. } => "cancel",
            Self::RunEnded { .. } => "run ended",
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(id) = &self.task_id {
            write!(f, "{id} ")?;
        }
        if self.iteration > 1 {
            write!(f, "(iteration {}) ", self.iteration)?;
        }
        if self.attempt > 1 {
            write!(f, "(attempt {}) ", self.attempt)?;
        }
        match &self.kind {
            EventKind::Failed { error, retry_after } => {
                write!(f, "failed: {error}")?;
                match retry_after {
                    None => Ok(()),
                    Some(Duration::ZERO) => f.write_str("; the next attempt follows"),
                    Some(wait) => write!(f, "; the next attempt follows in {wait:?}"),
                }
            }
            EventKind::GroupEnded { state } => write!(f, "ended: {state}"),
            EventKind::Jump { targets } => write!(f, "asks to go on at {}", targets.join(", ")),
            EventKind::Add { targets } => write!(f, "adds {}", targets.join(", ")),
            EventKind::Expanded { elements } => write!(f, "has {elements} elements"),
            EventKind::Iterate => f.write_str("asks for a further iteration"),
            EventKind::Terminate { message } => write!(f, "ends the run{}", said(message)),
            EventKind::Cancel { message } => write!(f, "cancels the run{}", said(message)),
            EventKind::RunEnded { status } => write!(f, "run ended: {status}"),
            kind => f.write_str(kind.name()),
        }
    }
}

fn said(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}
