"""Rules C-5 and C-6: what joins a workflow, when, and what of it runs."""

import asyncio
import contextvars
import threading

import pytest

from taskloom import chain, parallel, task, workflow
from taskloom.errors import GraphCompilationError, TaskError


@task
def step(name: str = "step"):
    return name


@task
def alone():
    return "alone"


def steps(names):
    return [step(task_id=name, name=name) for name in names]


def ids(wf):
    return list(wf.run().tasks)


# C-5


def test_c_05_an_expression_joins_at_once():
    a, b, c = steps("abc")
    with workflow("w") as wf:
        assert len(wf) == 0
        a >> b
        assert len(wf) == 2
        b >> c
        assert len(wf) == 3


def test_c_05_outside_a_block_it_is_a_value():
    a, b = steps("ab")
    composed = a >> b
    wf = workflow("w")
    assert len(wf) == 0
    wf.add(composed)
    assert ids(wf) == ["a", "b"]


def test_c_05_a_value_joins_when_it_is_used_in_a_block():
    a, b, c = steps("abc")
    composed = a >> b
    with workflow("w") as wf:
        composed >> c
    assert ids(wf) == ["a", "b", "c"]


def test_c_05_add_gives_the_workflow():
    a, b, c = steps("abc")
    wf = workflow("w")
    assert wf.add(a).add(b, c) is wf
    assert wf.add() is wf
    assert ids(wf) == ["a", "b", "c"]


def test_c_05_add_takes_whatever_composes():
    a, b, c, d, e, f = steps("abcdef")
    wf = workflow("w").add(a, b >> c, [d, e], f | alone, alone)
    assert ids(wf) == ["a", "b", "c", "d", "e", "f", "alone"]
    with pytest.raises(TypeError, match="cannot be composed"):
        wf.add(5)


def test_c_05_the_same_edge_again_adds_nothing():
    a, b = steps("ab")
    with workflow("w") as wf:
        for _ in range(3):
            a >> b
            chain(a, b)
            b << a
    run = wf.run()
    assert list(run.outputs) == ["a", "b"]
    assert [task.attempts for task in run.tasks.values()] == [1, 1]


def test_c_05_a_partial_group_leaves_nothing_behind():
    a, b, c, d = steps("abcd")
    with workflow("w") as wf:
        (a | b | c) >> d
    run = wf.run()
    assert run.output("ParallelGroup_1") == {"a": "a", "b": "b", "c": "c"}
    assert "ParallelGroup_2" not in str(wf.plan())
    with workflow("w") as wf:
        part = a | b
        part | c
    assert wf.execute() == {"a": "a", "b": "b", "c": "c"}


def test_c_05_a_partial_group_with_an_edge_or_a_name_stays():
    a, b, c, d = steps("abcd")
    with workflow("w") as wf:
        part = a | b
        part >> d
        part | c
    run = wf.run()
    assert run.output("ParallelGroup_1") == {"a": "a", "b": "b"}
    assert run.output("ParallelGroup_2") == {"a": "a", "b": "b", "c": "c"}


def test_c_05_an_exception_leaves_what_was_composed():
    a, b, c = steps("abc")
    wf = workflow("w")

    def compose():
        with wf:
            a >> b
            raise RuntimeError("in the block")

    with pytest.raises(RuntimeError, match="in the block"):
        compose()
    assert ids(wf) == ["a", "b"]
    a >> c
    assert len(wf) == 2


def test_c_05_blocks_nest():
    a, b, c, d, e, f = steps("abcdef")
    with workflow("outer") as outer:
        a >> b
        with workflow("inner") as inner:
            c >> d
        e >> f
    assert ids(outer) == ["a", "b", "e", "f"]
    assert ids(inner) == ["c", "d"]


def test_c_05_a_block_in_itself():
    a, b, c, d, e, f = steps("abcdef")
    wf = workflow("w")
    with wf:
        a >> b
        with wf:
            c >> d
        e >> f
    assert len(wf) == 6
    a >> f
    assert len(wf) == 6


def test_c_05_a_second_block_of_one_workflow():
    a, b, c = steps("abc")
    wf = workflow("w")
    with wf:
        a >> b
    with wf:
        b >> c
    assert ids(wf) == ["a", "b", "c"]


def test_c_05_with_gives_the_workflow():
    wf = workflow("w")
    with wf as entered:
        assert entered is wf
    assert repr(wf) == "Workflow('w')"
    assert wf.name == "w"


