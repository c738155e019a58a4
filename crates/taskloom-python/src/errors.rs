use pyo3::{call::PyCallArgs, exceptions::PyNotImplementedError, intern, prelude::*, types::PyString};
use taskloom_core::{BuildError, BuildErrorKind};

use crate::execution::PyFailure;

/// The Python exception for a mistake in a composition or a workflow.
pub(crate) fn raise(py: Python<'_>, error: &BuildError) -> PyErr {
    let class = match error.kind() {
        BuildErrorKind::DuplicateTask => intern!(py, "DuplicateTaskError"),
        BuildErrorKind::InvalidTaskId => intern!(py, "InvalidTaskIdError"),
        BuildErrorKind::EmptyComposition => intern!(py, "EmptyCompositionError"),
        BuildErrorKind::UnknownTask => intern!(py, "UnknownTaskError"),
        BuildErrorKind::NotImplemented => return PyNotImplementedError::new_err(error.to_string()),
        _ => intern!(py, "GraphCompilationError"),
    };
    make(py, class, (error.to_string(), error.task_id()))
}

/// The Python exception for a composition that cannot be.
pub(crate) fn composition(py: Python<'_>, message: &str) -> PyErr {
    make(py, intern!(py, "GraphCompilationError"), (message,))
}

/// The Python exception for an id that is no text of Rust's.
pub(crate) fn invalid_id(py: Python<'_>, message: &str) -> PyErr {
    make(py, intern!(py, "InvalidTaskIdError"), (message,))
}

/// The Python exception for an argument that cannot be bound, or that nothing gives.
pub(crate) fn binding(py: Python<'_>, message: &str) -> PyErr {
    make(py, intern!(py, "BindingError"), (message,))
}

/// The Python exception for a result that is not there.
pub(crate) fn output(py: Python<'_>, message: &str, id: &str) -> PyErr {
    make(py, intern!(py, "UnknownTaskError"), (message, id))
}

/// The Python exception for what an attempt tries that has ended.
pub(crate) fn attempt_ended(py: Python<'_>, message: &str) -> PyErr {
    make(py, intern!(py, "AttemptEndedError"), (message,))
}

/// The Python exception for what a process tries with a run of the process that it was forked from.
pub(crate) fn forked(py: Python<'_>) -> PyErr {
    let message = "the run belongs to the process that this one was forked from\n  \
                   hint: execute the workflow here, or hand over its result";
    make(py, intern!(py, "TaskloomRuntimeError"), (message,))
}

/// The Python exception for what a task gives up that is to end.
pub(crate) fn cancelled(py: Python<'_>, message: &str, id: &str) -> PyErr {
    make(py, intern!(py, "RunCancelledError"), (message, id))
}

/// The Python exception for what went wrong around a run.
pub(crate) fn of_run(py: Python<'_>, error: &taskloom::Error) -> PyErr {
    use taskloom::ErrorKind;

    if let Some(source) = std::error::Error::source(error)
        && let Some(raised) = source.downcast_ref::<PyFailure>()
    {
        return PyErr::from_value(raised.0.bind(py).clone());
    }
    let class = match error.kind() {
        ErrorKind::StoreLocked => intern!(py, "StoreLockedError"),
        ErrorKind::StoreCorrupted => intern!(py, "StoreCorruptedError"),
        ErrorKind::InvalidRunId => intern!(py, "InvalidRunIdError"),
        ErrorKind::UnknownTask => intern!(py, "UnknownTaskError"),
        ErrorKind::Binding => intern!(py, "BindingError"),
        ErrorKind::RunNotFound => intern!(py, "RunNotFoundError"),
        ErrorKind::RunBusy => intern!(py, "RunBusyError"),
        ErrorKind::RunLost => intern!(py, "RunLostError"),
        ErrorKind::RunChanged => intern!(py, "RunChangedError"),
        ErrorKind::FeedbackNotFound => intern!(py, "FeedbackNotFoundError"),
        ErrorKind::FeedbackAnswered => intern!(py, "FeedbackAnsweredError"),
        ErrorKind::InvalidFeedback => intern!(py, "InvalidFeedbackError"),
        ErrorKind::Encoding => intern!(py, "EncodingError"),
        _ => intern!(py, "StoreError"),
    };
    make(py, class, (error.to_string(),))
}

/// What stands for the exception of a task that another process has run, of which there is only the text.
pub(crate) fn recorded<'py>(py: Python<'py>, text: &str) -> Bound<'py, PyAny> {
    let (class, message) = text.split_once(": ").unwrap_or((text, ""));
    make(py, intern!(py, "RemoteTaskError"), (class, message, "")).into_value(py).into_bound(py).into_any()
}

/// The Python exception for a value that a durable run cannot keep.
pub(crate) fn unwritable(py: Python<'_>, error: &(dyn std::error::Error + Send + Sync + 'static)) -> PyErr {
    match error.downcast_ref::<PyFailure>() {
        Some(raised) => PyErr::from_value(raised.0.bind(py).clone()),
        None => make(py, intern!(py, "EncodingError"), (error.to_string(),)),
    }
}

fn make<'py>(py: Python<'py>, class: &Bound<'py, PyString>, arguments: impl PyCallArgs<'py>) -> PyErr {
    let class = py.import(intern!(py, "taskloom.errors")).and_then(|errors| errors.getattr(class));
    match class.and_then(|class| class.call1(arguments)) {
        Ok(exception) => PyErr::from_value(exception),
        Err(error) => error,
    }
}
