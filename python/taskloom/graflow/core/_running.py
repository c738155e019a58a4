"""Which run, and which task of it, the calling code belongs to."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar, copy_context
from typing import TYPE_CHECKING, TypeVar

from ..._current import current_workflow

if TYPE_CHECKING:
    from ._task_context import TaskExecutionContext
    from .context import ExecutionContext

__all__ = ["apart", "running_context", "running_task"]

T = TypeVar("T")

running_context: ContextVar[ExecutionContext | None] = ContextVar("taskloom.graflow.context", default=None)
"""The context of the run. Each task runs in a copy of what is set where the run begins."""

running_task: ContextVar[TaskExecutionContext | None] = ContextVar("taskloom.graflow.task", default=None)
"""The context of the task that this code is part of."""


def apart(compose: Callable[[], T]) -> T:
    """Composes without that anything joins the workflow whose block this is."""
    context = copy_context()
    context.run(current_workflow.clear)
    return context.run(compose)
