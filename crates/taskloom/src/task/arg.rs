use std::{fmt, marker::PhantomData, sync::Arc};

use taskloom_core::Argument;

/// What can be bound to a parameter of type `T`: a value of it, or the output of another instance.
///
/// Setters take `impl Into<Arg<T>>`: a `T`; a `&str` for a `String`; an array for a `Vec`; a plain value
/// for an `Option`; a reference to an instance whose output is a `T`, which also makes the edge.
pub struct Arg<T> {
    pub(crate) argument: Argument,
    of: PhantomData<fn() -> T>,
}

impl<T> Arg<T> {
    pub(super) fn new(argument: Argument) -> Self {
        Self { argument, of: PhantomData }
    }

    fn value<V: Send + Sync + 'static>(value: V) -> Self {
        Self::new(Argument::Value(Arc::new(value)))
    }
}

impl<T> fmt::Debug for Arg<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Arg").field(&self.argument).finish()
    }
}

impl<T: Send + Sync + 'static> From<T> for Arg<T> {
    fn from(value: T) -> Self {
        Self::value(value)
    }
}

impl From<&str> for Arg<String> {
    fn from(text: &str) -> Self {
        Self::value(text.to_owned())
    }
}

impl<T: Send + Sync + 'static> From<T> for Arg<Option<T>> {
    fn from(value: T) -> Self {
        Self::value(Some(value))
    }
}

impl From<&str> for Arg<Option<String>> {
    fn from(text: &str) -> Self {
        Self::value(Some(text.to_owned()))
    }
}

impl<T: Send + Sync + 'static, const N: usize> From<[T; N]> for Arg<Vec<T>> {
    fn from(values: [T; N]) -> Self {
        Self::value(Vec::from(values))
    }
}
