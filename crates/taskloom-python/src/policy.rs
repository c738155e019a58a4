use std::fmt;

use pyo3::{
    exceptions::{PyTypeError, PyValueError},
    intern,
    prelude::*,
    types::PyType,
};
use taskloom_core::{OwnPolicy, Policy};

/// A policy as Python spells it: a name, an object of `taskloom.policies`, or one of the user's own.
pub(crate) struct GroupPolicy(pub(crate) Policy);

/// A policy that is asked in Python, by its method `judge`.
pub(crate) struct PyPolicy {
    name: String,
    pub(crate) judge: Py<PyAny>,
}

impl OwnPolicy for PyPolicy {
    fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Debug for PyPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl<'py> FromPyObject<'_, 'py> for GroupPolicy {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let py = object.py();
        if let Ok(name) = object.extract::<String>() {
            return match &*name {
                "strict" => Ok(Self(Policy::Strict)),
                "best_effort" => Ok(Self(Policy::BestEffort)),
                _ => Err(PyValueError::new_err(format!(
                    "there is no policy {name:?}: there are \"strict\", \"best_effort\", policies.AtLeastN(n), policies.Critical(ids), and objects of your own with a method `judge`"
                ))),
            };
        }
        let policies = py.import(intern!(py, "taskloom.policies"))?;
        if object.is_instance(&policies.getattr(intern!(py, "AtLeastN"))?)? {
            return Ok(Self(Policy::AtLeast(object.getattr(intern!(py, "n"))?.extract()?)));
        }
        if object.is_instance(&policies.getattr(intern!(py, "Critical"))?)? {
            return Ok(Self(Policy::Critical(object.getattr(intern!(py, "task_ids"))?.extract()?)));
        }
        own(&object)
    }
}

fn own(object: &Bound<'_, PyAny>) -> PyResult<GroupPolicy> {
    let py = object.py();
    if let Ok(class) = object.cast::<PyType>() {
        let name = class.name()?;
        return Err(PyTypeError::new_err(format!("a policy is an object, and {name} is a class: give {name}(…)")));
    }
    let name = object.get_type().name()?.to_string();
    let judge = object.getattr_opt(intern!(py, "judge"))?.filter(PyAnyMethods::is_callable);
    let Some(judge) = judge else {
        return Err(PyTypeError::new_err(format!(
            "a {name} is no policy of a group\n  hint: one of your own has a method `judge(group, branches)`; see taskloom.policies.GroupPolicy"
        )));
    };
    let inspect = py.import(intern!(py, "inspect"))?;
    if inspect.call_method1(intern!(py, "iscoroutinefunction"), (&judge,))?.is_truthy()? {
        return Err(PyTypeError::new_err(format!(
            "{name}.judge is `async def`: a policy decides at once, without waiting"
        )));
    }
    Ok(GroupPolicy(Policy::Own(std::sync::Arc::new(PyPolicy { name, judge: judge.unbind() }))))
}
