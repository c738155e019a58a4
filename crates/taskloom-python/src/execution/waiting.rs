use std::any::Any;

use pyo3::{exceptions::PyValueError, prelude::*};
use taskloom::engine::waiting::{Awaited, FeedbackType, Look, Question, Remembered};

use super::{control::RunControl, question, values::PyValues};
use crate::{
    errors,
    exit::Inside,
    value::{unwrap, wrap},
};

/// What a context asks of its run that takes time, or is remembered (rules D-4 and D-5).
#[pyclass(frozen, module = "taskloom._native")]
pub(crate) struct Waits(pub(super) Py<RunControl>);

impl std::ops::Deref for Waits {
    type Target = RunControl;

    fn deref(&self) -> &RunControl {
        self.0.get()
    }
}

#[pymethods]
impl Waits {
    /// What the execution remembers under a key: whether it does, and the value.
    fn recall<'py>(&self, py: Python<'py>, key: &str) -> PyResult<(bool, Option<Bound<'py, PyAny>>)> {
        let engine = self.engine(py)?;
        let Some(Remembered { value, text }) = engine.recall(self.execution(), key) else { return Ok((false, None)) };
        match (value, text, engine.values()) {
            (Some(value), ..) => Ok((true, Some(unwrap(py, &value).clone()))),
            (None, Some(text), Some(values)) => {
                let value = values.read_result(self.task(), &text).map_err(|error| errors::unwritable(py, &*error))?;
                Ok((true, Some(unwrap(py, &value).clone())))
            }
            (None, Some(text), None) => Ok((true, Some(question::read(py, &text)?))),
            (None, None, _) => Ok((true, None)),
        }
    }

    /// Names a class whose values the run reads and writes from here on, by an annotation.
    fn learn(&self, py: Python<'_>, annotation: &Bound<'_, PyAny>) -> PyResult<()> {
        let engine = self.engine(py)?;
        let Some(values) = engine.values() else { return Ok(()) };
        let values: &dyn Any = values;
        values.downcast_ref::<PyValues>().map_or(Ok(()), |values| values.learn(annotation))
    }

    /// Begins a step: what is written to the channel from here on is published with its end.
    fn begin_step(&self, py: Python<'_>) -> PyResult<()> {
        self.engine(py)?;
        self.attempt_channel().begin_step();
        Ok(())
    }

    /// Ends a step that has given a value, which is remembered.
    fn end_step(&self, py: Python<'_>, key: &str, value: Bound<'_, PyAny>) -> PyResult<()> {
        let engine = self.engine(py)?;
        let value = wrap(value);
        let text = match engine.values() {
            None => None,
            Some(values) => match values.write_result(self.task(), &value) {
                Ok(text) => Some(text),
                Err(error) => {
                    self.fail_step(py)?;
                    return Err(errors::unwritable(py, &*error));
                }
            },
        };
        let remembered = Remembered { value: Some(value), text: text.map(Into::into) };
        let _inside = Inside::enter(py);
        let ended = self.attempt_channel().end_step(Some((key, remembered)));
        ended.map_err(|_| self.ended(py))
    }

    /// Ends a step that has failed: what it has written stays pending.
    fn fail_step(&self, py: Python<'_>) -> PyResult<()> {
        let _inside = Inside::enter(py);
        self.attempt_channel().end_step(None).map_err(|_| self.ended(py))
    }

    /// Begins to sleep for so many seconds, or goes on with that; says how the wait stands, as `look`.
    fn sleep(&self, py: Python<'_>, key: &str, seconds: f64) -> PyResult<f64> {
        let engine = self.engine(py)?;
        let _inside = Inside::enter(py);
        let until = engine.sleep(self.execution(), key, super::seconds(seconds.max(0.0)));
        Ok(stands(engine.begin_wait(self.execution(), Awaited::Until(until), None)))
    }

    /// Asks a question, so that it can be answered; gives its id, or `None` if it was asked before.
    fn pose(
        &self,
        py: Python<'_>,
        key: &str,
        kind: &str,
        prompt: String,
        options: Vec<String>,
    ) -> PyResult<Option<String>> {
        let engine = self.engine(py)?;
        let question = self.question(key, kind, prompt, options)?;
        let _inside = Inside::enter(py);
        let id = question.id.clone();
        engine.ask(self.execution(), key, question);
        Ok(engine.questions().into_iter().any(|question| question.id == id).then_some(id))
    }

    /// Asks a question, unless it was asked before, and begins to wait for its answer; says how that stands, as `look`.
    fn ask(
        &self,
        py: Python<'_>,
        key: &str,
        kind: &str,
        prompt: String,
        options: Vec<String>,
        timeout: Option<f64>,
    ) -> PyResult<f64> {
        let engine = self.engine(py)?;
        let question = self.question(key, kind, prompt, options)?;
        let _inside = Inside::enter(py);
        engine.ask(self.execution(), key, question);
        let patience = timeout.map(super::seconds);
        Ok(stands(engine.begin_wait(self.execution(), Awaited::Answer(key.to_owned()), patience)))
    }

    /// How a wait stands: -1 if it is over, -2 if the body is to be left, -3 if the task is to end, -4 if the
    /// body waits for something else, or else after how
    /// many seconds to look again.
    fn look(&self, py: Python<'_>) -> PyResult<f64> {
        let engine = self.engine(py)?;
        let _inside = Inside::enter(py);
        Ok(stands(engine.look(self.execution())))
    }

    /// Waits until something may have changed, or for so many seconds.
    fn wait_for_change(&self, py: Python<'_>, seconds: f64) -> PyResult<()> {
        let engine = self.engine(py)?;
        let (inside, execution) = (Inside::enter(py), self.execution());
        py.detach(|| {
            engine.wait_for_change(execution, super::seconds(seconds));
            inside.before_attaching();
        });
        Ok(())
    }
}

impl Waits {
    fn question(&self, key: &str, kind: &str, prompt: String, options: Vec<String>) -> PyResult<Question> {
        let kind = FeedbackType::parse(kind)
            .ok_or_else(|| PyValueError::new_err(format!("there is no feedback of type {kind:?}")))?;
        let (id, task_id) = (taskloom::engine::new_run_id(), self.task_id().to_owned());
        Ok(Question { id, task_id, key: key.to_owned(), kind, prompt, options })
    }
}

fn stands(look: Look) -> f64 {
    match look {
        Look::Over => -1.0,
        Look::Leave => -2.0,
        Look::Cancelled => -3.0,
        Look::Beside => -4.0,
        Look::Later(wait) => wait.as_secs_f64(),
    }
}
