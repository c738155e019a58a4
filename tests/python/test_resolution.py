"""Rule R-3: where the value of a parameter comes from."""

import asyncio
from typing import Any

import pytest

from taskloom import TaskExecutionContext, chain, parallel, task, workflow
from taskloom.errors import BindingError, TaskError


@task
def fetch() -> dict:
    return {"users": 1200}


@task
def validate(users: int) -> str:
    return f"{users} users"


@task
def show(value="default"):
    return value


@task
def need(value):
    return value


@task
def give(what="given"):
    return what


def execute(*operands, **options):
    wf = workflow("w")
    for operand in operands:
        wf.add(operand)
    return wf.execute(**options)


# Graflow's first two examples


def test_r_03_an_entry_of_the_predecessors_dict():
    assert execute(fetch >> validate) == "1200 users"


def test_r_03_extract_transform_load():
    @task
    def extract() -> dict:
        return {"rows": [1, 2, 3]}

    @task
    def transform(data: dict) -> dict:
        return {"rows": [row * 2 for row in data["rows"]]}

    @task
    def load(data: dict) -> str:
        return f"loaded {data['rows']}"

    assert execute(extract >> transform >> load) == "loaded [2, 4, 6]"


def test_r_03_extract_transform_load_without_annotations():
    @task
    def extract():
        return {"rows": [1, 2, 3]}

    @task
    def transform(data):
        return {"rows": [row * 2 for row in data["rows"]]}

    assert execute(extract >> transform) == {"rows": [2, 4, 6]}


# Each source, and which comes first


def test_r_03_injected_context():
    @task
    def body(first, ctx: TaskExecutionContext, last="last"):
        return ctx.task_id, first, last

    assert execute(body(task_id="x", first=1)) == ("x", 1, "last")


def test_r_03_the_context_by_keyword_only():
    @task
    def body(*, ctx: TaskExecutionContext):
        return ctx.task_id

    assert execute(body(task_id="x")) == "x"


def test_r_03_the_context_gives_results():
    @task(inject_context=True)
    def body(ctx):
        return ctx.get_result("a"), ctx.get_result("nobody"), ctx.get_result("nobody", 5)

    assert execute(give(task_id="a", what="A") >> give(task_id="b") >> body) == ("A", None, 5)


def test_r_03_bound_before_everything():
    source = give(task_id="value", what="by name")
    assert execute(source >> show(value="bound"), initial_channel={"value": "channel"}) == "bound"
    assert execute(source >> show(value=give(task_id="x", what="output"))) == "output"
    assert execute(give(task_id="value") >> show(value=None)) is None


def test_r_03_an_ancestor_by_its_id():
    chained = chain(give(task_id="value", what="by name"), give(task_id="b"), give(task_id="c"), show)
    assert execute(chained) == "by name"
    assert execute(chained, initial_channel={"value": "channel"}) == "by name"


def test_r_03_an_ancestor_before_the_only_predecessor():
    assert (
        execute(give(task_id="value", what="ancestor") >> give(task_id="b", what="predecessor") >> need)
        == "ancestor"
    )


def test_r_03_a_task_that_is_no_ancestor_is_no_source():
    # `value` has ended, perhaps, but no path leads from it.
    assert execute(give(task_id="value", what="other"), give(task_id="b") >> show) == "default"


def test_r_03_an_ancestor_through_a_group():
    composed = parallel(give(task_id="value", what="by name"), give(task_id="b")) >> show
    assert execute(composed) == "by name"


def test_r_03_a_group_by_its_name():
    group = parallel(give(task_id="a", what="A"), give(task_id="b", what="B")).set_group_name("value")
    assert execute(group >> give(task_id="between") >> show) == {"a": "A", "b": "B"}


def test_r_03_an_unnamed_instance_of_a_definition_with_the_name_is_no_match():
    @task
    def value():
        return "by definition"

    assert execute(value >> give(task_id="b") >> show) == "by definition"
    assert execute(value() >> give(task_id="b") >> show) == "default"


def test_r_03_a_channel_key():
    assert execute(show, initial_channel={"value": "channel"}) == "channel"
    assert execute(give(task_id="b") >> need, initial_channel={"value": "channel"}) == "channel"


def test_r_03_a_channel_value_of_none():
    assert execute(show, initial_channel={"value": None}) is None


def test_r_03_a_channel_is_of_one_run():
    wf = workflow("w").add(show)
    assert wf.execute(initial_channel={"value": 1}) == 1
    assert wf.execute() == "default"


def test_r_03_the_value_of_the_only_direct_predecessor():
    assert execute(give(what=5) >> need) == 5
    assert execute(give(what=None) >> need) is None


def test_r_03_a_default_does_not_take_a_whole_value():
    # Only a parameter without a default takes the predecessor's whole value.
    assert execute(give(what=5) >> show) == "default"


def test_r_03_a_default_takes_an_entry():
    assert execute(give(what={"value": "entry"}) >> show) == "entry"


def test_r_03_several_open_parameters_take_their_entries():
    @task
    def several(a, b, c="default", d="default"):
        return a, b, c, d

    assert execute(give(what={"a": 1, "b": 2, "c": 3}) >> several) == (1, 2, 3, "default")


def test_r_03_the_whole_value_if_it_fits_else_the_entry():
    @task
    def typed(value: dict):
        return value

    @task
    def number(value: int):
        return value

    @task
    def either(value: int | dict):
        return value

    holder = {"value": 7}
    assert execute(give(what=holder) >> typed) == holder
    assert execute(give(what=holder) >> number) == 7
    assert execute(give(what=holder) >> either) == holder
    assert execute(give(what=holder) >> need) == holder


