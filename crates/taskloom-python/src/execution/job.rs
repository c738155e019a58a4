use std::{any::Any, error::Error, fmt, sync::Arc};

use pyo3::{
    exceptions::PyRuntimeError,
    intern,
    prelude::*,
    sync::PyOnceLock,
    types::{PyDict, PyTuple},
};
use smallvec::SmallVec;
use taskloom::engine::{Engine, Failure, Job, Role};
use taskloom_core::{Argument, Backend, Inputs, Value};

use super::{control::RunControl, judgement};
use crate::{
    body::{Injection, PyBody},
    content,
    exit::Inside,
    secret,
    value::{unwrap, wrap},
};

/// A task's own exception.
#[derive(Debug)]
pub(crate) struct PyFailure(pub(crate) Py<PyAny>);

impl fmt::Display for PyFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Python::attach(|py| {
            let exception = self.0.bind(py);
            let class = exception.get_type().name().map(|name| name.to_string()).unwrap_or_default();
            match exception.str() {
                Ok(text) if text.to_string().is_empty() => f.write_str(&class),
                Ok(text) => write!(f, "{class}: {text}"),
                Err(_) => write!(f, "{class} (its text cannot be made)"),
            }
        })
    }
}

impl Error for PyFailure {}

/// A call that Python code is to make: the function with its positional arguments behind it, and the keyword
/// arguments.
pub(super) type Call<'py> = (Bound<'py, PyTuple>, Bound<'py, PyDict>);

/// Finds the arguments of a task (rule R-3) and prepares the call of its function.
pub(super) fn prepare<'py>(py: Python<'py>, engine: &Arc<Engine>, job: &Job) -> Result<Call<'py>, Failure> {
    let plan = engine.plan();
    if let Some(judgement) = job.judgement() {
        return judgement::call(py, plan, judgement)
            .map_err(|error| failure(error.into_value(py).into_bound(py).into_any(), false));
    }
    let inputs = job.inputs(plan, |key| content::argument(py, engine.channel(key)?))?;
    let body: &dyn Any = plan.task(job.node).definition().body();
    let Some(body) = body.downcast_ref::<PyBody>() else {
        return Err(Failure::lasting("the task was made by another language's front end"));
    };
    arguments(py, engine, job, body, &inputs)
        .map_err(|error| failure(error.into_value(py).into_bound(py).into_any(), false))
}

/// The same for somebody who runs coroutines.
fn prepare_coroutine<'py>(py: Python<'py>, engine: &Arc<Engine>, job: &Job) -> Result<Call<'py>, Failure> {
    let (call, keywords) = prepare(py, engine, job)?;
    if job.judgement().is_none() {
        return Ok((call, keywords));
    }
    match judgement::as_coroutine(py, &call) {
        Ok(call) => Ok((call, keywords)),
        Err(error) => Err(failure(error.into_value(py).into_bound(py).into_any(), false)),
    }
}

fn arguments<'py>(
    py: Python<'py>,
    engine: &Arc<Engine>,
    job: &Job,
    body: &PyBody,
    inputs: &Inputs,
) -> PyResult<Call<'py>> {
    let keywords = PyDict::new(py);
    let plan = engine.plan();
    let function = match plan.backend(job.node) {
        Backend::Threads => body.function.bind(py).clone(),
        Backend::Processes => in_process(py, engine, job, body)?,
    };
    let mut positional: SmallVec<[Bound<'py, PyAny>; 4]> = smallvec::smallvec![function];
    let task = plan.task(job.node);
    let find = |parameter: usize| {
        let found = inputs.iter().find(|(number, _)| *number == parameter).map(|(_, value)| value);
        found.or_else(|| match &task.arguments()[parameter] {
            Argument::Value(value) => Some(value),
            _ => None,
        })
    };
    match &body.context {
        Injection::None => {}
        Injection::First => positional.push(context(py, engine, job)?),
        Injection::Keyword(name) => keywords.set_item(name, context(py, engine, job)?)?,
    }
    // Once arguments are collected by position, those before them are passed so, too.
    let by_position = match body.collects_positional {
        Some(collecting) if find(collecting).is_some() => collecting,
        _ => body.positional,
    };
    for (parameter, name) in body.names.iter().enumerate() {
        let Some(value) = find(parameter) else { continue };
        let value = &secret::revealed(unwrap(py, value))?;
        if body.collects_keywords == Some(parameter) {
            keywords.update(value.cast()?)?;
        } else if body.collects_positional == Some(parameter) {
            for item in value.try_iter()? {
                positional.push(item?);
            }
        } else if parameter < by_position {
            positional.push(value.clone());
        } else {
            keywords.set_item(name, value)?;
        }
    }
    Ok((PyTuple::new(py, positional)?, keywords))
}

/// What stands for the function where that is called in a process.
fn in_process<'py>(py: Python<'py>, engine: &Arc<Engine>, job: &Job, body: &PyBody) -> PyResult<Bound<'py, PyAny>> {
    let class = py.import(intern!(py, "taskloom._process.call"))?.getattr(intern!(py, "Call"))?;
    let task = engine.plan().task(job.node);
    let timeout = task.options().timeout.map(|timeout| timeout.as_secs_f64());
    let (grace, control) = (engine.grace().as_secs_f64(), RunControl::new(engine, job));
    class.call1((&body.function, body.is_async, engine.plan().id(job.node), timeout, grace, control))
}

