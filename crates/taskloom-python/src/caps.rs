//! How many tasks of a group run at the same time, in both spellings: `max_concurrency`, and `thread_count` of Graflow.

use std::num::NonZeroU32;

use pyo3::{
    exceptions::{PyTypeError, PyValueError},
    prelude::*,
    types::{PyDict, PyInt},
};

const THREAD_COUNT: &str = "thread_count";

/// The cap that a group is given, if it is given one.
///
/// # Errors
///
/// `TypeError` if the config is no dict; `ValueError` if it has another key than `thread_count`, if a cap is no whole
/// number from 1 on, or if two differ.
pub(crate) fn given(
    max_concurrency: Option<&Bound<'_, PyAny>>,
    backend_config: Option<&Bound<'_, PyAny>>,
) -> PyResult<Option<NonZeroU32>> {
    let named = max_concurrency.map(|number| cap("max_concurrency", number)).transpose()?;
    let configured = backend_config.map(thread_count).transpose()?.flatten();
    if let (Some(named), Some(configured)) = (named, configured)
        && named != configured
    {
        let message = format!(
            "max_concurrency is {named}, and {THREAD_COUNT} in backend_config, which means the same, is {configured}"
        );
        return Err(PyValueError::new_err(message));
    }
    Ok(named.or(configured))
}

fn thread_count(config: &Bound<'_, PyAny>) -> PyResult<Option<NonZeroU32>> {
    let Ok(config) = config.cast::<PyDict>() else {
        let class = config.get_type().name()?;
        return Err(PyTypeError::new_err(format!("backend_config is a dict, not a {class}")));
    };
    for key in config.keys() {
        if key.extract::<String>().ok().as_deref() != Some(THREAD_COUNT) {
            let message = format!(
                "backend_config has no key {}: there is \"{THREAD_COUNT}\", which is max_concurrency",
                key.repr()?
            );
            return Err(PyValueError::new_err(message));
        }
    }
    config.get_item(THREAD_COUNT)?.map(|number| cap(THREAD_COUNT, &number)).transpose()
}

fn cap(name: &str, number: &Bound<'_, PyAny>) -> PyResult<NonZeroU32> {
    let cap = number.cast_exact::<PyInt>().ok().and_then(|number| number.extract::<NonZeroU32>().ok());
    cap.ok_or_else(|| {
        let shown = number.repr().map_or_else(|_| "that".into(), |text| text.to_string());
        PyValueError::new_err(format!("{name} is a whole number from 1 on, not {shown}"))
    })
}
