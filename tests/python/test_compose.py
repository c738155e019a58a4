"""Rules C-1 to C-4 and C-10: the operators, what they mean, and that they are closed and linear."""

import pytest

from taskloom import Chain, Group, chain, parallel, task, workflow
from taskloom.errors import EmptyCompositionError, GraphCompilationError


@task
def step(name: str = "step"):
    return name


@task
def alone():
    return "alone"


@task
def other():
    return "other"


def steps(names):
    return [step(task_id=name, name=name) for name in names]


def edges_of(compose):
    """The edges between tasks that a composition makes, as runs show them: through groups as well."""
    with workflow("w") as wf:
        compose()
    ids = list(wf.run().tasks)
    # What follows a task is what a run that starts at it reaches, and what follows directly is what cannot
    # be reached through another task that follows.
    reached = {task_id: set(wf.run(start_node=task_id).tasks) - {task_id} for task_id in ids}
    return {
        (before, after)
        for before in ids
        for after in reached[before]
        if not any(after in reached[between] for between in reached[before])
    }


# C-1


def test_c_01_in_series():
    a, b, c = steps("abc")
    assert edges_of(lambda: a >> b >> c) == {("a", "b"), ("b", "c")}
    assert edges_of(lambda: chain(a, b, c)) == {("a", "b"), ("b", "c")}


def test_c_01_backwards():
    a, b, c = steps("abc")
    assert edges_of(lambda: b << a) == {("a", "b")}
    assert edges_of(lambda: c << b << a) == {("b", "c"), ("a", "b")}


def test_c_01_in_parallel():
    a, b, c = steps("abc")
    for compose in (lambda: a | b | c, lambda: parallel(a, b, c)):
        with workflow("w") as wf:
            compose()
        assert wf.execute() == {"a": "a", "b": "b", "c": "c"}


def test_c_01_kinds_of_compositions():
    a, b = steps("ab")
    assert isinstance(a >> b, Chain)
    assert isinstance(a | b, Group)
    assert isinstance(chain(a), Chain)
    assert isinstance(parallel(a), Group)


def test_c_01_a_definition_stands_for_its_unbound_instance():
    with workflow("w") as wf:
        alone >> other
    assert wf.run().outputs == {"alone": "alone", "other": "other"}


def test_c_01_a_definition_is_one_instance_however_often_it_is_used():
    with workflow("w") as wf:
        alone >> other
        alone >> step(task_id="s")
    assert list(wf.run().tasks) == ["alone", "other", "s"]


def test_c_01_definitions_with_instances():
    with workflow("w") as wf:
        alone >> step(task_id="s", name="S") >> other
    assert wf.run().outputs == {"alone": "alone", "s": "S", "other": "other"}


@pytest.mark.parametrize(
    "compose",
    [
        lambda a, b, c: [a, b] >> c,
        lambda a, b, c: c << [a, b],
        lambda a, b, c: (a, b) >> c,
        lambda a, b, c: chain([a, b], c),
        lambda a, b, c: parallel(a, b) >> c,
        lambda a, b, c: (a | b) >> c,
    ],
)
def test_c_01_a_list_is_a_group_before(compose):
    a, b, c = steps("abc")
    assert edges_of(lambda: compose(a, b, c)) == {("a", "c"), ("b", "c")}


@pytest.mark.parametrize(
    "compose",
    [
        lambda a, b, c: a >> [b, c],
        lambda a, b, c: [b, c] << a,
        lambda a, b, c: a >> (b | c),
        lambda a, b, c: chain(a, (b, c)),
    ],
)
def test_c_01_a_list_is_a_group_after(compose):
    a, b, c = steps("abc")
    assert edges_of(lambda: compose(a, b, c)) == {("a", "b"), ("a", "c")}


def test_c_01_a_list_beside_an_instance():
    a, b, c = steps("abc")
    with workflow("w") as wf:
        c | [a, b]
    # The list is a group, on the right: it stays one member.
    assert list(wf.execute().values()) == ["c", {"a": "a", "b": "b"}]
    with workflow("w") as wf:
        [a, b] | c
    assert wf.execute() == {"a": "a", "b": "b", "c": "c"}


def test_c_01_nested_lists():
    a, b, c, d = steps("abcd")
    with workflow("w") as wf:
        [a, [b, c]] >> d
    assert wf.run().outputs.keys() == set("abcd")


def test_c_01_composing_never_changes_an_operand():
    a, b, c, d = steps("abcd")
    first = a >> b
    group = a | b
    first >> c
    first | c
    group | c
    group >> d
    assert list(workflow("w").add(first).run().outputs) == ["a", "b"]
    assert workflow("w").add(group).execute() == {"a": "a", "b": "b"}


