use std::num::NonZeroU32;

use pyo3::{
    exceptions::{PyTypeError, PyValueError},
    intern,
    prelude::*,
    types::{PyList, PyString, PyTuple},
};
use taskloom_core::{Backend, Fragment};

use crate::{caps, errors, id, instance, policy::GroupPolicy, workflow};

/// What `>>`, `<<` and `|` are defined on: definitions, instances, chains and groups.
#[pyclass(frozen, subclass, module = "taskloom._native")]
pub(crate) struct Operand;

/// Tasks that run one after another.
#[pyclass(frozen, extends = Operand, module = "taskloom")]
pub(crate) struct Chain {
    fragment: Fragment,
}

/// Tasks that run side by side.
#[pyclass(frozen, extends = Operand, module = "taskloom")]
pub(crate) struct Group {
    pub(crate) fragment: Fragment,
}

#[pymethods]
impl Operand {
    fn __rshift__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        in_series(slf.as_any(), other)
    }

    fn __rrshift__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        in_series(other, slf.as_any())
    }

    fn __lshift__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        in_series(other, slf.as_any())
    }

    fn __rlshift__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        in_series(slf.as_any(), other)
    }

    fn __or__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        side_by_side(slf.as_any(), other)
    }

    fn __ror__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        side_by_side(other, slf.as_any())
    }
}

/// A backend as Python spells it: a member of `CoordinationBackend`, which is a text, or its name in any case. And how
/// many tasks run at the same time there, at most.
fn backend_of(object: &Bound<'_, PyAny>) -> PyResult<(Backend, Option<NonZeroU32>)> {
    let name = object.extract::<String>().unwrap_or_default().to_lowercase();
    match &*name {
        "threading" => Ok((Backend::Threads, None)),
        "process" => Ok((Backend::Processes, None)),
        "direct" => Ok((Backend::Threads, Some(NonZeroU32::MIN))),
        _ => Err(PyValueError::new_err(format!(
            "there is no backend {}: there are \"threading\", \"process\" and \"direct\"",
            object.repr()?
        ))),
    }
}

#[pymethods]
impl Chain {
    fn __repr__(&self) -> String {
        format!("{:?}", self.fragment)
    }
}

#[pymethods]
impl Group {
    /// Names the group and returns it.
    fn set_group_name<'py>(slf: Bound<'py, Self>, name: &Bound<'py, PyString>) -> PyResult<Bound<'py, Self>> {
        let name = id::text(name, "group name", None)?.to_owned();
        taskloom_core::validate_group_name(&name).map_err(|error| errors::raise(slf.py(), &error))?;
        slf.get().fragment.configure(|settings| settings.name = Some(name));
        workflow::settings_changed();
        Ok(slf)
    }

    /// Configures the group and returns it; what is not given stays as it is.
    ///
    /// - `policy`: when the group has succeeded: `"strict"`, `"best_effort"`, or an object as in `taskloom.policies`.
    /// - `fail_fast`: whether it stops as soon as the policy's verdict is certain; a policy of one's own is only
    ///   asked in the end.
    /// - `backend`: where its tasks run: a `CoordinationBackend`, or its name.
    /// - `max_concurrency`: how many tasks in it run at the same time, at most, at any depth. What waits for a slot
    ///   holds up nothing outside of the group.
    /// - `backend_config`: `{"thread_count": n}`, as Graflow spells `max_concurrency=n`.
    #[pyo3(signature = (*, policy=None, fail_fast=None, backend=None, backend_config=None, max_concurrency=None))]
    fn with_execution<'py>(
        slf: Bound<'py, Self>,
        policy: Option<GroupPolicy>,
        fail_fast: Option<bool>,
        backend: Option<Bound<'py, PyAny>>,
        backend_config: Option<Bound<'py, PyAny>>,
        max_concurrency: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, Self>> {
        let max_concurrency = caps::given(max_concurrency.as_ref(), backend_config.as_ref())?;
        let (backend, most) = backend.as_ref().map(backend_of).transpose()?.unzip();
        let most = most.flatten();
        if let (Some(cap), Some(most)) = (max_concurrency, most)
            && cap != most
        {
            let message = format!("the backend \"direct\" runs one task at a time, so max_concurrency cannot be {cap}");
            return Err(PyValueError::new_err(message));
        }
        slf.get().fragment.configure(|settings| {
            settings.max_concurrency = max_concurrency.or(most).or(settings.max_concurrency);
            if let Some(GroupPolicy(policy)) = policy {
                settings.policy = policy;
            }
            settings.fail_fast = fail_fast.unwrap_or(settings.fail_fast);
            settings.backend = backend.or(settings.backend);
        });
        workflow::settings_changed();
        Ok(slf)
    }

