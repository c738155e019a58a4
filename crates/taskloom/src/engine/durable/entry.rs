use std::{sync::Arc, time::Duration};

use taskloom_core::{NodeId, channel::Published};

use crate::engine::waiting::{Awaited, Question};

/// One thing that has happened in a durable run, as its journal keeps it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When, since the run began.
    pub at: Duration,
    /// What.
    pub what: Happened,
}

/// What has happened. Tasks and groups go by their numbers in the run's plan.
#[derive(Clone, Debug)]
pub enum Happened {
    /// A task has started, or the policy of a group is asked.
    Started(NodeId),
    /// A task has succeeded.
    Succeeded {
        /// The task.
        node: NodeId,
        /// Its value, as text; none of a pass that iterates.
        value: Option<Arc<str>>,
        /// What it asked for.
        asked: Asked,
        /// What it has published in the channel by that.
        changes: Vec<Published>,
    },
    /// A map was taken apart.
    Expanded {
        /// The map.
        node: NodeId,
        /// The ids of its elements, in order.
        ids: Vec<String>,
    },
    /// An attempt has failed.
    Failed {
        /// The task.
        node: NodeId,
        /// The text of its error.
        error: Arc<str>,
        /// How long is waited for the next attempt, if there is one.
        wait: Option<Duration>,
    },
    /// The wait before a further attempt is over.
    Due(NodeId),
    /// A task has ended because it was cancelled.
    Dropped(NodeId),
    /// The policy of a group, one of the user's own, was asked.
    Judged {
        /// The group's exit.
        exit: NodeId,
        /// Whether the group has succeeded.
        passed: bool,
        /// The text of the error, if the policy itself has failed.
        error: Option<Arc<str>>,
    },
    /// The run was cancelled from outside, or because its time was over.
    Cancelled {
        /// Whether it was because of the time.
        by_time: bool,
    },
    /// A task has published something in the channel before its end.
    Published {
        /// The task.
        node: NodeId,
        /// What.
        changes: Vec<Published>,
    },
    /// An execution has got something to remember: the result of a step, or the answer to a question.
    Remembered {
        /// The task.
        node: NodeId,
        /// The execution.
        iteration: u32,
        /// Under which key.
        key: String,
        /// What, as text.
        text: Option<Arc<str>>,
        /// What the step has published in the channel.
        changes: Vec<Published>,
    },
    /// An execution has begun to sleep.
    Slept {
        /// The task.
        node: NodeId,
        /// The execution.
        iteration: u32,
        /// Under which key it remembers that.
        key: String,
        /// Until when, since the run began.
        until: Duration,
    },
    /// An execution has asked a question.
    Questioned {
        /// The task.
        node: NodeId,
        /// The execution.
        iteration: u32,
        /// Under which key it remembers that.
        key: String,
        /// What it asks.
        question: Question,
    },
    /// A task waits for a person or for time.
    Suspended {
        /// The task.
        node: NodeId,
        /// For what.
        awaited: Awaited,
    },
    /// What a task waited for is there.
    Continued(NodeId),
    /// The run has come to rest: nothing goes on before a wait is over.
    Rested {
        /// When the first of them is, since the run began, if that is known.
        due: Option<Duration>,
    },
    /// Another process has taken the run up.
    Resumed,
    /// The run was cancelled from outside, and goes on all the same (rule R-10).
    Reopened,
    /// The run has ended.
    Finished {
        /// How, as [`crate::Status`] shows it.
        status: String,
    },
}

/// What a task has asked for from inside (rule R-9).
#[derive(Clone, Debug, Default)]
pub enum Asked {
    /// Nothing.
    #[default]
    Nothing,
    /// To cancel the run, with this message.
    Cancel(String),
    /// To end the run well, with this message.
    Terminate(String),
    /// To run again, with this as the first argument, as text.
    Iterate(Arc<str>),
    /// To go on at these tasks.
    Jump(Vec<Goal>),
    /// To run these tasks as well.
    Add(Vec<Goal>),
}

/// A task that is to run because another one says so.
#[derive(Clone, Debug)]
pub enum Goal {
    /// One that the run has.
    Known(NodeId),
    /// One that was added to it.
    New(Box<NewTask>),
}

/// A task that a run has got beside those of its plan (rule D-7).
#[derive(Clone, Debug)]
pub struct NewTask {
    /// How the front end finds the definition again.
    pub definition: String,
    /// The id that the user chose, if one.
    pub id: Option<String>,
    /// The bound arguments: the number of the parameter, and the value as text or the ids of the tasks whose outputs it
    /// takes.
    pub arguments: Vec<(usize, NewArgument)>,
    /// Its options, if it has some of its own.
    pub options: Option<NewOptions>,
}

/// The options of a [`NewTask`].
#[derive(Clone, Debug)]
pub struct NewOptions {
    /// As in [`RetryPolicy`](taskloom_core::RetryPolicy).
    pub max_retries: u32,
    /// As there.
    pub initial_interval: Duration,
    /// As there.
    pub backoff_factor: f64,
    /// As there.
    pub max_interval: Duration,
    /// As there.
    pub jitter: bool,
    /// Whether it has the filter of its definition, which is the only one that it can have.
    pub filters: bool,
    /// As in [`Options`](taskloom_core::Options).
    pub timeout: Option<Duration>,
    /// As there.
    pub max_cycles: Option<u32>,
    /// As there.
    pub always: bool,
}

/// What fills a parameter of a [`NewTask`].
#[derive(Clone, Debug)]
pub enum NewArgument {
    /// A value, as text.
    Value(Arc<str>),
    /// The output of a task of the run.
    Output(NodeId),
    /// The outputs of several, as a list.
    Outputs(Vec<NodeId>),
}
