"""D-5: tasks wait for time, in the process or without one."""

import asyncio
import contextlib
import datetime as dt
import time

import pytest
from programs import Program

from taskloom import TaskExecutionContext, parallel, task, workflow
from taskloom.errors import RunSuspended, TaskError

SHORT = 0.02


def moments():
    """Times that are over soon, each of another kind."""
    return {
        "float": lambda: SHORT,
        "int": lambda: 0,
        "timedelta": lambda: dt.timedelta(seconds=SHORT),
        "datetime": lambda: dt.datetime.now(dt.UTC) + dt.timedelta(seconds=SHORT),
        "local": lambda: dt.datetime.now() + dt.timedelta(seconds=SHORT),
        "past": lambda: dt.datetime(2000, 1, 1, tzinfo=dt.UTC),
        "negative": lambda: -1,
    }


@pytest.mark.parametrize("kind", moments())
@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("is_async", [True, False])
def test_d_05_a_short_sleep_is_in_place(kind, kept, is_async, store):
    moment, ran = moments()[kind], []

    @task
    def plain(ctx: TaskExecutionContext):
        ran.append(1)
        ctx.sleep(moment())
        return "slept"

    @task
    async def asynchronous(ctx: TaskExecutionContext):
        ran.append(1)
        await ctx.sleep(moment())
        return "slept"

    wf = workflow("w").add(asynchronous if is_async else plain)
    before = time.monotonic()
    assert wf.execute(**({"store": store} if kept else {})) == "slept"
    if kind in ("float", "timedelta"):
        assert time.monotonic() - before >= SHORT
    assert ran == [1]


@pytest.mark.parametrize("until", ["1", None, True, [1], float("nan")], ids=repr)
def test_d_05_what_is_no_time_is_refused(until, store):
    @task
    def body(ctx: TaskExecutionContext):
        ctx.sleep(until)

    with pytest.raises(TaskError, match=r"seconds, a timedelta or a datetime, not"):
        workflow("w").add(body).execute(store=store)


@pytest.mark.parametrize("until", [float("inf"), 1e300, dt.timedelta.max, dt.datetime.max], ids=repr)
def test_d_05_a_time_that_never_comes(until, store):
    @task
    def body(ctx: TaskExecutionContext):
        ctx.sleep(until.replace(tzinfo=dt.UTC) if isinstance(until, dt.datetime) else until)

    wf = workflow("w").add(body)
    for _ in range(2):
        with pytest.raises(RunSuspended):
            wf.execute(store=store, run_id="r", suspend_after=0)
    assert store.due() == []


def execute(wf, store):
    """Executes until the run is over."""
    while True:
        try:
            return wf.execute(store=store, run_id="r", suspend_after=0)
        except RunSuspended as suspended:
            left = suspended
        assert (left.run_id, left.questions) == ("r", [])


@pytest.mark.parametrize("is_async", [True, False])
def test_d_05_a_long_sleep_suspends_the_run_and_is_over_when_its_time_has_come(is_async, store):
    ran = []

    @task
    def plain(ctx: TaskExecutionContext):
        ran.append(ctx.attempt)
        ctx.sleep(0.2)
        ctx.sleep(0.2)
        return "slept"

    @task
    async def asynchronous(ctx: TaskExecutionContext):
        ran.append(ctx.attempt)
        await ctx.sleep(0.2)
        await ctx.sleep(0.2)
        return "slept"

    wf = workflow("w").add(asynchronous if is_async else plain)
    before = time.monotonic()
    value = execute(wf, store)
    assert value == "slept"
    assert time.monotonic() - before >= 0.4
    # It is no retry.
    assert ran == [1, 1, 1]


def test_d_05_what_does_not_wait_goes_on_first(store):
    ran = []

    @task
    def waits(ctx: TaskExecutionContext):
        ctx.sleep(1000)
        raise AssertionError

    @task
    def works():
        ran.append("works")

    @task
    def after():
        ran.append("after")

    @task
    def end():
        raise AssertionError

    with workflow("w") as wf:
        parallel(waits(task_id="waits"), works(task_id="works") >> after) >> end
    with pytest.raises(RunSuspended, match="r"):
        wf.execute(store=store, run_id="r", suspend_after=0)
    assert ran == ["works", "after"]
    assert [run.status for run in store.runs()] == ["suspended"]


def test_d_05_an_element_of_a_map_waits(store):
    ran = []

    @task
    def element(ctx: TaskExecutionContext, n: int):
        if n == 1:
            ctx.sleep(0.2)
        ran.append(n)
        return n

    wf = workflow("w").add(element.map(n=[0, 1, 2])(task_id="map"))
    value = execute(wf, store)
    assert list(value.values()) == [0, 1, 2]
    assert sorted(ran) == [0, 1, 2]


