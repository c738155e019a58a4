"""Limits of loops."""

from __future__ import annotations

from ..exceptions import CycleLimitExceededError

__all__ = ["CycleController"]


class CycleController:
    """Counts executions by task. The engine counts its own; this is for programs that use it by itself."""

    def __init__(self, default_max_cycles: int = 100) -> None:
        self.default_max_cycles = default_max_cycles
        self.cycle_counts: dict[str, int] = {}
        self.node_max_cycles: dict[str, int] = {}

    def set_node_max_cycles(self, node_id: str, max_cycles: int) -> None:
        """Sets the limit of a task."""
        self.node_max_cycles[node_id] = max_cycles

    def get_max_cycles_for_node(self, node_id: str) -> int:
        """The limit of a task, or the default."""
        return self.node_max_cycles.get(node_id, self.default_max_cycles)

    def accept_next_cycle(self, node_id: str) -> bool:
        """Whether a task may be executed once more."""
        return self.get_cycle_count(node_id) < self.get_max_cycles_for_node(node_id)

    def increment(self, node_id: str) -> int:
        """Counts one more execution."""
        self.cycle_counts[node_id] = self.get_cycle_count(node_id) + 1
        return self.cycle_counts[node_id]

    def check_cycle_limit(self, node_id: str) -> None:
        """Raises `CycleLimitExceededError` if a task may not be executed again."""
        if not self.accept_next_cycle(node_id):
            counts = self.get_cycle_count(node_id), self.get_max_cycles_for_node(node_id)
            raise CycleLimitExceededError(node_id, *counts)

    def get_cycle_count(self, node_id: str) -> int:
        """How often a task was executed."""
        return self.cycle_counts.get(node_id, 0)
