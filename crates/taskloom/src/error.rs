use std::{error::Error as StdError, fmt, sync::Arc};

use taskloom_core::{BuildError, BuildErrorKind};

use crate::Run;

/// What kind of error an [`Error`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The workflow cannot be planned; [`Error::build_error`] says why.
    GraphCompilation,
    /// Two instances have one id.
    DuplicateTask,
    /// A parameter has no value, where a task is run without a workflow; or a run that is forked does not take one.
    Binding,
    /// A part of a task, called by [`Context::try_step`](crate::Context::try_step), failed.
    StepFailed,
    /// Two steps, or two questions, of one execution have one name; or it waits for two things at once.
    DuplicateKey,
    /// A task failed that may not be retried.
    TaskFailed,
    /// A task failed at its last retry.
    RetryLimitExceeded,
    /// A task would have been executed more often than it may.
    CycleLimitExceeded,
    /// The run would have had more steps than it may.
    StepLimitExceeded,
    /// A group's policy was not met.
    ParallelGroup,
    /// The run was cancelled.
    RunCancelled,
    /// The run took longer than it might, and was cancelled.
    RunTimeout,
    /// A result was asked for that the run does not have, or as another type than it has.
    Output,
    /// A key of the channel holds something else than what was expected.
    Channel,
    /// A value cannot be written to a journal, or read from one.
    Encoding,
    /// A run in a store began with another workflow or other arguments, or its journal does not fit.
    RunChanged,
    /// The run waits for answers or for time, and goes on when it is executed again.
    RunSuspended,
    /// An attempt that has ended still tried something.
    AttemptEnded,
    /// A store cannot be opened, read or written: no room, no rights, a network file system, a newer version.
    StoreFailed,
    /// Another program keeps a store locked.
    StoreLocked,
    /// A store's file is damaged, or is no store.
    StoreCorrupted,
    /// A run id that cannot be one.
    InvalidRunId,
    /// A store has no such run.
    RunNotFound,
    /// A run in a store has no such task.
    UnknownTask,
    /// Somebody else drives the run.
    RunBusy,
    /// The run was taken over by somebody else, and cannot be recorded any more.
    RunLost,
    /// A store has no such question.
    FeedbackNotFound,
    /// The question has its answer.
    FeedbackAnswered,
    /// What was given cannot be an answer to the question.
    InvalidFeedback,
    /// Something that this version cannot do yet.
    NotImplemented,
}

/// Why a workflow did not run, or its run did not succeed.
///
/// `Display` says what is wrong, where, and what to do; [`source`](StdError::source) is the error of the
/// task itself.
#[derive(Clone)]
pub struct Error(Box<Parts>);

#[derive(Clone)]
struct Parts {
    kind: ErrorKind,
    message: String,
    task_id: Option<String>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
    build: Option<BuildError>,
    run: Option<Run>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let message = message.into();
        Self(Box::new(Parts { kind, message, task_id: None, source: None, build: None, run: None }))
    }

    /// Nobody waits any more for a run to be opened.
    #[doc(hidden)]
    pub fn interrupted() -> Self {
        Self::new(ErrorKind::RunCancelled, "nobody waits for the run any more")
    }

    pub(crate) fn task(mut self, id: &str) -> Self {
        self.0.task_id = Some(id.to_owned());
        self
    }

    pub(crate) fn cause(mut self, source: Option<Arc<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = source;
        self
    }

    pub(crate) fn of(mut self, run: Run) -> Self {
        self.0.run = Some(run);
        self
    }

    /// What kind of error it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The id of the task or group that is at fault, if there is one.
    pub fn task_id(&self) -> Option<&str> {
        self.0.task_id.as_deref()
    }

    /// What is wrong with the workflow, if it could not be planned.
    pub fn build_error(&self) -> Option<&BuildError> {
        self.0.build.as_ref()
    }

    /// The questions that a suspended run waits for, if this is of kind [`ErrorKind::RunSuspended`].
    #[cfg(feature = "sqlite")]
    pub fn questions(&self) -> &[crate::OpenQuestion] {
        self.0.run.as_ref().map_or(&[], Run::questions)
    }

    /// The id of the run in its store.
    #[cfg(feature = "sqlite")]
    pub fn run_id(&self) -> Option<&str> {
        self.0.run.as_ref().and_then(Run::stored_id)
    }

    /// The run that did not succeed, with everything that did.
    pub fn run(&self) -> Option<&Run> {
        self.0.run.as_ref()
    }
}

impl From<BuildError> for Error {
    fn from(error: BuildError) -> Self {
        let kind = match error.kind() {
            BuildErrorKind::DuplicateTask => ErrorKind::DuplicateTask,
            BuildErrorKind::NotImplemented => ErrorKind::NotImplemented,
            _ => ErrorKind::GraphCompilation,
        };
        let mut this = Self::new(kind, error.to_string());
        this.0.task_id = error.task_id().map(str::to_owned);
        this.0.build = Some(error);
        this
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.0.kind)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(|source| &**source as &(dyn StdError + 'static))
    }
}
