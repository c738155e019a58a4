"""Handlers: how a single task is executed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

__all__ = ["TaskHandler", "TaskResult"]


@dataclass
class TaskResult:
    """How a member of a group ended, for a policy to judge."""

    task_id: str
    success: bool
    error: BaseException | None = None
    error_message: str | None = None
    duration: float = 0.0
    timestamp: float = 0.0


class TaskHandler(ABC):
    """How tasks with `@task(handler="name")` are executed, once it is registered under that name with
    `WorkflowEngine.register_handler`."""

    def get_name(self) -> str:
        """Its name: the class's."""
        return type(self).__name__

    @abstractmethod
    def execute_task(self, task: Any, context: Any) -> Any:
        """Executes the task by `task.run()`, which takes no arguments, and gives its value.

        What it raises is the task's failure. If it gives `None` the value is what it has stored by
        `context.set_result(task.task_id, …)`.
        """