def test_c_01_what_cannot_be_composed():
    a = step(task_id="a")
    for wrong in (5, "text", None, lambda: 1, step.fn, {"a": 1}):
        for compose in (
            lambda w: a >> w,
            lambda w: w >> a,
            lambda w: a | w,
            lambda w: w | a,
            lambda w: a << w,
        ):
            with pytest.raises(TypeError):
                compose(wrong)
        with pytest.raises(TypeError, match="cannot be composed"):
            chain(a, wrong)
        with pytest.raises(TypeError, match="cannot be composed"):
            parallel(wrong)


def test_c_01_a_function_without_the_decorator_is_hinted_at():
    with pytest.raises(TypeError, match="is the decorator `@task` missing"):
        chain(step.fn)


# C-2


def test_c_02_a_group_before_a_task():
    a, b, c = steps("abc")
    with workflow("w") as wf:
        (a | b) >> c
    run = wf.run()
    assert run.tasks["c"].attempts == 1
    assert run.tasks["c"].started >= max(run.tasks["a"].ended, run.tasks["b"].ended)
    assert run.value == "c"


def test_c_02_a_task_before_a_group():
    a, b, c = steps("abc")
    assert edges_of(lambda: a >> (b | c)) == {("a", "b"), ("a", "c")}


def test_c_02_a_group_before_a_group():
    a, b, c, d = steps("abcd")
    with workflow("w") as wf:
        (a | b) >> (c | d)
    run = wf.run()
    assert run.value == {"c": "c", "d": "d"}
    last = max(run.tasks[name].ended for name in "ab")
    assert min(run.tasks[name].started for name in "cd") >= last


def test_c_02_a_chain_before_a_group_before_a_chain():
    a, b, c, d, e, f = steps("abcdef")
    with workflow("w") as wf:
        (a >> b) >> (c | d) >> (e >> f)
    run = wf.run(max_concurrency=1)
    assert list(run.outputs) == ["a", "b", "c", "d", "e", "f"]
    assert run.value == "f"


def test_c_02_two_branches_each_a_chain():
    a, b, c, d = steps("abcd")
    with workflow("w") as wf:
        (a >> b) | (c >> d)
    run = wf.run(max_concurrency=1)
    assert run.value == {"b": "b", "d": "d"}
    # The chains are independent: breadth first with one worker.
    assert list(run.outputs) == ["a", "c", "b", "d"]


def test_c_02_series_binds_tighter_than_parallel():
    a, b, c, d = steps("abcd")
    with workflow("w") as wf:
        a >> b | c >> d
    assert wf.execute() == {"b": "b", "d": "d"}
    with workflow("w") as wf:
        a | b >> c
    assert wf.execute() == {"a": "a", "c": "c"}


def test_c_02_a_group_runs_what_follows_once():
    ran = []

    @task
    def count():
        ran.append(1)

    with workflow("w") as wf:
        parallel(*steps([f"s{number}" for number in range(50)])) >> count
    wf.execute()
    assert ran == [1]


# C-3


def test_c_03_a_chain_100_000_deep():
    @task
    def one():
        return 1

    composed = one()
    for _ in range(99_999):
        composed = composed >> one()
    wf = workflow("deep").add(composed)
    assert len(wf) == 100_000
    assert wf.execute() == 1


def test_c_03_a_chain_of_chains_to_the_right():
    @task
    def one():
        return 1

    composed = one()
    for _ in range(9_999):
        composed = one() >> composed
    wf = workflow("deep").add(composed)
    assert wf.execute() == 1


def test_c_03_groups_nested_10_000_deep():
    @task
    def one():
        return 1

    composed = one()
    for _ in range(10_000):
        composed = parallel(one(), composed >> one())
    wf = workflow("deep").add(composed)
    assert len(wf) == 20_001
    value = wf.execute()
    assert isinstance(value, dict)
    while isinstance(value, dict):
        inner = [item for item in value.values() if isinstance(item, dict)]
        value = inner[0] if inner else 1


def test_c_03_a_wide_group_by_operator_call_and_list():
    instances = [step(task_id=f"s{number}", name=str(number)) for number in range(5_000)]
    by_operator = instances[0]
    for instance in instances[1:]:
        by_operator = by_operator | instance
    for composed in (by_operator, parallel(*instances), chain(instances)):
        value = workflow("wide").add(composed).execute()
        assert list(value) == [f"s{number}" for number in range(5_000)]


def test_c_03_deep_compositions_are_dropped():
    @task
    def one():
        return 1

    series = group = one()
    for _ in range(100_000):
        series = series >> one()
        group = one() | group
    del series, group


def test_c_03_building_in_a_block_in_a_loop():
    @task
    def one():
        return 1

    with workflow("loop") as wf:
        previous = one()
        for _ in range(5_000):
            following = one()
            previous >> following
            previous = following
        # Composing the growing whole again and again adds nothing that is there.
        composed = one()
        for _ in range(5_000):
            composed = composed >> one()
    assert len(wf) == 10_002
    wf.execute()


