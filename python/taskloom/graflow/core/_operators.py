"""What can be composed, and what composing gives: Graflow's classes around Taskloom's chains and groups."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any, SupportsIndex

from ... import _native
from ..._current import current_workflow
from ..coordination.coordinator import CoordinationBackend
from ..exceptions import graflow_errors
from ._running import running_context
from .handlers.group_policy import taskloom_policy

__all__ = [
    "Executable",
    "ParallelGroup",
    "SequentialTask",
    "chain",
    "id_of",
    "note",
    "operand_of",
    "parallel",
]


class Executable(ABC):
    """Everything that can be composed: tasks, chains and groups."""

    __slots__ = ()

    handler_type = "direct"
    """The name of the handler that executes it."""

    @property
    @abstractmethod
    def task_id(self) -> str:
        """Its id; a chain's is that of its first task."""

    @abstractmethod
    def run(self, *args: Any, **kwargs: Any) -> Any:
        """Runs it here and now, without an engine."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.run(*args, **kwargs)

    def __taskloom_operand__(self) -> Any:
        """What stands for it in Taskloom: here a definition of `run`, made when it is first composed."""
        own: dict[str, Any] = self.__dict__  # pyright: ignore[reportAssignmentType]
        if "_operand" not in own:
            from ._definition import define_from_object

            own["_operand"] = define_from_object(self)
        return own["_operand"]

    def __rshift__(self, other: Any) -> SequentialTask:
        return _in_series(self, other, _composed(_native.Operand.__rshift__, self, other))

    def __rrshift__(self, other: Any) -> SequentialTask:
        return _in_series(other, self, _composed(_native.Operand.__rrshift__, self, other))

    def __lshift__(self, other: Any) -> SequentialTask:
        return _in_series(other, self, _composed(_native.Operand.__lshift__, self, other))

    def __rlshift__(self, other: Any) -> SequentialTask:
        return _in_series(self, other, _composed(_native.Operand.__rlshift__, self, other))

    def __or__(self, other: Any) -> ParallelGroup:
        if isinstance(other, ParallelGroup) and other.is_plain:
            # Its members become members of the new group.
            own = self.members if isinstance(self, ParallelGroup) and self.is_plain else (self,)
            return ParallelGroup([*own, *other.members])
        return _side_by_side(self, other, _composed(_native.Operand.__or__, self, other))

    def __ror__(self, other: Any) -> ParallelGroup:
        return _side_by_side(other, self, _composed(_native.Operand.__ror__, self, other))


class SequentialTask(Executable):
    """Tasks one after another: what `>>` and `chain` give."""

    __slots__ = ("_composed", "_parts")

    def __init__(self, tasks: Sequence[Any]) -> None:
        self._parts: tuple[Any, ...] = tuple(tasks)
        with graflow_errors():
            self._composed: Any = _native.chain(*tasks)
        note(*tasks)

    @classmethod
    def around(cls, parts: tuple[Any, ...], composed: _native.Chain) -> SequentialTask:
        """A chain that has been composed already."""
        chained = cls.__new__(cls)
        chained._parts, chained._composed = parts, composed
        return chained

    @property
    def tasks(self) -> list[Any]:
        """Its tasks and groups, in order."""
        flat: list[Any] = []
        pending = list(self._parts)
        # Chains nest to the left, as deep as they are long.
        while pending:
            part = pending.pop()
            if isinstance(part, SequentialTask):
                pending.extend(part._parts)
            else:
                flat.append(part)
        return flat[::-1]

    @property
    def leftmost(self) -> Any:
        """Its first task."""
        part: Any = self
        while isinstance(part, SequentialTask):
            part = part._parts[0]
        return part

    @property
    def rightmost(self) -> Any:
        """Its last task."""
        part: Any = self
        while isinstance(part, SequentialTask):
            part = part._parts[-1]
        return part

    @property
    def task_id(self) -> str:
        """The id of its first task."""
        return id_of(self.leftmost)

    def run(self, *args: Any, **kwargs: Any) -> Any:
        """Runs its first task alone, here and now."""
        return self.leftmost.run(*args, **kwargs)

    def __taskloom_operand__(self) -> Any:
        """Taskloom's chain."""
        return self._composed

    def __len__(self) -> int:
        return len(self.tasks)

    def __getitem__(self, index: SupportsIndex) -> Any:
        return self.tasks[index]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.tasks)

    def __repr__(self) -> str:
        return f"SequentialTask([{' >> '.join(map(id_of, self.tasks))}])"


