"""The exceptions of Taskloom. Each says what is wrong, where, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._run import Run
    from ._suspended import OpenQuestion

__all__ = [
    "AttemptEndedError",
    "BindingError",
    "ChannelSchemaError",
    "CycleLimitExceededError",
    "DecodingError",
    "DuplicateTaskError",
    "EmptyCompositionError",
    "EncodingError",
    "FeedbackAnsweredError",
    "FeedbackNotFoundError",
    "GraphCompilationError",
    "InvalidFeedbackError",
    "InvalidRunIdError",
    "InvalidTaskIdError",
    "ParallelGroupError",
    "RemoteTaskError",
    "RetryLimitExceededError",
    "RunBusyError",
    "RunCancelledError",
    "RunChangedError",
    "RunLostError",
    "RunNotFoundError",
    "RunSuspended",
    "RunTimeoutError",
    "StepLimitExceededError",
    "StoreCorruptedError",
    "StoreError",
    "StoreLockedError",
    "TaskError",
    "TaskloomError",
    "TaskloomRuntimeError",
    "UnknownTaskError",
    "WorkerDiedError",
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


class EncodingError(TaskloomError):
    """A durable run cannot record a value, or could not read it again."""

    def __init__(self, message: str, path: str = "value", type_name: str = "") -> None:
        super().__init__(message)
        self.path = path
        """Where it is inside of the whole value, such as `value["users"][3].born`."""
        self.type_name = type_name
        """The class that it has, with its module, or what else is wrong with it."""


class DecodingError(TaskloomError):
    """A recorded value cannot be read, mostly since nothing in this program names its class."""

    def __init__(self, message: str, path: str = "value", type_name: str = "") -> None:
        super().__init__(message)
        self.path = path
        """Where it is inside of the whole value."""
        self.type_name = type_name
        """The class or the codec that it was recorded with, or the tag that cannot be read."""


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


class RunSuspended(TaskloomRuntimeError):
    """The run waits for answers or for time; it goes on when it is executed again with the same run id."""

    def __init__(self, message: str, run_id: str, questions: list[OpenQuestion]) -> None:
        super().__init__(message)
        self.run_id = run_id
        """The id of the run."""
        self.questions = questions
        """What it asks."""


class StoreError(TaskloomRuntimeError):
    """A store cannot be opened, read or written."""


class StoreLockedError(StoreError):
    """Another program keeps a store locked."""


class StoreCorruptedError(StoreError):
    """A store's file is damaged, or is no store."""


class InvalidRunIdError(TaskloomRuntimeError, ValueError):
    """A run id that cannot be one."""


class RunNotFoundError(TaskloomRuntimeError, LookupError):
    """A store has no such run."""


class RunBusyError(TaskloomRuntimeError):
    """Another process, or another part of this one, drives the run."""


class RunLostError(TaskloomRuntimeError):
    """Somebody has taken the run over, so this process can record nothing more for it."""


class RunChangedError(TaskloomRuntimeError):
    """The run began with another workflow or other arguments, or what was recorded does not fit."""


class FeedbackNotFoundError(TaskloomRuntimeError, LookupError):
    """A store has no such question."""


class FeedbackAnsweredError(TaskloomRuntimeError):
    """The question has its answer: the first one counts."""


class InvalidFeedbackError(TaskloomRuntimeError, ValueError):
    """What was given cannot be an answer to the question."""


class AttemptEndedError(TaskloomRuntimeError):
    """An attempt of a task that has ended still tried something."""


class RemoteTaskError(TaskloomError):
    """Stands for the exception of a task in a process that pickle could not bring over.

    It is the `__cause__` of the `TaskError`, as the exception itself would have been.
    """

    def __init__(self, type_name: str, text: str, traceback: str) -> None:
        super().__init__(type_name, text, traceback)
        self.type_name = type_name
        """The class of the exception, with its module."""
        self.text = text
        """The text of the exception."""
        self.traceback = traceback
        """The traceback in the process, as Python prints it."""

    def __str__(self) -> str:
        return f"{self.type_name}: {self.text}"


class WorkerDiedError(TaskloomError):
    """The process that ran a task has ended in the middle of it. Only this task fails, and may be retried."""

    def __init__(self, task_id: str, pid: int, exit_code: int) -> None:
        super().__init__(task_id, pid, exit_code)
        self.task_id = task_id
        """The id of the task."""
        self.pid = pid
        """The id that the process had."""
        self.exit_code = exit_code
        """Its exit status; that of a process which was ended by signal n is -n."""

    def __str__(self) -> str:
        how = f"exited with status {self.exit_code}"
        if self.exit_code < 0:
            how = f"was ended by {_signal_name(-self.exit_code)}"
        return (
            f"the process {self.pid} that ran `{self.task_id}` {how}\n"
            "  hint: a process that uses too much memory is ended by SIGKILL; with `max_retries` the task "
            "runs again in another one"
        )


def _signal_name(number: int) -> str:
    import signal

    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
