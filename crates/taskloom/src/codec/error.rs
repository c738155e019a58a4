use std::{error::Error, fmt};

use serde::{de, ser};

/// Why a value cannot be written into a store, or read from one.
///
/// `Display` says of which type it is, where in it, and what to do.
pub struct CodecError(Box<Parts>);

struct Parts {
    reading: bool,
    type_name: String,
    /// From the innermost step outwards.
    path: Vec<Step>,
    message: String,
    hint: &'static str,
}

enum Step {
    Element(usize),
    Field(&'static str),
    /// The key's text, as JSON.
    Key(String),
}

const WRITING: &str = "let the type's `Serialize` write that part in another form (`#[serde(with = \"…\")]`), \
                       or leave it out (`#[serde(skip)]`)";
const READING: &str = "a type reads what it has written before: give what is new a default (`#[serde(default)]`), \
                       and what has another name now its old one (`#[serde(alias = \"…\")]`)";

impl CodecError {
    fn new(reading: bool, message: impl Into<String>, hint: &'static str) -> Self {
        let (type_name, path, message) = (String::new(), Vec::new(), message.into());
        Self(Box::new(Parts { reading, type_name, path, message, hint }))
    }

    /// It cannot be written.
    pub(super) fn writing(message: impl Into<String>) -> Self {
        Self::new(false, message, WRITING)
    }

    /// It cannot be read.
    pub(super) fn reading(message: impl Into<String>) -> Self {
        Self::new(true, message, READING)
    }

    pub(super) fn too_deep() -> Self {
        let hint = "write a flat form, such as a list whose elements refer to each other by their places";
        Self::new(false, format!("it has more than {} levels", super::DEEPEST), hint)
    }

    pub(super) fn other_type() -> Self {
        Self::writing("the value is of another type")
    }

    pub(super) fn of(mut self, type_name: &str) -> Self {
        type_name.clone_into(&mut self.0.type_name);
        self
    }

    pub(super) fn of_list(self, type_name: &str) -> Self {
        self.of(&format!("Vec<{type_name}>"))
    }

    pub(super) fn in_element(mut self, index: usize) -> Self {
        self.0.path.push(Step::Element(index));
        self
    }

    pub(super) fn in_field(mut self, name: &'static str) -> Self {
        self.0.path.push(Step::Field(name));
        self
    }

    pub(super) fn in_entry(mut self, key: String) -> Self {
        self.0.path.push(Step::Key(key));
        self
    }

    /// Where in the value it is, such as `.cities[3].pool`; nothing for the value itself.
    pub fn path(&self) -> String {
        self.0.path.iter().rev().map(ToString::to_string).collect()
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Element(index) => write!(f, "[{index}]"),
            Self::Field(name) => write!(f, ".{name}"),
            Self::Key(key) => write!(f, "[{key}]"),
        }
    }
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { reading, type_name, path, message, hint } = &*self.0;
        let done = if *reading { "read from the store" } else { "stored" };
        write!(f, "a `{type_name}` cannot be {done}: ")?;
        if !path.is_empty() {
            write!(f, "at `{}`: ", self.path())?;
        }
        write!(f, "{message}\n  hint: {hint}")
    }
}

impl fmt::Debug for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CodecError({self})")
    }
}

impl Error for CodecError {}

impl ser::Error for CodecError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::writing(message.to_string())
    }
}

impl de::Error for CodecError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::reading(message.to_string())
    }
}