/// The object that a function takes as its context.
fn context<'py>(py: Python<'py>, engine: &Arc<Engine>, job: &Job) -> PyResult<Bound<'py, PyAny>> {
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = CLASS.get_or_try_init(py, || {
        Ok::<_, PyErr>(
            py.import(intern!(py, "taskloom._context"))?.getattr(intern!(py, "TaskExecutionContext"))?.unbind(),
        )
    })?;
    let control = RunControl::new(engine, job);
    class.bind(py).call1((engine.plan().id(job.node), job.iteration, job.attempt, control))
}

/// Tells the engine how a task has ended, or what a policy has said; gives the next task.
pub(super) fn end(
    py: Python<'_>,
    engine: &Arc<Engine>,
    job: &Job,
    result: Result<Value, Failure>,
    role: Role,
) -> Option<Job> {
    match job.judgement() {
        None => engine.end(job, result, role),
        Some(judgement) => {
            let verdict = result.and_then(|said| judgement::verdict(py, engine.plan(), judgement, &said));
            engine.judged(job, verdict, role)
        }
    }
}

/// The failure that an exception is.
pub(super) fn failure(exception: Bound<'_, PyAny>, retryable: bool) -> Failure {
    let exception = PyFailure(exception.unbind());
    if retryable { Failure::new(exception) } else { Failure::lasting(exception) }
}

/// Takes a map apart.
pub(super) fn expand(py: Python<'_>, engine: &Arc<Engine>, job: &Job) -> Result<Value, Failure> {
    let inputs = job.inputs(engine.plan(), |key| content::argument(py, engine.channel(key)?))?;
    engine.expand(job, inputs)
}

/// One attempt of an async task, which an event loop runs.
#[pyclass(frozen, module = "taskloom._native")]
pub(crate) struct AsyncJob {
    engine: Arc<Engine>,
    job: Job,
    call: (Py<PyTuple>, Py<PyDict>),
}

#[pymethods]
impl AsyncJob {
    /// The function with its positional arguments behind it, and the keyword arguments.
    #[getter]
    fn call(&self) -> &(Py<PyTuple>, Py<PyDict>) {
        &self.call
    }

    /// The id of the task.
    #[getter]
    fn task_id(&self) -> &str {
        self.engine.plan().id(self.job.node)
    }

    /// Task id, iteration and attempt.
    fn current(&self) -> (&str, u32, u32) {
        (self.task_id(), self.job.iteration, self.job.attempt)
    }

    /// The task has succeeded; gives the next async one.
    fn ended(&self, py: Python<'_>, value: Bound<'_, PyAny>) -> Option<Self> {
        self.end(py, Ok(wrap(value)))
    }

    /// The task has failed; gives the next async one.
    fn failed(&self, py: Python<'_>, exception: Bound<'_, PyAny>) -> Option<Self> {
        let failure = failure(exception, true);
        self.end(py, Err(failure))
    }

    /// Whether the task is to end.
    #[getter]
    fn is_cancelled(&self) -> bool {
        self.engine.is_cancelled(self.job.execution())
    }

    /// How long it may take, in seconds.
    #[getter]
    fn timeout(&self) -> Option<f64> {
        let plan = self.engine.plan();
        let timeout = plan.is_task(self.job.node).then(|| plan.task(self.job.node).options().timeout);
        timeout.flatten().map(|timeout| timeout.as_secs_f64())
    }

    /// The task was cancelled.
    fn abandon(&self, py: Python<'_>) {
        let _inside = Inside::enter(py);
        self.engine.abandon(&self.job);
    }
}

impl AsyncJob {
    pub(super) fn take(py: Python<'_>, engine: &Arc<Engine>) -> Option<Self> {
        let next = engine.take(Role::Async);
        Self::begin(py, engine, next)
    }

    fn end(&self, py: Python<'_>, result: Result<Value, Failure>) -> Option<Self> {
        let _inside = Inside::enter(py);
        let next = end(py, &self.engine, &self.job, result, Role::Async);
        Self::begin(py, &self.engine, next)
    }

    /// Prepares the next task; one whose arguments cannot be found has failed already.
    fn begin(py: Python<'_>, engine: &Arc<Engine>, mut next: Option<Job>) -> Option<Self> {
        while let Some(job) = next {
            if engine.plan().is_map(job.node) {
                let results = expand(py, engine, &job);
                next = end(py, engine, &job, results, Role::Async);
                continue;
            }
            match prepare_coroutine(py, engine, &job) {
                Ok((arguments, keywords)) => {
                    let call = (arguments.unbind(), keywords.unbind());
                    return Some(Self { engine: engine.clone(), job, call });
                }
                Err(failure) => next = end(py, engine, &job, Err(failure), Role::Async),
            }
        }
        None
    }
}

/// What a worker is asked for out of turn.
pub(super) fn out_of_turn() -> PyErr {
    PyRuntimeError::new_err("a worker ends a task once, and before it takes the next")
}
