use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use parking_lot::Mutex;
use taskloom_core::{
    Gathered, Inputs, NodeId, Plan, Value,
    channel::{Attempt, Pending},
    resolve,
};

use super::{Asks, Failure, channel::Slot};

/// One attempt to run one task, to be ended with [`super::Engine::end`].
#[derive(Debug)]
pub struct Job {
    /// The task's node.
    pub node: NodeId,
    /// The execution that this is of the task; the first is 1.
    pub iteration: u32,
    /// The attempt; the first is 1.
    pub attempt: u32,
    /// Since the run began.
    pub(super) started: Duration,
    /// What is needed beside the bound values, if anything is.
    pub(super) sources: Option<Box<Sources>>,
    asks: OnceLock<Arc<Mutex<Asks>>>,
    slot: OnceLock<Arc<Slot>>,
}

/// Names an attempt: node, iteration and attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Execution {
    /// The task's node.
    pub node: NodeId,
    pub(super) iteration: u32,
    pub(super) attempt: u32,
}

/// An attempt, and what it has written to the channel: enough to end it from outside.
#[derive(Clone, Debug)]
pub struct Watched {
    pub(super) execution: Execution,
    pub(super) slot: Arc<Slot>,
}

/// Where the arguments of an execution come from, beside bound values.
#[derive(Debug, Default)]
pub(super) struct Sources {
    /// The results that open parameters may need.
    pub(super) gathered: Gathered,
    /// The node that a jump or a loop edge came from.
    pub(super) cause: Option<NodeId>,
    /// What `next_iteration` passes to the first parameter.
    pub(super) data: Option<Value>,
}

impl Job {
    pub(super) fn new(node: NodeId, iteration: u32, attempt: u32, started: Duration) -> Self {
        Self { node, iteration, attempt, started, sources: None, asks: OnceLock::new(), slot: OnceLock::new() }
    }

    /// Decides what fills the parameters that have no value of their own (rule R-3).
    ///
    /// # Errors
    ///
    /// A [`Failure`] that says which parameter has no value and where it was looked for.
    pub fn inputs(&self, plan: &Plan, channel: impl Fn(&str) -> Option<Value>) -> Result<Inputs, Failure> {
        let Some(sources) = &self.sources else { return Ok(Inputs::new()) };
        let Sources { gathered, cause, data } = &**sources;
        resolve(plan, self.node, gathered, *cause, data.as_ref(), channel)
            .map_err(|missing| Failure::lasting(Unfilled(missing.message)))
    }

    /// Which attempt this is.
    pub fn execution(&self) -> Execution {
        Execution { node: self.node, iteration: self.iteration, attempt: self.attempt }
    }

    /// What is needed to end the attempt from outside.
    pub(super) fn watched(&self) -> Watched {
        Watched { execution: self.execution(), slot: self.slot().clone() }
    }

    /// What the execution asks for; shared with its context.
    pub fn asks(&self) -> &Arc<Mutex<Asks>> {
        self.asks.get_or_init(Arc::default)
    }

    /// What the attempt has written to the channel; shared with its context.
    pub(super) fn slot(&self) -> &Arc<Slot> {
        self.slot.get_or_init(|| {
            let attempt = Attempt { node: self.node, iteration: self.iteration, number: self.attempt };
            Arc::new(Slot::new(attempt))
        })
    }

    /// Refuses whatever the attempt tries from here on.
    pub(super) fn close_channel(&self) -> Option<Pending> {
        self.slot.get()?.close()
    }

    pub(super) fn take_asks(&self) -> Option<Asks> {
        self.asks.get().map(|asks| std::mem::take(&mut *asks.lock()))
    }
}

/// An argument that nothing gave.
#[derive(Debug)]
pub(super) struct Unfilled(String);

impl std::fmt::Display for Unfilled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unfilled {}
