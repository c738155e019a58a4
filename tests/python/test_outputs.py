"""Rule I-10: a bound instance passes its output and makes the edge."""

import pytest

from taskloom import chain, task, workflow
from taskloom.errors import BindingError


@task
def fetch(city: str) -> str:
    return city


@task
def report(weather, note="fine"):
    return f"{weather} {note}"


def test_i_10_the_output_is_the_argument():
    tokyo = fetch(task_id="tokyo", city="Tokyo")
    with workflow("w") as wf:
        wf.add(report(weather=tokyo))
    assert wf.execute() == "Tokyo fine"


def test_i_10_it_makes_the_edge():
    # The instance is added first, and still runs after the one that it takes its argument from.
    end = report(task_id="end", weather=fetch(task_id="tokyo", city="Tokyo"))
    with workflow("w") as wf:
        wf.add(end)
    run = wf.run(max_concurrency=1)
    assert list(run.outputs) == ["tokyo", "end"]
    assert run.tasks["end"].started >= run.tasks["tokyo"].ended


def test_i_10_it_joins_with_what_takes_it():
    tokyo = fetch(task_id="tokyo", city="Tokyo")
    first, second = report(task_id="a", weather=tokyo), report(task_id="b", weather=tokyo, note="rain")
    with workflow("w") as wf:
        first >> second
    run = wf.run()
    assert run.outputs == {"tokyo": "Tokyo", "a": "Tokyo fine", "b": "Tokyo rain"}
    assert run.tasks["tokyo"].attempts == 1


def test_i_10_the_bound_edge_beside_composed_ones():
    tokyo = fetch(task_id="tokyo", city="Tokyo")
    with workflow("w") as wf:
        tokyo >> report(task_id="end", weather=tokyo)
    assert wf.run().outputs == {"tokyo": "Tokyo", "end": "Tokyo fine"}


def test_i_10_outputs_of_several_parameters():
    with workflow("w") as wf:
        wf.add(report(weather=fetch(task_id="a", city="A"), note=fetch(task_id="b", city="B")))
    assert wf.execute() == "A B"


def test_i_10_the_output_itself_is_passed():
    thing = {"a": [1]}

    @task
    def make():
        return thing

    @task
    def take(value):
        return value

    with workflow("w") as wf:
        wf.add(take(value=make()))
    assert wf.execute() is thing


def test_i_10_none_is_an_output():
    @task
    def nothing():
        return None

    with workflow("w") as wf:
        wf.add(report(weather=nothing()))
    assert wf.execute() == "None fine"


def test_i_10_a_definition_stands_for_its_unbound_instance():
    @task
    def source():
        return "source"

    with workflow("w") as wf:
        wf.add(report(task_id="end", weather=source))
    assert wf.run().outputs == {"source": "source", "end": "source fine"}


def test_i_10_unnamed_instances():
    with workflow("w") as wf:
        first, second = fetch(city="A"), fetch(city="A")
        end = report(weather=first, note=second)
    assert wf.execute() == "A A"
    assert wf.run().output(end) == "A A"


def test_i_10_a_list_binds_the_list_of_outputs_in_order():
    @task
    def join(parts: list) -> str:
        return " ".join(parts)

    cities = [fetch(task_id=f"t{number}", city=str(number)) for number in range(20)]
    with workflow("w") as wf:
        wf.add(join(parts=cities[::-1]))
    assert wf.execute().split() == [str(number) for number in reversed(range(20))]


def test_i_10_a_tuple_binds_a_list_too():
    with workflow("w") as wf:
        wf.add(report(weather=(fetch(city="A"), fetch(city="B"))))
    assert wf.execute() == "['A', 'B'] fine"


def test_i_10_a_list_of_one_and_the_same_one_twice():
    tokyo = fetch(task_id="tokyo", city="Tokyo")
    for instances, expected in [([tokyo], "['Tokyo'] fine"), ([tokyo, tokyo], "['Tokyo', 'Tokyo'] fine")]:
        with workflow("w") as wf:
            wf.add(report(weather=instances))
        assert wf.execute() == expected


def test_i_10_a_list_of_definitions():
    @task
    def a():
        return 1

    @task
    def b():
        return 2

    with workflow("w") as wf:
        wf.add(report(weather=[a, b]))
    assert wf.execute() == "[1, 2] fine"


def test_i_10_a_list_mixed_with_plain_values_is_an_error():
    with pytest.raises(BindingError, match="a list that begins with an instance"):
        report(weather=[fetch(city="A"), "B"])


def test_i_10_a_list_is_read_at_the_call():
    cities = [fetch(city="A")]
    instance = report(weather=cities)
    cities.append(fetch(city="B"))
    with workflow("w") as wf:
        wf.add(instance)
    assert wf.execute() == "['A'] fine"


def test_i_10_an_empty_list_is_a_plain_value():
    with workflow("w") as wf:
        wf.add(report(weather=[]))
    assert wf.execute() == "[] fine"


def test_i_10_deeper_containers_are_not_searched():
    tokyo = fetch(task_id="tokyo", city="Tokyo")

    @task
    def look(value):
        return value

    for value in ({"a": tokyo}, [[tokyo]], ["text", tokyo]):
        with workflow("w") as wf:
            wf.add(look(value=value))
        run = wf.run()
        assert run.value is value
        assert "tokyo" not in run.tasks


def test_i_10_further_positional_arguments():
    @task
    def join(*parts):
        return parts

    with workflow("w") as wf:
        wf.add(join(fetch(city="A"), fetch(city="B")))
    assert wf.execute() == ("A", "B")


def test_i_10_a_long_chain_of_outputs():
    @task
    def add(value, one=1):
        return value + one

    instance = add(value=0)
    for _ in range(20_000):
        instance = add(value=instance)
    with workflow("w") as wf:
        wf.add(instance)
    assert wf.execute() == 20_001


def test_i_10_a_diamond():
    source = fetch(task_id="source", city="A")
    left, right = report(task_id="l", weather=source, note="l"), report(task_id="r", weather=source, note="r")
    end = report(task_id="end", weather=left, note=right)
    with workflow("w") as wf:
        wf.add(end)
    assert wf.execute() == "A l A r"


def test_i_10_with_composition():
    before = fetch(task_id="before", city="B")
    tokyo = fetch(task_id="tokyo", city="Tokyo")
    with workflow("w") as wf:
        chain(before, report(task_id="end", weather=tokyo))
    run = wf.run()
    assert run.value == "Tokyo fine"
    assert set(run.outputs) == {"before", "tokyo", "end"}
