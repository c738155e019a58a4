use std::time::SystemTime;

use serde::Deserialize;
use taskloom_core::State;

use crate::{Error, ErrorKind, Result, codec};

/// What is recorded of one task of a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StoredTask {
    /// The task's id. One without an id of the user's goes by its definition, a digest of its arguments and its number
    /// among equals; one of these that a task has added, by its definition and its number.
    pub id: String,
    /// The map that it is an element of, if it is one.
    pub element_of: Option<String>,
    /// How it stands. That an attempt is running says only that nothing is recorded of its end: the process may have
    /// died. Whether a task that has not begun waits or is ready is not recorded: it is [`State::Waiting`], or, once the
    /// run has ended, [`State::NotRun`], or [`State::Skipped`] if the run has succeeded.
    pub state: State,
    /// How many executions of it have begun.
    pub iterations: u32,
    /// How many attempts of the last execution have begun.
    pub attempts: u32,
    /// When the last attempt began.
    pub started: Option<SystemTime>,
    /// When it ended, if it has.
    pub ended: Option<SystemTime>,
    /// The text of the error of its last attempt, if that has failed.
    pub error: Option<String>,
    /// The value of its last execution that has succeeded, as JSON text. A map has none of its own: its elements do.
    pub json: Option<String>,
}

impl StoredTask {
    /// The value.
    ///
    /// # Errors
    ///
    /// [`Output`](ErrorKind::Output) if there is none, [`Encoding`](ErrorKind::Encoding) if it is of another type.
    pub fn value<T: Deserialize<'static>>(&self) -> Result<T> {
        let Some(json) = &self.json else {
            let message = format!("task `{}` has no value: it is {}", self.id, self.state);
            return Err(Error::new(ErrorKind::Output, message).task(&self.id));
        };
        codec::read(json).map_err(|error| {
            Error::new(ErrorKind::Encoding, format!("the value of `{}`: {error}", self.id)).task(&self.id)
        })
    }
}
