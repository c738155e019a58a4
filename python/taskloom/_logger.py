"""The logger of a task's context."""

from __future__ import annotations

import logging
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._context import TaskExecutionContext

__all__ = ["TaskLogger", "logger_of"]


class TaskLogger(logging.LoggerAdapter[logging.Logger]):
    """Says with each record which run and which task it comes from: `extra` of a call comes on top."""

    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        kwargs["extra"] = {**(self.extra or {}), **(kwargs.get("extra") or {})}
        return msg, kwargs


def logger_of(context: TaskExecutionContext) -> TaskLogger:
    """The logger `taskloom.task` with what a context knows of its execution."""
    return TaskLogger(
        logging.getLogger("taskloom.task"),
        {
            "run_id": context.run_id,
            "workflow_name": context.workflow_name,
            "task_id": context.task_id,
            "iteration": context.cycle_count,
            "attempt": context.attempt,
        },
    )
