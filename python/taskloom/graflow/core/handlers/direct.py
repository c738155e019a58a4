"""The handler that runs a task where it is."""

from __future__ import annotations

from typing import Any

from ..handler import TaskHandler

__all__ = ["DirectTaskHandler"]


class DirectTaskHandler(TaskHandler):
    """Runs a task where it is. Tasks without a handler of their own do so without one."""

    def get_name(self) -> str:
        """Its name."""
        return "direct"

    def execute_task(self, task: Any, context: Any) -> Any:
        """Runs the task and stores its result."""
        value = task.run()
        context.set_result(task.task_id, value)
        return value
