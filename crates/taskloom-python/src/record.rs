use std::sync::Arc;

use pyo3::{
    PyTraverseError, PyVisit,
    exceptions::PyTimeoutError,
    prelude::*,
    types::{PyDict, PyList},
};
use taskloom::engine::Failure;
use taskloom::engine::TimedOut;
use taskloom_core::{Kind, NodeId, Outcome, State, channel::ChannelError, nearest};

use crate::{
    content, errors,
    execution::{OpenQuestion, PyFailure, taken_apart},
    instance::as_instance,
    value::{sole, unwrap},
};

/// What a run that has ended leaves behind. `taskloom.Run` shows it.
#[pyclass(frozen, module = "taskloom._native")]
pub(crate) struct Record {
    core: taskloom::engine::Record,
}

/// Id, state, iterations, attempts, start and end in seconds since the run began, and exception of a task.
type Task<'py> = (String, String, u32, u32, f64, f64, Option<Bound<'py, PyAny>>);

/// Kind, id, message and exception of what made a run fail, with attempts and retries of a task, and with
/// what failed, succeeded and was skipped in a group.
type Failed<'py> = (
    &'static str,
    String,
    String,
    Option<Bound<'py, PyAny>>,
    (u32, u32),
    (Vec<(String, String)>, Vec<String>, Vec<String>),
);

#[pymethods]
impl Record {
    /// `succeeded`, `terminated`, `failed` or `cancelled`.
    #[getter]
    fn status(&self) -> &'static str {
        match self.core.outcome() {
            _ if self.core.is_suspended() => "suspended",
            Outcome::Succeeded => "succeeded",
            Outcome::Terminated(_) => "terminated",
            Outcome::Failed(_) | Outcome::CycleLimit(_) | Outcome::StepLimit(_) => "failed",
            Outcome::Cancelled | Outcome::CancelledBy(_) => "cancelled",
        }
    }

    /// What the run waits for, if it has come to rest: its text and its questions, each with id, task, key, kind, prompt
    /// and options.
    fn rest(&self) -> Option<(String, &str, Vec<OpenQuestion>)> {
        self.core.is_suspended().then(|| {
            let questions = self.core.questions().iter().map(taken_apart);
            (self.core.describe_rest(), self.core.run_id(), questions.collect())
        })
    }

    /// Why the run could not be written any more.
    fn journal_lost<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        let error = self.core.journal_lost()?;
        let error = match error.downcast_ref::<taskloom::Error>() {
            Some(error) => errors::of_run(py, error),
            None => errors::unwritable(py, &**error),
        };
        Some(error.into_value(py).into_bound(py).into_any())
    }

    /// What the task said that terminated or cancelled the run.
    #[getter]
    fn message(&self) -> Option<&str> {
        self.core.message()
    }

    /// Why the run ended at a task that did not fail: kind, id, message and the limit that was reached.
    fn end(&self) -> Option<(&'static str, &str, String, u32)> {
        let plan = self.core.plan();
        let (kind, node, limit) = match self.core.outcome() {
            Outcome::CycleLimit(node) => ("cycle limit", node, self.core.max_cycles(node)),
            Outcome::StepLimit(node) => ("step limit", node, 0),
            Outcome::CancelledBy(node) => ("cancelled", node, 0),
            Outcome::Cancelled if self.core.is_timed_out() => {
                return Some(("timeout", "", self.core.describe_cancellation(), 0));
            }
            _ => return None,
        };
        Some((kind, plan.id(node), self.core.describe_end(node), limit))
    }

    /// The ids of the tasks whose functions were abandoned, once for each attempt.
    fn abandoned(&self) -> Vec<&str> {
        self.core.abandoned().iter().map(|&node| self.core.plan().id(node)).collect()
    }

    /// How long the run took, in seconds.
    #[getter]
    fn duration(&self) -> f64 {
        self.core.took().as_secs_f64()
    }

    /// What the channel held in the end, by key; lists are new ones each time.
    fn channel<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let channel = PyDict::new(py);
        for (key, content) in self.core.channel() {
            channel.set_item(key, content::object(py, content)?)?;
        }
        Ok(channel)
    }

    /// The run's value (rule R-4), or `None` if nothing succeeded.
    fn value<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        self.core.value_node().and_then(|node| self.value_of(py, node))
    }

    /// The results of the tasks that succeeded, by id, in the order in which they did.
    fn outputs<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let outputs = PyDict::new(py);
        for &node in self.core.order() {
            if let Some(value) = self.core.task_value(node) {
                outputs.set_item(self.core.plan().id(node), unwrap(py, value))?;
            }
        }
        Ok(outputs)
    }

    /// The results of the tasks that succeeded, in the order in which they did.
    fn completed<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let values = self.core.order().iter().filter_map(|&node| self.core.task_value(node));
        let values: Vec<_> = values.map(|value| unwrap(py, value)).collect();
        PyList::new(py, values)
    }

    /// Whether there is a task or group of this id, or this instance.
    fn has(&self, task: &Bound<'_, PyAny>) -> bool {
        self.find(task).is_ok()
    }

    /// Whether a task or group, or an instance, has a result.
    fn has_result(&self, task: &Bound<'_, PyAny>) -> bool {
        self.find(task).is_ok_and(|node| self.core.state(node) == State::Succeeded)
    }

    /// The result of a task or group, by its id, or of an instance.
    fn output<'py>(&self, py: Python<'py>, task: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let node = self.find(task)?;
        self.value_of(py, node).ok_or_else(|| {
            let (id, state) = (self.core.plan().id(node), self.core.state(node));
            errors::output(py, &format!("`{id}` has no result: it ended as {state}"), id)
        })
    }

    /// What is known of one task.
    fn task<'py>(&self, py: Python<'py>, task: &Bound<'py, PyAny>) -> PyResult<Task<'py>> {
        let node = self.find(task)?;
        if self.core.plan().is_task(node) {
            return Ok(self.describe(py, node));
        }
        let id = self.core.plan().id(node);
        Err(errors::output(py, &format!("`{id}` is a group: it has a result, but no attempts"), id))
    }

    /// The ids of all tasks of the run, in the order of composition.
    fn task_ids(&self) -> Vec<&str> {
        let plan = self.core.plan();
        plan.tasks().map(|node| plan.id(node)).collect()
    }

    /// A picture.
    fn to_svg(&self) -> String {
        self.core.to_svg()
    }

    /// Shows Python's collector the exceptions and results. An exception holds the frames that it passed, and these
    /// their callers: where the caller of a run worked for it and keeps its record in a variable, that is a cycle.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        for (_, failure) in self.core.failures() {
            if Arc::strong_count(&failure.error) == 1
                && let Some(PyFailure(exception)) = failure.error.downcast_ref()
            {
                visit.call(exception)?;
            }
        }
        let plan = self.core.plan();
        // A map's results are held by more than its record.
        for task in plan.tasks().filter(|&task| !plan.is_map(task)) {
            if let Some(object) = self.core.task_value(task).and_then(sole) {
                visit.call(object)?;
            }
        }
        Ok(())
    }

    /// What made the run fail.
    fn failure<'py>(&self, py: Python<'py>) -> Option<Failed<'py>> {
        let Outcome::Failed(node) = self.core.outcome() else { return None };
        let plan = self.core.plan();
        let (id, message) = (plan.id(node).to_owned(), self.core.describe_run_failure(node));
        match plan.kind(node) {
            Kind::Task if !self.core.is_judged_map(node) => {
                let culprit = self.core.culprit(node);
                let counts = (self.core.attempts(culprit), plan.task(node).options().retry.max_retries);
                let id = plan.id(culprit).to_owned();
                Some(("task", id, message, self.exception(py, culprit), counts, (vec![], vec![], vec![])))
            }
            Kind::Task | Kind::Entry(_) | Kind::Exit(_) => {
                let report = self.core.group_report(node);
                let cause = self.core.cause(node).map(|failure| raised(py, failure));
                Some(("group", id, message, cause, (1, 0), (report.failed, report.successful, report.skipped)))
            }
        }
    }
}

