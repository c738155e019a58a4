use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use pyo3::prelude::*;
use taskloom::engine::{Asks, AttemptChannel, Engine, Execution, Job};
use taskloom_core::{NodeId, Options, Plan};

use super::channel::Channel;
use crate::{
    errors,
    fork::Origin,
    instance::as_instance,
    value::{unwrap, wrap},
};

/// What a task's context knows of its run, and asks of it.
///
/// The run is held weakly: it keeps the exceptions of its tasks, these their frames, these the context.
#[pyclass(frozen, module = "taskloom._native")]
pub(crate) struct RunControl {
    engine: Weak<Engine>,
    plan: Arc<Plan>,
    node: NodeId,
    execution: Execution,
    asks: Arc<Mutex<Asks>>,
    channel: AttemptChannel,
    origin: Origin,
}

impl RunControl {
    pub(super) fn new(engine: &Arc<Engine>, job: &Job) -> Self {
        Self {
            engine: Arc::downgrade(engine),
            plan: engine.plan().clone(),
            node: job.node,
            execution: job.execution(),
            asks: job.asks().clone(),
            channel: engine.attempt_channel(job),
            origin: Origin::here(),
        }
    }
}

#[pymethods]
impl RunControl {
    /// The run's channel.
    fn channel(&self) -> Channel {
        Channel::new(self.channel.clone(), self.plan.clone(), self.origin)
    }

    /// The workflow's name.
    #[getter]
    fn workflow_name(&self) -> &str {
        self.plan.name()
    }

    /// The id of the run; an empty text once it is gone.
    #[getter]
    fn run_id(&self) -> String {
        self.engine.upgrade().map(|engine| engine.run_id().to_owned()).unwrap_or_default()
    }

    /// How many further attempts a failed execution gets.
    #[getter]
    fn max_retries(&self) -> u32 {
        self.plan.task(self.node).options().retry.max_retries
    }

    /// How often the task may be executed in one run.
    #[getter]
    fn max_cycles(&self) -> u32 {
        self.plan.task(self.node).options().max_cycles.unwrap_or(Options::MAX_CYCLES)
    }

    /// Whether the execution is to end.
    #[getter]
    fn cancelled(&self) -> bool {
        !self.origin.is_here() || self.engine.upgrade().is_none_or(|engine| engine.is_cancelled(self.execution))
    }

    /// The result of a task that has succeeded, or the default.
    fn get<'py>(&self, py: Python<'py>, task_id: &str, default: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.origin.check(py)?;
        let node = self.plan.find(task_id).filter(|&node| self.plan.is_task(node));
        let value = node.and_then(|node| self.engine.upgrade()?.result(node));
        Ok(value.map_or(default, |value| unwrap(py, &value).clone()))
    }

    /// Goes on at a task of the run.
    fn jump(&self, task: &Bound<'_, PyAny>) -> PyResult<()> {
        let target = self.find(task)?;
        let mut asks = self.asks.lock();
        if !asks.jumps.contains(&target) {
            asks.jumps.push(target);
        }
        Ok(())
    }

    /// Whether a task is one of the run.
    fn has(&self, task: &Bound<'_, PyAny>) -> bool {
        self.find(task).is_ok()
    }

    /// Runs the task again, with this as its first argument.
    fn iterate(&self, data: Bound<'_, PyAny>) {
        let before = self.asks.lock().iterate.replace(wrap(data));
        // Dropped here, where no lock is held.
        drop(before);
    }

    /// Ends the run as a success.
    fn terminate(&self, message: String) {
        self.asks.lock().terminate = Some(message);
    }

    /// Cancels the run.
    fn cancel(&self, message: String) {
        self.asks.lock().cancel = Some(message);
    }
}

impl RunControl {
    fn find(&self, task: &Bound<'_, PyAny>) -> PyResult<NodeId> {
        let node = match as_instance(task) {
            Some(instance) => self.plan.node_of(&instance),
            None => self.plan.find(&task.extract::<String>()?),
        };
        node.filter(|&node| self.plan.is_task(node) && self.plan.includes(node)).ok_or_else(|| {
            let shown = task.str().map(|text| text.to_string()).unwrap_or_default();
            let close: Vec<String> =
                taskloom_core::nearest(&shown, self.plan.ids()).iter().map(|id| format!("`{id}`")).collect();
            let hint = if close.is_empty() {
                String::new()
            } else {
                format!("\n  hint: did you mean {}?", close.join(" or "))
            };
            let message = format!("workflow `{}` has no task `{shown}`{hint}", self.plan.name());
            errors::output(task.py(), &message, &shown)
        })
    }
}
