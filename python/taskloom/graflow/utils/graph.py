"""Drawings of graphs: Taskloom's own, under Graflow's names."""

from __future__ import annotations

import functools
from typing import Any

from ..._task import task
from ..._workflow import Workflow
from ..core._running import apart
from ..core.graph import TaskGraph

__all__ = [
    "build_graph",
    "draw_ascii",
    "draw_dot",
    "draw_mermaid",
    "show_graph_info",
    "visualize_dependencies",
]


def build_graph(start_node: Any, context: Any = None) -> TaskGraph:
    """The graph of the workflow that a task is composed in."""
    from ..core.workflow import require_workflow_context

    graph = (context or require_workflow_context()).graph
    graph.get_node(start_node.task_id)
    return graph


def draw_ascii(graph: Any) -> str:
    """A listing: each task with what follows it. Takes a `TaskGraph`, or a graph of networkx."""
    return str(graph) if isinstance(graph, TaskGraph) else _drawn(graph, "to_ascii", "Empty graph")


def draw_mermaid(graph: Any, title: str = "Graph", **_styles: Any) -> str:
    """A Mermaid flowchart. Takes a `TaskGraph`, or a graph of networkx."""
    drawing = _drawn(graph, "to_mermaid", "flowchart TD\n    EmptyGraph")
    return f"---\ntitle: {title}\n---\n{drawing}"


def draw_dot(graph: Any, title: str = "Graph", **_styles: Any) -> str:  # noqa: ARG001
    """The language of Graphviz. Takes a `TaskGraph`, or a graph of networkx."""
    return _drawn(graph, "to_dot", "digraph {}")


def show_graph_info(graph: Any) -> None:
    """Prints a graph."""
    print(draw_ascii(graph))


def visualize_dependencies(graph: Any) -> None:
    """Prints what follows each node."""
    edges = list(graph.edges)
    for node in graph.nodes:
        followers = [then for first, then in edges if first == node]
        print(f"{node} >> {', '.join(followers)}" if followers else f"{node} (nothing follows)")


def create_agraph(*_args: Any, **_styles: Any) -> Any:
    """Not implemented yet: `ImportError`, as from Graflow where its libraries for pictures are missing."""
    raise ImportError(
        "pictures of graphs are not implemented yet in Taskloom\n"
        "  hint: give what draw_dot() or draw_mermaid() returns to a program that makes pictures"
    )


draw_mermaid_png = draw_png = draw_task_graph = create_agraph


def _drawn(graph: Any, method: str, empty: str) -> str:
    if not isinstance(graph, TaskGraph):
        graph = apart(functools.partial(_from_networkx, graph))
    return getattr(graph._workflow, method)() if graph.nodes else empty


def _from_networkx(graph: Any) -> TaskGraph:
    workflow = Workflow("graph")
    nodes = {name: task(str(name))(lambda: None) for name in graph.nodes}
    workflow.add(*nodes.values())
    for first, then in graph.edges:
        workflow.add(nodes[first] >> nodes[then])
    drawn = TaskGraph(workflow)
    for each in nodes.values():
        drawn.note(each)
    return drawn
