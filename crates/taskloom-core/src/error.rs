use std::{error::Error, fmt};

/// What kind of mistake a [`BuildError`] reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildErrorKind {
    /// Two instances, or an instance and a group, with one id met in a composition or a workflow.
    DuplicateTask,
    /// A task id that is empty, longer than 255 characters, or has control characters.
    InvalidTaskId,
    /// `chain()` or `parallel()` of nothing.
    EmptyComposition,
    /// Group settings for something that is no group.
    NotAGroup,
    /// A workflow in which nothing can run.
    NothingToRun,
    /// An id that the workflow does not have.
    UnknownTask,
    /// A parameter for which no value can ever be found.
    UnfilledParameter,
    /// A parameter is bound to a group whose values are of another type.
    MistypedArgument,
    /// Something that this version cannot do yet.
    NotImplemented,
}

/// Why a composition is no workflow, or a workflow no plan.
///
/// `Display` says what is wrong, where, and what to do about it.
#[derive(Clone)]
pub struct BuildError(Box<Parts>);

#[derive(Clone)]
struct Parts {
    kind: BuildErrorKind,
    message: String,
    task_id: Option<String>,
    hint: Option<String>,
}

impl BuildError {
    pub(crate) fn new(kind: BuildErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Parts { kind, message: message.into(), task_id: None, hint: None }))
    }

    pub(crate) fn task(mut self, id: impl Into<String>) -> Self {
        self.0.task_id = Some(id.into());
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// What kind of mistake it is.
    pub fn kind(&self) -> BuildErrorKind {
        self.0.kind
    }

    /// The id of the task or group that is at fault, if there is one.
    pub fn task_id(&self) -> Option<&str> {
        self.0.task_id.as_deref()
    }

    /// What is wrong and where, without the hint.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What to do about it.
    pub fn hint_text(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        match &self.0.hint {
            Some(hint) => write!(f, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.0.kind)
    }
}

impl Error for BuildError {}
