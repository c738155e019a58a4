"""What a run's events are, in which order they come, and that nobody misses one (S-1, R-4, R-6 … R-10)."""

import asyncio
import gc
import threading
import weakref

import pytest

from taskloom import Event, RetryPolicy, TaskExecutionContext, task, workflow
from taskloom.errors import RunCancelledError, TaskError


@task
def step(name="x"):
    return name


@task
def fails():
    raise ValueError("broken")


@task
def fails_once(ctx: TaskExecutionContext):
    if ctx.attempt == 1:
        raise ValueError("too early")


def story(operand, **options):
    """The events of a run of one task at a time."""
    handle = workflow("w").add(operand).start(max_concurrency=1, **options)
    return [str(event) for event in handle.events()]


def test_s_01_a_chain():
    assert story(step(task_id="a") >> step(task_id="b")) == [
        "run started",
        "a started",
        "a succeeded",
        "b started",
        "b succeeded",
        "run ended: succeeded",
    ]


def test_r_06_a_failure_ends_the_run():
    assert story(fails(task_id="a") >> step(task_id="b")) == [
        "run started",
        "a started",
        "a failed: ValueError: broken",
        "run ended: failed",
    ]


def test_r_07_a_retry_is_due_after_its_wait():
    patient = fails_once(task_id="a").with_options(
        retry_policy=RetryPolicy(max_retries=1, initial_interval=0.01)
    )
    assert story(patient) == [
        "run started",
        "a started",
        "a failed: ValueError: too early; the next attempt follows in 10ms",
        "a (attempt 2) retry due",
        "a (attempt 2) started",
        "a (attempt 2) succeeded",
        "run ended: succeeded",
    ]


def test_r_07_a_plain_function_that_outruns_its_timeout_is_abandoned():
    over = threading.Event()

    @task(timeout=0.01)
    def slow():
        assert over.wait(20)

    assert story(slow) == [
        "run started",
        "slow started",
        "slow abandoned",
        "slow failed: it took longer than its timeout of 10ms",
        "run ended: failed",
    ]
    over.set()


def test_r_09_a_path_that_a_jump_leaves_out_is_skipped():
    @task
    def decide(ctx: TaskExecutionContext):
        ctx.next_task("end", goto=True)

    assert story(decide >> step(task_id="between") >> step(task_id="end")) == [
        "run started",
        "decide started",
        "decide succeeded",
        "decide asks to go on at end",
        "between skipped",
        "end started",
        "end succeeded",
        "run ended: succeeded",
    ]


def test_s_07_s_09_iterating_and_terminating():
    @task
    def twice(ctx: TaskExecutionContext):
        if ctx.cycle_count == 1:
            ctx.next_iteration()
        else:
            ctx.terminate_workflow("enough")

    assert story(twice >> step(task_id="b")) == [
        "run started",
        "twice started",
        "twice succeeded",
        "twice asks for a further iteration",
        "twice (iteration 2) started",
        "twice (iteration 2) succeeded",
        "twice (iteration 2) ends the run: enough",
        "run ended: terminated",
    ]


def test_r_08_a_group_is_judged():
    group = (fails(task_id="a") | step(task_id="b")).set_group_name("mirrors")
    assert story(group.with_execution(policy="best_effort") >> step(task_id="c")) == [
        "run started",
        "a started",
        "a failed: ValueError: broken",
        "b started",
        "b succeeded",
        "mirrors ended: succeeded",
        "c started",
        "c succeeded",
        "run ended: succeeded",
    ]


def test_r_10_a_cancellation():
    begun = threading.Event()

    @task
    async def forever():
        begun.set()
        await asyncio.Event().wait()

    handle = workflow("w").add(forever >> step(task_id="b")).start()
    assert begun.wait(20)
    handle.cancel()
    with pytest.raises(RunCancelledError):
        handle.result(20)
    assert [str(event) for event in handle.events()] == [
        "run started",
        "forever started",
        "forever cancelled",
        "run ended: cancelled",
    ]


def test_r_04_what_an_event_says():
    @task
    def decide(ctx: TaskExecutionContext):
        ctx.next_task("a", goto=True)

    wf = workflow("w").add(fails(task_id="a").with_options(max_retries=1) | decide)
    handle = wf.start(max_concurrency=1)
    with pytest.raises(Exception, match="broken"):
        handle.result(20)
    events = list(handle.events())
    assert all(isinstance(event, Event) for event in events)
    assert [event.at for event in events] == sorted(event.at for event in events)
    failed = [event for event in events if event.kind == "failed"]
    assert (failed[0].task_id, failed[0].iteration, failed[0].attempt) == ("a", 1, 1)
    assert (failed[0].error, failed[0].retry_after) == ("ValueError: broken", 0.0)
    assert next(event.targets for event in events if event.kind == "jump") == ["a"]
    assert (events[-1].kind, events[-1].status, events[-1].task_id) == ("run ended", "failed", None)


def test_r_04_events_are_there_after_the_end_and_are_given_once():
    handle = workflow("w").add(step(task_id="a")).start()
    handle.result(20)
    assert [event.kind for event in handle.events()] == ["run started", "started", "succeeded", "run ended"]
    assert list(handle.events()) == []


def test_r_04_events_on_an_event_loop_as_they_happen():
    go_on = threading.Event()

    @task
    def waits():
        assert go_on.wait(20)

    async def listen():
        handle = workflow("w").add(waits(task_id="a")).start()
        kinds = []
        async for event in handle.events():
            kinds.append(event.kind)
            if event.kind == "started":
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(anext(handle.events()), 0.001)
                go_on.set()
        return kinds

    assert asyncio.run(listen()) == ["run started", "started", "succeeded", "run ended"]


def test_s_01_no_event_of_a_hundred_thousand_tasks_is_lost():
    count = 100_000
    handle = workflow("w").add([step(task_id=f"t{i}") for i in range(count)]).start(max_concurrency=4)
    running, ended, others = set(), set(), []
    for event in handle.events():
        if event.kind == "started":
            assert event.task_id not in running
            running.add(event.task_id)
        elif event.kind == "succeeded":
            running.remove(event.task_id)
            ended.add(event.task_id)
        else:
            others.append(str(event))
    assert (len(running), len(ended)) == (0, count)
    assert others == ["run started", "ParallelGroup_1 ended: succeeded", "run ended: succeeded"]


def test_r_04_a_failed_run_with_a_listener_is_freed():
    class Big:
        pass

    seen = []

    @task
    def broken():
        big = Big()
        seen.append(weakref.ref(big))
        raise ValueError("broken")

    def run():
        handle = workflow("w").add(broken).start()
        with pytest.raises(TaskError):
            handle.result(20)

    run()
    gc.collect()
    assert seen[0]() is None
