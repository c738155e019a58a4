"""Sections 1.3, 3.4, 4.3 and 5.8: graphs, drawings and queues, with the faults W-07 and W-57 mended."""

import sys
import types

import pytest
from graflow.core.context import ExecutionContext
from graflow.core.graph import TaskGraph
from graflow.core.task import ParallelGroup, TaskWrapper
from graflow.exceptions import DuplicateTaskError, GraphCompilationError
from graflow.queue.base import TaskSpec, TaskStatus
from graflow.queue.local import LocalTaskQueue
from graflow.utils import graph as drawing

from graflow import task, workflow


def letters(names):
    return [task(lambda name=name: name, id=name) for name in names]


def graph_of(names, edges):
    graph = TaskGraph()
    for each in letters(names):
        graph.add_node(each)
    for first, then in edges.split():
        graph.add_edge(first, then)
    return graph


def test_1_3_a_graph_made_by_hand_runs():
    graph = graph_of("abcd", "ab ac bd cd")
    assert ExecutionContext.create(graph, "a").execute() == "d"
    assert (list(graph.nodes), graph.get_edges()) == (["a", "b", "c", "d"], graph.edges)
    assert sorted(graph.edges) == [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]
    assert (graph.successors("a"), graph.predecessors("d")) == (["b", "c"], ["b", "c"])
    assert (graph.get_start_nodes(), graph.detect_cycles()) == (["a"], [])
    assert isinstance(graph.get_node("a"), TaskWrapper)
    assert graph.nodes["a"]["task"] is graph.get_node("a")
    assert (graph.has_node("a"), graph.has_node("x")) == (True, False)


def test_1_3_a_node_may_have_another_id_than_its_task():
    graph = TaskGraph()
    (a,) = letters("a")
    graph.add_node(a, "other")
    assert graph.get_node("other").task_id == "other"
    graph.add_node(a, "other", skip_if_exists=True)
    with pytest.raises(DuplicateTaskError):
        graph.add_node(a, "other")


def test_e_01_unknown_nodes_are_key_errors_that_say_what_there_is():
    graph = graph_of("ab", "ab")
    for find in (lambda: graph.get_node("aa"), lambda: graph.add_edge("a", "aa")):
        with pytest.raises(KeyError, match=r"has no task `aa`\n  hint: did you mean `a`") as caught:
            find()
        assert isinstance(caught.value, GraphCompilationError)


def test_w_07_start_nodes_are_what_was_composed_and_follows_nothing():
    with workflow("w") as wf:
        a, b, c, d = letters("abcd")
        task(lambda: 1, id="template")
        group = a >> (b | c) >> d
    graph = wf.graph
    assert group
    assert graph.get_start_nodes() == ["a"]
    assert graph.get_parallel_group_members("ParallelGroup_1") == ["b", "c"]
    assert graph.get_parallel_group_members("a") == []
    assert isinstance(graph.get_node("ParallelGroup_1"), ParallelGroup)
    assert set(graph.nodes) == {"a", "b", "c", "d", "ParallelGroup_1", "template"}


def test_1_3_cycles_renaming_and_clearing():
    graph = graph_of("abc", "ab ba bc")
    assert sorted(graph.detect_cycles()[0]) == ["a", "b"]
    graph.clear()
    assert (graph.nodes, graph.edges, str(graph), graph.get_start_nodes()) == ({}, [], "Empty graph", [])
    with workflow("w") as wf:
        a, b, c = letters("abc")
        (a | b) >> c
    wf.rename_node("ParallelGroup_1", "pair")
    assert wf.graph.edges == [("pair", "c")]
    with pytest.raises(ValueError, match="has `c` already"):
        wf.rename_node("pair", "c")
    with pytest.raises(KeyError):
        wf.rename_node("nothing", "x")
    with pytest.raises(GraphCompilationError, match="cannot be renamed"):
        wf.rename_node("c", "x")


def test_4_1_a_workflow_is_filled_by_ids_too():
    wf = workflow("w")
    for each in letters("ab"):
        wf.add_node(each.task_id, each)
    wf.add_edge("a", "b")
    assert wf.execute() == "b"
    assert [wf.get_next_group_name(), wf.get_next_group_name()] == ["ParallelGroup_1", "ParallelGroup_2"]
    with pytest.raises(NotImplementedError):
        wf.register_llm_agent("x", None)


