use pyo3::{
    exceptions::{PyNotImplementedError, PyTypeError, PyValueError},
    prelude::*,
    types::{PyList, PyTuple},
};
use taskloom_core::{Backend, Fragment, Policy};

use crate::{errors, instance, workflow};

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
    fragment: Fragment,
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

/// A policy as Python spells it: a name, or an object of `taskloom.policies`.
struct GroupPolicy(Policy);

impl<'py> FromPyObject<'_, 'py> for GroupPolicy {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(name) = object.extract::<String>() {
            return match &*name {
                "strict" => Ok(Self(Policy::Strict)),
                "best_effort" => Ok(Self(Policy::BestEffort)),
                _ => Err(PyValueError::new_err(format!(
                    "there is no policy {name:?}: there are \"strict\", \"best_effort\", policies.AtLeastN(n) and policies.Critical(ids)"
                ))),
            };
        }
        let kind = object.get_type().name()?.to_string();
        match &*kind {
            "AtLeastN" => Ok(Self(Policy::AtLeast(object.getattr("n")?.extract()?))),
            "Critical" => Ok(Self(Policy::Critical(object.getattr("task_ids")?.extract()?))),
            _ => Err(PyNotImplementedError::new_err(format!("a policy of one's own ({kind}) is not implemented yet"))),
        }
    }
}

/// A backend as Python spells it: a member of `CoordinationBackend`, which is a text, or its name in any case.
fn backend_of(object: &Bound<'_, PyAny>) -> PyResult<Backend> {
    let name = object.extract::<String>().unwrap_or_default().to_lowercase();
    match &*name {
        "threading" => Ok(Backend::Threads),
        "process" => Ok(Backend::Processes),
        "direct" => {
            Err(PyNotImplementedError::new_err("Group.with_execution(backend=\"direct\") is not implemented yet"))
        }
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
    fn set_group_name<'py>(slf: Bound<'py, Self>, name: String) -> PyResult<Bound<'py, Self>> {
        taskloom_core::validate_group_name(&name).map_err(|error| errors::raise(slf.py(), &error))?;
        slf.get().fragment.configure(|settings| settings.name = Some(name));
        workflow::settings_changed();
        Ok(slf)
    }

    /// Configures the group and returns it; what is not given stays as it is.
    ///
    /// `backend` says where its tasks run: a `CoordinationBackend`, or its name.
    #[pyo3(signature = (*, policy=None, fail_fast=None, backend=None, backend_config=None, max_concurrency=None))]
    fn with_execution<'py>(
        slf: Bound<'py, Self>,
        policy: Option<GroupPolicy>,
        fail_fast: Option<bool>,
        backend: Option<Bound<'py, PyAny>>,
        backend_config: Option<Bound<'py, PyAny>>,
        max_concurrency: Option<u32>,
    ) -> PyResult<Bound<'py, Self>> {
        let later = [("backend_config", backend_config.is_some()), ("max_concurrency", max_concurrency.is_some())];
        if let Some((name, _)) = later.into_iter().find(|(_, given)| *given) {
            let message = format!("Group.with_execution({name}=…) is not implemented yet");
            return Err(PyNotImplementedError::new_err(message));
        }
        let backend = backend.as_ref().map(backend_of).transpose()?;
        slf.get().fragment.configure(|settings| {
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
    if object.cast::<workflow::Workflow>().is_ok() {
        return Err(PyNotImplementedError::new_err("a workflow as an operand is not implemented yet"));
    }
    if object.cast_exact::<PyList>().is_ok() || object.cast_exact::<PyTuple>().is_ok() {
        let py = object.py();
        let members = fragments(object.try_iter()?.collect::<PyResult<Vec<_>>>()?.into_iter())?;
        return taskloom_core::parallel(members).map(Some).map_err(|error| errors::raise(py, &error));
    }
    Ok(None)
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
