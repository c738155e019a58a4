use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pyo3::{
    exceptions::PyValueError,
    prelude::*,
    types::{PyDict, PyList},
};
use taskloom::{Due, DueReason, Durability, Question, RunInfo, Store as Core, StoredEvent, StoredTask};

use crate::{errors, exit::Inside};

/// A store of runs. `taskloom.Store` wraps it.
#[pyclass(frozen, module = "taskloom._native")]
pub(crate) struct Store {
    pub(crate) core: Core,
}

#[pymethods]
impl Store {
    #[new]
    fn new(py: Python<'_>, path: std::path::PathBuf, durability: &str) -> PyResult<Self> {
        let durability = match durability {
            "full" => Durability::Full,
            "normal" => Durability::Normal,
            other => return Err(PyValueError::new_err(format!("durability is 'full' or 'normal', not {other:?}"))),
        };
        let core = detached(py, || Core::sqlite(path))?.durability(durability);
        Ok(Self { core })
    }

    /// The file.
    #[getter]
    fn path(&self) -> &std::path::Path {
        self.core.path()
    }

    /// What is known of each run.
    fn runs<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let runs = detached(py, || self.core.runs())?;
        list(py, &runs, info)
    }

    /// What is recorded of a run and of its tasks, if it is there.
    fn run<'py>(&self, py: Python<'py>, run_id: &str) -> PyResult<Option<Bound<'py, PyDict>>> {
        let found = detached(py, || {
            let Some(run) = self.core.run(run_id)? else { return Ok(None) };
            let record = run.tasks_and_message()?;
            let questions = run.questions()?;
            Ok(Some((run, record, questions)))
        })?;
        let Some((run, (tasks, message), questions)) = found else { return Ok(None) };
        let shown = info(py, run.info())?;
        shown.set_item("options", run.options())?;
        shown.set_item("message", message)?;
        shown.set_item("tasks", list(py, &tasks, task)?)?;
        shown.set_item("questions", list(py, &questions, question)?)?;
        Ok(Some(shown))
    }

    /// What has happened in a run.
    fn events<'py>(&self, py: Python<'py>, run_id: &str) -> PyResult<Bound<'py, PyList>> {
        let events = detached(py, || match self.core.run(run_id)? {
            Some(run) => run.events(),
            // It was deleted in the meantime.
            None => Ok(Vec::new()),
        })?;
        list(py, &events, event)
    }

    /// What could go on, if somebody executed it.
    fn due<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let all = detached(py, || self.core.due())?;
        list(py, &all, due)
    }

    /// Makes a run that keeps what came before a task of another one. Arguments are JSON text.
    fn fork(
        &self,
        py: Python<'_>,
        run_id: String,
        from_task: String,
        arguments: Vec<(String, String, String)>,
        new_run_id: Option<String>,
    ) -> PyResult<String> {
        detached(py, || {
            let mut fork = self.core.fork(run_id, from_task);
            if let Some(id) = new_run_id {
                fork = fork.new_run_id(id);
            }
            for (task_id, parameter, json) in arguments {
                fork = fork.argument_json(task_id, parameter, json);
            }
            fork.create()
        })
    }

    /// The questions of a run, or of all.
    fn questions<'py>(&self, py: Python<'py>, run_id: Option<&str>) -> PyResult<Bound<'py, PyList>> {
        let questions = detached(py, || self.core.questions(run_id))?;
        list(py, &questions, question)
    }

    /// Answers a question with JSON text.
    fn answer(&self, py: Python<'_>, feedback_id: &str, json: &str) -> PyResult<()> {
        detached(py, || self.core.answer(feedback_id, json))
    }

    /// Deletes runs that ended so many seconds ago, or more.
    fn prune(&self, py: Python<'_>, seconds: f64) -> PyResult<usize> {
        let older_than = Duration::try_from_secs_f64(seconds)
            .map_err(|_| PyValueError::new_err("older_than is a number of seconds from 0 on"))?;
        detached(py, || self.core.prune(older_than))
    }

    /// What is wrong with the file.
    fn verify(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        detached(py, || self.core.verify())
    }

    /// Takes a run from the process that drives it.
    fn take_over(&self, py: Python<'_>, run_id: &str) -> PyResult<()> {
        detached(py, || self.core.take_over(run_id))
    }
}

