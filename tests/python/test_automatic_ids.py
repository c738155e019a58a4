"""Rule I-4: an instance without a `task_id` names itself; the same program gives the same ids."""

import enum
import re
import threading

import pytest

from scripts import run_source
from taskloom import chain, parallel, task, workflow


class Color(enum.Enum):
    RED = 1
    BLUE = 2


class Opaque:
    def __eq__(self, other):
        raise AssertionError("no call into the user's code")

    __hash__ = None

    def __repr__(self):
        raise AssertionError("no call into the user's code")

    def __len__(self):
        raise AssertionError("no call into the user's code")


@task
def process(value=None, other=None):
    return value


@task
def join(values=None):
    return values


def joined_id(*args, **kwargs):
    """The id that an instance gets when it joins an empty workflow."""
    instance = process(*args, **kwargs)
    workflow("w").add(instance)
    return instance.task_id


def ids_of(wf):
    return list(wf.run().tasks)


def build():
    with workflow("w") as wf:
        first = process(value=1)
        second = process(value=1)
        third = join(values=second)
        chain(first, second, third, parallel(*[process(value=n % 3) for n in range(30)]), join(values=first))
    return wf


def test_i_04_definition_id_and_eight_digits():
    assert re.fullmatch("process_[0-9a-f]{8}", process(value=1).task_id)
    assert re.fullmatch("process_[0-9a-f]{8}", joined_id(value=1))


def test_i_04_the_definitions_own_id():
    @task("load data")
    def function():
        pass

    assert re.fullmatch("load data_[0-9a-f]{8}", function().task_id)


def test_i_04_the_id_is_fixed_by_reading_it():
    instance = process(value=1)
    task_id = instance.task_id
    assert instance.task_id == task_id
    with workflow("w") as wf:
        wf.add(instance)
    assert instance.task_id == task_id
    assert ids_of(wf) == [task_id]


def test_i_04_the_id_is_fixed_by_joining():
    instance = process(value=1)
    wf = workflow("w").add(instance)
    assert ids_of(wf) == [instance.task_id]
    other = workflow("other").add(instance)
    assert ids_of(other) == ids_of(wf)


def test_i_04_a_repr_fixes_nothing():
    instance = process(value=1)
    assert "unnamed" in repr(instance)
    assert "unnamed" in str(instance)
    workflow("w").add(instance)
    assert instance.task_id == joined_id(value=1)


def test_i_04_composing_outside_a_block_fixes_nothing():
    first, second = process(value=1), process(value=2)
    first >> second
    first | second
    assert "unnamed" in repr(first)


def test_i_04_a_second_call_of_a_builder_gives_the_same_ids():
    assert ids_of(build()) == ids_of(build())


def test_i_04_other_instances_in_between_change_nothing():
    before = ids_of(build())
    held = [process(value=1).task_id for _ in range(100)]
    workflow("w").add(process(value=1))
    assert ids_of(build()) == before
    assert len(held) == 100


def test_i_04_the_same_ids_on_any_number_of_threads():
    barrier = threading.Barrier(8)
    found = []

    def work():
        barrier.wait(20)
        found.extend([tuple(ids_of(build())) for _ in range(20)])

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(found) == 160
    assert set(found) == {tuple(ids_of(build()))}


PROGRAM = """
import enum
from taskloom import chain, parallel, task, workflow

class Color(enum.Enum):
    RED = 1

class Thing:
    pass

@task
def process(value, other=None):
    return value

values = [1, 1, 2.5, True, None, "text", "x" * 1000, Color.RED, Thing()]
values += [[1, 2], {"a": 1}, (1,), {1, 2}, b"b", 10**40]
with workflow("w") as wf:
    chain(*[process(value=value, other=process(value=value)) for value in values])
print("\\n".join(wf.run().tasks))
"""


