//! Asks policies of the user's own. Like a task's function they are called from Python code, never from here.

use pyo3::{
    exceptions::PyTypeError,
    intern,
    prelude::*,
    sync::PyOnceLock,
    types::{PyBool, PyDict, PyList, PyTuple},
};
use taskloom::engine::{Failure, Judgement};
use taskloom_core::{RunPlan, Value};

use super::job::{Call, failure};
use crate::{policy::PyPolicy, record::raised, value::unwrap};

/// The call that asks the policy.
pub(super) fn call<'py>(py: Python<'py>, plan: &RunPlan, judgement: &Judgement) -> PyResult<Call<'py>> {
    let Some(policy) = judgement.policy::<PyPolicy>(plan) else {
        return Err(PyTypeError::new_err("the policy was made by another language's front end"));
    };
    let record = helper(py, &RECORD, "BranchRecord")?;
    let branches = judgement.branches(plan).into_iter().map(|branch| {
        let value = branch.value.as_ref().map(|value| unwrap(py, value));
        let error = branch.error.as_ref().map(|failure| raised(py, failure));
        record.call1((branch.id, branch.state.to_string(), value, error))
    });
    let branches = PyList::new(py, branches.collect::<PyResult<Vec<_>>>()?)?;
    let call = (policy.judge.bind(py), judgement.group(plan), branches).into_pyobject(py)?;
    Ok((call, PyDict::new(py)))
}

/// The same call, where a coroutine is expected.
pub(super) fn as_coroutine<'py>(py: Python<'py>, call: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyTuple>> {
    let function = helper(py, &IN_PLACE, "_in_place")?;
    let call: Vec<_> = std::iter::once(function.clone()).chain(call.iter()).collect();
    PyTuple::new(py, call)
}

/// What a policy has said.
pub(super) fn verdict(py: Python<'_>, plan: &RunPlan, judgement: &Judgement, said: &Value) -> Result<bool, Failure> {
    let said = unwrap(py, said);
    if let Ok(passed) = said.cast_exact::<PyBool>() {
        return Ok(passed.is_true());
    }
    let kind = said.get_type().name().map_or_else(|_| "object".to_owned(), |name| name.to_string());
    let group = judgement.group(plan);
    let message = format!(
        "the policy of group `{group}` gave a {kind}\n  hint: its method `judge` returns whether the group has succeeded, as True or False"
    );
    Err(failure(PyTypeError::new_err(message).into_value(py).into_bound(py).into_any(), false))
}

static RECORD: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
static IN_PLACE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// Something of `taskloom.policies`.
fn helper<'py>(
    py: Python<'py>,
    cell: &'static PyOnceLock<Py<PyAny>>,
    name: &'static str,
) -> PyResult<&'py Bound<'py, PyAny>> {
    let found = cell
        .get_or_try_init(py, || Ok::<_, PyErr>(py.import(intern!(py, "taskloom.policies"))?.getattr(name)?.unbind()))?;
    Ok(found.bind(py))
}
