//! The bridge between the Python package and the engine.
//!
//! It holds no policy: it turns Python's objects into the core's values and back, and calls the same
//! workflow, plan, scheduler and local engine that the Rust crate does. Two rules keep it safe:
//!
//! - no Python code runs and no Python object is dropped while an engine's lock is held;
//! - task bodies are called from Python (`taskloom/_worker.py`), never from here, so that a thread which
//!   the interpreter ends at exit has no Rust frames on its stack.

#![warn(clippy::print_stdout, clippy::print_stderr)]
#![allow(
    clippy::elidable_lifetime_names,
    clippy::needless_pass_by_value,
    clippy::too_many_arguments,
    clippy::unused_self,
    reason = "PyO3 decides what a Python method's signature looks like"
)]

mod body;
mod caps;
mod compose;
mod content;
mod definition;
mod errors;
mod execution;
mod exit;
mod fork;
mod further;
mod id;
mod instance;
mod live_ids;
mod maps;
mod options;
mod place;
mod policy;
mod record;
mod secret;
mod store;
mod value;
mod workflow;

use pyo3::prelude::*;

/// The native module `taskloom._native`.
#[pymodule(gil_used = false)]
#[pyo3(name = "_native")]
mod native {
    #[pymodule_export]
    use crate::{
        compose::{Chain, Group, Operand, chain, parallel},
        definition::Definition,
        execution::{Acquire, AsyncJob, Channel, Events, Execution, RunControl, Waits, Worker},
        exit::exiting,
        fork::forked,
        instance::{Instance, Open},
        record::Record,
        secret::secrets_are,
        store::Store,
        workflow::{Plan, Workflow},
    };

    use super::{Bound, Py, PyModule, PyModuleMethods, PyResult};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("OPEN", Py::new(module.py(), Open)?)?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
