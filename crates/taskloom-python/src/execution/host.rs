use std::sync::Arc;

use pyo3::{
    prelude::*,
    types::{PyWeakrefMethods, PyWeakrefReference},
};
use taskloom::engine::{Engine, Host};

/// The Python object that starts threads and hears of the end.
///
/// It is held weakly, since it holds the run; whoever works for the run or waits for it holds it, too.
pub(super) struct PyHost(Py<PyWeakrefReference>);

impl PyHost {
    pub(super) fn new(host: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Self(PyWeakrefReference::new(host)?.unbind()))
    }

    fn call(&self, method: &str) {
        Python::attach(|py| {
            let Some(host) = self.0.bind(py).upgrade() else { return };
            if let Err(error) = host.call_method0(method) {
                error.write_unraisable(py, Some(&host));
            }
        });
    }
}

impl Host for PyHost {
    fn start_worker(&self, _engine: &Arc<Engine>) {
        self.call("start_worker");
    }

    fn start_async(&self, _engine: &Arc<Engine>) {
        self.call("start_async");
    }

    fn cancelled(&self) {
        self.call("cancelled");
    }

    fn finished(&self) {
        self.call("finished");
    }
}
