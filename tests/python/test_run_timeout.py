"""The time that a run may take (R-7), and the grace time of plain functions that are to end (R-10)."""

import asyncio
import threading
import time

import pytest

from taskloom import TaskExecutionContext, task, workflow
from taskloom.errors import AttemptEndedError, RunCancelledError, RunTimeoutError, TaskloomError

SHORT = 0.02
LONG = 60


@task
def quick():
    return 1


@task
async def forever():
    await asyncio.Event().wait()


def slow():
    return workflow("w").add(quick >> forever(task_id="slow") >> quick(task_id="next"))


def start(wf, **arguments):
    return wf.start(**arguments).result()


def execute_async(wf, **arguments):
    return asyncio.run(wf.execute_async(**arguments))


def run_async(wf, **arguments):
    return asyncio.run(wf.run_async(**arguments))


def execute(wf, **arguments):
    return wf.execute(**arguments)


def run(wf, **arguments):
    return wf.run(**arguments)


EVERY_WAY = pytest.mark.parametrize("way", [execute, run, start, execute_async, run_async])


@EVERY_WAY
def test_r_07_a_run_that_takes_too_long_is_cancelled_and_keeps_what_is_done(way):
    with pytest.raises(RunTimeoutError, match=r"^the run of workflow `w` took longer than.* 20ms") as caught:
        way(slow(), timeout=SHORT)
    assert isinstance(caught.value, TimeoutError)
    assert isinstance(caught.value, RunCancelledError)
    assert "in the middle: `slow`" in str(caught.value)
    record = caught.value.run
    assert record.status == "cancelled"
    assert record.outputs == {"quick": 1}
    assert [each.state for each in record.tasks.values()] == ["succeeded", "cancelled", "not run"]


@EVERY_WAY
def test_r_07_a_plain_function_that_outruns_the_grace_time_is_abandoned(way):
    go, late = threading.Event(), threading.Event()
    errors = []

    @task
    def stubborn(ctx: TaskExecutionContext):
        go.wait(20)
        assert ctx.cancelled
        for use in (
            lambda: ctx.get_channel().set("key", 1),
            lambda: ctx.get_result("quick"),
            lambda: ctx.next_task("quick", goto=True),
            lambda: ctx.next_iteration(1),
            lambda: ctx.terminate_workflow(),
            lambda: ctx.cancel_workflow(),
        ):
            with pytest.raises(AttemptEndedError) as caught:
                use()
            errors.append(caught.value)
        late.set()
        return "dropped"

    with pytest.raises(RunTimeoutError) as caught:
        way(workflow("w").add(quick >> stubborn), timeout=SHORT, grace=SHORT, max_concurrency=1)
    record = caught.value.run
    assert record.abandoned == ["stubborn"]
    assert record.tasks["stubborn"].state == "cancelled"
    go.set()
    assert late.wait(20)
    assert len(errors) == 6
    assert record.outputs == {"quick": 1}


def test_r_10_a_plain_function_that_ends_in_time_keeps_its_result():
    @task
    def attentive(ctx: TaskExecutionContext):
        while not ctx.cancelled:
            time.sleep(0)
        return "told"

    with pytest.raises(RunTimeoutError) as caught:
        workflow("w").add(attentive).execute(timeout=SHORT, grace=LONG)
    assert caught.value.run.outputs == {"attentive": "told"}
    assert caught.value.run.abandoned == []


def test_r_10_cancelling_waits_for_the_grace_time_only():
    begun, go, late = threading.Event(), threading.Event(), threading.Event()

    @task
    def stubborn():
        begun.set()
        go.wait(20)
        late.set()

    handle = workflow("w").add(stubborn).start(grace=SHORT)
    assert begun.wait(20)
    handle.cancel()
    with pytest.raises(RunCancelledError) as caught:
        handle.result(20)
    assert not isinstance(caught.value, RunTimeoutError)
    assert caught.value.run.abandoned == ["stubborn"]
    go.set()
    assert late.wait(20)


def test_r_14_the_caller_runs_no_plain_function_of_a_run_with_a_timeout():
    where = task(lambda: threading.get_ident(), id="where")
    assert workflow("w").add(where).execute(max_concurrency=1) == threading.get_ident()
    assert workflow("w").add(where).execute(max_concurrency=1, timeout=LONG) != threading.get_ident()


def test_r_15_a_clean_up_still_runs_when_the_time_is_over():
    clean_up = quick(task_id="clean-up").with_options(run_when="always")
    with pytest.raises(RunTimeoutError) as caught:
        workflow("w").add(forever >> clean_up).execute(timeout=SHORT)
    assert caught.value.run.outputs == {"clean-up": 1}


@pytest.mark.parametrize("timeout", [0, -1, "5s", float("nan"), True])
def test_e_01_a_timeout_that_makes_no_sense(timeout):
    with pytest.raises(TaskloomError, match="timeout is a number of seconds above 0"):
        workflow("w").add(quick).execute(timeout=timeout)


@pytest.mark.parametrize("grace", [-1, None, "5s", float("nan"), True])
def test_e_01_a_grace_time_that_makes_no_sense(grace):
    with pytest.raises(TaskloomError, match="grace is a number of seconds from 0 on"):
        workflow("w").add(quick).execute(grace=grace)


def test_r_07_a_time_without_end():
    assert workflow("w").add(quick).execute(timeout=float("inf"), grace=float("inf")) == 1
