"""Waits between attempts, filters and timeouts (R-7)."""

import asyncio
import itertools
import threading
import time

import pytest

from taskloom import RetryPolicy, TaskExecutionContext, policies, task, workflow
from taskloom.errors import BindingError, RetryLimitExceededError, TaskError

WAIT = 0.02


@task
def fails(times: int, attempts: list, error: type = ValueError):
    attempts.append(time.monotonic())
    if len(attempts) <= times:
        raise error(f"attempt {len(attempts)}")
    return len(attempts)


@task
def quick():
    return 1


def test_r_07_a_further_attempt_comes_after_its_wait():
    attempts = []
    policy = RetryPolicy(max_retries=2, initial_interval=WAIT, backoff_factor=1)
    run = (
        workflow("w")
        .add(fails(task_id="t", times=2, attempts=attempts).with_options(retry_policy=policy))
        .run()
    )
    assert run.value == run.tasks["t"].attempts == 3
    assert all(later - earlier >= WAIT * 0.9 for earlier, later in itertools.pairwise(attempts))


def test_r_07_waiting_holds_no_worker():
    policy = RetryPolicy(max_retries=1, initial_interval=WAIT)
    patient = fails(task_id="t", times=1, attempts=[]).with_options(retry_policy=policy)
    run = workflow("w").add(patient | quick).run(max_concurrency=1)
    assert list(run.outputs) == ["quick", "t"]


def test_r_07_async_tasks_wait_too():
    attempts = []

    @task(retry_policy=RetryPolicy(max_retries=1, initial_interval=WAIT))
    async def unsteady():
        attempts.append(None)
        if len(attempts) == 1:
            raise OSError("once")
        return len(attempts)

    assert asyncio.run(workflow("w").add(unsteady).execute_async()) == 2


def test_r_07_an_exception_that_the_filter_refuses_is_not_retried():
    attempts = []
    policy = RetryPolicy(max_retries=5, initial_interval=0, retry_on=(OSError, KeyError))
    with pytest.raises(TaskError, match="attempt 1"):
        workflow("w").add(fails(times=9, attempts=attempts).with_options(retry_policy=policy)).execute()
    assert len(attempts) == 1


def test_r_07_the_last_error_is_kept():
    policy = RetryPolicy(max_retries=2, initial_interval=0, retry_on=ValueError)
    with pytest.raises(RetryLimitExceededError, match="attempt 3 of 3") as caught:
        workflow("w").add(fails(times=9, attempts=[]).with_options(retry_policy=policy)).execute()
    assert (caught.value.retry_count, str(caught.value.last_error)) == (2, "attempt 3")


def test_s_08_what_backs_off_does_not_run_after_the_run_has_failed():
    patient = fails(task_id="patient", times=9, attempts=[])
    patient = patient.with_options(
        retry_policy=RetryPolicy(max_retries=1, initial_interval=3600, max_interval=3600)
    )
    broken = fails(task_id="broken", times=9, attempts=[])
    with pytest.raises(TaskError) as caught:
        workflow("w").add(patient).add(broken).execute(max_concurrency=1)
    assert caught.value.task_id == "broken"
    assert caught.value.run.tasks["patient"].state == "not run"
    assert str(caught.value.run.tasks["patient"].error) == "attempt 1"


def test_r_07_an_async_attempt_that_takes_too_long_is_cancelled_and_retried():
    cancelled = []

    @task(timeout=WAIT, max_retries=1)
    async def stuck(ctx: TaskExecutionContext):
        if ctx.attempt == 1:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.append(ctx.task_id)
                raise
        return ctx.attempt

    assert workflow("w").add(stuck).execute() == 2
    assert cancelled == ["stuck"]


def test_r_07_an_async_attempt_that_swallows_its_cancellation_has_failed():
    @task(timeout=WAIT)
    async def stubborn():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return "as if nothing had been"

    with pytest.raises(TaskError, match=r"longer than its timeout of 0\.02 s") as caught:
        workflow("w").add(stubborn).execute()
    assert isinstance(caught.value.__cause__, TimeoutError)


def test_r_07_a_plain_function_that_outruns_its_timeout_is_abandoned():
    go, late = threading.Event(), threading.Event()
    seen = []

    @task(timeout=WAIT)
    def stuck(ctx: TaskExecutionContext):
        go.wait(20)
        seen.append(ctx.cancelled)
        late.set()

    others = [quick(task_id=f"q{i}") for i in range(3)]
    group = (stuck | others).with_execution(policy=policies.AtLeastN(1))
    run = workflow("w").add(group).run(max_concurrency=1)
    assert [id for id in run.outputs if id.startswith("q")] == ["q0", "q1", "q2"]
    assert isinstance(run.tasks["stuck"].error, TimeoutError)
    go.set()
    assert late.wait(20)
    assert seen == [True]


@pytest.mark.parametrize(
    "options",
    [
        {"max_retries": -1},
        {"initial_interval": -1},
        {"backoff_factor": "2"},
        {"max_interval": float("nan")},
        {"retry_on": ValueError("x")},
        {"retry_on": (ValueError, "x")},
    ],
)
def test_e_01_a_policy_that_makes_no_sense(options):
    (name,) = options
    with pytest.raises(BindingError, match=name):
        RetryPolicy(**options)


@pytest.mark.parametrize("timeout", [0, -1, "5s", float("nan"), True])
def test_e_01_a_timeout_that_makes_no_sense(timeout):
    with pytest.raises(BindingError, match="timeout"):
        quick().with_options(timeout=timeout)