def test_4_3_what_a_workflow_prints(capsys):
    with workflow("show") as wf:
        a, b, c = letters("abc")
        a >> b
        a >> c
    wf.show_info()
    wf.visualize_dependencies()
    printed = capsys.readouterr().out
    assert "=== Workflow 'show' Information ===" in printed
    assert "├─ a ─▶ b, c" in printed
    assert "No cycles detected" in printed
    assert "a >> b, c\nb (nothing follows)\n" in printed


class Foreign:
    """What networkx has of a graph, as far as it is looked at."""

    nodes = ("a", "b")
    edges = (("a", "b"),)


@pytest.mark.parametrize("graph", [Foreign(), None], ids=["foreign", "own"])
def test_w_57_drawings_need_no_other_package(graph):
    graph = graph or graph_of("ab", "ab")
    assert "a ─▶ b" in drawing.draw_ascii(graph)
    assert drawing.draw_mermaid(graph, title="T").startswith("---\ntitle: T\n---\nflowchart TD\n")
    assert "n0 -> n1" in drawing.draw_dot(graph)


def test_4_3_other_functions_for_graphs(capsys):
    graph = graph_of("ab", "ab")
    drawing.show_graph_info(graph)
    drawing.visualize_dependencies(graph)
    assert "a >> b\nb (nothing follows)\n" in capsys.readouterr().out
    assert drawing.draw_ascii(TaskGraph()) == "Empty graph"
    with workflow("w") as wf:
        a, b = letters("ab")
        a >> b
        assert drawing.build_graph(a) is wf.graph
    for picture in (
        drawing.draw_png,
        drawing.draw_mermaid_png,
        drawing.create_agraph,
        drawing.draw_task_graph,
    ):
        with pytest.raises(ImportError, match="not implemented yet"):
            picture(graph)


def test_5_8_queues_can_be_used_alone():
    graph = graph_of("ab", "ab")
    context = ExecutionContext.create(graph)
    queue = LocalTaskQueue(context, "a")
    queue.configure(enable_retry=True, enable_metrics=True)
    spec = TaskSpec(graph.get_node("b"), context, max_retries=1)
    assert queue.enqueue(spec)
    assert (queue.to_list(), queue.peek_next_node(), queue.size()) == (["a", "b"], "a", 2)
    assert (queue.get_next_task(), queue.dequeue()) == ("a", spec)
    assert (spec.status, queue.is_empty(), queue.dequeue()) == (TaskStatus.RUNNING, True, None)
    assert queue.handle_task_failure(spec, "broken")
    assert (spec.status, spec.last_error, spec.can_retry()) == (TaskStatus.READY, "broken", False)
    assert not queue.handle_task_failure(spec, "again")
    assert not queue.retry_failed_task(spec)
    assert queue.get_task_spec("b") is spec
    assert queue.get_metrics() == {"enqueued": 1, "dequeued": 2, "retries": 1, "failures": 2}
    queue.enqueue(spec)
    assert [each.task_id for each in queue.get_pending_task_specs()] == ["b"]
    queue.cleanup()
    assert queue.is_empty()


def test_1_3_a_graph_of_networkx_where_that_is_installed(monkeypatch):
    class DiGraph:
        def add_nodes_from(self, nodes):
            self.nodes = dict(nodes)

        def add_edges_from(self, edges):
            self.edges = list(edges)

    graph = graph_of("ab", "ab")
    monkeypatch.setitem(sys.modules, "networkx", None)
    with pytest.raises(ImportError, match="needs networkx\n  hint: pip install networkx"):
        graph.nx_graph()
    monkeypatch.setitem(sys.modules, "networkx", types.SimpleNamespace(DiGraph=DiGraph))
    made = graph.nx_graph()
    assert (made.nodes, made.edges) == (graph.nodes, [("a", "b")])
    assert drawing.draw_ascii(made) == str(graph)


def test_w_22_graphs_in_a_block_are_none_of_the_workflows():
    with workflow("w") as wf:
        a, b = letters("ab")
        a >> b
        graph = TaskGraph()
        graph.add_node(task(lambda: 1, id="x"))
        graph.add_node(graph.get_node("x"), "y")
        graph.add_edge("x", "y")
        assert ExecutionContext.create(graph, default_max_retries=1).execute() == 1
        assert "a ─▶ b" in drawing.draw_ascii(Foreign())
    assert (wf.graph.edges, graph.edges) == ([("a", "b")], [("x", "y")])
    assert wf.execute() == "b"
