"""A workflow's graph, to look at."""

import doctest

import pytest

from taskloom import Edge, Graph, _graph, task, workflow
from taskloom.errors import TaskloomError


@task
def step():
    return 1


def looped():
    """`a >> (g: (b >> c) | d) >> e >> a`, and `c >> f`."""
    a, b, c, d, e, f = (step(task_id=name) for name in "abcdef")
    wf = workflow("w").add(a >> ((b >> c) | d).set_group_name("g") >> e >> a)
    return wf.add(c >> f)


def test_c_02_a_graph_has_tasks_groups_and_the_edges_as_composed():
    graph = looped().graph
    assert graph.nodes == ("a", "b", "c", "d", "e", "f", "g")
    assert dict(graph.groups) == {"g": ("c", "d")}
    assert set(graph.edges) == {
        Edge("a", "g", False),
        Edge("b", "c", False),
        Edge("g", "e", False),
        Edge("e", "a", True),
        Edge("c", "f", False),
    }
    assert set(graph.get_edges()) == {("a", "g"), ("b", "c"), ("g", "e"), ("e", "a"), ("c", "f")}


def test_c_02_neighbours():
    graph = looped().graph
    assert graph.successors("a") == ("g",)
    assert graph.predecessors("a") == ("e",)
    assert graph.successors("f") == ()
    assert graph.get_parallel_group_members("g") == ["c", "d"]
    for look_up in (graph.successors, graph.predecessors, graph.get_parallel_group_members):
        with pytest.raises(KeyError):
            look_up("nonsense")


def test_c_02_a_graph_is_a_collection_of_ids():
    graph = looped().graph
    assert list(graph) == list(graph.nodes)
    assert len(graph) == 7
    assert "g" in graph
    assert graph.has_node("a")
    assert "nonsense" not in graph
    assert repr(graph) == "<Graph of 7 nodes and 5 edges>"
    assert str(graph) == looped().to_ascii().rstrip("\n")


def test_c_05_a_graph_is_what_the_workflow_was():
    wf = workflow("w").add(step(task_id="a"))
    graph = wf.graph
    wf.add(step(task_id="b"))
    assert graph.nodes == ("a",)
    assert wf.graph.nodes == ("a", "b")
    with pytest.raises(AttributeError):
        graph.nodes = ()
    with pytest.raises(TypeError):
        graph.groups["x"] = ()


def test_c_05_a_partial_group_leaves_nothing_behind():
    a, b, c = (step(task_id=name) for name in "abc")
    assert dict(workflow("w").add(a | b | c).graph.groups) == {"ParallelGroup_1": ("a", "b", "c")}


def test_e_01_what_cannot_be_planned_has_no_graph():
    with pytest.raises(TaskloomError, match="workflow `w` has no tasks"):
        workflow("w").graph


def test_visualize_dependencies_prints_a_line_for_each(capsys):
    looped().visualize_dependencies()
    assert capsys.readouterr().out.splitlines() == [
        "a >> g",
        "b >> c",
        "c >> f",
        "d (nothing follows)",
        "e >> a",
        "f (nothing follows)",
        "g >> e",
    ]


def test_a_name_that_never_will_be():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        workflow("w").nonsense


def test_the_example_in_the_documentation_runs():
    (example,) = doctest.DocTestFinder(recurse=False).find(Graph, "Graph", module=_graph, globs={})
    assert example.examples
    assert doctest.DocTestRunner().run(example).failed == 0