def test_i_04_the_same_ids_in_a_second_process(tmp_path):
    outputs = {
        run_source(PROGRAM, tmp_path, env={"PYTHONHASHSEED": seed}).stdout
        for seed in ("0", "1", "2", "random")
    }
    assert len(outputs) == 1
    ids = outputs.pop().split()
    assert len(set(ids)) == 30


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, 2),
        (1, 1.0),
        (1, True),
        (0, None),
        ("a", "b"),
        ("1", 1),
        ("a", b"a"),
        (10**40, 10**40 + 1),
        (Color.RED, Color.BLUE),
        ([1], [1, 2]),
        ([1], (1,)),
        ({}, {"a": 1}),
        (Opaque(), object()),
        (Color.RED, "RED"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_i_04_other_arguments_give_another_id(left, right):
    assert joined_id(value=left) != joined_id(value=right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, 1),
        (10**40, 10**40),
        ("text", "te" + "xt"),
        (None, None),
        (Color.RED, Color["RED"]),
        ([1, 2], [3, 4]),
        ({"a": 1}, {"b": 2}),
        ((1,), (2,)),
        (Opaque(), Opaque()),
        (object(), object()),
    ],
    ids=lambda value: type(value).__name__,
)
def test_i_04_values_by_value_containers_by_size_all_else_by_type(left, right):
    assert joined_id(value=left) == joined_id(value=right)


def test_i_04_the_parameter_counts():
    assert joined_id(value=1) != joined_id(other=1)


def test_i_04_a_bound_instance_counts_by_its_id():
    def make(task_id):
        instance = join(values=process(task_id=task_id, value=1))
        workflow("w").add(instance)
        return instance.task_id

    assert make("a") == make("a")
    assert make("a") != make("b")


def test_i_04_never_a_call_into_the_users_code():
    assert joined_id(value=Opaque(), other=[Opaque()])


def test_i_04_equal_ones_are_told_apart_by_their_number():
    with workflow("w") as wf:
        chain(*[process(value=1) for _ in range(1000)])
    assert len(set(ids_of(wf))) == 1000


def test_i_04_ids_read_early_are_distinct():
    assert len({process(value=1).task_id for _ in range(10_000)}) == 10_000


def test_i_04_ids_read_early_on_threads_are_distinct():
    found = [[] for _ in range(4)]

    def read(into):
        into.extend(process(value=1).task_id for _ in range(5_000))

    threads = [threading.Thread(target=read, args=(into,)) for into in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len({task_id for into in found for task_id in into}) == 20_000


def test_i_04_a_taken_id_is_lengthened_for_the_newcomer():
    taken = joined_id(value=1)
    with workflow("w") as wf:
        given = process(task_id=taken, value="given")
        newcomer = process(value=1)
        given >> newcomer
    assert given.task_id == taken
    assert re.fullmatch(f"{taken}[0-9a-f]", newcomer.task_id)
    run = wf.run()
    assert run.output(given) == "given"
    assert run.output(newcomer) == 1
    assert run.output(newcomer.task_id) == 1


def test_i_04_a_fixed_id_is_lengthened_in_the_further_workflow_alone():
    one, two = process(value=1), process(value=1)
    first, second = workflow("first").add(one), workflow("second").add(two)
    assert one.task_id == two.task_id, "both were the first of their kind in their workflows"
    task_id = one.task_id

    third = workflow("third").add(one).add(two).add(process(task_id="end", value="end"))
    run = third.run()
    ids = list(run.tasks)
    assert ids[0] == task_id
    assert re.fullmatch(f"{task_id}[0-9a-f]+", ids[1])
    assert run.output(one) == run.output(two) == 1
    assert run.tasks[two].task_id == ids[1]

    assert two.task_id == task_id
    assert ids_of(first) == ids_of(second) == [task_id]


def test_i_04_many_fixed_ids_that_meet():
    instances = [process(value=1) for _ in range(300)]
    for instance in instances:
        workflow("w").add(instance)
    assert len({instance.task_id for instance in instances}) == 1
    wf = workflow("all").add(*instances)
    run = wf.run()
    assert len(run.tasks) == len(set(run.tasks)) == 300
    assert all(run.output(instance) == 1 for instance in instances)


def test_i_04_a_given_id_may_not_take_an_automatic_one():
    instance = process(value=1)
    wf = workflow("w").add(instance)
    with pytest.raises(Exception, match="already exists"):
        wf.add(process(task_id=instance.task_id, value=2))


def test_i_04_secrets_do_not_show_in_an_id():
    # Long text counts by its length, so nothing of it can be guessed from the id.
    assert joined_id(value="a" * 300) == joined_id(value="b" * 300)
