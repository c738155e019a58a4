"""The exceptions of Taskloom. Each says what is wrong, where, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._run import Run

__all__ = [
    "AttemptEndedError",
    "BindingError",
    "ChannelSchemaError",
    "CycleLimitExceededError",
    "DuplicateTaskError",
    "EmptyCompositionError",
    "GraphCompilationError",
    "InvalidTaskIdError",
    "ParallelGroupError",
    "RetryLimitExceededError",
    "RunCancelledError",
    "RunTimeoutError",
    "StepLimitExceededError",
    "TaskError",
    "TaskloomError",
    "TaskloomRuntimeError",
    "UnknownTaskError",
]


class TaskloomError(Exception):
    """Every exception that the library raises by itself, but `NotImplementedError` and `TypeError`."""


class GraphCompilationError(TaskloomError):
    """A composition is no workflow, or a workflow cannot be planned."""

    def __init__(self, message: str, task_id: str | None = None) -> None:
        super().__init__(message)
        self.task_id = task_id
        """The id of the task or group that is at fault, if there is one."""


class DuplicateTaskError(GraphCompilationError):
    """Two different instances have one `task_id`; the message names both places."""


class UnknownTaskError(GraphCompilationError, LookupError):
    """An id, or an instance, that the workflow or the run does not have."""


class EmptyCompositionError(GraphCompilationError, ValueError):
    """`chain()` or `parallel()` of nothing."""


class InvalidTaskIdError(GraphCompilationError, ValueError):
    """A `task_id` that is empty, longer than 255 characters, or has control characters."""


class BindingError(TaskloomError, TypeError):
    """An argument that the task cannot take, or one that is missing."""


class ChannelSchemaError(TaskloomError, TypeError):
    """A key that a channel's schema does not have, or a value that it excludes."""


class TaskloomRuntimeError(TaskloomError):
    """A run did not succeed."""

    run: Run | None = None
    """The record of the run, with everything that did succeed."""


class TaskError(TaskloomRuntimeError):
    """A task failed. Its own exception is the `__cause__`."""

    def __init__(self, message: str, task_id: str) -> None:
        super().__init__(message)
        self.task_id = task_id
        """The id of the task that failed first."""


class RetryLimitExceededError(TaskError):
    """A task failed at its last retry."""

    def __init__(
        self,
        message: str,
        task_id: str,
        retry_count: int,
        max_retries: int,
        last_error: BaseException | None,
    ) -> None:
        super().__init__(message, task_id)
        self.retry_count = retry_count
        """How many retries there were."""
        self.max_retries = max_retries
        """How many were allowed."""
        self.last_error = last_error
        """The exception of the last attempt; also the `__cause__`."""


class CycleLimitExceededError(TaskloomRuntimeError):
    """A task would have been executed more often than it may."""

    def __init__(self, message: str, task_id: str, max_cycles: int) -> None:
        super().__init__(message)
        self.task_id = task_id
        """The id of the task."""
        self.cycle_count = max_cycles
        """How many executions it had."""
        self.max_cycles = max_cycles
        """How many it may have."""


class StepLimitExceededError(TaskloomRuntimeError):
    """The run would have had more executions than it may."""

    def __init__(self, message: str, task_id: str) -> None:
        super().__init__(message)
        self.task_id = task_id
        """The id of the task that was to be the next."""


class ParallelGroupError(TaskloomRuntimeError):
    """A group's policy was not met. The exception of the first task that failed in it is the `__cause__`."""

    def __init__(
        self,
        message: str,
        group_id: str,
        failed_tasks: list[tuple[str, str]],
        successful_tasks: list[str],
        skipped_tasks: list[str],
    ) -> None:
        super().__init__(message)
        self.group_id = group_id
        """The group's name."""
        self.failed_tasks = failed_tasks
        """The tasks that failed, with the text of their exceptions."""
        self.successful_tasks = successful_tasks
        """The branches that succeeded, by the id of their last task."""
        self.skipped_tasks = skipped_tasks
        """The branches that were skipped or did not run."""


class RunCancelledError(TaskloomRuntimeError):
    """The run was cancelled."""

    def __init__(self, message: str, task_id: str | None = None) -> None:
        super().__init__(message)
        self.task_id = task_id
        """The id of the task that cancelled it, if one did."""


class RunTimeoutError(RunCancelledError, TimeoutError):
    """The run took longer than its timeout, and was cancelled."""


class AttemptEndedError(TaskloomRuntimeError):
    """An attempt of a task that has ended still tried something."""
