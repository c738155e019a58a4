use pyo3::{prelude::*, types::PyString};

use crate::{errors, place::PyPlace};

/// The text of an id as Rust knows it. Python's texts may hold halves of characters, which no id may (rule I-8): it
/// could be neither shown nor stored.
///
/// # Errors
///
/// `InvalidTaskIdError`, which names the place if it is known.
pub(crate) fn text<'a>(id: &'a Bound<'_, PyString>, what: &str, place: Option<&PyPlace>) -> PyResult<&'a str> {
    id.to_str().map_err(|_| {
        let shown = id.repr().map_or_else(|_| "that".into(), |text| text.to_string());
        let at = place.map(|place| format!(", at {place}")).unwrap_or_default();
        let message = format!(
            "{what} {shown} has a lone surrogate, half of a character{at}\n  hint: \
             give a text that can be encoded; what the system gives as bytes, decode with errors=\"replace\""
        );
        errors::invalid_id(id.py(), &message)
    })
}
