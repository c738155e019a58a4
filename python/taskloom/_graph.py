"""A workflow's graph, to look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from . import _native

__all__ = ["Edge", "Graph"]


class Edge(NamedTuple):
    """What was composed with `>>`. Both ends are ids of tasks or names of groups."""

    source: str
    target: str
    closes_loop: bool
    """Whether it leads back in a cycle; nothing waits for such an edge."""


class Graph:
    """What a workflow was when it was asked for its graph: tasks, edges and groups, by id. It never changes.

    >>> from taskloom import task, workflow
    >>> @task
    ... def fetch(city="Tokyo"):
    ...     return f"Weather for {city}"
    >>> @task
    ... def report():
    ...     return "done"
    >>> cities = fetch(task_id="tokyo") | fetch(task_id="paris")
    >>> graph = workflow("weather").add(cities.set_group_name("cities") >> report).graph
    >>> graph.nodes
    ('tokyo', 'paris', 'report', 'cities')
    >>> graph.successors("cities")
    ('report',)
    >>> graph.groups["cities"]
    ('tokyo', 'paris')
    """

    __slots__ = ("_drawing", "_edges", "_groups", "_nodes", "_predecessors", "_successors")

    def __init__(self, plan: _native.Plan) -> None:
        self._drawing = plan.to_ascii()
        self._edges = tuple(Edge(*edge) for edge in plan.edges())
        self._groups = MappingProxyType({name: tuple(members) for name, members in plan.groups()})
        self._nodes = (*plan.task_ids(), *self._groups)
        successors: dict[str, list[str]] = {node: [] for node in self._nodes}
        predecessors: dict[str, list[str]] = {node: [] for node in self._nodes}
        for edge in self._edges:
            successors[edge.source].append(edge.target)
            predecessors[edge.target].append(edge.source)
        self._successors, self._predecessors = successors, predecessors

    @property
    def nodes(self) -> tuple[str, ...]:
        """The ids of the tasks in the order of composition, then the names of the groups."""
        return self._nodes

    @property
    def edges(self) -> tuple[Edge, ...]:
        """The edges. An edge at a group is one at its name; what it holds, `groups` says."""
        return self._edges

    @property
    def groups(self) -> Mapping[str, tuple[str, ...]]:
        """The groups by name, each with its branches by the id of their last task, or their group's name."""
        return self._groups

    def successors(self, node: str) -> tuple[str, ...]:
        """What follows a task or group directly. Raises `KeyError` if there is none of this id."""
        return tuple(self._successors[node])

    def predecessors(self, node: str) -> tuple[str, ...]:
        """What a task or group follows directly. Raises `KeyError` if there is none of this id."""
        return tuple(self._predecessors[node])

    def get_edges(self) -> list[tuple[str, str]]:
        """The edges as pairs."""
        return [(edge.source, edge.target) for edge in self._edges]

    def has_node(self, node: str) -> bool:
        """Whether there is a task or group of this id."""
        return node in self

    def get_parallel_group_members(self, group: str) -> list[str]:
        """The branches of a group, as in `groups`. Raises `KeyError` if there is none of this name."""
        return list(self._groups[group])

    def __contains__(self, node: object) -> bool:
        return node in self._successors

    def __iter__(self) -> Iterator[str]:
        return iter(self._nodes)

    def __len__(self) -> int:
        return len(self._nodes)

    def __repr__(self) -> str:
        return f"<Graph of {len(self._nodes)} nodes and {len(self._edges)} edges>"

    def __str__(self) -> str:
        return self._drawing.rstrip("\n")
