"""Task queues. The engine has none: these are for programs that use one by themselves."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

__all__ = ["TaskQueue", "TaskSpec", "TaskStatus"]


class TaskStatus(Enum):
    """What has become of an entry."""

    READY = "ready"
    RUNNING = "running"
    SUCCESS = "success"
    ERROR = "error"


@dataclass
class TaskSpec:
    """An entry of a queue."""

    executable: Any
    execution_context: Any
    status: TaskStatus = TaskStatus.READY
    created_at: float = field(default_factory=time.time)
    retry_count: int = 0
    max_retries: int = 3
    last_error: str | None = None
    group_id: str | None = None
    trace_id: str | None = None
    parent_span_id: str | None = None

    @property
    def task_id(self) -> str:
        """The id of its task."""
        return self.executable.task_id

    def __lt__(self, other: TaskSpec) -> bool:
        return self.created_at < other.created_at

    def can_retry(self) -> bool:
        """Whether it may be tried again."""
        return self.retry_count < self.max_retries

    def increment_retry(self, error_message: str | None = None) -> None:
        """Makes it ready once more."""
        self.retry_count += 1
        self.last_error = error_message
        self.status = TaskStatus.READY

    def get_task(self) -> Any:
        """Its task."""
        return self.executable


class TaskQueue(ABC):
    """The interface of a queue."""

    def __init__(self) -> None:
        self._task_specs: dict[str, TaskSpec] = {}
        self.enable_retry = False
        self.enable_metrics = False
        self.metrics = {"enqueued": 0, "dequeued": 0, "retries": 0, "failures": 0}

    @abstractmethod
    def enqueue(self, task_spec: TaskSpec) -> bool:
        """Adds an entry at the end."""

    @abstractmethod
    def dequeue(self) -> TaskSpec | None:
        """Takes the first entry."""

    @abstractmethod
    def is_empty(self) -> bool:
        """Whether there is no entry."""

    @abstractmethod
    def cleanup(self) -> None:
        """Takes out all entries."""

    def size(self) -> int:
        """How many entries there are."""
        return 0

    def get_next_task(self) -> str | None:
        """Takes the first entry and gives the id of its task."""
        task_spec = self.dequeue()
        return None if task_spec is None else task_spec.task_id

    def get_task_spec(self, task_id: str) -> TaskSpec | None:
        """The latest entry of a task."""
        return self._task_specs.get(task_id)

    def configure(self, enable_retry: bool = False, enable_metrics: bool = False) -> None:
        """Switches retries and counting on or off."""
        self.enable_retry = enable_retry
        self.enable_metrics = enable_metrics

    def handle_task_failure(self, task_spec: TaskSpec, error_message: str) -> bool:
        """Notes a failure; says whether the entry is ready for a further attempt."""
        task_spec.status = TaskStatus.ERROR
        self._count("failures")
        if not (self.enable_retry and task_spec.can_retry()):
            return False
        task_spec.increment_retry(error_message)
        self._count("retries")
        return True

    def get_metrics(self) -> dict[str, int]:
        """What was counted."""
        return dict(self.metrics)

    def _count(self, what: str) -> None:
        if self.enable_metrics:
            self.metrics[what] += 1
