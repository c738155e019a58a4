"""Forms of messages that Graflow brings along, registered by name."""

from __future__ import annotations

from typing import Any, TypedDict

from .typed import ChannelTypeRegistry

__all__ = [
    "CycleNotificationMessage",
    "DataTransferMessage",
    "TaskErrorMessage",
    "TaskProgressMessage",
    "TaskResultMessage",
    "WorkflowStateMessage",
]


class TaskResultMessage(TypedDict):
    """The result of a task."""

    task_id: str
    result: Any
    timestamp: float
    status: str


class TaskProgressMessage(TypedDict):
    """How far a task is."""

    task_id: str
    progress: float
    message: str
    timestamp: float


class TaskErrorMessage(TypedDict):
    """The failure of a task."""

    task_id: str
    error_type: str
    error_message: str
    timestamp: float


class WorkflowStateMessage(TypedDict):
    """How far a workflow is."""

    workflow_id: str
    state: str
    current_task: str
    completed_tasks: list[str]
    timestamp: float


class DataTransferMessage(TypedDict):
    """Data from one task to another."""

    from_task: str
    to_task: str
    data: Any
    data_type: str
    timestamp: float


class CycleNotificationMessage(TypedDict):
    """A further iteration of a task."""

    task_id: str
    cycle_count: int
    max_cycles: int
    data: Any


ChannelTypeRegistry.register("task_result", TaskResultMessage)
ChannelTypeRegistry.register("task_progress", TaskProgressMessage)
ChannelTypeRegistry.register("task_error", TaskErrorMessage)
ChannelTypeRegistry.register("workflow_state", WorkflowStateMessage)
ChannelTypeRegistry.register("data_transfer", DataTransferMessage)
ChannelTypeRegistry.register("cycle_notification", CycleNotificationMessage)
