"""I-10: a group as an argument."""

import pytest

from taskloom import chain, parallel, policies, task, workflow
from taskloom.errors import BindingError, EmptyCompositionError, ParallelGroupError


@task
def fetch(city):
    if not city:
        raise ValueError("no city")
    return f"Weather for {city}"


@task
def report(all, note="fine"):
    return all, note


def cities(*names):
    return [fetch(task_id=name.lower(), city=name) for name in names]


def test_i_10_a_group_passes_the_dict_of_its_members_values_by_id():
    a, b = cities("A", "B")
    assert workflow("w").add(report(all=a | b)).execute() == (
        {"a": "Weather for A", "b": "Weather for B"},
        "fine",
    )


def test_i_10_the_value_is_that_of_the_group():
    a, b, c = cities("A", "B", "C")
    group = parallel((a | b).set_group_name("pair"), c)
    end = report(task_id="end", all=group)
    run = workflow("w").add(end).run()
    assert run.output("end")[0] == run.output("ParallelGroup_1")
    assert list(run.output("end")[0]) == ["pair", "c"]


def test_i_10_the_group_joins_with_what_takes_it_and_makes_the_edge():
    a, b = cities("A", "B")
    group = (a | b).set_group_name("cities")
    wf = workflow("w").add(report(task_id="end", all=group))
    assert "all <- value of group `cities`" in str(wf.plan())
    assert "cities = a | b >> end" in str(wf.plan())
    assert list(wf.run().tasks) == ["a", "b", "end"]


def test_i_10_in_a_block_the_composed_group_is_the_bound_one():
    with workflow("w") as wf:
        a, b = cities("A", "B")
        group = a | b
        chain(fetch(task_id="first", city="F"), group, report(task_id="end", all=group))
    assert sorted(wf.run().tasks) == ["a", "b", "end", "first"]
    assert wf.execute()[0] == {"a": "Weather for A", "b": "Weather for B"}


def test_i_10_the_value_lacks_what_failed():
    a, b = cities("A", "B")
    bad = fetch(task_id="bad", city="")
    group = parallel(a, bad, b).with_execution(policy=policies.AtLeastN(2))
    assert list(workflow("w").add(report(all=group)).execute()[0]) == ["a", "b"]


def test_r_08_what_takes_a_group_that_failed_does_not_run():
    group = fetch(task_id="bad", city="") | fetch(task_id="good", city="A")
    with pytest.raises(ParallelGroupError) as caught:
        workflow("w").add(report(task_id="end", all=group)).execute()
    assert caught.value.run.tasks["end"].state == "not run"


def test_i_10_a_group_by_position():
    a, b = cities("A", "B")
    assert list(workflow("w").add(report(a | b)).execute()[0]) == ["a", "b"]


def test_i_10_a_chain_is_no_argument():
    a, b = cities("A", "B")
    with pytest.raises(BindingError, match="bind the chain's last task"):
        report(all=a >> b)


def test_i_10_a_list_of_groups_is_a_plain_value():
    a, b = cities("A", "B")
    value = [a | b]
    assert workflow("w").add(report(all=value)).execute()[0] is value


def test_c_04_a_group_of_nothing():
    with pytest.raises(EmptyCompositionError):
        report(all=parallel())


def test_i_09_a_function_that_is_run_directly_needs_a_value():
    a, b = cities("A", "B")
    end = report(all=a | b)
    with pytest.raises(BindingError, match="`all` is bound to the output of other tasks"):
        end.run()
    assert end.run(all=1) == (1, "fine")


def test_c_03_groups_in_arguments_nest_without_limit():
    last = report(all=1)
    for _ in range(5000):
        last = report(all=parallel(last))
    assert len(workflow("w").add(last).plan()) == 5001
