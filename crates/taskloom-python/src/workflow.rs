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
    types::PyString,
};
use taskloom_core::{BuildError, Fragment, Kind, NodeId, Workflow as Core};

use crate::{
    body::PyBody,
    compose::{Operand, operand},
    definition::Definition,
    errors, id,
    instance::Instance,
};

/// How often settings of a group have changed, in the whole process: a plan is made anew after that.
static SETTINGS: AtomicU64 = AtomicU64::new(0);

/// Says that the settings of a group have changed.
pub(crate) fn settings_changed() {
    SETTINGS.fetch_add(1, Ordering::Relaxed);
}

/// A workflow under construction. The class `taskloom.Workflow` derives from it.
#[pyclass(frozen, extends = Operand, subclass, weakref, module = "taskloom._native")]
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

    /// The functions of all definitions, whose annotations name the classes that a store reads.
    fn functions<'py>(&self, py: Python<'py>) -> Vec<Bound<'py, PyAny>> {
        let planned = (0..).take(self.core.task_count()).map(|task| self.core.task(task));
        let bodies = planned.chain(self.core.templates()).filter_map(|task| {
            let body: &dyn Any = task.definition().body();
            body.downcast_ref::<PyBody>()
        });
        let mut functions: Vec<Bound<'py, PyAny>> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for body in bodies {
            if seen.insert(body.function.as_ptr()) {
                functions.push(body.function.bind(py).clone());
            }
        }
        functions
    }

    /// The groups, each by its name and the ids with which its branches begin.
    fn beginnings(&self) -> Vec<(&str, Vec<&str>)> {
        let plan = &self.core;
        let firsts = |node| plan.successors(node).iter().map(|&to| self.name(to)).collect();
        plan.groups().iter().map(|group| (&*group.name, firsts(group.entry))).collect()
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

    /// A picture.
    fn to_svg(&self) -> String {
        self.core.to_svg()
    }

    /// The edges by id, each with whether it closes a loop: groups by name, without what leads to and from their
    /// branches.
    fn edges(&self) -> Vec<(&str, &str, bool)> {
        let id = |node| self.core.id(node);
        self.core.links().map(|link| (id(link.from), id(link.to), link.closes_loop)).collect()
    }

    /// The names of the groups, each with what its branches end in.
    fn groups(&self) -> Vec<(&str, Vec<&str>)> {
        let plan = &self.core;
        let groups = plan.groups().iter().filter(|group| plan.includes(group.exit));
        groups
            .map(|group| {
                let members = group.branches.iter().map(|branch| branch.last).filter(|&last| plan.includes(last));
                (&*group.name, members.map(|last| plan.id(last)).collect())
            })
            .collect()
    }

    /// The ids of the tasks, in the order of composition.
    fn task_ids(&self) -> Vec<&str> {
        let plan = &self.core;
        (0..).take(plan.task_count()).filter(|&node| plan.includes(node)).map(|node| plan.id(node)).collect()
    }
}

impl Plan {
    /// The id of a task, or the name of the group that a node begins or ends.
    fn name(&self, node: NodeId) -> &str {
        match self.core.kind(node) {
            Kind::Task => self.core.id(node),
            Kind::Entry(group) | Kind::Exit(group) => &self.core.groups()[group as usize].name,
        }
    }
}

#[pymethods]
impl Workflow {
    #[new]
    fn new(name: &Bound<'_, PyString>) -> PyResult<PyClassInitializer<Self>> {
        let name = id::text(name, "the name of a workflow", None)?.to_owned();
        let inner = Mutex::new(Inner { core: Core::new(name), plan: None });
        Ok(PyClassInitializer::from(Operand).add_subclass(Self { inner }))
    }

    /// Its name.
    #[getter]
    pub(crate) fn name(&self, py: Python<'_>) -> String {
        self.lock(py).core.name().to_owned()
    }

    /// How many tasks have joined.
    fn __len__(&self, py: Python<'_>) -> usize {
        self.lock(py).core.len()
    }

    /// Adds an instance or a composition.
    fn join(slf: &Bound<'_, Self>, object: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = slf.py();
        if slf.is(object) {
            return Err(part_of_itself(slf));
        }
        let fragment = operand(object)?;
        slf.get().change(py, |core| core.join(&fragment))
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

    /// Takes out everything that has joined or was noted.
    fn clear(&self, py: Python<'_>) -> PyResult<()> {
        self.change(py, |core| {
            *core = Core::new(core.name());
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

/// What a workflow is now, as an operand.
pub(crate) fn as_part(workflow: &Bound<'_, Workflow>) -> PyResult<Fragment> {
    let py = workflow.py();
    if current(py)?.is(workflow) {
        return Err(part_of_itself(workflow));
    }
    let core = workflow.get().lock(py).core.clone();
    Ok(core.into())
}

fn part_of_itself(workflow: &Bound<'_, Workflow>) -> PyErr {
    let name = workflow.get().name(workflow.py());
    errors::composition(workflow.py(), &format!("workflow `{name}` cannot be a part of itself"))
}

/// The workflow whose block this is, or `None`.
fn current(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    static GET: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let get = GET.get_or_try_init(py, || {
        let current = py.import(intern!(py, "taskloom._current"))?.getattr(intern!(py, "current_workflow"))?;
        Ok::<_, PyErr>(current.getattr(intern!(py, "get"))?.unbind())
    })?;
    get.bind(py).call0()
}

/// Adds a composition to the workflow whose block this is, if it is one.
pub(crate) fn join_current(py: Python<'_>, fragment: &Fragment) -> PyResult<()> {
    let current = current(py)?;
    if current.is_none() {
        return Ok(());
    }
    current.cast::<Workflow>()?.get().change(py, |core| core.join(fragment))
}
