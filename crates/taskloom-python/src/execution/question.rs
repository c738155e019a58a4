//! Questions of a run, on their way to Python, and answers without a program's codec.

use pyo3::{intern, prelude::*};
use taskloom::engine::{durable::BoxError, waiting::Question};

use super::PyFailure;

/// Id, task, key, kind, prompt and options.
pub(crate) type OpenQuestion = (String, String, String, &'static str, String, Vec<String>);

pub(crate) fn taken_apart(question: &Question) -> OpenQuestion {
    let Question { id, task_id, key, kind, prompt, options } = question.clone();
    (id, task_id, key, kind.name(), prompt, options)
}

/// A value as text, where no store says how.
pub(super) fn written(value: &Bound<'_, PyAny>) -> Result<String, BoxError> {
    let py = value.py();
    let text = codecs(py).and_then(|codecs| codecs.call_method1(intern!(py, "encode"), (value,))?.extract());
    text.map_err(|error| -> BoxError { Box::new(PyFailure(error.into_value(py).into_any())) })
}

/// A value from such a text.
pub(super) fn read<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    codecs(py)?.call_method1(intern!(py, "decode"), (text,))
}

/// A codec for what needs no class.
fn codecs(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    py.import(intern!(py, "taskloom._codec"))?.call_method1(intern!(py, "Codecs"), ((),))
}