def test_d_05_a_body_that_catches_everything_is_left_all_the_same(store):
    ran = []

    @task
    def stubborn(ctx: TaskExecutionContext):
        ran.append("begins")
        try:
            ctx.sleep(0.2)
        except BaseException:
            ctx.get_channel().set("key", "dropped")
            return "dropped"
        return "slept"

    value = execute(workflow("w").add(stubborn), store)
    assert value == "slept"
    assert ran == ["begins", "begins"]


def test_d_05_an_async_body_that_catches_everything(store):
    @task
    async def stubborn(ctx: TaskExecutionContext):
        try:
            await ctx.sleep(0.2)
        except BaseException:
            return "dropped"
        return "slept"

    assert execute(workflow("w").add(stubborn), store) == "slept"


def test_d_05_a_body_that_fails_while_it_is_left(store):
    @task
    def fails(ctx: TaskExecutionContext):
        try:
            ctx.sleep(0.2)
        except BaseException as left:
            raise ValueError("dropped") from left
        return "slept"

    assert execute(workflow("w").add(fails), store) == "slept"


def test_h_03_what_a_suspended_attempt_has_written_is_discarded(store):
    @task
    def write(ctx: TaskExecutionContext):
        ctx.get_channel().append("log", "once")
        ctx.sleep(0.2)
        return "written"

    @task
    def read(ctx: TaskExecutionContext):
        return ctx.get_channel().get("log")

    with workflow("w") as wf:
        write >> read
    assert execute(wf, store) == ["once"]


def test_d_05_a_name_used_twice_is_an_error(store):
    @task
    def body(ctx: TaskExecutionContext):
        ctx.sleep(0, key="a")
        ctx.sleep(0, key="b")
        ctx.sleep(0, key="a")

    with pytest.raises(TaskError, match="two things called 'a'"):
        workflow("w").add(body).execute(store=store)


def test_d_05_waits_hold_no_place_among_the_running(store):
    @task
    def waits(ctx: TaskExecutionContext, n: int):
        # Not one after another: each begins before the first has ended.
        ctx.get_channel().atomic_add("begun", 1)
        while ctx.get_channel().get("begun") < 5:
            ctx.sleep(0.01)
        return n

    wf = workflow("w").add(parallel(*[waits(task_id=f"w{n}", n=n) for n in range(5)]))
    assert wf.execute(store=store, max_concurrency=1) == {f"w{n}": n for n in range(5)}


def test_r_07_a_retry_that_waits_does_not_suspend_the_run(store):
    @task(max_retries=1)
    def shaky(ctx: TaskExecutionContext):
        if ctx.attempt == 1:
            raise OSError
        return "done"

    wf = workflow("w").add(shaky(task_id="s").with_options(max_retries=1))
    assert wf.execute(store=store, suspend_after=0) == "done"


def test_r_07_a_retry_that_waits_goes_on_in_the_next_process(tmp_path):
    source = """
@task(retry_policy=RetryPolicy(max_retries=1, initial_interval=0.3, jitter=False))
def shaky(ctx: TaskExecutionContext):
    log(f"attempt{ctx.attempt}")
    if ctx.attempt == 1:
        raise OSError
    return "done"

@task
def dies():
    # One at a time: the other one waits for its retry when this begins.
    if once("dies"):
        die()

group = parallel(shaky(task_id="shaky"), dies(task_id="dies"))
print(workflow("w").add(group).execute(store="runs.db", run_id="r", max_concurrency=1))
"""
    program = Program(tmp_path, source)
    program.dies()
    assert program.log() == ["attempt1"]
    assert program.run() == "{'shaky': 'done', 'dies': None}\n"
    assert program.log() == ["attempt1", "attempt2"]


def test_r_13_a_run_that_goes_on_does_so_on_the_loop_of_its_caller(store):
    loops = []

    @task
    async def sleeps(ctx: TaskExecutionContext):
        await ctx.sleep(0.1)
        loops.append(asyncio.get_running_loop())

    wf = workflow("w").add(parallel(*[sleeps(task_id=f"s{n}") for n in range(20)]))

    async def main():
        for _ in range(1000):
            # When a sleep is over, the engine calls for the loop while the run is opened.
            with contextlib.suppress(RunSuspended):
                await wf.execute_async(store=store, run_id="r", suspend_after=0)
                return asyncio.get_running_loop()
            while not store.due():
                await asyncio.sleep(0)
        raise AssertionError("it never ends")

    assert loops == [asyncio.run(main())] * 20
