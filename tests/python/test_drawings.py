"""Drawings of workflows: what they show, that texts are escaped, and that large ones are cut."""

import doctest

import pytest

from taskloom import Workflow, _workflow, chain, parallel, policies, task, workflow
from taskloom.errors import TaskloomError

DRAWINGS = ["to_mermaid", "to_dot", "to_ascii", "to_svg"]


@task
def step():
    return 1


def looped():
    """`a >> (g: b | c) >> d >> a`"""
    a, b, c, d = (step(task_id=name) for name in "abcd")
    group = (b | c).set_group_name("g").with_execution(policy=policies.AtLeastN(1))
    return workflow("w").add(chain(a, group, d, a))


def test_c_02_mermaid():
    assert looped().to_mermaid().splitlines() == [
        "flowchart TD",
        '    n0["a<br>step"]',
        '    subgraph g0["g #40;at least 1#41;"]',
        '        n1["b<br>step"]',
        '        n2["c<br>step"]',
        "    end",
        '    n3["d<br>step"]',
        "    n0 --> g0",
        "    g0 --> n3",
        "    n3 -.-> n0",
    ]


def test_c_02_dot():
    dot = looped().to_dot()
    assert dot.startswith('digraph "w" {\n    compound=true;\n')
    assert '    subgraph cluster_0 {\n        label="g (at least 1)";\n' in dot
    assert dot.endswith(
        "    n0 -> n1 [lhead=cluster_0];\n    n2 -> n3 [ltail=cluster_0];\n    n3 -> n0 [style=dashed];\n}\n"
    )


def test_c_02_ascii():
    assert looped().to_ascii().splitlines() == [
        "workflow `w`: 4 tasks, 1 group",
        "├─ a (step) ─▶ g",
        "├─ g (at least 1) ─▶ d",
        "│  ├─ b (step)",
        "│  └─ c (step)",
        "└─ d (step) ─▶ ↺ a",
    ]


def test_a_drawing_shows_what_the_workflow_is_now():
    wf = workflow("w").add(step(task_id="a"))
    assert "b" not in wf.to_ascii()
    wf.add(step(task_id="b"))
    assert "b" in wf.to_ascii()


@pytest.mark.parametrize("name", DRAWINGS)
def test_drawing_again_gives_the_same(name):
    assert getattr(looped(), name)() == getattr(looped(), name)()


@pytest.mark.parametrize("name", DRAWINGS)
def test_e_01_what_cannot_be_planned_cannot_be_drawn(name):
    with pytest.raises(TaskloomError, match="workflow `w` has no tasks"):
        getattr(workflow("w"), name)()


@pytest.mark.parametrize(
    ("task_id", "mermaid", "dot"),
    [
        ("end", "end", "end"),
        ('a"b', "a#quot;b", 'a\\"b'),
        ("x[1]", "x[1]", "x[1]"),
        ("<b>", "#lt;b#gt;", "<b>"),
        ("a|b", "a#124;b", "a|b"),
        ("🦀", "🦀", "🦀"),
        ("a\\b", "a#92;b", "a\\\\b"),
        ("a & b", "a #amp; b", "a &amp; b"),
        ("a; b", "a#59; b", "a; b"),
    ],
)
def test_i_08_texts_are_escaped(task_id, mermaid, dot):
    wf = workflow("w").add(step(task_id=task_id))
    assert f'    n0["{mermaid}<br>step"]\n' in wf.to_mermaid()
    assert f'    n0 [label="{dot}\\nstep"];\n' in wf.to_dot()
    assert wf.to_ascii().endswith(f"└─ {task_id} (step)\n")


def test_c_03_a_large_listing_is_cut():
    wf = workflow("w").add(chain(*[step(task_id=f"t{number}") for number in range(100_000)]))
    lines = wf.to_ascii().splitlines()
    assert len(lines) == 201
    assert lines[-1] == "… and 99801 more"
    assert wf.to_mermaid().count("\n") == 200_000


def test_c_03_groups_nested_100_000_deep_are_drawn():
    nested = step(task_id="inmost")
    for _ in range(100_000):
        nested = parallel(nested)
    wf = workflow("w").add(nested)
    assert wf.to_mermaid().count("subgraph") == wf.to_dot().count("subgraph") == 50
    assert wf.to_ascii().endswith("(groups more than 50 levels deep are not blocks of their own)\n")


def test_a_notebook_shows_what_cannot_be_planned():
    assert workflow("w")._repr_mimebundle_() == {"text/plain": "Workflow('w')"}


@pytest.mark.parametrize("name", DRAWINGS)
def test_the_examples_in_the_documentation_run(name):
    runner = doctest.DocTestRunner()
    (example,) = doctest.DocTestFinder(recurse=False).find(
        getattr(Workflow, name), name, module=_workflow, globs={}
    )
    assert example.examples
    assert runner.run(example).failed == 0
