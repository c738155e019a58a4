use std::fmt;

/// A value that is shown nowhere and never stored: a password, a token.
///
/// A task takes it as a parameter of this type. In a durable run it is not written to the store: it is taken from the
/// program again when the run goes on, so a task cannot give one as its result.
///
/// ```
/// use taskloom::prelude::*;
///
/// #[task]
/// fn log_in(password: Secret<String>) -> usize {
///     password.reveal().len()
/// }
///
/// # fn main() -> taskloom::Result<()> {
/// let password = Secret::new("swordfish".to_owned());
/// assert_eq!(format!("{password:?}"), "Secret");
///
/// let run = Workflow::new("w").add(log_in::task().password(password)).execute().blocking()?;
/// assert_eq!(run.value::<usize>()?, 9);
/// # Ok(())
/// # }
/// ```
// Neither `Serialize` nor `Display`, and no `Deref`, by which the value's own `to_string` would be called.
#[derive(Clone)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Keeps a value secret.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value.
    pub const fn reveal(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}