# C-4


@pytest.mark.parametrize("compose", [chain, parallel])
def test_c_04_of_nothing(compose):
    with pytest.raises(EmptyCompositionError, match=rf"{compose.__name__}\(\) of nothing") as caught:
        compose()
    assert "hint: " in str(caught.value)
    assert isinstance(caught.value, GraphCompilationError)
    assert isinstance(caught.value, ValueError)


def test_c_04_an_empty_list():
    with pytest.raises(EmptyCompositionError):
        step() >> []
    with pytest.raises(EmptyCompositionError):
        chain([])


def test_c_04_of_one():
    a, b, c = steps("abc")
    with workflow("w") as wf:
        chain(chain(a), chain(b), c)
    assert list(wf.run().outputs) == ["a", "b", "c"]
    with workflow("w") as wf:
        chain(a)
    assert wf.execute() == "a"
    with workflow("w") as wf:
        parallel(a)
    assert wf.execute() == {"a": "a"}
    with workflow("w") as wf:
        [a] >> b
    assert list(wf.run().outputs) == ["a", "b"]


# C-10


def test_c_10_one_flat_group():
    a, b, c, d = steps("abcd")
    with workflow("w") as wf:
        a | b | c | d
    assert wf.execute() == dict(zip("abcd", "abcd", strict=True))


def test_c_10_the_left_group_alone_is_flattened():
    a, b, c = steps("abc")
    with workflow("w") as wf:
        a | (b | c)
    value = wf.execute()
    assert list(value.values()) == ["a", {"b": "b", "c": "c"}]


def test_c_10_a_named_group_stays_whole():
    a, b, c = steps("abc")
    with workflow("w") as wf:
        (a | b).set_group_name("pair") | c
    assert wf.execute() == {"pair": {"a": "a", "b": "b"}, "c": "c"}


def test_c_10_a_name_that_is_given_later_counts_from_then_on():
    a, b, c, d = steps("abcd")
    group = a | b
    flat = group | c
    group.set_group_name("pair")
    whole = group | d
    assert workflow("w").add(flat).execute() == {"a": "a", "b": "b", "c": "c"}
    assert workflow("w").add(whole).execute() == {"pair": {"a": "a", "b": "b"}, "d": "d"}


def test_c_10_a_branch_that_is_a_chain():
    a, b, c, d, e = steps("abcde")
    with workflow("w") as wf:
        parallel(a >> b >> c, d, chain(e))
    assert wf.execute() == {"c": "c", "d": "d", "e": "e"}


def test_c_10_a_branch_that_ends_in_a_group():
    a, b, c, d = steps("abcd")
    with workflow("w") as wf:
        (a >> (b | c).set_group_name("pair")) | d
    assert wf.execute() == {"pair": {"b": "b", "c": "c"}, "d": "d"}


# C-8, as far as it is there


def test_c_08_groups_are_numbered_per_workflow():
    for _ in range(2):
        a, b, c, d = steps("abcd")
        with workflow("w") as wf:
            (a | b) >> (c | d)
        run = wf.run()
        assert run.output("ParallelGroup_1") == {"a": "a", "b": "b"}
        assert run.output("ParallelGroup_2") == {"c": "c", "d": "d"}


def test_c_08_set_group_name_returns_the_group():
    a, b = steps("ab")
    group = a | b
    assert group.name is None
    assert group.set_group_name("pair") is group
    assert group.name == "pair"


def test_c_08_a_name_after_the_group_has_joined():
    a, b, c = steps("abc")
    with workflow("w") as wf:
        group = a | b
        group >> c
        group.set_group_name("pair")
    assert wf.run().output("pair") == {"a": "a", "b": "b"}
    group.set_group_name("couple")
    assert wf.run().output("couple") == {"a": "a", "b": "b"}


def test_c_08_a_name_that_is_taken():
    a, b, c, d = steps("abcd")
    with workflow("w") as wf:
        (a | b).set_group_name("c") >> c
    with pytest.raises(GraphCompilationError, match="group name `c` is taken by the task made at"):
        wf.execute()
    with workflow("w") as wf:
        (a | b).set_group_name("g") >> (c | d).set_group_name("g")
    with pytest.raises(GraphCompilationError, match="`g` is taken by another group"):
        wf.execute()


def test_c_08_a_task_may_be_called_like_an_automatic_group():
    a, b = steps("ab")
    with workflow("w") as wf:
        (a | b) >> step(task_id="ParallelGroup_1", name="task")
    run = wf.run()
    assert run.output("ParallelGroup_1") == "task"
    assert run.output("ParallelGroup_2") == {"a": "a", "b": "b"}
