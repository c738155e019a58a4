use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pyo3::{
    exceptions::PyValueError,
    prelude::*,
    types::{PyDict, PyList},
};
use taskloom::{DueReason, Durability, Question, RunInfo, Store as Core};

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
        PyList::new(py, runs.iter().map(|run| info(py, run)).collect::<PyResult<Vec<_>>>()?)
    }

    /// The questions of a run, or of all.
    fn questions<'py>(&self, py: Python<'py>, run_id: Option<&str>) -> PyResult<Bound<'py, PyList>> {
        let questions = detached(py, || self.core.questions(run_id))?;
        PyList::new(py, questions.iter().map(|one| question(py, one)).collect::<PyResult<Vec<_>>>()?)
    }

    /// Answers a question with JSON text.
    fn answer(&self, py: Python<'_>, feedback_id: &str, json: &str) -> PyResult<()> {
        detached(py, || self.core.answer(feedback_id, json))
    }

    /// The runs that could go on, and why.
    fn due<'py>(&self, py: Python<'py>) -> PyResult<Vec<(Bound<'py, PyDict>, &'static str)>> {
        let due = detached(py, || self.core.due())?;
        due.iter().map(|due| Ok((info(py, &due.run)?, reason(due.reason)))).collect()
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

fn info<'py>(py: Python<'py>, run: &RunInfo) -> PyResult<Bound<'py, PyDict>> {
    let info = PyDict::new(py);
    info.set_item("run_id", &run.id)?;
    info.set_item("workflow", &run.workflow)?;
    info.set_item("status", run.status.to_string())?;
    info.set_item("begun", seconds(run.begun))?;
    info.set_item("changed", seconds(run.changed))?;
    Ok(info)
}

fn reason(reason: DueReason) -> &'static str {
    match reason {
        DueReason::Abandoned => "abandoned",
        DueReason::Answered => "answered",
        _ => "time",
    }
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
