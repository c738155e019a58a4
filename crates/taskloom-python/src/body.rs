use std::fmt;

use pyo3::{
    intern,
    prelude::*,
    types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple},
};
use taskloom_core::{Body, Digest, Value};

use crate::value::{unwrap, wrap};

/// A Python function behind a definition.
pub(crate) struct PyBody {
    pub(crate) function: Py<PyAny>,
    pub(crate) is_async: bool,
    /// The names of the parameters, interned.
    pub(crate) names: Vec<Py<PyString>>,
    /// How many of the first parameters can only be passed by position.
    pub(crate) positional: usize,
    /// The number of the parameter that collects further positional arguments.
    pub(crate) collects_positional: Option<usize>,
    /// The number of the parameter that collects further keyword arguments.
    pub(crate) collects_keywords: Option<usize>,
    /// Where the context is passed, if it is.
    pub(crate) context: Injection,
    /// Says whether a value fits a parameter: `(number, value) -> bool`.
    pub(crate) fits: Py<PyAny>,
}

/// How a function takes its context.
pub(crate) enum Injection {
    None,
    First,
    Keyword(Py<PyString>),
}

impl PyBody {
    /// The same function, with further parameters that are passed by keyword.
    pub(crate) fn with_names(&self, py: Python<'_>, further: Vec<Py<PyString>>) -> Self {
        Self {
            function: self.function.clone_ref(py),
            names: self.names.iter().map(|name| name.clone_ref(py)).chain(further).collect(),
            context: match &self.context {
                Injection::None => Injection::None,
                Injection::First => Injection::First,
                Injection::Keyword(name) => Injection::Keyword(name.clone_ref(py)),
            },
            fits: self.fits.clone_ref(py),
            ..*self
        }
    }
}

/// A text longer than this counts by its length.
const SHORT_TEXT: usize = 256;

impl Body for PyBody {
    fn is_async(&self) -> bool {
        self.is_async
    }

    fn digest(&self, value: &Value, digest: &mut Digest) {
        Python::attach(|py| digest_object(unwrap(py, value), digest));
    }

    fn fits(&self, parameter: usize, value: &Value) -> bool {
        Python::attach(|py| {
            let fits = self.fits.bind(py).call1((parameter, unwrap(py, value))).and_then(|fits| fits.extract());
            // The check is ours, so a failure in it is a bug: it is shown, and the value does not fit.
            fits.unwrap_or_else(|error: PyErr| {
                error.write_unraisable(py, None);
                false
            })
        })
    }

    fn entry(&self, value: &Value, name: &str) -> Option<Value> {
        Python::attach(|py| {
            let mapping = unwrap(py, value).cast::<PyDict>().ok()?;
            mapping.get_item(name).ok()?.map(wrap)
        })
    }

    fn mapping(&self, entries: Vec<(&str, Value)>) -> Value {
        Python::attach(|py| {
            let mapping = PyDict::new(py);
            for (id, value) in entries {
                // A text hashes and compares without any code of the user's.
                mapping.set_item(id, unwrap(py, &value)).expect("a dict takes a text as its key");
            }
            wrap(mapping.into_any())
        })
    }

    fn list(&self, _parameter: usize, values: Vec<Value>) -> Value {
        Python::attach(|py| {
            let list = PyList::empty(py);
            for value in &values {
                list.append(unwrap(py, value)).expect("a list takes any object");
            }
            wrap(list.into_any())
        })
    }
}

/// Numbers, booleans, None, enum members and short text by value; lists, dicts and the like by type and
/// size; everything else by type. Never an address, never a call into the user's code (rule I-4).
fn digest_object(object: &Bound<'_, PyAny>, digest: &mut Digest) {
    let py = object.py();
    if object.is_none() {
        return digest.add("none", b"");
    }
    if let Ok(value) = object.cast_exact::<PyBool>() {
        return digest.add("bool", &[u8::from(value.is_true())]);
    }
    if let Ok(value) = object.cast_exact::<PyInt>() {
        return match value.extract::<i64>() {
            Ok(small) => digest.add("int", &small.to_le_bytes()),
            Err(_) => digest.add("int", value.repr().map(|r| r.to_string()).unwrap_or_default().as_bytes()),
        };
    }
    if let Ok(value) = object.cast_exact::<PyFloat>() {
        return digest.add("float", &value.value().to_le_bytes());
    }
    if let Ok(text) = object.cast_exact::<PyString>() {
        return match text.to_str() {
            Ok(text) if text.len() <= SHORT_TEXT => digest.add("str", text.as_bytes()),
            Ok(text) => digest.add("str", &text.len().to_le_bytes()),
            Err(_) => digest.add("str", b"not unicode"),
        };
    }
    let class = object.get_type();
    let name = class.fully_qualified_name().map(|name| name.to_string()).unwrap_or_default();
    if let Some(member) = enum_member(object) {
        return digest.add(&name, member.as_bytes());
    }
    let size =
        if class.is(py.get_type::<PyList>()) || class.is(py.get_type::<PyDict>()) || class.is(py.get_type::<PyTuple>())
        {
            object.len().unwrap_or(0)
        } else {
            0
        };
    digest.add(&name, &(size as u64).to_le_bytes());
}

/// The name of an enum's member. `EnumType` keeps it in the member's own dict, so to read it there runs
/// nothing of the user's.
fn enum_member(object: &Bound<'_, PyAny>) -> Option<String> {
    let py = object.py();
    let metaclass = object.get_type().get_type();
    let enum_type = py.import(intern!(py, "enum")).ok()?.getattr(intern!(py, "EnumType")).ok()?;
    if !metaclass.is(&enum_type) {
        return None;
    }
    object.getattr(intern!(py, "_name_")).ok()?.extract().ok()
}

impl fmt::Debug for PyBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PyBody").field("is_async", &self.is_async).finish_non_exhaustive()
    }
}
