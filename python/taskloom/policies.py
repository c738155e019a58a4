"""When a group has succeeded: for `with_execution(policy=…)`, beside `"strict"` and `"best_effort"`."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["AtLeastN", "Critical"]


class AtLeastN:
    """At least so many branches succeeded."""

    __slots__ = ("n",)

    def __init__(self, n: int) -> None:
        self.n = n
        """How many."""

    def __repr__(self) -> str:
        return f"AtLeastN({self.n!r})"


class Critical:
    """The branches with these tasks succeeded."""

    __slots__ = ("task_ids",)

    def __init__(self, task_ids: Iterable[str]) -> None:
        self.task_ids = list(task_ids)
        """The ids of the tasks."""

    def __repr__(self) -> str:
        return f"Critical({self.task_ids!r})"
