use std::sync::Arc;

use pyo3::prelude::*;
use taskloom_core::Value;

/// A Python object as a value of the engine: the object itself, not a copy.
pub(crate) struct PyValue(Py<PyAny>);

/// Wraps an object for the engine.
pub(crate) fn wrap(object: Bound<'_, PyAny>) -> Value {
    Arc::new(PyValue(object.unbind()))
}

/// The object inside a value of the engine.
pub(crate) fn unwrap<'a, 'py>(py: Python<'py>, value: &'a Value) -> &'a Bound<'py, PyAny> {
    let value = value.downcast_ref::<PyValue>().expect("every value of a Python workflow is a Python object");
    value.0.bind(py)
}

/// The object inside a value that nobody else holds, for Python's collector: what another holds as well is not its
/// owner's alone to count.
pub(crate) fn sole(value: &Value) -> Option<&Py<PyAny>> {
    let value = (Arc::strong_count(value) == 1).then(|| value.downcast_ref::<PyValue>()).flatten();
    value.map(|PyValue(object)| object)
}
