use std::{any::Any, fmt, sync::Arc};

use taskloom_core::{Argument, Elements, Value};

use super::{Arg, Composed};

/// What can be bound to a parameter of type `T` of a map: a list, of which each execution takes one element; or a plain
/// value or an upstream output of type `T`, which all take.
///
/// Setters of [maps](crate::MapTask) take `impl Into<Each<T>>`: a `Vec<T>`, an array, or a
/// reference to an instance that gives a `Vec<T>`; else what [`Arg<T>`](crate::Arg) is made of.
pub struct Each<T> {
    pub(super) bound: Bound<T>,
}

pub(super) enum Bound<T> {
    Same(Arg<T>),
    List(Composed<Argument>, Split),
}

/// Takes a list apart, if it is one of the right type.
pub(super) type Split = fn(&Value) -> Option<Box<dyn Elements>>;

impl<T> Each<T> {
    pub(super) fn same(argument: Arg<T>) -> Self {
        Self { bound: Bound::Same(argument) }
    }
}

impl<T: Clone + Send + Sync + 'static> Each<T> {
    pub(super) fn list(argument: Composed<Argument>) -> Self {
        Self { bound: Bound::List(argument, split::<T>) }
    }

    fn values(values: Vec<T>) -> Self {
        Self::list(Ok(Argument::Value(Arc::new(values))))
    }
}

impl<T> fmt::Debug for Each<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.bound {
            Bound::Same(argument) => f.debug_tuple("Each").field(argument).finish(),
            Bound::List(argument, _) => f.debug_tuple("Each").field(argument).finish(),
        }
    }
}

impl<T: Send + Sync + 'static> From<T> for Each<T> {
    fn from(value: T) -> Self {
        Self::same(value.into())
    }
}

impl From<&str> for Each<String> {
    fn from(text: &str) -> Self {
        Self::same(text.into())
    }
}

impl<T: Clone + Send + Sync + 'static> From<Vec<T>> for Each<T> {
    fn from(values: Vec<T>) -> Self {
        Self::values(values)
    }
}

impl<T: Clone + Send + Sync + 'static, const N: usize> From<[T; N]> for Each<T> {
    fn from(values: [T; N]) -> Self {
        Self::values(values.into())
    }
}

impl From<Vec<&str>> for Each<String> {
    fn from(texts: Vec<&str>) -> Self {
        Self::values(texts.into_iter().map(str::to_owned).collect())
    }
}

impl<const N: usize> From<[&str; N]> for Each<String> {
    fn from(texts: [&str; N]) -> Self {
        Self::values(texts.map(str::to_owned).into())
    }
}

struct List<T>(Arc<Vec<T>>);

impl<T: Clone + Send + Sync + 'static> Elements for List<T> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn get(&self, index: usize) -> Value {
        Arc::new(self.0[index].clone())
    }

    fn text(&self, index: usize) -> Option<String> {
        text_of(&self.0[index])
    }
}

fn split<T: Clone + Send + Sync + 'static>(list: &Value) -> Option<Box<dyn Elements>> {
    Some(Box::new(List(list.clone().downcast::<Vec<T>>().ok()?)))
}

/// Texts and numbers as they are.
fn text_of(value: &dyn Any) -> Option<String> {
    macro_rules! shown {
        ($($type:ty),*) => {
            $(if let Some(value) = value.downcast_ref::<$type>() {
                return Some(value.to_string());
            })*
        };
    }
    shown!(String, &'static str, i64, u64, i32, u32, usize, isize, f64, f32, i16, u16, i8, u8, i128, u128, bool, char);
    None
}
