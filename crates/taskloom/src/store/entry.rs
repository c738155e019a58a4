use std::borrow::Cow;

use super::FeedbackType;

/// Something that has happened in a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// What kind of thing; the store passes on any.
    pub kind: Cow<'static, str>,
    /// The number of the task in the recorded plan, if it is about one.
    pub node: Option<u32>,
    /// When, in microseconds since the run began.
    pub at: u64,
    /// What there is to say, as JSON text; empty if there is nothing.
    pub body: String,
    /// The task's value as JSON text, if it has one.
    pub value: Option<String>,
    /// A question that becomes open with this entry. It is not here when the entry is read back.
    pub asks: Option<Box<Asking>>,
}

/// A question of a task, as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asking {
    /// Its id, unique in the store.
    pub id: String,
    /// The name that the task gave it, or one made from its place.
    pub key: String,
    /// What kind of answer is wanted.
    pub feedback_type: FeedbackType,
    /// The text that a person reads.
    pub prompt: String,
    /// The texts to choose from, if it is a selection.
    pub options: Vec<String>,
    /// Until when it waits, in microseconds since 1970 (UTC).
    pub due: Option<u64>,
}

/// An answer that has come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The question's id.
    pub id: String,
    /// The number of the task that asked.
    pub node: Option<u32>,
    /// The question's key.
    pub key: String,
    /// The answer as JSON text.
    pub value: String,
    /// When it came, in microseconds since 1970 (UTC).
    pub at: u64,
}
