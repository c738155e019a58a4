"""Section 3: operators, chains and groups, with the faults W-04, W-17, W-18, W-20, W-21 and W-22 mended."""

import pytest
from graflow.core.task import Executable, ParallelGroup, SequentialTask
from graflow.core.workflow import get_current_workflow_context
from graflow.exceptions import GraflowError, GraflowRuntimeError

import taskloom
from graflow import chain, parallel, task, workflow


def letters(names):
    return [task(lambda name=name: name, id=name) for name in names]


def edges(compose, names="abcde"):
    """What a composition of tasks adds to a graph."""
    with workflow("w") as wf:
        result = compose(*letters(names))
    return result, sorted(wf.graph.edges)


def ids(composition):
    return [each.task_id for each in composition.tasks]


@pytest.mark.parametrize(
    ("compose", "expected", "tasks"),
    [
        (lambda a, b, *_: a >> b, "ab", "ab"),
        (lambda a, b, c, *_: a >> (b >> c), "ab bc", "abc"),
        (lambda a, b, c, *_: (a >> b) >> c, "ab bc", "abc"),
        (lambda a, b, c, d, _: (a >> b) >> (c >> d), "ab bc cd", "abcd"),
        (lambda a, b, *_: a << b, "ba", "ba"),
        (lambda a, b, c, *_: (a >> b) << c, "ab ca", "cab"),
        (lambda a, b, c, d, _: (a >> b) << (c >> d), "ab cd da", "cdab"),
        (lambda a, b, c, *_: a << b << c, "ba cb", "cba"),
        (lambda a, b, *_: a >> b >> a, "ab ba", "aba"),
        (lambda a, b, c, *_: chain(a, b, c), "ab bc", "abc"),
    ],
)
def test_3_1_sequencing(compose, expected, tasks):
    result, found = edges(compose)
    assert found == sorted((first, then) for first, then in expected.split())
    assert isinstance(result, SequentialTask)
    assert ids(result) == list(tasks)
    assert (len(result), result[0].task_id, [each.task_id for each in result]) == (
        len(tasks),
        tasks[0],
        ids(result),
    )
    assert (result.task_id, result.leftmost.task_id, result.rightmost.task_id) == (
        tasks[0],
        tasks[0],
        tasks[-1],
    )
    assert repr(result) == f"SequentialTask([{' >> '.join(tasks)}])"


@pytest.mark.parametrize(
    ("compose", "expected", "members"),
    [
        (lambda a, b, *_: a | b, "", "ab"),
        (lambda a, b, c, *_: a | (b >> c), "bc", "ab"),
        (lambda a, b, c, *_: (a >> b) | c, "ab", "ac"),
        (lambda a, b, c, d, _: (a >> b) | (c >> d), "ab cd", "ac"),
        (lambda a, b, c, d, e: a >> b | c >> d | e, "ab cd", "ace"),
        (lambda a, b, c, *_: a | (b | c), "", "abc"),
        (lambda a, b, c, *_: (a | b) | c, "", "abc"),
        (lambda a, b, c, d, _: (a >> b) | (c | d), "ab", "acd"),
        (lambda a, b, c, d, _: (a | b) | (c >> d), "cd", "abc"),
        (lambda a, b, c, d, _: (a | b) | (c | d), "", "abcd"),
        (lambda a, b, c, d, e: parallel(chain(a, b), c, chain(d, e)), "ab de", "acd"),
        (lambda a, b, c, d, e: parallel(a, parallel(b, c), parallel(d, e)), "", "abcde"),
    ],
)
def test_w_04_grouping_makes_one_group_and_no_edges_to_it(compose, expected, members):
    result, found = edges(compose)
    assert found == sorted((first, then) for first, then in expected.split())
    assert isinstance(result, ParallelGroup)
    assert ids(result) == list(members)
    assert repr(result) == f"ParallelGroup({list(members)})"


def test_3_1_edges_touch_the_group_and_not_its_members():
    _, found = edges(lambda a, b, c, d, e: a >> (b | c) >> (d | e))
    group = "ParallelGroup_1"
    assert found == [(group, "ParallelGroup_2"), ("a", group)]
    _, found = edges(lambda a, b, c, d, _: (a | b) >> (c >> d))
    assert found == [(group, "c"), ("c", "d")]


