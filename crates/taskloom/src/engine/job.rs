use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use parking_lot::Mutex;
use taskloom_core::{
    BuildError, Expansion, Gathered, Inputs, NodeId, RunPlan, Value,
    channel::{Attempt, Pending},
    resolve,
};
use tracing::Span;

use super::{Asks, Failure, Judgement, asks::Peek, channel::Slot};

/// One attempt to run one task, to be ended with [`super::Engine::end`]; or a group to be judged.
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
    /// How many entries of the run's journal have to be written before it may begin.
    pub(super) rests_on: u64,
    /// What is needed beside the bound values, if anything is.
    pub(super) sources: Option<Box<Sources>>,
    pub(super) judgement: Option<Box<Judgement>>,
    asks: OnceLock<Arc<Mutex<Asks>>>,
    slot: OnceLock<Arc<Slot>>,
    /// The attempt's span, if there is one, until it has ended.
    pub(super) span: Mutex<Option<Box<Span>>>,
}

/// Names an attempt: node, iteration and attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Execution {
    /// The task's node.
    pub node: NodeId,
    /// The execution that this is of the task; the first is 1.
    pub iteration: u32,
    /// The attempt; the first is 1.
    pub attempt: u32,
}

/// An attempt, and what it has written to the channel: enough to end it from outside.
#[derive(Clone, Debug)]
pub struct Watched {
    pub(super) execution: Execution,
    pub(super) slot: Arc<Slot>,
    /// An execution that has waited begins again as the same attempt.
    pub(super) started: Duration,
}

/// Where the arguments of an execution come from, beside bound values.
#[derive(Debug, Default)]
pub(super) struct Sources {
    /// The results that open parameters may need.
    pub(super) gathered: Gathered,
    /// The node that a jump or a loop edge came from.
    pub(super) cause: Option<NodeId>,
    /// Values that this run has for parameters, whatever these are bound to (rule D-2).
    pub(super) overridden: Vec<(usize, Value)>,
    /// What `next_iteration` passes to the first parameter.
    pub(super) data: Option<Value>,
    /// Which element of a map this is.
    pub(super) element: Option<(Arc<Expansion>, u32)>,
}

impl Job {
    pub(super) fn new(node: NodeId, iteration: u32, attempt: u32, started: Duration) -> Self {
        Self {
            node,
            iteration,
            attempt,
            started,
            rests_on: 0,
            sources: None,
            judgement: None,
            asks: OnceLock::new(),
            slot: OnceLock::new(),
            span: Mutex::new(None),
        }
    }

    /// Decides what fills the parameters that have no value of their own (rule R-3).
    ///
    /// # Errors
    ///
    /// A [`Failure`] that says which parameter has no value and where it was looked for.
    pub fn inputs(&self, plan: &RunPlan, channel: impl Fn(&str) -> Option<Value>) -> Result<Inputs, Failure> {
        let Some(sources) = &self.sources else { return Ok(Inputs::new()) };
        let Sources { gathered, cause, overridden, data, element } = &**sources;
        if let Some((expansion, index)) = element {
            let mut inputs = expansion.inputs(*index);
            if let Some(data) = data {
                inputs.retain(|(parameter, _)| *parameter != 0);
                inputs.push((0, data.clone()));
            }
            return Ok(inputs);
        }
        let mut given: Inputs = overridden.iter().cloned().collect();
        if let Some(data) = data
            && !plan.task(self.node).definition().parameters().is_empty()
        {
            given.retain(|(parameter, _)| *parameter != 0);
            given.push((0, data.clone()));
        }
        resolve(plan, self.node, gathered, *cause, given, channel)
            .map_err(|missing| Failure::lasting(Unfilled(missing.message)))
    }

    /// What is to be judged, if this is no task but the exit of a group: it is ended with
    /// [`super::Engine::judged`].
    pub fn judgement(&self) -> Option<&Judgement> {
        self.judgement.as_deref()
    }

    /// Which attempt this is.
    pub fn execution(&self) -> Execution {
        Execution { node: self.node, iteration: self.iteration, attempt: self.attempt }
    }

    /// What is needed to end the attempt from outside.
    pub(super) fn watched(&self) -> Watched {
        Watched { execution: self.execution(), slot: self.slot().clone(), started: self.started }
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

    /// Looks whether the tasks that it wants to add can be.
    pub(super) fn check_additions(&self, plan: &RunPlan) -> Result<(), BuildError> {
        self.asks.get().map_or(Ok(()), |asks| asks.lock().check(plan))
    }

    /// What it asks for, if it has asked at all.
    pub(super) fn peek_asks<T>(&self, look: impl FnOnce(&Peek<'_>) -> T) -> Option<T> {
        self.asks.get().map(|asks| look(&asks.lock().peek()))
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
