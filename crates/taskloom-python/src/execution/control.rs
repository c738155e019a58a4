use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use pyo3::{exceptions::PyTypeError, prelude::*};
use taskloom::engine::{Asks, AttemptChannel, Engine, Execution, Job, Target};
use taskloom_core::{NodeId, Options, RunPlan};

use super::{channel::Channel, waiting::Waits};
use crate::{
    compose::Operand,
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
    plan: Arc<RunPlan>,
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
    /// What takes time, or is remembered.
    fn waits(slf: Py<Self>) -> Waits {
        Waits(slf)
    }

    /// The run's channel.
    fn channel(&self) -> Channel {
        Channel::new(self.channel.clone(), self.plan.clone(), self.origin)
    }

    /// Whether the task's function is async.
    #[getter]
    fn is_async(&self) -> bool {
        self.plan.task(self.node).definition().body().is_async()
    }

    /// Whether the run is kept in a store.
    #[getter]
    fn is_durable(&self) -> bool {
        self.engine.upgrade().is_some_and(|engine| engine.is_durable())
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
        self.under_way(py)?;
        let node = self.plan.find_from(self.node, task_id).filter(|&node| self.plan.is_task(node));
        let value = node.and_then(|node| self.engine.upgrade()?.result(node));
        Ok(value.map_or(default, |value| unwrap(py, &value).clone()))
    }

    /// Runs a task, given as id, instance or definition: one that the run has, or one that is added to it.
    fn next(&self, task: &Bound<'_, PyAny>, goto: bool) -> PyResult<()> {
        self.under_way(task.py())?;
        let target = match as_instance(task) {
            Some(instance) => {
                Target::new(&self.plan, &instance, self.node).map_err(|error| errors::raise(task.py(), &error))?
            }
            None => self.named(task)?,
        };
        let asked = self.asks.lock().run(target, goto);
        asked.map_err(|error| errors::raise(task.py(), &error))
    }

    /// Runs the task again, with this as its first argument.
    fn iterate(&self, data: Bound<'_, PyAny>) -> PyResult<()> {
        self.under_way(data.py())?;
        let before = self.asks.lock().iterate.replace(wrap(data));
        // Dropped here, where no lock is held.
        drop(before);
        Ok(())
    }

    /// Ends the run as a success.
    fn terminate(&self, py: Python<'_>, message: String) -> PyResult<()> {
        self.under_way(py)?;
        self.asks.lock().terminate = Some(message);
        Ok(())
    }

    /// Cancels the run.
    fn cancel(&self, py: Python<'_>, message: String) -> PyResult<()> {
        self.under_way(py)?;
        self.asks.lock().cancel = Some(message);
        Ok(())
    }
}

impl RunControl {
    /// The run, if the attempt is under way.
    pub(super) fn engine(&self, py: Python<'_>) -> PyResult<Arc<Engine>> {
        self.under_way(py)?;
        self.engine.upgrade().ok_or_else(|| self.ended(py))
    }

    pub(super) fn execution(&self) -> Execution {
        self.execution
    }

    pub(super) fn task(&self) -> &taskloom_core::Instance {
        self.plan.task(self.node)
    }

    pub(super) fn task_id(&self) -> &str {
        self.plan.id(self.node)
    }

    pub(super) fn attempt_channel(&self) -> &AttemptChannel {
        &self.channel
    }

    pub(super) fn ended(&self, py: Python<'_>) -> PyErr {
        let id = self.task_id();
        errors::attempt_ended(py, &format!("an attempt of `{id}` that has ended used its context"))
    }

    /// Refuses what an attempt tries that has been abandoned.
    fn under_way(&self, py: Python<'_>) -> PyResult<()> {
        self.origin.check(py)?;
        if self.engine.upgrade().is_some_and(|engine| !engine.is_abandoned(self.execution)) {
            return Ok(());
        }
        Err(self.ended(py))
    }

    /// The task with this id: one of the run, or else a template of the workflow (rule C-6).
    fn named(&self, task: &Bound<'_, PyAny>) -> PyResult<Target> {
        let Ok(shown) = task.extract::<String>() else {
            let class = task.get_type().name()?;
            if task.cast::<Operand>().is_ok() {
                return Err(PyTypeError::new_err(format!(
                    "next_task() takes one task, and this is a {class}\n  hint: ask for each task that begins it, and \
                     let these ask for what follows; or execute it in a workflow of its own: \
                     `workflow(\"part\").add(…).execute()`"
                )));
            }
            return Err(PyTypeError::new_err(format!(
                "next_task() takes a task's id, an instance or a definition, not {class}"
            )));
        };
        let node =
            self.plan.find_from(self.node, &shown).filter(|&node| self.plan.is_task(node) && self.plan.includes(node));
        if let Some(node) = node {
            return Target::known(&self.plan, node).map_err(|error| errors::raise(task.py(), &error));
        }
        let template = self.plan.plan().template(&shown).map_err(|error| errors::raise(task.py(), &error))?;
        if let Some(template) = template {
            return Target::new(&self.plan, &template, self.node).map_err(|error| errors::raise(task.py(), &error));
        }
        Err({
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
