"""The graph of a workflow as Graflow shows and builds it."""

from __future__ import annotations

import difflib
import graphlib
from collections.abc import Iterator
from typing import Any

from ... import _native
from ..._workflow import Workflow
from ..exceptions import DuplicateTaskError, GraphCompilationError, graflow_errors
from ._operators import ParallelGroup, id_of, operand_of
from ._running import apart

__all__ = ["TaskGraph"]


class _UnknownNodeError(GraphCompilationError, KeyError):
    """An id that a graph does not have."""


class TaskGraph:
    """The tasks, groups and edges of a workflow, by id.

    A workflow's own graph shows what is composed in it, and what was made in its block. One that is made by
    hand is filled by ids:

    >>> from taskloom.graflow.core.context import ExecutionContext
    >>> from taskloom.graflow.core.decorators import task
    >>> graph = TaskGraph()
    >>> graph.add_node(task(lambda: 20, id="twenty"))
    >>> graph.add_node(task(lambda twenty: twenty + 1, id="one more"))
    >>> graph.add_edge("twenty", "one more")
    >>> graph.successors("twenty")
    ['one more']
    >>> ExecutionContext.create(graph).execute()
    21
    """

    def __init__(self, workflow: Workflow | None = None) -> None:
        self._workflow = Workflow("graph", echo=False) if workflow is None else workflow
        self._noted: dict[int, Any] = {}
        self._retrying: dict[int, Any] = {}

    # What composing tells it.

    def note(self, part: Any) -> None:
        """Remembers a task or group, to give it by its id."""
        self._noted[id(part)] = part

    # What the engine asks.

    def workflow_for(self, start_node: str | None, max_retries: int) -> Workflow:
        """What runs: the workflow, or a start that was made in its block and not composed, alone."""
        composed = self._composed_ids()
        if max_retries:
            return apart(lambda: self._with_retries(max_retries))
        if start_node is not None and start_node not in composed:
            alone = self._named().get(start_node)
            if alone is not None:
                return Workflow(self._workflow.name, echo=False).add(alone)
        if not composed and len(self._noted) == 1:
            # Taskloom knows what it made itself, and not an object of a class of one's own.
            return Workflow(self._workflow.name, echo=False).add(*self._noted.values())
        return self._workflow

    def replaced(self, operand: Any) -> Any:
        """What runs instead of a task, if retries are allowed by default."""
        return self._retrying.get(id(operand), operand)

    def _with_retries(self, max_retries: int) -> Workflow:
        if self._plan().groups():
            raise NotImplementedError(
                "default_max_retries for a graph with groups is not implemented yet\n"
                "  hint: give the tasks max_retries"
            )
        workflow = Workflow(self._workflow.name, echo=False)
        tasks: dict[str, Any] = {}
        for task_id in self._composed_ids():
            task: Any = operand_of(self.get_node(task_id))
            instance: Any = task if isinstance(task, _native.Instance) else task(task_id=task_id)
            tasks[task_id] = (
                instance if instance.max_retries else instance.with_options(max_retries=max_retries)
            )
            self._retrying[id(task)] = tasks[task_id]
            workflow.add(tasks[task_id])
        for first, then in self.get_edges():
            workflow.add(_native.chain(tasks[first], tasks[then]))
        return workflow

    # What the user sees.

    @property
    def nodes(self) -> dict[str, dict[str, Any]]:
        """The tasks and groups: for each id a dict with the `task`, if it was made by Graflow's names."""
        named = self._named()
        return {
            node: {"task": named[node]} if node in named else {}
            for node in dict.fromkeys([*self._composed_ids(), *named])
        }

    @property
    def edges(self) -> list[tuple[str, str]]:
        """The edges, each from one id to another."""
        return [(source, target) for source, target, _ in self._plan().edges()] if len(self._workflow) else []

    def get_edges(self) -> list[tuple[str, str]]:
        """The edges, each from one id to another."""
        return self.edges

    def add_node(self, task: Any, task_id: str | None = None, skip_if_exists: bool = False) -> None:
        """Adds a task or group, under another id if one is given."""
        node = task.task_id if task_id is None else task_id
        if node in self._composed_ids():
            if skip_if_exists:
                return
            raise DuplicateTaskError(node)
        added = task if task.task_id == node else apart(lambda: task(task_id=node))
        with graflow_errors():
            self._workflow.add(added)
        self.note(added)

    def add_edge(self, from_node: str, to_node: str) -> None:
        """Lets one task or group follow another."""
        first, then = self.get_node(from_node), self.get_node(to_node)
        with graflow_errors():
            self._workflow.add(apart(lambda: _native.chain(first, then)))

    def get_node(self, task_id: str) -> Any:
        """The task or group with this id."""
        named = self._named()
        if task_id in named:
            return named[task_id]
        close = difflib.get_close_matches(task_id, named, n=1)
        hint = f"\n  hint: did you mean `{close[0]}`?" if close else ""
        raise _UnknownNodeError(f"workflow `{self._workflow.name}` has no task `{task_id}`{hint}")

    def has_node(self, task_id: str) -> bool:
        """Whether there is a task or group with this id."""
        return task_id in self.nodes

    def successors(self, node: str) -> list[str]:
        """What follows a task or group."""
        return [then for first, then in self.edges if first == node]

    def predecessors(self, node: str) -> list[str]:
        """What a task or group follows."""
        return [first for first, then in self.edges if then == node]

    def get_start_nodes(self) -> list[str]:
        """The tasks and groups that follow nothing and are no member of a group."""
        later = {then for _, then in self.edges}
        later.update(member for _, members in self._groups() for member in members)
        return [node for node in self._composed_ids() if node not in later]

    def get_parallel_group_members(self, group_id: str) -> list[str]:
        """The tasks with which the branches of a group begin."""
        return dict(self._groups()).get(group_id, [])

    def group_names(self) -> list[str]:
        """The names of the groups that the workflow has."""
        return [name for name, _ in self._groups()]

    def group_name(self, group: ParallelGroup) -> str | None:
        """The name of a group that has not been given one."""
        firsts = [*map(id_of, group.tasks)]
        return next((name for name, members in self._groups() if members == firsts), None)

    def detect_cycles(self) -> list[list[str]]:
        """A cycle, if there is one."""
        before: dict[str, set[str]] = {}
        for first, then in self.edges:
            before.setdefault(then, set()).add(first)
        try:
            graphlib.TopologicalSorter(before).prepare()
        except graphlib.CycleError as error:
            return [error.args[1][:-1]]
        return []

    def rename_node(self, old_task_id: str, new_task_id: str) -> None:
        """Gives a group another name. Tasks keep the ids that they were made with."""
        group = self.get_node(old_task_id)
        if new_task_id in self.nodes:
            raise ValueError(f"workflow `{self._workflow.name}` has `{new_task_id}` already")
        if not isinstance(group, ParallelGroup):
            raise GraphCompilationError(
                f"task `{old_task_id}` cannot be renamed\n"
                f"  hint: make an instance of it: task(task_id={new_task_id!r})"
            )
        group.set_group_name(new_task_id)

    def clear(self) -> None:
        """Takes out everything."""
        self._workflow.clear()
        self._noted.clear()

    def nx_graph(self) -> Any:
        """A copy as a graph of networkx, which has to be installed."""
        try:
            import networkx  # pyright: ignore[reportMissingModuleSource]
        except ImportError as error:
            raise ImportError("TaskGraph.nx_graph() needs networkx\n  hint: pip install networkx") from error
        graph = networkx.DiGraph()
        graph.add_nodes_from(self.nodes.items())
        graph.add_edges_from(self.edges)
        return graph

    def __str__(self) -> str:
        return self._plan().to_ascii() if len(self._workflow) else "Empty graph"

    def _plan(self) -> _native.Plan:
        with graflow_errors():
            return self._workflow.plan()

    def _composed_ids(self) -> list[str]:
        return self._plan().ids() if len(self._workflow) else []

    def _groups(self) -> list[tuple[str, list[str]]]:
        return self._plan().beginnings() if len(self._workflow) else []

    def _named(self) -> dict[str, Any]:
        return dict(self._names())

    def _names(self) -> Iterator[tuple[str, Any]]:
        names = {tuple(members): name for name, members in self._groups()}
        for part in list(self._noted.values()):
            if not isinstance(part, ParallelGroup):
                yield id_of(part), part
                continue
            # One that became part of a larger group is no node.
            name = operand_of(part).name or names.get(tuple(map(id_of, part.tasks)))
            if name is not None:
                yield name, part
