use std::{any::type_name, borrow::Cow, collections::VecDeque, fmt, sync::Arc};

use crate::Value;

/// A value in a channel, with the name of its type for messages.
#[derive(Clone)]
pub struct Item {
    /// The value itself.
    pub value: Value,
    /// What a message calls it.
    pub kind: Cow<'static, str>,
    /// How a journal writes it, in a durable run.
    pub text: Option<Arc<str>>,
}

/// A number that can be added to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A whole number.
    Int(i64),
    /// Any other one.
    Float(f64),
}

/// What a key of a channel holds.
#[derive(Clone, Debug)]
pub enum Content {
    /// One value, which the channel does not look into.
    Item(Item),
    /// A number.
    Number(Number),
    /// A list, which can be appended to.
    List(Arc<VecDeque<Item>>),
}

impl Item {
    /// A value of a type that has a name.
    pub fn new<T: Send + Sync + 'static>(value: T) -> Self {
        Self { value: Arc::new(value), kind: type_name::<T>().into(), text: None }
    }
}

impl Number {
    /// The sum; `None` if whole numbers are too large for one. Unequal kinds give a float.
    pub(super) fn plus(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a.checked_add(b).map(Self::Int),
            (a, b) => Some(Self::Float(a.as_float() + b.as_float())),
        }
    }

    /// The difference, likewise.
    pub(super) fn minus(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a.checked_sub(b).map(Self::Int),
            (a, b) => Some(Self::Float(a.as_float() - b.as_float())),
        }
    }

    /// Nothing, of the same kind.
    pub(super) fn zero(self) -> Self {
        match self {
            Self::Int(_) => Self::Int(0),
            Self::Float(_) => Self::Float(0.0),
        }
    }

    /// The name of its type.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Int(_) => "i64",
            Self::Float(_) => "f64",
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a sum with a float is a float")]
    fn as_float(self) -> f64 {
        match self {
            Self::Int(number) => number as f64,
            Self::Float(number) => number,
        }
    }
}

impl Content {
    /// A list of these.
    pub fn list(items: impl IntoIterator<Item = Item>) -> Self {
        Self::List(Arc::new(items.into_iter().collect()))
    }

    /// What a message calls it.
    pub fn kind(&self) -> String {
        match self {
            Self::Item(item) => format!("a value of type `{}`", item.kind),
            Self::Number(number) => format!("a number of type `{}`", number.kind()),
            Self::List(items) => format!("a list of {}", items.len()),
        }
    }
}

impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Item").field("kind", &self.kind).finish_non_exhaustive()
    }
}
