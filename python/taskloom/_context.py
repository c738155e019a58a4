"""What a task's body can know about its own execution."""

from __future__ import annotations

from typing import Any, NoReturn

__all__ = ["TaskExecutionContext"]

_LATER = frozenset(
    {
        "can_iterate",
        "cancel_workflow",
        "cancelled",
        "channel",
        "checkpoint",
        "cycle_count",
        "get_channel",
        "get_typed_channel",
        "idempotency_key",
        "logger",
        "max_cycles",
        "next_iteration",
        "next_task",
        "request_approval",
        "request_feedback",
        "sleep",
        "step",
        "terminate_workflow",
    }
)


class TaskExecutionContext:
    """The context of one execution of a task.

    A parameter annotated with this class is injected; with `@task(inject_context=True)` it is the first one.
    """

    __slots__ = ("_results", "attempt", "max_retries", "task_id", "workflow_name")

    def __init__(
        self, task_id: str, attempt: int, max_retries: int, workflow_name: str, results: Any
    ) -> None:
        self.task_id = task_id
        """The id of the running task."""
        self.attempt = attempt
        """The attempt of this execution; the first is 1."""
        self.max_retries = max_retries
        """How many further attempts a failed execution gets."""
        self.workflow_name = workflow_name
        """The name of the workflow."""
        self._results = results

    @property
    def retry_count(self) -> int:
        """How many attempts of this execution have failed before."""
        return self.attempt - 1

    def get_result(self, task_id: str, default: Any = None) -> Any:
        """The result of a task of this run that has succeeded, or the default."""
        return self._results.get(task_id, default)

    def __getattr__(self, name: str) -> NoReturn:
        if name in _LATER:
            raise NotImplementedError(f"TaskExecutionContext.{name} is not implemented yet")
        raise AttributeError(f"TaskExecutionContext has no attribute {name!r}")

    def __repr__(self) -> str:
        return f"TaskExecutionContext({self.task_id!r}, attempt={self.attempt})"
