use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use pyo3::{
    exceptions::PyException,
    prelude::*,
    types::{PyWeakrefMethods, PyWeakrefReference},
};
use taskloom::engine::{Engine, Host, Timer};

use crate::exit::Inside;

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
                tell(&host, error);
            }
        });
    }
}

/// Tells of what a method of the host raised. A `KeyboardInterrupt` may land in any of them; it is the run's
/// cancellation (rule R-10), and whoever waits for the run gets it.
fn tell(host: &Bound<'_, PyAny>, error: PyErr) {
    let py = host.py();
    let untold = if error.is_instance_of::<PyException>(py) {
        Some(error)
    } else {
        host.call_method1("interrupt", (error.into_value(py),)).err()
    };
    if let Some(error) = untold {
        error.write_unraisable(py, Some(host));
    }
}

/// What is to happen after a wait. A run that has ended does not stay for it.
#[pyclass(frozen, module = "taskloom._native")]
struct WakeUp {
    engine: Weak<Engine>,
    timer: Timer,
}

#[pymethods]
impl WakeUp {
    /// The wait is over.
    fn __call__(&self, py: Python<'_>) {
        let _inside = Inside::enter(py);
        if let Some(engine) = self.engine.upgrade() {
            engine.due(self.timer.clone());
        }
    }
}

impl Host for PyHost {
    fn start_worker(&self, _engine: &Arc<Engine>) {
        self.call("start_worker");
    }

    fn start_async(&self, _engine: &Arc<Engine>) {
        self.call("start_async");
    }

    fn wake_later(&self, engine: &Arc<Engine>, wait: Duration, timer: Timer) {
        Python::attach(|py| {
            let Some(host) = self.0.bind(py).upgrade() else { return };
            let wake = WakeUp { engine: Arc::downgrade(engine), timer };
            if let Err(error) = host.call_method1("wake_later", (wait.as_secs_f64(), wake)) {
                tell(&host, error);
            }
        });
    }

    fn block(&self, wait: &mut (dyn FnMut() + Send)) {
        Python::attach(|py| {
            let inside = Inside::enter(py);
            py.detach(|| {
                wait();
                inside.before_attaching();
            });
        });
    }

    fn cancelled(&self) {
        self.call("cancelled");
    }

    fn finished(&self) {
        self.call("finished");
    }

    fn warn(&self, warning: &str) {
        // The thread is none of Python's.
        let Some(_inside) = Inside::enter_detached() else { return };
        Python::attach(|py| {
            let Some(host) = self.0.bind(py).upgrade() else { return };
            if let Err(error) = host.call_method1("warn", (warning,)) {
                error.write_unraisable(py, Some(&host));
            }
        });
    }
}