class ParallelGroup(Executable):
    """Tasks side by side: what `|` and `parallel` give. What follows it runs once, after all of them.

    A chain in it is one branch.
    """

    __slots__ = ("_composed", "_configured", "_extends", "_parts")

    def __init__(self, tasks: Sequence[Any], name: str | None = None) -> None:
        with graflow_errors():
            composed = _native.parallel(*tasks)
        self._set(tuple(tasks), composed)
        note(self, *self.tasks)
        if name is not None:
            self.set_group_name(name)

    def _set(self, parts: tuple[Any, ...], composed: Any, *, extends: bool = False) -> None:
        self._parts, self._composed, self._extends = parts, composed, extends
        self._configured = False

    @classmethod
    def around(cls, left: Any, right: Any, composed: _native.Group) -> ParallelGroup:
        """A group that has been composed already."""
        group = cls.__new__(cls)
        group._set((left, right), composed, extends=isinstance(left, ParallelGroup) and left.is_plain)
        return group

    @property
    def members(self) -> tuple[Any, ...]:
        """Its branches, in order."""
        flat: list[Any] = []
        group = self
        # Groups that were extended nest to the left, as deep as they are long.
        while group._extends:
            flat.append(group._parts[1])
            group = group._parts[0]
        return (*group._parts, *reversed(flat))

    @property
    def tasks(self) -> list[Any]:
        """The tasks with which its branches begin."""
        return [each.leftmost if isinstance(each, SequentialTask) else each for each in self.members]

    @property
    def task_id(self) -> str:
        """Its name: the one given, or `ParallelGroup_1`, `ParallelGroup_2`, … in its workflow."""
        if self._composed.name is not None:
            return self._composed.name
        run = running_context.get()
        workflow: Any = current_workflow.get()
        for graph in (getattr(workflow, "graph", None), run and run.graph):
            name = None if graph is None else graph.group_name(self)
            if name is not None:
                return name
        return "ParallelGroup"

    @property
    def is_plain(self) -> bool:
        """Whether it has neither a name nor settings, so that it may become part of a larger group."""
        return self._composed.name is None and not self._configured

    def set_group_name(self, name: str) -> ParallelGroup:
        """Names the group."""
        with graflow_errors():
            self._composed.set_group_name(name)
        return self

    def with_execution(
        self,
        backend: CoordinationBackend | str | None = None,
        backend_config: dict[str, Any] | None = None,
        policy: Any = None,
        max_concurrency: int | None = None,
    ) -> ParallelGroup:
        """Says how the members run and when the group has succeeded; what is not given stays as it is.

        - `backend`: `DIRECT` runs the members one after another, `THREADING` side by side.
        - `backend_config`: `{"thread_count": n}` runs at most n of them at the same time.
        - `policy`: a name, or a policy of `graflow.core.handlers.group_policy`, or one of your own.
        """
        config = backend_config or {}
        if "redis_client" in config or _backend(backend) is CoordinationBackend.REDIS:
            raise NotImplementedError("ParallelGroup.with_execution(backend=REDIS) is not implemented yet")
        settings: dict[str, Any] = {}
        if policy is not None:
            settings["policy"] = taskloom_policy(policy, self.tasks)
        if _backend(backend) is CoordinationBackend.DIRECT:
            settings["max_concurrency"] = 1
        elif max_concurrency is not None or "thread_count" in config:
            settings["max_concurrency"] = max_concurrency or config["thread_count"]
        with graflow_errors():
            self._composed.with_execution(**settings)
        self._configured = True
        return self

    def run(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        """Not possible: a group runs in a workflow."""
        raise TypeError(f"{self!r} cannot run by itself; compose it in a workflow and execute that")

    def __taskloom_operand__(self) -> Any:
        """Taskloom's group."""
        return self._composed

    def __repr__(self) -> str:
        return f"ParallelGroup({[*map(id_of, self.tasks)]})"


def _backend(backend: CoordinationBackend | str | None) -> CoordinationBackend | None:
    return CoordinationBackend(backend.lower()) if isinstance(backend, str) else backend


def operand_of(part: Any) -> Any:
    """What Taskloom composes for a part: its own chain for one of Graflow's, and so on."""
    return part.__taskloom_operand__() if isinstance(part, Executable) else part


def id_of(part: Any) -> str:
    """The id of a part, which may be a definition of Taskloom."""
    return part.id if isinstance(part, _native.Definition) else part.task_id


def note(*parts: Any) -> None:
    """Lets the workflow whose block this is know the objects, so that it can give them by their ids."""
    workflow: Any = current_workflow.get()
    graph = getattr(workflow, "graph", None)
    if graph is not None:
        for part in parts:
            graph.note(part)


def _composed(operator: Callable[[Any, Any], Any], self: Executable, other: Any) -> Any:
    with graflow_errors():
        return operator(operand_of(self), other)


def _in_series(first: Any, then: Any, composed: Any) -> Any:
    if composed is NotImplemented:
        return composed
    note(*(part for part in (first, then) if not isinstance(part, SequentialTask)))
    return SequentialTask.around((first, then), composed)


def _side_by_side(left: Any, right: Any, composed: Any) -> Any:
    if composed is NotImplemented:
        return composed
    group = ParallelGroup.around(left, right, composed)
    note(group, *(part.leftmost if isinstance(part, SequentialTask) else part for part in (left, right)))
    return group


def chain(*tasks: Any) -> SequentialTask:
    """All tasks one after another."""
    if len(tasks) == 1 and isinstance(tasks[0], SequentialTask):
        return tasks[0]
    return SequentialTask(tasks)


def parallel(*tasks: Any) -> ParallelGroup:
    """All tasks side by side; `ValueError` if they are less than two."""
    if len(tasks) < 2:
        raise ValueError(f"parallel() takes at least two tasks, {len(tasks)} were given")
    members: list[Any] = []
    for part in tasks:
        members.extend(part.members if isinstance(part, ParallelGroup) and part.is_plain else [part])
    return ParallelGroup(members)
