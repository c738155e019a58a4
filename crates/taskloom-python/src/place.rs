use std::fmt;

use pyo3::{intern, prelude::*};
use taskloom_core::Describe;

/// A line of Python, kept as code object and instruction: to find the line costs too much to do it for
/// every instance, and is needed only in errors.
pub(crate) struct PyPlace {
    pub(crate) code: Py<PyAny>,
    pub(crate) instruction: i32,
}

impl PyPlace {
    /// The number of the line.
    pub(crate) fn line<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        places(py)?.call_method1(intern!(py, "line"), (&self.code, self.instruction))
    }
}

impl fmt::Display for PyPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe())
    }
}

fn places(py: Python<'_>) -> PyResult<Bound<'_, PyModule>> {
    py.import(intern!(py, "taskloom._places"))
}

impl Describe for PyPlace {
    fn describe(&self) -> String {
        Python::attach(|py| {
            let place = places(py)?.call_method1(intern!(py, "describe"), (&self.code, self.instruction))?;
            place.extract()
        })
        .unwrap_or_else(|error: PyErr| format!("an unknown place ({error})"))
    }
}
