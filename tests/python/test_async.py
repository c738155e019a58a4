"""Rules R-13 and R-14: async tasks, event loops and contexts."""

import asyncio
import contextvars
import threading
import time

import pytest

from taskloom import TaskExecutionContext, chain, parallel, task, workflow
from taskloom.errors import RunCancelledError, TaskError

variable = contextvars.ContextVar("variable", default="default")


@task
def step(name: str = "step"):
    return name


@task
async def async_step(name: str = "async"):
    await asyncio.sleep(0)
    return name


@task
async def where():
    await asyncio.sleep(0)
    return asyncio.get_running_loop(), threading.current_thread()


@task
def thread():
    return threading.current_thread()


def test_r_13_async_tasks_in_a_plain_thread():
    with workflow("w") as wf:
        async_step(task_id="a", name="A") >> async_step(task_id="b", name="B")
    assert wf.run().outputs == {"a": "A", "b": "B"}


def test_r_13_one_loop_of_our_own_for_all():
    wf = workflow("w").add(where)
    (loop, loop_thread), (again, thread_again) = wf.execute(), wf.execute()
    assert loop is again
    assert loop_thread is thread_again
    assert loop_thread is not threading.current_thread()
    assert loop_thread.daemon
    assert loop_thread.name == "taskloom-loop"


def test_r_13_execute_inside_a_running_loop():
    async def main():
        with workflow("w") as wf:
            async_step(task_id="a") >> where >> step(task_id="b") >> thread
        run = wf.run()
        return run.outputs, asyncio.get_running_loop(), threading.current_thread()

    outputs, loop, caller = asyncio.run(main())
    assert outputs["where"][0] is not loop
    # A thread with a running event loop never runs sync bodies.
    assert outputs["thread"] is not caller


def test_r_13_execute_in_a_plain_thread_runs_bodies_there():
    assert workflow("w").add(thread).execute() is threading.current_thread()


def test_r_13_execute_async_on_the_callers_loop():
    async def main():
        with workflow("w") as wf:
            where >> thread
        run = await wf.run_async()
        return run.outputs, asyncio.get_running_loop(), threading.current_thread()

    outputs, loop, caller = asyncio.run(main())
    assert outputs["where"] == (loop, caller)
    assert outputs["thread"] is not caller


def test_r_13_the_loop_goes_on_meanwhile():
    async def main():
        released = threading.Event()

        @task
        def wait():
            assert released.wait(20)
            return "released"

        async def release():
            await asyncio.sleep(0)
            released.set()

        value, _ = await asyncio.gather(workflow("w").add(wait).execute_async(), release())
        return value

    assert asyncio.run(main()) == "released"


def test_r_13_a_mixture():
    with workflow("w") as wf:
        chain(
            step(task_id="a", name="A"),
            parallel(
                async_step(task_id="b", name="B") >> step(task_id="c", name="C"),
                step(task_id="d", name="D") >> async_step(task_id="e", name="E"),
            ),
            async_step(task_id="f", name="F"),
        )
    expected = {name: name.upper() for name in "abcdef"}
    assert wf.run().outputs == expected
    assert asyncio.run(wf.run_async()).outputs == expected
    assert wf.start().result(20).outputs == expected


def test_r_13_async_tasks_run_concurrently():
    async def main():
        meeting = asyncio.Barrier(100)

        @task
        async def meet(n):
            await asyncio.wait_for(meeting.wait(), 20)
            return n

        wf = workflow("w").add(parallel(*[meet(task_id=f"t{n}", n=n) for n in range(100)]))
        return await wf.execute_async()

    assert list(asyncio.run(main()).values()) == list(range(100))


def test_r_13_many_async_tasks_one_after_another():
    @task
    async def add(value=0):
        return value + 1

    instance = add(value=0)
    for _ in range(5_000):
        instance = add(value=instance)
    assert workflow("w").add(instance).execute() == 5_001


def test_r_13_exceptions_under_execute_async():
    @task
    async def fails():
        await asyncio.sleep(0)
        raise KeyError("async")

    @task
    def fails_too():
        raise ValueError("sync")

    async def main(failing):
        with pytest.raises(TaskError) as caught:
            await workflow("w").add(failing).execute_async()
        return caught.value.__cause__

    assert isinstance(asyncio.run(main(fails)), KeyError)
    assert isinstance(asyncio.run(main(fails_too)), ValueError)


def test_r_13_execute_on_our_own_loop_is_an_error_that_names_the_way_out():
    @task
    async def nested():
        return workflow("inner").add(step).execute()

    with pytest.raises(TaskError) as caught:
        workflow("w").add(nested).execute()
    assert "await" in str(caught.value.__cause__)
    assert "execute_async()" in str(caught.value.__cause__)