def test_w_04_an_operand_is_not_changed():
    with workflow("w"):
        a, b, c = letters("abc")
        inner = b | c
        outer = a | inner
    assert (ids(inner), ids(outer)) == (["b", "c"], ["a", "b", "c"])


def test_a_41_arity():
    (a,) = letters("a")
    for compose in (lambda: chain(), lambda: parallel(), lambda: parallel(a), lambda: SequentialTask([])):
        with pytest.raises(ValueError, match="at least"):
            compose()
    assert ids(chain(a)) == ["a"]
    only = chain(a)
    assert chain(only) is only


def test_a_40_what_is_no_task_is_refused():
    (a,) = letters("a")
    for compose in (lambda: a >> None, lambda: a | 1, lambda: "x" << a, lambda: chain(a, print)):
        with pytest.raises(TypeError):
            compose()


def test_c_01_lists_are_groups_as_everywhere_in_taskloom():
    _, found = edges(lambda a, b, c, *_: a >> [b, c])
    assert found == [("a", "ParallelGroup_1")]


def test_c_03_compositions_may_be_as_long_as_memory_allows():
    a, b = letters("ab")
    chained, group = a, a
    for _ in range(20_000):
        chained = chained >> b
        group = group | b
    assert len(chained) == 20_001
    assert len(group.tasks) == 20_001


def test_3_3_groups_are_named_by_number_in_their_workflow():
    for _ in range(2):
        with workflow("w") as wf:
            a, b, c, d = letters("abcd")
            first, second = a | b, c | d
            first >> second
        assert wf.graph.get_parallel_group_members("ParallelGroup_2") == ["c", "d"]
        with wf:
            assert (first.task_id, second.task_id) == ("ParallelGroup_1", "ParallelGroup_2")


def test_3_3_a_name_is_kept_by_edges_and_is_unique():
    with workflow("w") as wf:
        a, b, c, d = letters("abcd")
        group = a | b
        group >> c
        assert group.set_group_name("pair") is group
        assert group.task_id == "pair"
        assert wf.graph.edges == [("pair", "c")]
        d >> group
        group.set_group_name("c")
        with pytest.raises(GraflowError, match="`c`"):
            wf.execute()


def test_a_44_settings_that_are_not_given_stay():
    @task
    def fails():
        raise ValueError

    with workflow("w") as wf:
        group = (fails | letters("a")[0]).with_execution(policy="best_effort")
        group.with_execution(backend="threading")
    assert wf.execute() == {"a": "a"}


def test_c_10_a_group_with_settings_stays_whole():
    with workflow("w") as wf:
        a, b, c = letters("abc")
        a | (b | c).set_group_name("pair")
    assert wf.execute() == {"a": "a", "pair": {"b": "b", "c": "c"}}


@pytest.mark.parametrize("backend", ["nonsense"])
def test_3_3_an_unknown_backend_is_refused_where_it_is_named(backend):
    a, b = letters("ab")
    with pytest.raises(ValueError, match="nonsense"):
        (a | b).with_execution(backend=backend)
    with pytest.raises(NotImplementedError, match="not implemented yet"):
        (a | b).with_execution(backend="redis")


def test_w_22_composing_outside_of_a_block_has_no_effect():
    a, b, c, d = letters("abcd")
    outside = a >> b
    assert get_current_workflow_context() is None
    with workflow("w") as wf:
        c >> d
    assert wf.execute() == "d"
    assert set(wf.graph.nodes) == {"c", "d"}
    assert taskloom.workflow("later").add(outside).execute() == "b"


def test_w_18_a_branch_is_the_chain_that_was_given():
    log = []

    def logging(name):
        return task(lambda: log.append(name), id=name)

    a, b, c, d = map(logging, "abcd")
    with workflow("w") as wf:
        ((a >> b) | c) >> d
    wf.execute()
    assert sorted(log[:3]) == ["a", "b", "c"]
    assert log[3:] == ["d"]


def test_3_a_class_of_ones_own():
    class Mine(Executable):
        @property
        def task_id(self):
            return "mine"

        def run(self):
            return 5

    mine, (a,) = Mine(), letters("a")
    with workflow("w") as wf:
        a >> mine
    assert wf.execute() == 5
    assert mine() == 5


def test_3_a_group_does_not_run_by_itself():
    a, b = letters("ab")
    with pytest.raises(TypeError, match="compose it in a workflow"):
        (a | b)()
    assert issubclass(GraflowRuntimeError, taskloom.errors.TaskloomRuntimeError)
