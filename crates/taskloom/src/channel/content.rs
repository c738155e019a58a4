//! Rust's values as what a channel holds, and back.

use std::any::{Any, type_name};

use taskloom_core::channel::{ChannelError, Content, Item, Number};

use crate::{Error, ErrorKind, Result};

/// A number that can be added to: `i64` or `f64`.
pub trait Amount: Copy + Send + Sync + 'static + sealed::Amount {}

impl Amount for i64 {}
impl Amount for f64 {}

mod sealed {
    use taskloom_core::channel::Number;

    pub trait Amount: Sized {
        fn number(self) -> Number;
        fn from_number(number: Number) -> Option<Self>;
    }

    impl Amount for i64 {
        fn number(self) -> Number {
            Number::Int(self)
        }

        fn from_number(number: Number) -> Option<Self> {
            if let Number::Int(number) = number { Some(number) } else { None }
        }
    }

    impl Amount for f64 {
        fn number(self) -> Number {
            Number::Float(self)
        }

        fn from_number(number: Number) -> Option<Self> {
            if let Number::Float(number) = number { Some(number) } else { None }
        }
    }
}

/// What a channel keeps of a value: numbers as such, so that they can be added to.
pub(crate) fn content<T: Send + Sync + 'static>(value: T) -> Content {
    let any: &dyn Any = &value;
    if let Some(number) = any.downcast_ref::<i64>() {
        return Content::Number(Number::Int(*number));
    }
    if let Some(number) = any.downcast_ref::<f64>() {
        return Content::Number(Number::Float(*number));
    }
    Content::Item(item(value))
}

/// An element of a list. A literal text is one that can be read as a `String`.
pub(super) fn item<T: Send + Sync + 'static>(value: T) -> Item {
    match (&value as &dyn Any).downcast_ref::<&'static str>() {
        Some(text) => Item::new((*text).to_owned()),
        None => Item::new(value),
    }
}

/// The value of a key as one of a certain type.
pub(crate) fn read<T: Clone + 'static>(key: &str, content: &Content) -> Result<T> {
    let (found, hint): (Option<&T>, _) = match content {
        Content::Item(item) => (item.value.downcast_ref(), ""),
        Content::Number(Number::Int(number)) => ((number as &dyn Any).downcast_ref(), ""),
        Content::Number(Number::Float(number)) => ((number as &dyn Any).downcast_ref(), ""),
        Content::List(_) => (None, "\n  hint: read a list that is appended to with `list`"),
    };
    found.cloned().ok_or_else(|| {
        let expected = type_name::<T>();
        let message = format!("channel key `{key}` holds {}, but a `{expected}` was expected{hint}", content.kind());
        Error::new(ErrorKind::Channel, message)
    })
}

/// The elements of a list as such of a certain type.
pub(crate) fn list<T: Clone + 'static>(key: &str, content: &Content) -> Result<Vec<T>> {
    let expected = type_name::<T>();
    let items = match content {
        Content::List(items) => items,
        Content::Item(item) if item.value.is::<Vec<T>>() => return read(key, content),
        _ => {
            let found = content.kind();
            let message = format!("channel key `{key}` holds {found}, but a list of `{expected}` was expected");
            return Err(Error::new(ErrorKind::Channel, message));
        }
    };
    let elements = items.iter().enumerate().map(|(place, item)| {
        item.value.downcast_ref::<T>().cloned().ok_or_else(|| {
            let message = format!(
                "element {place} of the list at channel key `{key}` is a `{}`, but a `{expected}` was expected",
                item.kind
            );
            Error::new(ErrorKind::Channel, message)
        })
    });
    elements.collect()
}

/// What the channel itself found wrong.
pub(super) fn mismatch(error: &ChannelError) -> Error {
    let hint = match error {
        ChannelError::Mismatch { found: Content::Item(_), expected: "a list", .. } => {
            "\n  hint: a list is made by its first `append` or `prepend`"
        }
        ChannelError::Mismatch { found: Content::Item(_), expected: "i64" | "f64", .. } => {
            "\n  hint: set a number of that type, such as `1_i64`"
        }
        _ => "",
    };
    Error::new(ErrorKind::Channel, format!("{error}{hint}"))
}
