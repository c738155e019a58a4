use std::{
    any::Any,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use pyo3::{
    intern,
    prelude::*,
    sync::{MutexExt, PyOnceLock},
};
use taskloom_core::{BuildError, Fragment, Workflow as Core};

use crate::{body::PyBody, compose::operand, definition::Definition, errors, instance::Instance};

/// How often settings of a group have changed, in the whole process: a plan is made anew after that.
static SETTINGS: AtomicU64 = AtomicU64::new(0);

/// Says that the settings of a group have changed.
pub(crate) fn settings_changed() {
    SETTINGS.fetch_add(1, Ordering::Relaxed);
}

/// A workflow under construction. The class `taskloom.Workflow` derives from it.
#[pyclass(frozen, subclass, weakref, module = "taskloom._native")]
pub(crate) struct Workflow {
    inner: Mutex<Inner>,
}

struct Inner {
    core: Core,
    plan: Option<(u64, Arc<taskloom_core::Plan>)>,
}

/// What a workflow was when it was planned.
#[pyclass(frozen, module = "taskloom._native")]
pub(crate) struct Plan {
    pub(crate) core: Arc<taskloom_core::Plan>,
}

#[pymethods]
impl Plan {
    fn __str__(&self) -> String {
        self.core.to_string()
    }

    /// How many tasks it has.
    fn __len__(&self) -> usize {
        self.core.task_count()
    }

    /// The ids of all tasks in the order of composition, then the names of all groups.
    fn ids(&self) -> Vec<&str> {
        self.core.ids().collect()
    }

    /// The tasks that are called in processes: id and definition id, and the function.
    fn in_processes<'py>(&self, py: Python<'py>) -> Vec<(&str, &str, Bound<'py, PyAny>)> {
        let tasks = self.core.tasks_in_processes().filter_map(|task| {
            let definition = self.core.task(task).definition();
            let body: &dyn Any = definition.body();
            let function = body.downcast_ref::<PyBody>()?.function.bind(py).clone();
            Some((self.core.id(task), definition.id(), function))
        });
        tasks.collect()
    }

    /// A Mermaid flowchart.
    fn to_mermaid(&self) -> String {
        self.core.to_mermaid()
    }

    /// The language of Graphviz.
    fn to_dot(&self) -> String {
        self.core.to_dot()
    }

    /// A listing for a terminal.
    fn to_ascii(&self) -> String {
        self.core.to_ascii()
    }
}

#[pymethods]
impl Workflow {
    #[new]
    fn new(name: String) -> Self {
        Self { inner: Mutex::new(Inner { core: Core::new(name), plan: None }) }
    }

    /// Its name.
    #[getter]
    fn name(&self, py: Python<'_>) -> String {
        self.lock(py).core.name().to_owned()
    }

    /// How many tasks have joined.
    fn __len__(&self, py: Python<'_>) -> usize {
        self.lock(py).core.len()
    }

    /// Adds an instance or a composition.
    fn join(&self, py: Python<'_>, object: &Bound<'_, PyAny>) -> PyResult<()> {
        let fragment = operand(object)?;
        self.change(py, |core| core.join(&fragment))
    }

    /// Notes an instance that was made in the workflow's block.
    #[pyo3(signature = (instance, replaces=None))]
    fn note_instance(
        &self,
        py: Python<'_>,
        instance: &Bound<'_, Instance>,
        replaces: Option<&Bound<'_, Instance>>,
    ) -> PyResult<()> {
        let replaces = replaces.map(|replaced| &replaced.get().core);
        self.change(py, |core| core.note_instance(&instance.get().core, replaces))
    }

    /// Notes a definition that was made in the workflow's block.
    fn note_definition(&self, py: Python<'_>, definition: &Bound<'_, Definition>) -> PyResult<()> {
        self.change(py, |core| {
            core.note_definition(definition.get().core());
            Ok(())
        })
    }

    /// Ends the workflow's block.
    fn end_block(&self, py: Python<'_>) -> PyResult<()> {
        self.change(py, |core| {
            core.end_block();
            Ok(())
        })
    }

    /// Plans what the workflow is now.
    #[pyo3(signature = (start_node=None))]
    fn plan(&self, py: Python<'_>, start_node: Option<&str>) -> PyResult<Plan> {
        let settings = SETTINGS.load(Ordering::Relaxed);
        let mut inner = self.lock(py);
        if let (None, Some((planned, plan))) = (start_node, &inner.plan)
            && *planned == settings
        {
            return Ok(Plan { core: plan.clone() });
        }
        match taskloom_core::Plan::compile(&inner.core, start_node) {
            Ok(plan) => {
                let plan = Arc::new(plan);
                if start_node.is_none() {
                    inner.plan = Some((settings, plan.clone()));
                }
                Ok(Plan { core: plan })
            }
            Err(error) => {
                drop(inner);
                Err(errors::raise(py, &error))
            }
        }
    }
}

impl Workflow {
    // Whoever waits for the lock lets go of the interpreter, since whoever holds it may need that.
    fn lock(&self, py: Python<'_>) -> MutexGuard<'_, Inner> {
        self.inner.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, py: Python<'_>, change: impl FnOnce(&mut Core) -> Result<(), BuildError>) -> PyResult<()> {
        let changed = {
            let mut inner = self.lock(py);
            inner.plan = None;
            change(&mut inner.core)
        };
        changed.map_err(|error| errors::raise(py, &error))
    }
}

/// Adds a composition to the workflow whose block this is, if it is one.
pub(crate) fn join_current(py: Python<'_>, fragment: &Fragment) -> PyResult<()> {
    static GET: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let get = GET.get_or_try_init(py, || {
        let current = py.import(intern!(py, "taskloom._current"))?.getattr(intern!(py, "current_workflow"))?;
        Ok::<_, PyErr>(current.getattr(intern!(py, "get"))?.unbind())
    })?;
    let current = get.bind(py).call0()?;
    if current.is_none() {
        return Ok(());
    }
    current.cast::<Workflow>()?.get().change(py, |core| core.join(fragment))
}