impl Record {
    pub(crate) fn new(core: taskloom::engine::Record) -> Self {
        Self { core }
    }

    fn value_of<'py>(&self, py: Python<'py>, node: NodeId) -> Option<Bound<'py, PyAny>> {
        self.core.value_of(node).map(|value| unwrap(py, &value).clone())
    }

    fn describe<'py>(&self, py: Python<'py>, node: NodeId) -> Task<'py> {
        let (started, ended) = self.core.times(node);
        (
            self.core.plan().id(node).to_owned(),
            self.core.state(node).to_string(),
            self.core.iterations(node),
            self.core.attempts(node),
            started.as_secs_f64(),
            ended.as_secs_f64(),
            self.exception(py, node),
        )
    }

    /// The exception with which a task failed.
    fn exception<'py>(&self, py: Python<'py>, node: NodeId) -> Option<Bound<'py, PyAny>> {
        self.core.failure(node).map(|failure| raised(py, failure))
    }

    fn find(&self, task: &Bound<'_, PyAny>) -> PyResult<NodeId> {
        let (py, plan) = (task.py(), self.core.plan());
        let id = match as_instance(task) {
            Some(instance) => match plan.node_of(&instance) {
                Some(node) => return Ok(node),
                None if plan.copied_ids(&instance).next().is_some() => {
                    let copies: Vec<String> = plan.copied_ids(&instance).map(|id| format!("`{id}`")).collect();
                    let (id, copies) = (instance.id(), copies.join(" and as "));
                    let hint = "ask for the output by one of these ids";
                    let message = format!("`{id}` is in workflow `{}` as {copies}\n  hint: {hint}", plan.name());
                    return Err(errors::output(py, &message, id));
                }
                None => instance.fixed_id().unwrap_or("an instance without an id").to_owned(),
            },
            None => task.extract::<String>()?,
        };
        let found = plan.find(&id);
        if found.is_some() && as_instance(task).is_some() {
            let message = format!("the task `{id}` of workflow `{}` is another instance than this one", plan.name());
            return Err(errors::output(py, &message, &id));
        }
        found.ok_or_else(|| {
            let close: Vec<String> = nearest(&id, plan.ids()).into_iter().map(|id| format!("`{id}`")).collect();
            let hint = if close.is_empty() {
                String::new()
            } else {
                format!("\n  hint: did you mean {}?", close.join(" or "))
            };
            errors::output(py, &format!("workflow `{}` has no task or group `{id}`{hint}", plan.name()), &id)
        })
    }
}

/// The exception behind a failure. What the engine itself found wrong has none of its own, so it is made here.
pub(crate) fn raised<'py>(py: Python<'py>, failure: &Failure) -> Bound<'py, PyAny> {
    if let Some(refused) = failure.error.downcast_ref::<ChannelError>() {
        return content::refusal(py, refused).into_value(py).into_bound(py).into_any();
    }
    match failure.error.downcast_ref::<PyFailure>() {
        Some(failure) => failure.0.bind(py).clone(),
        None if failure.error.is::<taskloom::engine::durable::RecordedError>() => {
            errors::recorded(py, &failure.error.to_string())
        }
        None if failure.error.is::<TimedOut>() => {
            PyTimeoutError::new_err(failure.error.to_string()).into_value(py).into_bound(py).into_any()
        }
        None => errors::binding(py, &failure.error.to_string()).into_value(py).into_bound(py).into_any(),
    }
}
