use std::{fmt, marker::PhantomData, sync::Arc};

use taskloom_core::Argument;

use super::Composed;

/// What can be bound to a parameter of type `T`: a value of it, or what other tasks give.
///
/// Setters take `impl Into<Arg<T>>`: a `T`; a `&str` for a `String`; an array for a `Vec`; a plain value
/// for an `Option`. A reference passes what is behind it on when the workflow runs, and makes the edges:
///
/// | bound | to a parameter of type | takes |
/// |---|---|---|
/// | `&fetch`, an instance whose output is a `T` | `T` or `Option<T>` | its output |
/// | `&[a, b]`, `&[&a, &b]`, `&instances`: a list of instances of one type | `Vec<T>` | the list of their outputs, in order |
/// | `&group`, a group | `Vec<T>` | the list of the values of its branches, in order, without those that have not succeeded |
/// | `&group` | [`GroupOutput`](crate::GroupOutput) | the group's value |
///
/// A list's outputs all have to be there. A task that takes a group's runs once the group has ended by its policy; that
/// all branches of the group give a `T` is checked when the workflow is planned.
pub struct Arg<T> {
    pub(crate) argument: Composed<Argument>,
    of: PhantomData<fn() -> T>,
}

impl<T> Arg<T> {
    pub(super) fn new(argument: Argument) -> Self {
        Self::composed(Ok(argument))
    }

    pub(super) fn composed(argument: Composed<Argument>) -> Self {
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