def test_c_05_a_new_thread_inherits_nothing():
    a, b = steps("ab")
    with workflow("w") as wf:
        thread = threading.Thread(target=lambda: a >> b)
        thread.start()
        thread.join(20)
    assert len(wf) == 0


def test_c_05_to_thread_inherits_the_block():
    a, b, c, d = steps("abcd")

    async def main():
        with workflow("w") as wf:
            await asyncio.to_thread(lambda: a >> b)
            c >> d
        return wf

    assert ids(asyncio.run(main())) == ["a", "b", "c", "d"]


def test_c_05_async_tasks_inherit_the_block():
    async def compose(first, second):
        await asyncio.sleep(0)
        first >> second

    async def main():
        with workflow("w") as wf:
            await asyncio.gather(*[compose(*steps((f"a{n}", f"b{n}"))) for n in range(20)])
        return wf

    assert len(asyncio.run(main())) == 40


def test_c_05_async_tasks_with_blocks_of_their_own():
    async def build(n):
        with workflow(f"w{n}") as wf:
            first, second = steps((f"a{n}", f"b{n}"))
            await asyncio.sleep(0)
            first >> second
            await asyncio.sleep(0)
        return wf

    async def main():
        return await asyncio.gather(*[build(n) for n in range(20)])

    for n, wf in enumerate(asyncio.run(main())):
        assert ids(wf) == [f"a{n}", f"b{n}"]


def test_c_05_composing_from_several_threads_is_safe():
    barrier = threading.Barrier(4)

    async def main():
        def compose(thread):
            barrier.wait(20)
            for n in range(200):
                chain(*steps((f"a{thread}.{n}", f"b{thread}.{n}")))

        with workflow("w") as wf:
            await asyncio.gather(*[asyncio.to_thread(compose, thread) for thread in range(4)])
        return wf

    wf = asyncio.run(main())
    assert len(wf) == 4 * 200 * 2
    assert len(wf.run().outputs) == 4 * 200 * 2


def test_c_05_leaving_in_another_context_does_not_fail():
    a, b = steps("ab")
    wf = workflow("w")
    entered = contextvars.copy_context()
    entered.run(wf.__enter__)
    contextvars.copy_context().run(wf.__exit__, None, None, None)
    a >> b
    assert len(wf) == 0


def test_c_05_an_async_generator_that_is_closed_elsewhere():
    a, b = steps("ab")
    wf = workflow("w")

    async def fixture():
        with wf:
            yield wf

    async def main():
        generator = fixture()
        await asyncio.create_task(anext(generator))
        await asyncio.create_task(generator.aclose())
        a >> b
        return len(wf)

    assert asyncio.run(main()) == 0


def test_c_05_blocks_of_one_workflow_on_several_threads():
    wf, other = workflow("w"), workflow("other")
    entered = {"a": threading.Event(), "b": threading.Event()}
    a_has_left = threading.Event()

    def block(name, may_enter, may_leave, has_left):
        with other:
            assert may_enter.wait(20)
            with wf:
                entered[name].set()
                step(task_id=f"{name}1") >> step(task_id=f"{name}2")
                assert may_leave.wait(20)
            step(task_id=f"{name}3") >> step(task_id=f"{name}4")
        has_left.set()

    # The one that enters first leaves first.
    at_once = threading.Event()
    at_once.set()
    a = threading.Thread(target=block, args=("a", at_once, entered["b"], a_has_left))
    b = threading.Thread(target=block, args=("b", entered["a"], a_has_left, threading.Event()))
    for thread in (a, b):
        thread.start()
    for thread in (a, b):
        thread.join(20)
    assert sorted(ids(wf)) == ["a1", "a2", "b1", "b2"]
    assert sorted(ids(other)) == ["a3", "a4", "b3", "b4"]


def test_c_05_a_block_that_has_ended_is_current_for_nobody():
    async def main():
        go = asyncio.Event()

        async def late():
            await go.wait()
            a, b = steps("ab")
            a >> b
            return step.fn, a

        with workflow("outer") as outer:
            with workflow("inner") as inner:
                waiting = asyncio.create_task(late())
            go.set()
            await waiting
            # The block around it has not ended.
            assert (len(outer), len(inner)) == (2, 0)
            go.clear()
            waiting = asyncio.create_task(late())
        go.set()
        await waiting
        return len(outer), len(inner)

    assert asyncio.run(main()) == (2, 0)


