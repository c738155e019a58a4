#[cfg(feature = "sqlite")]
use serde::{Serialize, de::DeserializeOwned};

/// What a [step](crate::Context::step) can give.
///
/// Every type that is `Clone + Send + Sync + 'static` is one; with the feature `sqlite`, where a step may be recorded in
/// a store, it also has to be known to serde: `Serialize` and `DeserializeOwned`.
#[cfg_attr(
    feature = "sqlite",
    diagnostic::on_unimplemented(
        message = "`{Self}` cannot be what a step gives",
        note = "a step is recorded: derive serde's `Serialize` and `Deserialize`, and `Clone`, for its value"
    )
)]
pub trait StepValue: Clone + Send + Sync + 'static {
    #[cfg(feature = "sqlite")]
    #[doc(hidden)]
    fn __write(&self) -> Result<String, crate::body::BoxError>;

    #[cfg(feature = "sqlite")]
    #[doc(hidden)]
    fn __read(text: &str) -> Result<Self, crate::body::BoxError>;
}

#[cfg(not(feature = "sqlite"))]
impl<T: Clone + Send + Sync + 'static> StepValue for T {}

#[cfg(feature = "sqlite")]
impl<T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static> StepValue for T {
    fn __write(&self) -> Result<String, crate::body::BoxError> {
        Ok(crate::codec::write(self)?)
    }

    fn __read(text: &str) -> Result<Self, crate::body::BoxError> {
        Ok(crate::codec::read(text)?)
    }
}
