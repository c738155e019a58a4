"""When a group has succeeded: for `with_execution(policy=…)`, beside `"strict"` and `"best_effort"`.

A policy of one's own is any object with a method `judge`, as `GroupPolicy` has it:

>>> from taskloom import parallel, task, workflow
>>> @task
... def replica(works: bool):
...     if not works:
...         raise ConnectionError("down")
...     return "data"
>>> class Majority:
...     def judge(self, group, branches):
...         succeeded = sum(branch.state == "succeeded" for branch in branches)
...         return 2 * succeeded > len(branches)
>>> replicas = parallel(*(replica(task_id=f"r{i}", works=i != 1) for i in range(3)))
>>> workflow("w").add(replicas.with_execution(policy=Majority())).execute()
{'r0': 'data', 'r2': 'data'}
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

__all__ = ["AtLeastN", "BranchRecord", "Critical", "GroupPolicy"]


class BranchRecord(NamedTuple):
    """How a branch of a group ended."""

    task_id: str
    """The id of its last task, or the name of the group that it ends in: the key of its value in that of the
    group."""
    state: str
    """How it ended: failed, if anything in it has; else as its last task has: succeeded, skipped or
    cancelled."""
    value: Any
    """Its value, if it succeeded."""
    error: BaseException | None
    """The first exception in it, if it failed."""


class GroupPolicy(Protocol):
    """A policy of one's own."""

    def judge(self, group: str, branches: Sequence[BranchRecord], /) -> bool:
        """Whether the group of this name has succeeded. `branches` are in the order of composition.

        It is asked once all branches have ended, by the thread that ended the last one: the event loop's, if
        that was an async task, so it must not block. A group all of whose branches were skipped is skipped
        without a question. What it raises fails the group, as the cause of its `ParallelGroupError`; where it
        gives `False`, the cause is the first exception in the group.
        """
        ...


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


async def _in_place(judge: Any, group: str, branches: Sequence[BranchRecord]) -> bool:
    """Asks a policy where only coroutines run."""
    return judge(group, branches)
