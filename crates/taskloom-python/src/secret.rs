//! Arguments that are shown nowhere.

use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::{intern, prelude::*, sync::PyOnceLock, types::PyType};

/// Whether this process has ever made a secret: most have not, and look at no argument for that.
static ANY: AtomicBool = AtomicBool::new(false);

static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// Says of which class secrets are, before the first one is made.
#[pyfunction]
pub(crate) fn secrets_are(class_: Bound<'_, PyType>) {
    CLASS.get_or_init(class_.py(), || class_.unbind());
    ANY.store(true, Ordering::Release);
}

/// The object that a function gets for an argument: of a secret, what it hides.
#[inline]
pub(crate) fn revealed<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    if !ANY.load(Ordering::Relaxed) {
        return Ok(object.clone());
    }
    let py = object.py();
    let is_secret = CLASS.get(py).is_some_and(|class| object.get_type().is(class.bind(py)));
    if is_secret { object.call_method0(intern!(py, "reveal")) } else { Ok(object.clone()) }
}
