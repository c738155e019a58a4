"""The record of a run that has ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, overload

from . import _native
from ._channel import FinalChannel
from ._suspended import open_questions
from .errors import (
    CycleLimitExceededError,
    ParallelGroupError,
    RetryLimitExceededError,
    RunCancelledError,
    RunSuspended,
    RunTimeoutError,
    StepLimitExceededError,
    TaskError,
    TaskloomRuntimeError,
    UnknownTaskError,
)

if TYPE_CHECKING:
    from ._instance import Instance
    from ._typed_channel import FinalTypedChannel

__all__ = ["ExecutionContext", "Run", "TaskRecord"]

T = TypeVar("T")

_LISTED = 20


class TaskRecord(NamedTuple):
    """What a run knows of one of its tasks."""

    task_id: str
    """Its id."""
    state: str
    """How it ended: succeeded, failed, skipped, cancelled or not run."""
    iterations: int
    """How many executions it had, in loops, by jumps and iterations; 0 if it did not run."""
    attempts: int
    """How many attempts its last execution had; 0 if it did not run."""
    started: float
    """When its last attempt began, in seconds since the run began."""
    ended: float
    """When its last attempt ended, in seconds since the run began."""
    error: BaseException | None
    """The exception of its last attempt, if it failed."""

    @property
    def duration(self) -> float:
        """How long its last attempt took, in seconds."""
        return self.ended - self.started


class _Tasks(Mapping[str, TaskRecord]):
    """The tasks of a run by id, in the order of composition; each is made when it is asked for."""

    __slots__ = ("_record",)

    def __init__(self, record: _native.Record) -> None:
        self._record = record

    def __getitem__(self, task: Any) -> TaskRecord:
        return TaskRecord(*self._record.task(task))

    def __iter__(self) -> Iterator[str]:
        return iter(self._record.task_ids())

    def __len__(self) -> int:
        return len(self._record.task_ids())

    def __contains__(self, task: object) -> bool:
        try:
            self._record.task(task)
        except (TypeError, UnknownTaskError):
            return False
        return True

    def get(self, task: Any, default: Any = None) -> Any:
        try:
            return self[task]
        except UnknownTaskError:
            return default


class Run:
    """The record of a run: status, results by id, errors, timings, attempts. It shows itself as a summary."""

    __slots__ = ("_record",)

    def __init__(self, record: _native.Record) -> None:
        self._record = record

    @property
    def status(self) -> str:
        """`succeeded`, `terminated`, `failed` or `cancelled`."""
        return self._record.status

    @property
    def message(self) -> str | None:
        """What the task said that terminated or cancelled the run."""
        return self._record.message

    @property
    def duration(self) -> float:
        """How long it took, in seconds."""
        return self._record.duration

    @property
    def value(self) -> Any:
        """The value of the last task or group, in the order of composition, that nothing follows and that
        succeeded; a group's is the dict of its branches' values. `None` if nothing succeeded."""
        return self._record.value()

    @property
    def outputs(self) -> dict[str, Any]:
        """The results of the tasks that succeeded, by id, in the order in which they did."""
        return self._record.outputs()

    @property
    def tasks(self) -> Mapping[str, TaskRecord]:
        """What is known of each task, by id, in the order of composition."""
        return _Tasks(self._record)

    @property
    def abandoned(self) -> list[str]:
        """The ids of the tasks whose plain functions outran their timeout, or the grace time after they were
        told to end, and were abandoned, once for each attempt; their threads may still be running."""
        return self._record.abandoned()

    @property
    def error(self) -> TaskloomRuntimeError | None:
        """What kept the run from succeeding, or `None`."""
        error = self._journal_lost() or self._rest() or self._end() or self._failure()
        if error is not None:
            error.run = self
        return error

    def _journal_lost(self) -> Any:
        return self._record.journal_lost()

    def _rest(self) -> TaskloomRuntimeError | None:
        rest = self._record.rest()
        if rest is None:
            return None
        message, run_id, questions = rest
        return RunSuspended(message, run_id, open_questions(questions))

    def _end(self) -> TaskloomRuntimeError | None:
        end = self._record.end()
        if end is None:
            return RunCancelledError("the run was cancelled") if self.status == "cancelled" else None
        kind, task_id, message, limit = end
        match kind:
            case "cycle limit":
                return CycleLimitExceededError(message, task_id, limit)
            case "timeout":
                return RunTimeoutError(message)
            case "step limit":
                return StepLimitExceededError(message, task_id)
            case _:
                return RunCancelledError(message, task_id)

    def _failure(self) -> TaskloomRuntimeError | None:
        failure = self._record.failure()
        if failure is None:
            return None
        kind, task_id, message, exception, (attempts, retries), (failed, successful, skipped) = failure
        error: TaskloomRuntimeError
        if kind == "group":
            error = ParallelGroupError(message, task_id, failed, successful, skipped)
        elif retries > 0 and attempts > retries:
            error = RetryLimitExceededError(message, task_id, attempts - 1, retries, exception)
        else:
            error = TaskError(message, task_id)
        error.__cause__ = exception
        return error

    @overload
    def output(self, task: Instance[T]) -> T: ...
    @overload
    def output(self, task: str) -> Any: ...
    def output(self, task: Any) -> Any:
        """The result of a task or group by its id, or of an instance; `UnknownTaskError` if there is none."""
        return self._record.output(task)

    def get_channel(self) -> FinalChannel:
        """What the run's channel held in the end; it can only be read."""
        return FinalChannel(self._record.channel())

    def get_typed_channel(self, schema: type) -> FinalTypedChannel:
        """What the run's channel held in the end, under a schema: a `TypedDict`, as in a task."""
        from ._typed_channel import FinalTypedChannel

        return FinalTypedChannel(self.get_channel(), schema)

    def raise_for_status(self) -> None:
        """Raises what kept the run from succeeding, if anything did."""
        error = self.error
        if error is not None:
            raise error

    def __repr__(self) -> str:
        return f"<Run {self.status}: {len(self.tasks)} tasks in {self.duration:.3g} s>"

    def __str__(self) -> str:
        tasks = self.tasks
        lines = [
            f"{self.status}: {len(tasks)} {'task' if len(tasks) == 1 else 'tasks'} in {self.duration:.3g} s"
        ]
        shown = [tasks[task_id] for task_id in list(tasks)[:_LISTED]]
        width = max((len(task.task_id) for task in shown), default=0)
        for task in shown:
            line = f"  {task.task_id:{width}}  {task.state:9}"
            if task.attempts:
                line += f"  {task.duration:.3g} s"
            if task.attempts > 1:
                line += f", {task.attempts} attempts"
            if task.error is not None:
                line += f"  {type(task.error).__name__}: {task.error}"
            lines.append(line.rstrip())
        if len(tasks) > _LISTED:
            lines.append(f"  … and {len(tasks) - _LISTED} more")
        return "\n".join(lines)

    def to_svg(self) -> str:
        """The run as a picture: the workflow, with each task's state and how long its last attempt took.

        It shows what `Workflow.to_svg` shows; a notebook shows it for the run itself.
        """
        return self._record.to_svg()

    def _repr_mimebundle_(self, **_kinds: Any) -> dict[str, str]:
        return {"text/plain": str(self), "image/svg+xml": self.to_svg()}


class ExecutionContext:
    """What `execute(ret_context=True)` gives beside the value."""

    __slots__ = ("run",)

    def __init__(self, run: Run) -> None:
        self.run = run
        """The record of the run."""

    def get_result(self, task_id: str, default: Any = None) -> Any:
        """The result of a task or group by its id, or the default if it has none."""
        return self.run.output(task_id) if self._has_result(task_id) else default

    def get_channel(self) -> FinalChannel:
        """What the run's channel held in the end; it can only be read."""
        return self.run.get_channel()

    def get_typed_channel(self, schema: type) -> FinalTypedChannel:
        """What the run's channel held in the end, under a schema: see `Run.get_typed_channel`."""
        return self.run.get_typed_channel(schema)

    def _has_result(self, task_id: str) -> bool:
        record = self.run._record
        return record.has(task_id) and record.has_result(task_id)
