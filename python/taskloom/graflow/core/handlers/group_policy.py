"""Group policies: when a group has succeeded."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .... import policies
from ...exceptions import ParallelGroupError
from .._running import running_context
from ..handler import TaskResult

__all__ = [
    "POLICY_REGISTRY",
    "AtLeastNGroupPolicy",
    "BestEffortGroupPolicy",
    "CriticalGroupPolicy",
    "GroupExecutionPolicy",
    "StrictGroupPolicy",
    "canonicalize_group_policy",
    "resolve_group_policy",
]


class GroupExecutionPolicy(ABC):
    """Judges a group whose members have ended. Subclass it for a policy of your own."""

    def get_name(self) -> str:
        """Its name: the class's."""
        return type(self).__name__

    @abstractmethod
    def on_group_finished(
        self,
        group_id: str,
        tasks: Sequence[Any],
        results: dict[str, TaskResult],
        context: Any,
    ) -> None:
        """Raises, `ParallelGroupError` for instance, if the group has failed."""

    def _validate_group_results(
        self, group_id: str, tasks: Sequence[Any], results: dict[str, TaskResult]
    ) -> None:
        differing = sorted({task.task_id for task in tasks} ^ results.keys())
        if differing:
            message = f"group `{group_id}`: the results are not those of its members: {differing}"
            raise ParallelGroupError(message, group_id, [], list(results))

    def _partition_group_results(
        self, results: dict[str, TaskResult]
    ) -> tuple[list[str], list[tuple[str, str]]]:
        successful = [task_id for task_id, result in results.items() if result.success]
        failed = [
            (task_id, result.error_message or "Unknown error")
            for task_id, result in results.items()
            if not result.success
        ]
        return successful, failed

    def _judge(
        self, group_id: str, tasks: Sequence[Any], results: dict[str, TaskResult], failed: bool, why: str
    ) -> None:
        self._validate_group_results(group_id, tasks, results)
        if failed:
            successful_tasks, failed_tasks = self._partition_group_results(results)
            raise ParallelGroupError(f"group `{group_id}`: {why}", group_id, failed_tasks, successful_tasks)


class StrictGroupPolicy(GroupExecutionPolicy):
    """All members succeeded: the default."""

    def get_name(self) -> str:
        """Its name."""
        return "strict"

    def on_group_finished(
        self,
        group_id: str,
        tasks: Sequence[Any],
        results: dict[str, TaskResult],
        context: Any,  # noqa: ARG002
    ) -> None:
        """Raises `ParallelGroupError` if a member has failed."""
        failed = [result.task_id for result in results.values() if not result.success]
        self._judge(group_id, tasks, results, bool(failed), f"{len(failed)} failed")


class BestEffortGroupPolicy(GroupExecutionPolicy):
    """Whatever its members did, the group has succeeded."""

    def get_name(self) -> str:
        """Its name."""
        return "best_effort"

    def on_group_finished(
        self,
        group_id: str,
        tasks: Sequence[Any],
        results: dict[str, TaskResult],
        context: Any,  # noqa: ARG002
    ) -> None:
        """Raises nothing."""
        self._judge(group_id, tasks, results, False, "")


class CriticalGroupPolicy(GroupExecutionPolicy):
    """The members with these ids succeeded."""

    def __init__(self, critical_task_ids: Iterable[str]) -> None:
        self._critical_task_ids = frozenset(critical_task_ids)
        if not self._critical_task_ids:
            raise ValueError("critical_task_ids names at least one task")

    def get_name(self) -> str:
        """Its name."""
        return "critical"

    @property
    def critical_task_ids(self) -> list[str]:
        """The ids, sorted."""
        return sorted(self._critical_task_ids)

    def on_group_finished(
        self,
        group_id: str,
        tasks: Sequence[Any],
        results: dict[str, TaskResult],
        context: Any,  # noqa: ARG002
    ) -> None:
        """Raises `ParallelGroupError` if one of them has failed, `ValueError` if one is no member."""
        strangers = [task_id for task_id in self.critical_task_ids if task_id not in results]
        if strangers:
            raise ValueError(f"group `{group_id}` has no members {strangers}")
        failed = [task_id for task_id in self.critical_task_ids if not results[task_id].success]
        critical = {task_id: result for task_id, result in results.items() if task_id not in failed}
        critical |= {task_id: results[task_id] for task_id in failed}
        self._judge(group_id, tasks, critical, bool(failed), f"critical tasks failed: {failed}")


