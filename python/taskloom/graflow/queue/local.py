"""A queue in memory."""

from __future__ import annotations

from collections import deque
from typing import Any

from .base import TaskQueue, TaskSpec, TaskStatus

__all__ = ["LocalTaskQueue"]


class LocalTaskQueue(TaskQueue):
    """A queue in memory: first in, first out."""

    def __init__(self, execution_context: Any, start_node: str | None = None) -> None:
        super().__init__()
        self._queue: deque[TaskSpec] = deque()
        if start_node is not None:
            self.enqueue(TaskSpec(execution_context.graph.get_node(start_node), execution_context))

    def enqueue(self, task_spec: TaskSpec) -> bool:
        self._queue.append(task_spec)
        self._task_specs[task_spec.task_id] = task_spec
        self._count("enqueued")
        return True

    def dequeue(self) -> TaskSpec | None:
        if not self._queue:
            return None
        task_spec = self._queue.popleft()
        task_spec.status = TaskStatus.RUNNING
        self._count("dequeued")
        return task_spec

    def is_empty(self) -> bool:
        return not self._queue

    def cleanup(self) -> None:
        self._queue.clear()

    def size(self) -> int:
        return len(self._queue)

    def peek_next_node(self) -> str | None:
        """The id of the first entry's task."""
        return self._queue[0].task_id if self._queue else None

    def to_list(self) -> list[str]:
        """The ids of the entries' tasks."""
        return [task_spec.task_id for task_spec in self._queue]

    def get_pending_task_specs(self) -> list[TaskSpec]:
        """The entries."""
        return list(self._queue)

    def retry_failed_task(self, task_spec: TaskSpec) -> bool:
        """Adds an entry again that failed, if it may be tried again."""
        if not (self.enable_retry and task_spec.can_retry()):
            return False
        task_spec.status = TaskStatus.READY
        return self.enqueue(task_spec)
