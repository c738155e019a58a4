"""Where the members of a group run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from enum import Enum
from typing import Any

__all__ = ["CoordinationBackend", "TaskCoordinator"]


class CoordinationBackend(Enum):
    """Where the members of a group run."""

    REDIS = "redis"
    """Not implemented yet."""
    THREADING = "threading"
    """Side by side, in threads: the default."""
    DIRECT = "direct"
    """One after another."""


class TaskCoordinator(ABC):
    """What runs the members of a group in Graflow. Taskloom's engine runs groups itself and calls none."""

    @abstractmethod
    def execute_group(self, group_id: str, tasks: Sequence[Any], execution_context: Any, policy: Any) -> None:
        """Runs the members and lets the policy judge."""