class AtLeastNGroupPolicy(GroupExecutionPolicy):
    """At least so many members succeeded."""

    def __init__(self, min_success: int) -> None:
        if min_success < 0:
            raise ValueError(f"min_success is a number from 0 on, not {min_success}")
        self.min_success = min_success
        """How many."""

    def get_name(self) -> str:
        """Its name."""
        return f"at_least_{self.min_success}"

    def on_group_finished(
        self,
        group_id: str,
        tasks: Sequence[Any],
        results: dict[str, TaskResult],
        context: Any,  # noqa: ARG002
    ) -> None:
        """Raises `ParallelGroupError` if fewer have succeeded, `ValueError` if there are fewer members."""
        if self.min_success > len(tasks):
            raise ValueError(f"group `{group_id}` has {len(tasks)} members, fewer than {self.min_success}")
        successes = sum(result.success for result in results.values())
        why = f"{successes} succeeded, and {self.min_success} must"
        self._judge(group_id, tasks, results, successes < self.min_success, why)


POLICY_REGISTRY: dict[str, type[GroupExecutionPolicy]] = {
    "strict": StrictGroupPolicy,
    "best_effort": BestEffortGroupPolicy,
    "critical": CriticalGroupPolicy,
    "at_least_n": AtLeastNGroupPolicy,
}
"""The policies by name."""


def canonicalize_group_policy(policy: str | GroupExecutionPolicy) -> str | dict[str, Any]:
    """A policy as data: a name, or a dict with its type and arguments."""
    match policy:
        case str():
            return policy
        case StrictGroupPolicy() | BestEffortGroupPolicy():
            return policy.get_name()
        case CriticalGroupPolicy():
            return {"type": "critical", "critical_task_ids": policy.critical_task_ids}
        case AtLeastNGroupPolicy():
            return {"type": "at_least_n", "min_success": policy.min_success}
        case GroupExecutionPolicy():
            return {"type": "__custom__", "policy": policy}
    raise TypeError(f"a group's policy is a name or a GroupExecutionPolicy, not {policy!r}")


def resolve_group_policy(policy: str | Mapping[str, Any] | GroupExecutionPolicy) -> GroupExecutionPolicy:
    """The policy that a name, or the data of one, stands for."""
    if isinstance(policy, GroupExecutionPolicy):
        return policy
    if not isinstance(policy, (str, Mapping)):
        raise TypeError(f"a group's policy is a name or a GroupExecutionPolicy, not {policy!r}")
    given = {"type": policy} if isinstance(policy, str) else policy
    name = str(given.get("type")).lower()
    if name == "__custom__":
        return resolve_group_policy(given["policy"])
    kind: Any = POLICY_REGISTRY.get(name)
    if kind is None:
        raise ValueError(f"there is no group policy {name!r}: {sorted(POLICY_REGISTRY)}")
    arguments = {key: value for key, value in given.items() if key != "type"}
    try:
        return kind(**arguments)
    except TypeError as error:
        raise ValueError(f"the group policy {name!r} needs its arguments: {error}") from error


def taskloom_policy(policy: str | Mapping[str, Any] | GroupExecutionPolicy, tasks: Sequence[Any]) -> Any:
    """What Taskloom judges a group of these tasks by."""
    resolved = resolve_group_policy(policy)
    match resolved:
        case StrictGroupPolicy() | BestEffortGroupPolicy():
            return resolved.get_name()
        case CriticalGroupPolicy():
            return policies.Critical(resolved.critical_task_ids)
        case AtLeastNGroupPolicy():
            return policies.AtLeastN(resolved.min_success)
        case _:
            return _OwnPolicy(resolved, tasks)


class _OwnPolicy:
    """A policy of one's own as Taskloom asks it."""

    def __init__(self, policy: GroupExecutionPolicy, tasks: Sequence[Any]) -> None:
        self._policy = policy
        self._tasks = list(tasks)

    def judge(self, group: str, branches: Sequence[Any]) -> bool:
        """Whether the group has succeeded; raises what the policy raises."""
        context = running_context.get()
        results: dict[str, TaskResult] = {}
        # A branch is known by its first task in Graflow, and by its last one in Taskloom.
        for task, branch in zip(self._tasks, branches, strict=True):
            succeeded = branch.state == "succeeded"
            message = None if succeeded else str(branch.error or branch.state)
            results[task.task_id] = TaskResult(task.task_id, succeeded, branch.error, message)
            if succeeded and context is not None:
                context.set_result(task.task_id, branch.value)
        self._policy.on_group_finished(group, self._tasks, results, context)
        return True

    def __repr__(self) -> str:
        return self._policy.get_name()
