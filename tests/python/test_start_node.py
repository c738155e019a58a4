"""Rules C-7 and S-10: several roots, and runs that start at one task."""

import asyncio

import pytest

from taskloom import chain, parallel, task, workflow
from taskloom.errors import ParallelGroupError, UnknownTaskError


@task
def step(name: str = "step"):
    return name


@task
def fails():
    raise ValueError("broken")


@task
def show(a="default"):
    return a


def steps(names):
    return [step(task_id=name, name=name) for name in names]


def diamond():
    a, b, c, d, e = steps("abcde")
    with workflow("w") as wf:
        a >> b >> d
        a >> c >> d
        d >> e
    return wf


def test_c_07_several_roots_all_start():
    a, b, c, d = steps("abcd")
    with workflow("w") as wf:
        a >> d
        b >> d
        wf.add(c)
    run = wf.run(max_concurrency=1)
    assert set(run.outputs) == set("abcd")
    assert list(run.outputs)[:3] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("start", "expected"), [("a", "abcde"), ("b", "bde"), ("c", "cde"), ("d", "de"), ("e", "e")]
)
def test_c_07_what_can_be_reached_runs(start, expected):
    run = diamond().run(start_node=start)
    assert "".join(sorted(run.outputs)) == expected
    assert "".join(sorted(run.tasks)) == expected
    assert run.value == "e"


def test_s_10_a_run_may_start_at_a_group():
    a, b, c, d = steps("abcd")
    with workflow("w") as wf:
        a >> (b | c).set_group_name("middle") >> d
    run = wf.run(start_node="middle")
    assert sorted(run.outputs) == ["b", "c", "d"]
    assert run.output("middle") == {"b": "b", "c": "c"}


def test_c_07_also_by_position_and_async():
    assert diamond().execute("d") == "e"
    assert asyncio.run(diamond().execute_async("d")) == "e"
    assert list(diamond().start("d").result(20).outputs) == ["d", "e"]


def test_c_07_none_is_all():
    assert set(diamond().run(start_node=None).outputs) == set("abcde")


def test_c_07_an_unknown_start_is_an_error_with_near_matches():
    with workflow("w") as wf:
        step(task_id="fetch") >> step(task_id="report")
    with pytest.raises(
        UnknownTaskError, match="start_node `fetsh` is not a task or group of workflow `w`"
    ) as caught:
        wf.execute(start_node="fetsh")
    assert "did you mean `fetch`?" in str(caught.value)
    assert caught.value.task_id == "fetsh"
    with pytest.raises(UnknownTaskError, match="its tasks are `fetch`, `report`"):
        wf.execute(start_node="zzz")


def test_c_07_a_run_from_a_start_changes_nothing():
    wf = diamond()
    wf.run(start_node="d")
    assert set(wf.run().outputs) == set("abcde")


def test_s_10_a_parameter_from_elsewhere_is_looked_for_further_down():
    source = step(task_id="a", name="A")
    with workflow("w") as wf:
        source >> step(task_id="b") >> show(task_id="bound", a=source)
    run = wf.run()
    assert run.output("bound") == "A"
    assert wf.run(start_node="b").output("bound") == "default"


def test_s_10_an_ancestor_that_does_not_run_is_no_source():
    with workflow("w") as wf:
        chain(step(task_id="a", name="A"), step(task_id="b"), show(task_id="end"))
    assert wf.execute() == "A"
    assert wf.execute(start_node="b") == "default"


def test_s_10_the_start_may_have_open_parameters_with_a_default():
    with workflow("w") as wf:
        step(task_id="a", name="A") >> show(task_id="end")
    assert wf.execute() == "A"
    assert wf.execute(start_node="end") == "default"


def test_s_10_a_start_inside_of_a_group():
    with workflow("w") as wf:
        first = step(task_id="first")
        first >> parallel(*steps("ab")).set_group_name("g") >> step(task_id="end", name="END")
    run = wf.run(start_node="a")
    assert set(run.outputs) == {"a", "end"}
    assert run.output("g") == {"a": "a"}


def test_s_10_a_group_judges_those_present():
    with workflow("w") as wf:
        parallel(fails(task_id="bad"), step(task_id="good")).set_group_name("g") >> step(
            task_id="end", name="END"
        )
    assert wf.execute(start_node="good") == "END"
    with pytest.raises(ParallelGroupError) as caught:
        wf.execute(start_node="bad")
    assert [task_id for task_id, _ in caught.value.failed_tasks] == ["bad"]


def test_s_10_a_start_in_the_middle_of_a_branch():
    a, b, c, d = steps("abcd")
    with workflow("w") as wf:
        ((a >> b) | c).set_group_name("g") >> d
    assert set(wf.run(start_node="b").outputs) == {"b", "d"}