/// Does something that waits for the disk, without the interpreter.
pub(crate) fn detached<T: Send>(py: Python<'_>, act: impl FnOnce() -> taskloom::Result<T> + Send) -> PyResult<T> {
    let inside = Inside::enter(py);
    let result = py.detach(|| {
        let result = act();
        inside.before_attaching();
        result
    });
    result.map_err(|error| errors::of_run(py, &error))
}

/// Seconds since 1970 (UTC).
fn seconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64())
}

fn list<'py, T>(
    py: Python<'py>,
    all: &[T],
    shown: impl Fn(Python<'py>, &T) -> PyResult<Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyList>> {
    PyList::new(py, all.iter().map(|one| shown(py, one)).collect::<PyResult<Vec<_>>>()?)
}

fn task<'py>(py: Python<'py>, task: &StoredTask) -> PyResult<Bound<'py, PyDict>> {
    let shown = PyDict::new(py);
    shown.set_item("task_id", &task.id)?;
    shown.set_item("state", task.state.to_string())?;
    shown.set_item("iterations", task.iterations)?;
    shown.set_item("attempts", task.attempts)?;
    shown.set_item("started", task.started.map(seconds))?;
    shown.set_item("ended", task.ended.map(seconds))?;
    shown.set_item("error", &task.error)?;
    shown.set_item("json", &task.json)?;
    shown.set_item("element_of", &task.element_of)?;
    Ok(shown)
}

fn event<'py>(py: Python<'py>, event: &StoredEvent) -> PyResult<Bound<'py, PyDict>> {
    let shown = PyDict::new(py);
    shown.set_item("at", seconds(event.at))?;
    shown.set_item("kind", &*event.kind)?;
    shown.set_item("task_id", &event.task)?;
    shown.set_item("iteration", event.iteration)?;
    shown.set_item("attempt", event.attempt)?;
    shown.set_item("text", &event.text)?;
    Ok(shown)
}

fn due<'py>(py: Python<'py>, due: &Due) -> PyResult<Bound<'py, PyDict>> {
    let shown = info(py, &due.run)?;
    let reason = match due.reason {
        DueReason::Abandoned => "abandoned",
        DueReason::Answered => "answered",
        _ => "time",
    };
    shown.set_item("reason", reason)?;
    Ok(shown)
}

fn info<'py>(py: Python<'py>, run: &RunInfo) -> PyResult<Bound<'py, PyDict>> {
    let info = PyDict::new(py);
    info.set_item("run_id", &run.id)?;
    info.set_item("workflow", &run.workflow)?;
    info.set_item("status", run.status.to_string())?;
    info.set_item("begun", seconds(run.begun))?;
    info.set_item("changed", seconds(run.changed))?;
    info.set_item("pid", run.owner.as_ref().map(|owner| owner.pid))?;
    Ok(info)
}

fn question<'py>(py: Python<'py>, question: &Question) -> PyResult<Bound<'py, PyDict>> {
    let shown = PyDict::new(py);
    shown.set_item("feedback_id", &question.id)?;
    shown.set_item("run_id", &question.run_id)?;
    shown.set_item("key", &question.key)?;
    shown.set_item("feedback_type", question.feedback_type.name())?;
    shown.set_item("prompt", &question.prompt)?;
    shown.set_item("options", &question.options)?;
    shown.set_item("asked", seconds(question.asked))?;
    shown.set_item("answered", question.answered.map(seconds))?;
    shown.set_item("answer", &question.answer)?;
    Ok(shown)
}
