use std::{error::Error, num::NonZeroU32, sync::Arc};

use pyo3::{
    prelude::*,
    types::{PyBool, PyDict, PyFloat, PyFrozenSet, PyInt, PyList, PyRange, PySet, PyString, PyTuple},
};
use taskloom_core::{Elements, Lists, Mapping, Options, Over, Value};

use crate::{
    policy::GroupPolicy,
    value::{unwrap, wrap},
};

/// What makes an instance a map, as `taskloom._maps.Settings` lists it; what is `None` stays as it is.
#[derive(FromPyObject)]
pub(crate) struct Settings(
    /// The numbers of the parameters that are bound to lists, and how the elements of these come together.
    Option<(Vec<usize>, String)>,
    /// `max_concurrency`
    Option<NonZeroU32>,
    /// `policy`
    Option<GroupPolicy>,
    /// `fail_fast`
    Option<bool>,
);

impl Settings {
    /// The same options for a map.
    pub(crate) fn apply(self, options: &Options) -> Options {
        let Self(over, max_concurrency, policy, fail_fast) = self;
        let mut mapping = match (&options.map, over) {
            (_, Some((parameters, over))) => Mapping {
                parameters,
                over: match &*over {
                    "product" => Over::Product,
                    "zip" => Over::Zip,
                    _ => Over::Each,
                },
                front_end: Arc::new(PyLists),
                max_concurrency: None,
                policy: None,
                fail_fast: false,
            },
            (Some(mapping), None) => (**mapping).clone(),
            (None, None) => return options.clone(),
        };
        mapping.max_concurrency = max_concurrency.or(mapping.max_concurrency);
        mapping.fail_fast = fail_fast.unwrap_or(mapping.fail_fast);
        if let Some(GroupPolicy(policy)) = policy {
            mapping.policy = Some(policy);
        }
        Options { map: Some(Arc::new(mapping)), ..options.clone() }
    }
}

/// Lists as Python has them.
struct PyLists;

/// The elements of one, taken along when the map began.
struct PyElements(Vec<Py<PyAny>>);

impl Lists for PyLists {
    fn elements(&self, _parameter: usize, list: &Value) -> Result<Box<dyn Elements>, Box<dyn Error + Send + Sync>> {
        Python::attach(|py| {
            let list = unwrap(py, list);
            // Only what can be gone over without code of the user's, which must not run on this thread here.
            let is_known = list.cast_exact::<PyList>().is_ok()
                || list.cast_exact::<PyTuple>().is_ok()
                || list.cast_exact::<PyRange>().is_ok()
                || list.cast_exact::<PySet>().is_ok()
                || list.cast_exact::<PyFrozenSet>().is_ok();
            if !is_known {
                let class = list.get_type().name()?;
                return Err(format!("it is a {class}, not a list, tuple, range or set").into());
            }
            let elements: PyResult<Vec<Py<PyAny>>> = list.try_iter()?.map(|item| Ok(item?.unbind())).collect();
            Ok(Box::new(PyElements(elements?)) as Box<dyn Elements>)
        })
    }

    fn collect(&self, results: Vec<(&str, Value)>) -> Value {
        Python::attach(|py| {
            let mapping = PyDict::new(py);
            for (id, value) in results {
                // A text hashes and compares without any code of the user's.
                mapping.set_item(id, unwrap(py, &value)).expect("a dict takes a text as its key");
            }
            wrap(mapping.into_any())
        })
    }
}

impl Elements for PyElements {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn get(&self, index: usize) -> Value {
        Python::attach(|py| wrap(self.0[index].bind(py).clone()))
    }

    fn text(&self, index: usize) -> Option<String> {
        Python::attach(|py| {
            let element = self.0[index].bind(py);
            let is_short = element.cast_exact::<PyString>().is_ok()
                || element.cast_exact::<PyInt>().is_ok()
                || element.cast_exact::<PyFloat>().is_ok()
                || element.cast_exact::<PyBool>().is_ok();
            if is_short { element.str().ok()?.to_str().ok().map(str::to_owned) } else { None }
        })
    }
}
