"""Pictures of workflows and runs: well-formed, nothing lies on anything else, boxes hold what is in them."""

import itertools
from typing import NamedTuple
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskloom import chain, parallel, task, workflow
from taskloom.errors import TaskloomError

SVG = "{http://www.w3.org/2000/svg}"


@task
def step():
    return 1


@task
def broken():
    raise ValueError("no <network> & no luck")


class Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def holds(self, other):
        return (
            self.left <= other.left
            and self.top <= other.top
            and other.right <= self.right
            and other.bottom <= self.bottom
        )

    def overlaps(self, other):
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


def box(rect):
    x, y, width, height = (float(rect.get(name)) for name in ("x", "y", "width", "height"))
    return Box(x, y, x + width, y + height)


def parsed(svg):
    """The picture; its tasks and groups by the first line of their titles."""
    root = ElementTree.fromstring(svg)
    assert root.tag == f"{SVG}svg"
    assert "href" not in svg, "nothing outside of it is referred to"
    tasks = {
        group.find(f"{SVG}title").text.split("\n")[0]: box(group.find(f"{SVG}rect"))
        for group in root.iter(f"{SVG}g")
    }
    groups = {
        rect.find(f"{SVG}title").text: box(rect)
        for rect in root.findall(f"{SVG}rect")
        if rect.find(f"{SVG}title") is not None
    }
    return root, tasks, groups


def texts(svg):
    return [text.text for text in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def assert_in_place(svg):
    root, tasks, groups = parsed(svg)
    whole = Box(0, 0, float(root.get("width")) + 1, float(root.get("height")) + 1)
    for one in (*tasks.values(), *groups.values()):
        assert whole.holds(one)
    for one, other in itertools.combinations(tasks.values(), 2):
        assert not one.overlaps(other)
    for group, one in itertools.product(groups.values(), tasks.values()):
        assert group.holds(one) or not group.overlaps(one)
    for one, other in itertools.combinations(groups.values(), 2):
        assert one.holds(other) or other.holds(one) or not one.overlaps(other)
    return tasks, groups


def test_c_02_a_chain_is_drawn_from_top_to_bottom():
    svg = workflow("w").add(chain(*[step(task_id=name) for name in "abc"])).to_svg()
    tasks, _ = assert_in_place(svg)
    assert tasks["a"].bottom < tasks["b"].top < tasks["b"].bottom < tasks["c"].top
    assert tasks["a"].left == tasks["b"].left == tasks["c"].left


def test_c_02_a_group_is_a_box_around_its_members():
    a, b, c, d = (step(task_id=name) for name in "abcd")
    tasks, groups = assert_in_place(workflow("w").add(a >> (b | c).set_group_name("g") >> d >> a).to_svg())
    assert groups["g"].holds(tasks["b"])
    assert groups["g"].holds(tasks["c"])
    assert tasks["a"].bottom < groups["g"].top < groups["g"].bottom < tasks["d"].top


@pytest.mark.parametrize("task_id", ["<b>", "a & b", "\"'", "]]>", "🦀", "￾￿", "é", "&amp;"])
def test_i_08_texts_are_escaped(task_id):
    wf = workflow(task_id).add(parallel(step(task_id=task_id)).set_group_name(f"group {task_id}"))
    shown = "��" if "￾" in task_id else task_id
    assert shown in texts(wf.to_svg())
    assert f"group {shown}" in texts(wf.to_svg())
    assert f"group {shown} · succeeded" in texts(wf.run().to_svg())


def test_r_04_a_run_shows_states_and_durations():
    wf = workflow("w").add(chain(step(task_id="a"), broken, step(task_id="c")))
    with pytest.raises(TaskloomError) as caught:
        wf.run()
    shown = texts(caught.value.run.to_svg())
    assert shown[0].startswith("workflow `w` failed: 3 tasks in ")
    # Each task has its id, its definition where that differs, and how it ended.
    assert [text.split(" in ")[0] for text in shown[1:]] == [
        *("a", "step", "succeeded"),
        *("broken", "failed"),
        *("c", "step", "not run"),
    ]


def test_r_04_a_notebook_shows_pictures():
    wf = workflow("w").add(step)
    assert wf._repr_mimebundle_(include=None) == {"text/plain": wf.to_ascii(), "image/svg+xml": wf.to_svg()}
    run = wf.run()
    assert run._repr_mimebundle_() == {"text/plain": str(run), "image/svg+xml": run.to_svg()}


def test_c_03_200_tasks_are_drawn_and_more_are_summed_up():
    wf = workflow("w").add(parallel(*[step(task_id=f"t{number}") for number in range(200)]) >> broken)
    tasks, _ = assert_in_place(wf.to_svg())
    assert len(tasks) == 201
    wf.add(parallel(*[step(task_id=f"u{number}") for number in range(1000)]))
    assert texts(wf.to_svg())[1:] == ["too large to draw", "step: 1200", "broken: 1"]
    with pytest.raises(TaskloomError) as caught:
        wf.run(max_concurrency=1)
    shown = texts(caught.value.run.to_svg())
    assert "1 failed: broken" in shown


@pytest.mark.parametrize("count", [50, 44], ids=["many", "long"])
def test_c_03_many_edges_are_summed_up(count):
    tasks = [step(task_id=f"t{number}") for number in range(count)]
    wf = workflow("w")
    for one, other in itertools.combinations(tasks, 2):
        wf.add(one >> other)
    assert "too large to draw" in texts(wf.to_svg())


COMPOSITIONS = st.recursive(
    st.just(None),
    lambda inner: st.tuples(st.sampled_from([chain, parallel]), st.lists(inner, min_size=1, max_size=4)),
    max_leaves=20,
)


@settings(max_examples=80, deadline=None)
@given(COMPOSITIONS, st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=6))
def test_c_02_nothing_lies_on_anything_else(composition, edges):
    made = []

    def build(part):
        if part is None:
            made.append(step(task_id=f"t{len(made)}"))
            return made[-1]
        combine, parts = part
        return combine(*[build(part) for part in parts])

    wf = workflow("w").add(build(composition))
    for one, other in edges:
        if max(one, other) < len(made):
            wf.add(made[one] >> made[other])
    tasks, _ = assert_in_place(wf.to_svg())
    assert len([name for name in tasks if name.startswith("t")]) == len(made)
