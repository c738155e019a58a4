"""Graflow's exceptions. Each is one of Taskloom's as well, so that either name catches it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from .. import errors

__all__ = [
    "ConfigError",
    "CycleLimitExceededError",
    "DuplicateTaskError",
    "GraflowError",
    "GraflowRuntimeError",
    "GraflowWorkflowCanceledError",
    "GraphCompilationError",
    "ParallelGroupError",
    "RetryLimitExceededError",
    "TaskError",
    "as_runtime_error",
]


class GraflowError(errors.TaskloomError):
    """Every exception that the library raises by itself."""

    def __init__(self, message: str, cause: BaseException | None = None) -> None:
        Exception.__init__(self, message)
        self.cause = cause
        """The exception that led to this one; also the `__cause__`."""
        self.__cause__ = cause

    def __str__(self) -> str:
        text = Exception.__str__(self)
        # What a run says of a failure has the text of its cause in it.
        return text if self.cause is None or str(self.cause) in text else f"{text} (caused by {self.cause})"


class GraflowRuntimeError(GraflowError, errors.TaskloomRuntimeError):
    """A run did not succeed."""


class TaskError(GraflowRuntimeError, errors.TaskError):
    """A task failed. Its own exception is the `cause`."""

    def __init__(self, task_id: str, message: str, cause: BaseException | None = None) -> None:
        GraflowError.__init__(self, message, cause)
        self.task_id = task_id


class RetryLimitExceededError(GraflowRuntimeError, errors.RetryLimitExceededError):
    """A task failed at its last retry."""

    def __init__(
        self, task_id: str, retry_count: int, max_retries: int, last_error: BaseException | None = None
    ) -> None:
        message = f"task `{task_id}` failed at its last retry: {retry_count} of {max_retries}"
        GraflowError.__init__(self, message, last_error)
        self.task_id = task_id
        self.retry_count = retry_count
        self.max_retries = max_retries
        self.last_error = last_error


class CycleLimitExceededError(GraflowRuntimeError, errors.CycleLimitExceededError):
    """A task would have been executed more often than it may."""

    def __init__(self, task_id: str, cycle_count: int, max_cycles: int) -> None:
        message = f"task `{task_id}` was executed {cycle_count} times and may be {max_cycles} times"
        GraflowError.__init__(self, message)
        self.task_id = task_id
        self.cycle_count = cycle_count
        self.max_cycles = max_cycles


class ParallelGroupError(GraflowRuntimeError, errors.ParallelGroupError):
    """A group's policy was not met."""

    def __init__(
        self,
        message: str,
        group_id: str,
        failed_tasks: Sequence[tuple[str, str]],
        successful_tasks: Sequence[str],
        skipped_tasks: Sequence[str] = (),
    ) -> None:
        GraflowError.__init__(self, message)
        self.group_id = group_id
        self.failed_tasks = list(failed_tasks)
        self.successful_tasks = list(successful_tasks)
        self.skipped_tasks = list(skipped_tasks)


class GraflowWorkflowCanceledError(GraflowRuntimeError, errors.RunCancelledError):
    """The run was cancelled."""

    def __init__(self, message: str, task_id: str | None = None) -> None:
        GraflowError.__init__(self, message)
        self.task_id = task_id


class GraphCompilationError(GraflowError, errors.GraphCompilationError):
    """A composition is no workflow, or a workflow cannot be planned."""

    def __init__(self, message: str, cause: BaseException | None = None) -> None:
        GraflowError.__init__(self, message, cause)
        self.task_id: str | None = None


class DuplicateTaskError(GraphCompilationError, errors.DuplicateTaskError):
    """Two different tasks have one id."""

    def __init__(self, task_id: str) -> None:
        GraphCompilationError.__init__(self, f"`{task_id}` already exists")
        self.task_id = task_id


class ConfigError(GraflowError):
    """A setting that there is not."""


def as_runtime_error(ex: Exception) -> GraflowRuntimeError:
    """The exception itself if it is one of a run, else one with it as the cause."""
    return ex if isinstance(ex, GraflowRuntimeError) else GraflowRuntimeError(str(ex), cause=ex)


@contextmanager
def graflow_errors() -> Iterator[None]:
    """Lets Taskloom's exceptions out under Graflow's names."""
    try:
        yield
    except errors.TaskloomError as error:
        translated = _translated(error)
        if translated is error:
            raise
        # An exception holds the frames that it passes, so these must not hold it.
        try:
            raise translated.with_traceback(error.__traceback__) from error.__cause__
        finally:
            del translated


def _translated(error: errors.TaskloomError) -> errors.TaskloomError:
    cause = error.__cause__
    translated: GraflowError
    match error:
        case GraflowError() | errors.BindingError() | errors.EmptyCompositionError():
            # The last two are the TypeError and the ValueError that Graflow raises.
            return error
        case errors.RetryLimitExceededError():
            counts: Any = (error.retry_count, error.max_retries, error.last_error)
            translated = RetryLimitExceededError(error.task_id, *counts)
        case errors.TaskError() if isinstance(cause, GraflowRuntimeError):
            return cause
        case errors.TaskError():
            translated = TaskError(error.task_id, str(error), cause)
        case errors.CycleLimitExceededError():
            translated = CycleLimitExceededError(error.task_id, error.cycle_count, error.max_cycles)
        case errors.ParallelGroupError() if (
            isinstance(cause, ParallelGroupError) and cause.group_id == error.group_id
        ):
            # A policy of one's own has raised it.
            return cause
        case errors.ParallelGroupError():
            translated = ParallelGroupError(
                str(error), error.group_id, error.failed_tasks, error.successful_tasks, error.skipped_tasks
            )
            translated.cause = cause
        case errors.RunCancelledError():
            translated = GraflowWorkflowCanceledError(str(error), error.task_id)
        case errors.TaskloomRuntimeError():
            translated = GraflowRuntimeError(str(error), cause)
        case errors.DuplicateTaskError():
            translated = DuplicateTaskError(error.task_id or "")
        case errors.GraphCompilationError():
            translated = GraphCompilationError(str(error), cause)
            translated.task_id = error.task_id
        case _:
            translated = GraflowError(str(error), cause)
    # What Taskloom says of it is more than what the constructors know.
    translated.args = error.args[:1]
    if isinstance(translated, GraflowRuntimeError) and isinstance(error, errors.TaskloomRuntimeError):
        translated.run = error.run
    return translated
