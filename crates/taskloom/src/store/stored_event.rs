use std::{borrow::Cow, fmt, time::SystemTime};

/// Something that has happened in a run, as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredEvent {
    /// When.
    pub at: SystemTime,
    /// What: `started`, `succeeded`, `failed`, …; also what a newer version has written.
    pub kind: Cow<'static, str>,
    /// The task or group that it is about, by the id that [`StoredTask`](crate::StoredTask) has.
    pub task: Option<String>,
    /// Which execution of the task, if it is about one.
    pub iteration: Option<u32>,
    /// Which attempt of that.
    pub attempt: Option<u32>,
    /// What there is to say: an error, a value as JSON text, a question, the names of what was published.
    pub text: String,
}

impl fmt::Display for StoredEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(task) = &self.task {
            write!(f, "{task} ")?;
        }
        f.write_str(&self.kind)?;
        if !self.text.is_empty() {
            write!(f, ": {}", self.text)?;
        }
        Ok(())
    }
}