def test_c_05_a_context_that_outlives_its_block():
    with workflow("w") as wf:
        chain(*steps("ab"))
        context = contextvars.copy_context()
    c, d = steps("cd")
    context.run(lambda: c >> d)
    assert ids(wf) == ["a", "b"]


def test_c_05_in_a_body_no_workflow_is_current():
    @task
    def body():
        step(task_id="inner1") >> step(task_id="inner2")
        return "body"

    @task
    async def async_body():
        step(task_id="inner3") >> step(task_id="inner4")
        return "async"

    with workflow("w") as wf:
        body >> async_body
        run = wf.run()
    assert run.outputs == {"body": "body", "async_body": "async"}
    assert len(wf) == 2


def test_c_05_a_body_may_open_a_block():
    @task
    def body():
        with workflow("inner") as inner:
            step(task_id="a") >> step(task_id="b", name="B")
        return inner.execute()

    with workflow("w") as wf:
        body >> step(task_id="end")
        assert wf.run().outputs == {"body": "B", "end": "step"}
    assert len(wf) == 2


def test_c_05_executing_in_the_block_and_going_on():
    a, b, c = steps("abc")
    with workflow("w") as wf:
        a >> b
        assert wf.execute() == "b"
        b >> c
        assert wf.execute() == "c"


def test_c_05_a_workflow_needs_a_name():
    with pytest.raises(TypeError, match="a workflow's name is a text"):
        workflow(5)


# C-6


def test_c_06_only_what_is_composed_runs():
    with workflow("w") as wf:
        step(task_id="template")
        chain(*steps("ab"))
    assert ids(wf) == ["a", "b"]


def test_c_06_what_is_bound_runs_too():
    with workflow("w") as wf:
        source = step(task_id="source")
        step(task_id="a") >> step(task_id="b", name=source)
    assert set(ids(wf)) == {"source", "a", "b"}


def test_c_06_if_nothing_is_composed_the_instances_run_as_roots():
    with workflow("w") as wf:
        step(task_id="a", name="A")
        step(task_id="b", name="B")
    run = wf.run(max_concurrency=1)
    assert run.outputs == {"a": "A", "b": "B"}
    assert run.value == "B"


def test_c_06_instances_of_a_definition_in_the_block():
    with workflow("w") as wf:

        @task
        def inner(name):
            return name

        inner(task_id="x", name="X")
    assert wf.run().outputs == {"x": "X"}


def test_c_06_instances_that_are_bound_to_each_other():
    with workflow("w") as wf:
        first = step(task_id="a", name="A")
        step(task_id="b", name=first)
    run = wf.run()
    assert list(run.outputs) == ["a", "b"]
    assert run.value == "A"


def test_c_06_unnamed_instances_run_too():
    with workflow("w") as wf:
        step(name="A")
        step(name="A")
    assert len(wf.run().outputs) == 2


def test_c_06_instances_made_by_a_function_called_in_the_block():
    def make():
        return steps("ab")

    with workflow("w") as wf:
        make()
    assert ids(wf) == ["a", "b"]


def test_c_06_a_single_definition_runs():
    with workflow("w") as wf:

        @task
        def only():
            return "only"

    assert wf.run().outputs == {"only": "only"}


def test_c_06_several_bare_definitions_are_an_error():
    with workflow("w") as wf:

        @task
        def one():
            return 1

        @task
        def two():
            return 2

    with pytest.raises(
        GraphCompilationError, match=r"composes nothing and has 2 definitions \(`one`, `two`\)"
    ) as e:
        wf.execute()
    assert "hint: " in str(e.value)


def test_c_06_nothing_at_all_is_an_error():
    with workflow("empty") as wf:
        pass
    with pytest.raises(GraphCompilationError, match="workflow `empty` has no tasks"):
        wf.execute()
    with pytest.raises(GraphCompilationError):
        workflow("empty").run()


def test_c_06_the_block_need_not_have_ended():
    with workflow("w") as wf:
        step(task_id="a", name="A")
        assert wf.execute() == "A"


def test_c_06_an_instance_made_outside_does_not_run():
    step(task_id="outside")
    with workflow("w") as wf:
        step(task_id="inside")
    assert ids(wf) == ["inside"]


def test_c_06_a_group_of_one_is_composed():
    with workflow("w") as wf:
        step(task_id="template")
        parallel(step(task_id="a"))
    assert ids(wf) == ["a"]


def test_c_06_a_failed_block_runs_what_it_has():
    @task
    def fails():
        raise ValueError

    with workflow("w") as wf:
        wf.add(fails)
    with pytest.raises(TaskError):
        wf.execute()