def test_r_03_an_annotation_that_is_not_checked_does_not_accept_a_dict():
    @task
    def unchecked(value: Any):
        return value

    assert execute(give(what={"value": 7}) >> unchecked) == 7
    assert execute(give(what=7) >> unchecked) == 7
    assert execute(give(what=[7]) >> unchecked) == [7]


def test_r_03_further_parameters_that_are_bound_do_not_count():
    @task
    def add(a, b, c=0):
        return a + b + c

    assert execute(give(what=5) >> add(b=1)) == 6
    assert execute(give(what=5) >> add(a=1, c=10)) == 16


def test_r_03_what_an_ancestor_gives_does_not_count_as_open():
    @task
    def add(a, b):
        return a, b

    assert execute(give(task_id="a", what="A") >> give(task_id="x", what="X") >> add) == ("A", "X")


def test_r_03_two_predecessors_give_nothing():
    wf = workflow("w")
    wf.add(give(task_id="x", what=1) >> need, give(task_id="y", what=2) >> need)
    with pytest.raises(TaskError):
        wf.execute()


def test_r_03_a_group_is_one_predecessor():
    group = parallel(give(task_id="a", what="A"), give(task_id="b", what="B"))
    assert execute(group >> need) == {"a": "A", "b": "B"}

    @task
    def two(a, b):
        return b, a

    assert execute(group >> two) == ("B", "A")


def test_r_03_a_member_of_a_group_takes_what_is_before_the_group():
    assert execute(give(what=5) >> parallel(need(task_id="m"), need(task_id="n"))) == {"m": 5, "n": 5}


def test_r_03_async_tasks_find_their_values_too():
    @task
    async def validate_async(users: int) -> str:
        await asyncio.sleep(0)
        return f"{users} users"

    assert execute(fetch >> validate_async) == "1200 users"


def test_r_03_positional_only_parameters_find_their_values():
    @task
    def take(value, /, other=2):
        return value, other

    assert execute(give(what=5) >> take) == (5, 2)


def test_r_03_a_default_of_the_function():
    assert execute(show) == "default"


# What cannot be resolved


def test_r_03_what_cannot_be_resolved_is_an_error_before_the_call():
    called = []

    @task
    def body(weather):
        called.append(weather)

    wf = workflow("w").add(body(task_id="report"))
    with pytest.raises(TaskError) as caught:
        wf.execute()
    assert called == []
    text = str(caught.value)
    assert "`report` has no value for parameter `weather` of `body`" in text
    assert "looked for a bound value" in text
    assert "a task `weather` before it" in text
    assert "channel key `weather`" in text
    assert "hint: bind it when the instance is made (at " in text
    assert "test_resolution.py:" in text
    assert isinstance(caught.value.__cause__, BindingError)


def test_r_03_a_predecessors_value_that_does_not_fit_is_named():
    wf = workflow("w").add(give(task_id="source", what="text") >> validate)
    with pytest.raises(TaskError, match="value of `source`, which does not fit and has no entry `users`"):
        wf.execute()


def test_r_03_the_first_missing_of_several_is_named():
    @task
    def several(a, b):
        return a, b

    wf = workflow("w").add(give(what={"a": 1}) >> several(task_id="x"))
    with pytest.raises(TaskError, match="`x` has no value for parameter `b` of `several`"):
        wf.execute()


# show_info


def test_r_03_show_info_tells_where_values_come_from(capsys):
    tokyo = give(task_id="tokyo")
    with workflow("weather") as wf:
        tokyo >> need(task_id="after") >> show(task_id="bound", value=tokyo)
        show(task_id="plain", value=1) >> show(task_id="end")
    assert wf.show_info() is None
    text = capsys.readouterr().out
    assert text.startswith("workflow `weather`: 5 tasks, 0 groups\n")
    lines = [line.strip() for line in text.splitlines()]
    assert "tokyo (give) >> after, bound" in lines
    assert "value <- channel key `value`, else value of `tokyo`, the only direct predecessor" in lines
    assert any(line.startswith("value <- output of `tokyo`") for line in lines)
    assert "value <- bound value" in lines
    assert any(line.startswith("value <- channel key") and line.endswith("its default") for line in lines)


def test_r_03_show_info_shows_groups(capsys):
    with workflow("w") as wf:
        parallel(give(task_id="a"), give(task_id="b")).set_group_name("pair") >> need(task_id="end")
    wf.show_info()
    text = capsys.readouterr().out
    assert "pair = a | b >> end" in text
    assert "value of `pair`, the only direct predecessor" in text


@task
def two(users, weather, unit="C"):
    return users, weather, unit


@task
def one(users, unit="C"):
    return users, unit


def test_r_03_show_info_says_what_of_the_predecessors_value_is_taken(capsys):
    wf = workflow("w")
    source = give(task_id="source")
    wf.add(source >> one(task_id="one"), source >> two(task_id="two"))
    wf.show_info()
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    of_source = "value of `source`, the only direct predecessor"
    assert lines.count(f"users <- channel key `users`, else {of_source}") == 1
    assert (
        lines.count(f"unit <- channel key `unit`, else entry `unit` of the {of_source}, else its default")
        == 2
    )
    for name in ("users", "weather"):
        entry = f"entry `{name}` of the {of_source}, or all of it if nothing else is open"
        assert lines.count(f"{name} <- channel key `{name}`, else {entry}") == 1


def test_r_03_and_so_it_is():
    def runs(given, taker):
        return workflow("w").add(give(task_id="source", what=given) >> taker(task_id="end")).execute

    assert runs("whole", one)() == ("whole", "C")
    assert runs({"users": 1, "unit": "F"}, one)() == ({"users": 1, "unit": "F"}, "C")
    assert runs({"users": 1, "weather": 2, "unit": "F"}, two)() == (1, 2, "F")
    assert runs("whole", two)(initial_channel={"users": 1}) == (1, "whole", "C")
