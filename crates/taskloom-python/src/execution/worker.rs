use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use pyo3::prelude::*;
use taskloom::engine::{Engine, Failure, Job, Role, Wait};
use taskloom_core::{Backend, Value};

use super::job::{Call, end, expand, failure, out_of_turn, prepare};
use crate::{exit::Inside, fork::Origin, value::wrap};

/// How long a waiting caller sleeps before it looks for signals.
const SIGNALS: Duration = Duration::from_millis(50);

/// What one thread works with: it takes a task, its caller calls the function, it takes the result and
/// the next task in one go.
#[pyclass(frozen, module = "taskloom._native")]
pub(crate) struct Worker {
    engine: Arc<Engine>,
    role: Role,
    origin: Origin,
    /// The task that is being run.
    current: Mutex<Option<Job>>,
}

#[pymethods]
impl Worker {
    /// The first task of a worker, or the next one of a caller that had none.
    fn take<'py>(&self, py: Python<'py>) -> Option<Call<'py>> {
        let _inside = Inside::enter(py);
        let next = if self.role == Role::Worker { self.engine.arrive() } else { self.engine.take(self.role) };
        self.begin(py, next)
    }

    /// The task has succeeded; gives the next one.
    fn ended<'py>(&self, py: Python<'py>, value: Bound<'py, PyAny>) -> PyResult<Option<Call<'py>>> {
        self.end(py, Ok(wrap(value)))
    }

    /// The task has failed; gives the next one.
    fn failed<'py>(&self, py: Python<'py>, exception: Bound<'py, PyAny>) -> PyResult<Option<Call<'py>>> {
        let failure = failure(exception, true);
        self.end(py, Err(failure))
    }

    /// The task, if there is one, was interrupted and has neither succeeded nor failed; the run is cancelled.
    fn abandon(&self, py: Python<'_>) {
        if !self.origin.is_here() {
            return;
        }
        let _inside = Inside::enter(py);
        let interrupted = self.current.lock().take();
        if let Some(job) = interrupted {
            self.engine.abandon(&job);
        }
    }

    /// The task was ended, since it is cancelled, and has neither succeeded nor failed; gives the next one.
    fn cancelled<'py>(&self, py: Python<'py>) -> PyResult<Option<Call<'py>>> {
        self.origin.check(py)?;
        let _inside = Inside::enter(py);
        let job = self.current.lock().take().ok_or_else(out_of_turn)?;
        let next = self.engine.ended_early(&job, self.role);
        Ok(self.begin(py, next))
    }

    /// Task id, iteration and attempt of the task that is being run.
    fn current(&self) -> PyResult<(String, u32, u32)> {
        let current = self.current.lock();
        let job = current.as_ref().ok_or_else(out_of_turn)?;
        Ok((self.engine.plan().id(job.node).to_owned(), job.iteration, job.attempt))
    }

    /// For a caller: waits until there is a task for it, or the run has ended (`None`).
    ///
    /// Signals are handled while it waits, so it raises `KeyboardInterrupt`, for instance.
    fn wait<'py>(&self, py: Python<'py>) -> PyResult<Option<Call<'py>>> {
        self.origin.check(py)?;
        let inside = Inside::enter(py);
        loop {
            let waited = py.detach(|| {
                let waited = self.engine.wait(SIGNALS);
                inside.before_attaching();
                waited
            });
            match waited {
                Wait::Job(job) => {
                    if let Some(task) = self.begin(py, Some(job)) {
                        return Ok(Some(task));
                    }
                }
                Wait::Finished => return Ok(None),
                Wait::TimedOut => py.check_signals()?,
            }
        }
    }
}

impl Worker {
    pub(super) fn new(engine: Arc<Engine>, caller: bool) -> Self {
        let role = if caller { Role::Caller } else { Role::Worker };
        Self { engine, role, origin: Origin::here(), current: Mutex::new(None) }
    }

    fn end<'py>(&self, py: Python<'py>, result: Result<Value, Failure>) -> PyResult<Option<Call<'py>>> {
        self.origin.check(py)?;
        let _inside = Inside::enter(py);
        let job = self.current.lock().take().ok_or_else(out_of_turn)?;
        let next = end(py, &self.engine, &job, result, self.role);
        Ok(self.begin(py, next))
    }

    /// Prepares the call of the next task; one whose arguments cannot be found has failed already.
    fn begin<'py>(&self, py: Python<'py>, mut next: Option<Job>) -> Option<Call<'py>> {
        while let Some(job) = next {
            if self.engine.plan().is_map(job.node) {
                let results = expand(py, &self.engine, &job);
                next = end(py, &self.engine, &job, results, self.role);
                continue;
            }
            match prepare(py, &self.engine, &job) {
                Ok(call) => {
                    // Whoever waits for a process looks at the time, and ends that.
                    if job.judgement().is_none() && self.engine.plan().backend(job.node) == Backend::Threads {
                        self.engine.watch(&job);
                    }
                    *self.current.lock() = Some(job);
                    return Some(call);
                }
                Err(failure) => next = end(py, &self.engine, &job, Err(failure), self.role),
            }
        }
        None
    }
}