def test_r_13_execute_async_needs_a_loop():
    coroutine = workflow("w").add(step).execute_async()
    with pytest.raises(RuntimeError):
        coroutine.send(None)
    coroutine.close()


def test_r_13_cancelling_execute_async_cancels_the_run():
    async def main():
        started, cancelled = asyncio.Event(), asyncio.Event()
        ran = []

        @task
        async def wait():
            started.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.set()
                raise

        @task
        def after():
            ran.append(1)

        running = asyncio.create_task(workflow("w").add(wait >> after).execute_async())
        await asyncio.wait_for(started.wait(), 20)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        await asyncio.wait_for(cancelled.wait(), 20)
        return ran

    assert asyncio.run(main()) == []


def test_r_10_cancel_cancels_async_tasks():
    started, cancelled = threading.Event(), threading.Event()

    @task
    async def wait():
        started.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    handle = workflow("w").add(wait).start()
    assert started.wait(20)
    handle.cancel()
    with pytest.raises(RunCancelledError):
        handle.result(20)
    assert cancelled.is_set()


# Contexts


@pytest.mark.parametrize("body", [step, async_step], ids=["sync", "async"])
def test_r_13_every_task_runs_in_a_copy_of_the_callers_context(body):
    def change(name):
        seen.append(variable.get())
        variable.set(name)
        return variable.get()

    async def change_async(name):
        return change(name)

    seen = []
    define = task(change if body is step else change_async)
    with workflow("w") as wf:
        parallel(*[define(task_id=f"t{n}", name=f"n{n}") for n in range(10)])
    token = variable.set("callers")
    try:
        assert list(wf.execute().values()) == [f"n{n}" for n in range(10)]
        assert variable.get() == "callers"
        assert list(asyncio.run(wf.execute_async()).values()) == [f"n{n}" for n in range(10)]
        assert wf.start().result(20).status == "succeeded"
        assert seen == ["callers"] * 30
    finally:
        variable.reset(token)


def test_r_13_an_async_task_and_what_it_starts_share_its_context():
    @task
    async def body():
        variable.set("body")

        async def inner():
            return variable.get()

        return await asyncio.create_task(inner()), await asyncio.to_thread(variable.get)

    assert workflow("w").add(body).execute() == ("body", "body")


def test_c_05_no_workflow_is_current_in_a_body():
    made = []

    @task
    async def body():
        made.append(step(task_id="x") >> step(task_id="y"))

    @task
    def sync_body():
        made.append(step(task_id="x") >> step(task_id="y"))

    with workflow("w") as wf:
        body >> sync_body
        wf.execute()
        asyncio.run(wf.execute_async())
        wf.start().result(20)
    assert len(made) == 6
    assert len(wf) == 2


#


def nest(depth, **options):
    @task
    def body():
        return depth if depth == 0 else nest(depth - 1, **options)

    return workflow(f"w{depth}").add(body).execute(**options)


@pytest.mark.parametrize("max_concurrency", [None, 1])
def test_r_14_a_task_may_execute_a_workflow(max_concurrency):
    assert nest(20, max_concurrency=max_concurrency) == 0


def test_r_14_nested_side_by_side_with_one_worker_each():
    @task
    def outer(n):
        inner = parallel(*[step(task_id=f"i{i}", name=f"{n}.{i}") for i in range(5)])
        return list(workflow("inner").add(inner).execute(max_concurrency=1).values())

    with workflow("outer") as wf:
        parallel(*[outer(task_id=f"o{n}", n=n) for n in range(20)])
    value = wf.execute()
    assert value == {f"o{n}": [f"{n}.{i}" for i in range(5)] for n in range(20)}


def test_r_14_more_nested_runs_than_workers():
    @task
    def outer(n):
        return workflow("inner").add(async_step(task_id="a", name=n) >> step(task_id="b", name=n)).execute()

    with workflow("outer") as wf:
        parallel(*[outer(task_id=f"o{n}", n=str(n)) for n in range(150)])
    assert list(wf.execute().values()) == [str(n) for n in range(150)]


def test_r_14_an_async_task_awaits_a_workflow():
    @task
    async def outer():
        return (
            await workflow("inner")
            .add(async_step(task_id="a") >> step(task_id="b", name="B"))
            .execute_async()
        )

    wf = workflow("outer").add(outer)
    assert wf.execute() == "B"
    assert asyncio.run(wf.execute_async()) == "B"


def test_r_10_a_cancelled_execute_async_waits_for_plain_functions():
    started, ended = threading.Event(), threading.Event()

    @task
    def body(ctx: TaskExecutionContext):
        started.set()
        while not ctx.cancelled:
            pass
        time.sleep(0.1)
        ended.set()

    async def main():
        running = asyncio.create_task(workflow("w").add(body).execute_async())
        await asyncio.to_thread(started.wait, 20)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        return ended.is_set()

    assert asyncio.run(main())
