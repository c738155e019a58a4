//! Processes that were forked: they have none of their parent's threads, and perhaps locks that nobody will open.

use std::sync::atomic::{AtomicU32, Ordering};

use pyo3::prelude::*;

use crate::{errors, exit};

/// How many forks lie between this process and the one that has loaded the module.
static GENERATION: AtomicU32 = AtomicU32::new(0);

/// The process that something belongs to.
#[derive(Clone, Copy)]
pub(crate) struct Origin(u32);

impl Origin {
    /// This process.
    pub(crate) fn here() -> Self {
        Self(GENERATION.load(Ordering::Relaxed))
    }

    /// Whether it is this process.
    pub(crate) fn is_here(self) -> bool {
        self.0 == GENERATION.load(Ordering::Relaxed)
    }

    /// # Errors
    ///
    /// `TaskloomRuntimeError` in a process that was forked from it.
    pub(crate) fn check(self, py: Python<'_>) -> PyResult<()> {
        if self.is_here() { Ok(()) } else { Err(errors::forked(py)) }
    }
}

/// Says that this process was forked.
#[pyfunction]
pub(crate) fn forked() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
    exit::forked();
}
