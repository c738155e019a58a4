"""Tasks, chains and groups."""

from __future__ import annotations

from typing import Any

from ._definition import TaskWrapper, task
from ._operators import Executable, ParallelGroup, SequentialTask, chain, note, parallel

__all__ = [
    "Executable",
    "ParallelGroup",
    "SequentialTask",
    "Task",
    "TaskWrapper",
    "chain",
    "parallel",
    "task",
]


class Task(Executable):
    """A task whose work is its method `run`, which takes nothing; by itself it does nothing.

    `max_retries`, `max_cycles`, `retry_policy` and `handler_type` are read from the object, or its class.

    >>> class Count(Task):
    ...     def run(self):
    ...         return 3
    >>> Count("count")()
    3
    """

    def __init__(self, task_id: str, register_to_context: bool = True) -> None:
        self._task_id = task_id
        self.__name__ = task_id
        self.__qualname__ = f"{type(self).__name__}.{task_id}"
        if register_to_context:
            note(self)

    @property
    def task_id(self) -> str:
        """Its id."""
        return self._task_id

    def run(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        """Its work."""
        return None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._task_id})"
