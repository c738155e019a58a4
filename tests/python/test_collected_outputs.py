"""Rule I-10 for what `**kwargs` collects: an instance, a group or a list of instances passes its output."""

import pytest

import process_bodies as bodies
from taskloom import TaskExecutionContext, parallel, task, unmapped, workflow
from taskloom.errors import BindingError
from taskloom.testing import Recorder


@task
def give(value=1):
    return value


@task
def collect(**values):
    return values


@task
def mixed(first, /, second, *rest, third=3, **values):
    return (first, second, rest, third, values)


def test_i_10_an_instance_passes_its_output_and_makes_the_edge():
    wf = workflow("w").add(collect(task_id="end", a=give(task_id="one", value=1), b=2))
    run = wf.run(max_concurrency=1)
    assert list(run.outputs) == ["one", "end"]
    assert run.value == {"a": 1, "b": 2}
    assert wf.graph.get_edges() == [("one", "end")]


def test_i_10_a_definition_a_group_and_a_list():
    pair = parallel(give(task_id="x", value="x"), give(task_id="y", value="y"))
    several = [give(task_id="p", value="p"), give(task_id="q", value="q")]
    value = workflow("w").add(collect(group=pair, list=several, definition=give)).execute()
    assert value == {"group": {"x": "x", "y": "y"}, "list": ["p", "q"], "definition": 1}


def test_i_10_the_order_of_the_keywords_is_kept():
    value = workflow("w").add(collect(c=0, b=give(value=1), a=2, d=give(value=3))).execute()
    assert list(value.items()) == [("c", 0), ("b", 1), ("a", 2), ("d", 3)]


def test_i_10_beside_parameters_of_all_kinds():
    one = give(task_id="one", value="one")
    instance = mixed(10, 20, 30, 40, third=one, a=one, b=5)
    assert workflow("w").add(instance).execute() == (10, 20, (30, 40), "one", {"a": "one", "b": 5})


def test_i_10_the_names_are_no_parameters_of_the_definition():
    # Nothing is looked up for them when another instance leaves them out.
    wf = workflow("w").add(
        give(task_id="a", value=1) >> collect(task_id="with", a=give(task_id="b", value=2))
    )
    wf.add(collect(task_id="without"))
    run = wf.run(initial_channel={"a": 5})
    assert (run.output("with"), run.output("without")) == ({"a": 2}, {})


def test_i_07_a_derived_instance_keeps_them_or_binds_them_anew():
    one, two = give(task_id="one", value=1), give(task_id="two", value=2)
    base = collect(a=one, b="b")

    def executed(instance):
        return workflow("w").add(instance).execute()

    assert executed(base()) == {"a": 1, "b": "b"}
    assert executed(base(c=two)) == {"a": 1, "b": "b", "c": 2}
    assert executed(base(a="plain")) == {"a": "plain", "b": "b"}
    assert executed(base(b=two)) == {"a": 1, "b": 2}
    assert executed(base(a=two, b="new")) == {"a": 2, "b": "new"}
    assert executed(base.with_options(max_retries=2)) == {"a": 1, "b": "b"}
    assert executed(base) == {"a": 1, "b": "b"}


def test_i_09_run_needs_values_for_them():
    instance = collect(a=give(task_id="one"), b=2)
    with pytest.raises(BindingError, match="`a` is bound to the output of other tasks"):
        instance.run()
    assert instance.run(a=5) == {"a": 5, "b": 2}
    assert instance.run(a=5, b=3, c=4) == {"a": 5, "b": 3, "c": 4}


def test_i_09_run_keeps_what_is_collected():
    assert collect(a=1).run(b=2) == {"a": 1, "b": 2}


def test_s_03_it_is_skipped_if_the_source_was():
    @task
    def choose(ctx: TaskExecutionContext):
        ctx.next_task("left", goto=True)

    left, right = give(task_id="left"), give(task_id="right")
    with workflow("w") as wf:
        choose >> (left | right)
        wf.add(collect(task_id="end", a=right))
    run = wf.run()
    assert run.tasks["end"].state == "skipped"


def test_i_10_a_chain_is_no_argument():
    with pytest.raises(BindingError, match="a chain is no argument"):
        collect(a=give(task_id="x") >> give(task_id="y"))


def test_i_10_a_list_of_both_is_refused():
    with pytest.raises(BindingError, match="begins with an instance"):
        collect(a=[give(task_id="x"), 5])


def test_i_04_automatic_ids_are_the_same_each_time():
    def ids():
        run = workflow("w").add(collect(a=give(value=1)), collect(b=give(value=1))).run()
        return list(run.tasks)

    assert ids() == ids()
    assert len(set(ids())) == 4


def test_i_11_every_element_of_a_map_takes_them():
    @task
    def each(n, **values):
        return (n, values)

    value = workflow("w").add(each.map(n=[1, 2], a=unmapped(give(value=7)), b=8)).execute()
    assert value == {"each[1]": (1, {"a": 7, "b": 8}), "each[2]": (2, {"a": 7, "b": 8})}


def test_i_10_a_long_chain_of_them():
    @task
    def add(**values):
        return values["value"] + 1

    instance = add(value=0)
    for _ in range(5_000):
        instance = add(value=instance)
    assert workflow("w").add(instance).execute() == 5_001


def test_r_13_async_functions_and_those_in_a_process_take_them():
    @task
    async def later(**values):
        return values

    assert workflow("w").add(later(a=give(value=1))).execute() == {"a": 1}
    group = parallel(bodies.collect(task_id="d", a=bodies.double(n=1), b=2)).with_execution(backend="process")
    assert workflow("w").add(group).execute() == {"d": {"a": 2, "b": 2}}


def test_r_03_show_info_and_the_recorder_name_them(capsys):
    wf = workflow("w").add(collect(task_id="end", a=give(task_id="one"), b=2))
    wf.show_info()
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert "a <- output of `one`" in lines
    assert "b <- bound value" in lines
    recorder = Recorder()
    wf.run(observe=recorder)
    assert recorder.arguments("end") == {"values": {"a": 1, "b": 2}}