    /// The name that was given, or `None`.
    #[getter]
    fn name(&self) -> Option<String> {
        let mut name = None;
        self.fragment.configure(|settings| name.clone_from(&settings.name));
        name
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.fragment)
    }
}

/// All parts one after another.
#[pyfunction]
#[pyo3(signature = (*parts))]
pub(crate) fn chain<'py>(parts: &Bound<'py, PyTuple>) -> PyResult<Py<PyAny>> {
    let py = parts.py();
    let fragment = taskloom_core::chain(fragments(parts.iter())?).map_err(|error| errors::raise(py, &error))?;
    composed(py, fragment, false)
}

/// All members side by side.
#[pyfunction]
#[pyo3(signature = (*members))]
pub(crate) fn parallel<'py>(members: &Bound<'py, PyTuple>) -> PyResult<Py<PyAny>> {
    let py = members.py();
    let fragment = taskloom_core::parallel(fragments(members.iter())?).map_err(|error| errors::raise(py, &error))?;
    composed(py, fragment, true)
}

fn in_series(first: &Bound<'_, PyAny>, then: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
    let py = first.py();
    match pair(first, then)? {
        Some((first, then)) => composed(py, first.then(then), false),
        None => Ok(py.NotImplemented()),
    }
}

fn side_by_side(left: &Bound<'_, PyAny>, right: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
    let py = left.py();
    match pair(left, right)? {
        Some((left, right)) => composed(py, left.beside(right), true),
        None => Ok(py.NotImplemented()),
    }
}

/// Both operands, or `None` if one is none, so that Python says so in its own words.
fn pair(left: &Bound<'_, PyAny>, right: &Bound<'_, PyAny>) -> PyResult<Option<(Fragment, Fragment)>> {
    let (Some(first), Some(second)) = (fragment(left)?, fragment(right)?) else { return Ok(None) };
    if let (Some(a), Some(b)) = (first.as_instance(), second.as_instance())
        && let Some(error) = taskloom_core::conflict(a, b)
    {
        return Err(errors::raise(left.py(), &error));
    }
    Ok(Some((first, second)))
}

fn fragments<'py>(objects: impl Iterator<Item = Bound<'py, PyAny>>) -> PyResult<Vec<Fragment>> {
    objects.map(|object| operand(&object)).collect()
}

/// The composition that an object is.
///
/// # Errors
///
/// `TypeError` if it is none.
pub(crate) fn operand(object: &Bound<'_, PyAny>) -> PyResult<Fragment> {
    if let Some(fragment) = fragment(object)? {
        return Ok(fragment);
    }
    let kind = object.get_type().name()?;
    let hint = if object.is_callable() { "; is the decorator `@task` missing?" } else { "" };
    let message = format!("a {kind} cannot be composed: tasks, chains, groups and lists of these can{hint}");
    Err(PyTypeError::new_err(message))
}

fn fragment(object: &Bound<'_, PyAny>) -> PyResult<Option<Fragment>> {
    if let Some(instance) = instance::as_instance(object) {
        return Ok(Some(instance.into()));
    }
    if let Ok(chain) = object.cast::<Chain>() {
        return Ok(Some(chain.get().fragment.clone()));
    }
    if let Ok(group) = object.cast::<Group>() {
        return Ok(Some(group.get().fragment.clone()));
    }
    if let Ok(part) = object.cast::<workflow::Workflow>() {
        return workflow::as_part(part).map(Some);
    }
    if object.cast_exact::<PyList>().is_ok() || object.cast_exact::<PyTuple>().is_ok() {
        let py = object.py();
        let members = fragments(object.try_iter()?.collect::<PyResult<Vec<_>>>()?.into_iter())?;
        return taskloom_core::parallel(members).map(Some).map_err(|error| errors::raise(py, &error));
    }
    // A class of another library's form may say what stands for its objects.
    match object.getattr_opt(intern!(object.py(), "__taskloom_operand__"))? {
        Some(operand) if !object.is_instance_of::<pyo3::types::PyType>() => fragment(&operand.call0()?),
        _ => Ok(None),
    }
}

/// The Python object for a composition, which joins the workflow whose block it is composed in.
fn composed(py: Python<'_>, fragment: Fragment, group: bool) -> PyResult<Py<PyAny>> {
    workflow::join_current(py, &fragment)?;
    if group {
        let initializer = PyClassInitializer::from(Operand).add_subclass(Group { fragment });
        Ok(Py::new(py, initializer)?.into_any())
    } else {
        let initializer = PyClassInitializer::from(Operand).add_subclass(Chain { fragment });
        Ok(Py::new(py, initializer)?.into_any())
    }
}
