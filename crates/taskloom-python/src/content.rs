use pyo3::{
    exceptions::{PyOverflowError, PyTypeError},
    prelude::*,
    types::{PyFloat, PyInt, PyList},
};
use taskloom_core::{
    Value,
    channel::{ChannelError, Content, Item, Number},
};

use crate::value::{unwrap, wrap};

/// What a channel keeps of an object: numbers as such and lists by their elements, so that they can be added to.
pub(crate) fn content(object: Bound<'_, PyAny>) -> Content {
    if let Some(number) = number(&object) {
        return Content::Number(number);
    }
    match object.cast_exact::<PyList>() {
        Ok(list) => Content::list(list.iter().map(item)),
        Err(_) => Content::Item(item(object)),
    }
}

/// An element of a list.
pub(crate) fn item(object: Bound<'_, PyAny>) -> Item {
    Item { value: wrap(object), kind: "object".into(), text: None }
}

/// A number that is one of Rust's.
pub(crate) fn number(object: &Bound<'_, PyAny>) -> Option<Number> {
    if let Ok(number) = object.cast_exact::<PyInt>() {
        return number.extract().ok().map(Number::Int);
    }
    object.cast_exact::<PyFloat>().ok().map(|number| Number::Float(number.value()))
}

/// What a channel holds, as an object; a list is a new one each time.
pub(crate) fn object<'py>(py: Python<'py>, content: &Content) -> PyResult<Bound<'py, PyAny>> {
    match content {
        Content::Item(item) => Ok(unwrap(py, &item.value).clone()),
        Content::Number(number) => from_number(py, *number),
        Content::List(items) => {
            let items: Vec<_> = items.iter().map(|item| unwrap(py, &item.value)).collect();
            Ok(PyList::new(py, items)?.into_any())
        }
    }
}

pub(crate) fn from_number(py: Python<'_>, number: Number) -> PyResult<Bound<'_, PyAny>> {
    Ok(match number {
        Number::Int(number) => number.into_pyobject(py)?.into_any(),
        Number::Float(number) => number.into_pyobject(py)?.into_any(),
    })
}

/// What a channel holds, as an argument.
pub(crate) fn argument(py: Python<'_>, content: Content) -> Option<Value> {
    match content {
        Content::Item(item) => Some(item.value),
        other => object(py, &other).ok().map(wrap),
    }
}

/// The Python exception for what a channel refuses.
pub(crate) fn refusal(py: Python<'_>, error: &ChannelError) -> PyErr {
    match error {
        ChannelError::Mismatch { key, expected, found } => {
            let found = match found {
                Content::Item(item) => {
                    let name = unwrap(py, &item.value).get_type().name();
                    format!("a value of type `{}`", name.map(|name| name.to_string()).unwrap_or_default())
                }
                Content::Number(Number::Int(_)) => "a value of type `int`".to_owned(),
                Content::Number(Number::Float(_)) => "a value of type `float`".to_owned(),
                Content::List(items) => format!("a list of {}", items.len()),
            };
            PyTypeError::new_err(format!("channel key `{key}` holds {found}, but {expected} was expected"))
        }
        ChannelError::Overflow { key } => {
            PyOverflowError::new_err(format!("the sum at channel key `{key}` does not fit into 64 bits"))
        }
    }
}
