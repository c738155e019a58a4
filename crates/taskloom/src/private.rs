//! What the expansion of `#[task]` calls. No part of the public interface.

use std::marker::PhantomData;

pub use std::sync::{Arc, OnceLock};

use crate::Secret;
pub use crate::{
    body::{Arguments, BoxError, Function, List, Outcome, asynchronous, outcome},
    coding::Coding,
    compose::{beside, then},
    direct::{Running, run_async, run_sync},
    next_task::Next,
    task::{Builder, MapBuilder, definition, parameter},
};
pub use taskloom_core::{Options, Over};

/// What a fallible task's function returned, with its error as any error.
pub fn split<T, E: Into<BoxError>>(result: Result<T, E>) -> Result<T, BoxError> {
    result.map_err(Into::into)
}

/// Shows an argument in a recording: `(&Shown(&value)).text()` is its `Debug` text, if it has one, else the name of
/// its type, as method resolution tries the trait that needs no reference first.
#[derive(Debug)]
pub struct Shown<'a, T: ?Sized>(pub &'a T);

/// Shows what can be shown.
pub trait ShowsDebug {
    /// The text.
    fn text(&self) -> String;
}

impl<T: std::fmt::Debug + ?Sized> ShowsDebug for Shown<'_, T> {
    fn text(&self) -> String {
        format!("{:?}", self.0)
    }
}

/// Shows everything else.
pub trait ShowsType {
    /// The text.
    fn text(&self) -> String;
}

impl<T: ?Sized> ShowsType for &Shown<'_, T> {
    fn text(&self) -> String {
        std::any::type_name::<T>().to_owned()
    }
}

/// Stands for a type in the expansion's constant assertion.
#[derive(Debug)]
pub struct Probe<T>(PhantomData<T>);

impl<T, E> Probe<Result<T, E>> {
    /// An inherent constant, so it hides the one of [`NotResult`].
    pub const IS_RESULT: bool = true;
}

/// Answers for every type that is no `Result`.
pub trait NotResult {
    /// Whether the type is a `Result`, perhaps under another name.
    const IS_RESULT: bool = false;
}

impl<T> NotResult for Probe<T> {}

impl<T> Probe<Option<T>> {
    /// As [`IS_RESULT`](Probe::IS_RESULT), beside [`NotOption`].
    pub const IS_OPTION: bool = true;
}

impl<T: Clone + Send + Sync + 'static> Probe<Vec<T>> {
    /// How a list for such a parameter is made of several outputs, beside [`NotList`].
    pub const LIST: Option<List> = Some(List::of::<T>());
}

/// Answers for every type that is no `Vec`.
pub trait NotList {
    /// How a list for such a parameter is made of several outputs: it takes none.
    const LIST: Option<List> = None;
}

impl<T> NotList for Probe<T> {}

/// Answers for every type that is no `Option`.
pub trait NotOption {
    /// Whether the type is an `Option`, perhaps under another name.
    const IS_OPTION: bool = false;
}

impl<T> NotOption for Probe<T> {}

#[cfg(feature = "sqlite")]
impl<T: serde::Serialize + serde::Deserialize<'static> + Send + Sync + 'static> Probe<T> {
    /// How values of the type are stored, beside [`NotCoded`]. Whether a bound holds that names a lifetime is not seen
    /// when one of the two is chosen, so this asks for `Deserialize<'static>`, which types that borrow implement too.
    pub const CODING: Coding = Coding::Codec(crate::codec::Codec::of::<T>());
}

impl<T> Probe<Secret<T>> {
    /// As for other types; a secret is none that serde knows.
    pub const CODING: Coding = Coding::Secret;
}

/// Answers for every type that cannot be stored.
pub trait NotCoded {
    /// How values of the type are stored: not at all.
    const CODING: Coding = Coding::None;
}

impl<T> NotCoded for Probe<T> {}
