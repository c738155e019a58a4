use std::sync::Arc;

use pyo3::{intern, prelude::*};
use taskloom::engine::{Engine, Host};

/// The Python object that starts threads and hears of the end.
pub(super) struct PyHost(Py<PyAny>);

impl PyHost {
    pub(super) fn new(host: Py<PyAny>) -> Self {
        Self(host)
    }

    fn call(&self, method: impl FnOnce(Python<'_>) -> PyResult<()>) {
        Python::attach(|py| {
            if let Err(error) = method(py) {
                error.write_unraisable(py, Some(self.0.bind(py)));
            }
        });
    }
}

impl Host for PyHost {
    fn start_worker(&self, _engine: &Arc<Engine>) {
        self.call(|py| self.0.bind(py).call_method0(intern!(py, "start_worker")).map(drop));
    }

    fn start_async(&self, _engine: &Arc<Engine>) {
        self.call(|py| self.0.bind(py).call_method0(intern!(py, "start_async")).map(drop));
    }

    fn finished(&self) {
        self.call(|py| self.0.bind(py).call_method0(intern!(py, "finished")).map(drop));
    }
}
