"""What a task can ask for from inside (R-9), and what that does to the run."""

import asyncio
import threading

import pytest

from taskloom import TaskExecutionContext, task, workflow
from taskloom.errors import (
    CycleLimitExceededError,
    RunCancelledError,
    StepLimitExceededError,
    TaskError,
)


@task
def give(value=1):
    return value


def test_s_05_a_review_goes_back_and_the_result_is_published_once():
    published = []

    @task
    def writer(ctx: TaskExecutionContext):
        return ctx.cycle_count

    @task
    def reviewer(ctx: TaskExecutionContext, writer):
        if writer < 3:
            ctx.next_task("writer", goto=True)
        return writer

    @task
    def publish(reviewer):
        published.append(reviewer)

    run = workflow("w").add(writer >> (reviewer | give(task_id="legal")) >> publish).run()
    assert published == [3]
    assert run.tasks["writer"].iterations == 3
    assert run.tasks["publish"].iterations == 1


def test_r_09_next_task_of_a_task_of_the_run_jumps_there():
    end = give(task_id="end", value=2)

    @task
    def decide(ctx: TaskExecutionContext):
        ctx.next_task(end)

    run = workflow("w").add(decide >> give(task_id="between") >> end).run()
    assert run.tasks["between"].state == "skipped"
    assert run.value == 2


def test_r_09_a_goto_to_nowhere_names_what_was_meant():
    @task
    def lost(ctx: TaskExecutionContext):
        ctx.next_task("publsh", goto=True)

    with pytest.raises(TaskError, match=r"did you mean `publish`\?"):
        workflow("w").add(lost >> give(task_id="publish")).execute()


def test_s_07_an_iteration_takes_its_data_and_its_successor_runs_once():
    after = []

    @task
    def halve(ctx: TaskExecutionContext, value: int):
        if value > 1 and ctx.can_iterate():
            ctx.next_iteration(value // 2)
        return value

    @task
    def collect(halve):
        after.append(halve)

    run = workflow("w").add(halve(task_id="halve", value=40) >> collect).run()
    assert after == [1]
    assert run.tasks["halve"].iterations == 6


def test_s_09_terminate_is_a_success():
    @task
    def enough(ctx: TaskExecutionContext):
        ctx.terminate_workflow("found it")
        return 42

    run = workflow("w").add(enough >> give(task_id="later")).run()
    assert (run.status, run.message, run.value) == ("terminated", "found it", 42)
    assert run.tasks["later"].state == "not run"


def test_s_09_cancel_is_an_error_and_cancels_what_runs():
    @task
    async def forever():
        await asyncio.Event().wait()

    @task
    async def alarm(ctx: TaskExecutionContext):
        ctx.cancel_workflow("fire")

    with pytest.raises(RunCancelledError, match="fire") as caught:
        workflow("w").add(forever | alarm).execute()
    assert caught.value.task_id == "alarm"
    assert caught.value.run is not None
    assert caught.value.run.tasks["forever"].state == "cancelled"


def test_r_10_a_plain_function_sees_that_it_is_cancelled():
    started, seen = threading.Event(), threading.Event()

    @task
    def patient(ctx: TaskExecutionContext):
        started.set()
        while not ctx.cancelled:
            seen.wait(0.001)
        seen.set()

    handle = workflow("w").add(patient).start()
    assert started.wait(20)
    handle.cancel()
    with pytest.raises(RunCancelledError):
        handle.result(20)
    assert seen.is_set()


def test_r_09_what_a_failed_attempt_asked_for_is_dropped():
    @task(max_retries=1)
    def unsteady(ctx: TaskExecutionContext):
        if ctx.attempt == 1:
            ctx.terminate_workflow("too early")
            raise ValueError("not yet")

    assert workflow("w").add(unsteady >> give(value=7)).execute() == 7


def test_c_09_a_loop_ends_at_max_cycles():
    @task(max_cycles=3)
    def agent():
        return None

    with workflow("w") as wf:
        agent >> give(task_id="tool") >> agent
    with pytest.raises(CycleLimitExceededError, match="max_cycles") as caught:
        wf.execute()
    assert (caught.value.task_id, caught.value.max_cycles) == ("agent", 3)


def test_c_09_max_steps_is_an_error_too():
    wf = workflow("w").add(give(task_id="a") >> give(task_id="b", value=2))
    with pytest.raises(StepLimitExceededError) as caught:
        wf.execute(max_steps=1)
    assert caught.value.task_id == "b"
    assert wf.execute(max_steps=2) == 2


def test_r_15_a_clean_up_runs_in_a_run_that_failed():
    ran = []

    @task
    def breaks():
        raise ValueError("broken")

    @task(run_when="always")
    def tidy():
        ran.append("tidy")

    with pytest.raises(TaskError, match="broken"):
        workflow("w").add(breaks >> tidy).execute()
    assert ran == ["tidy"]


def test_i_09_control_has_no_effect_without_a_run():
    @task
    def body(ctx: TaskExecutionContext):
        ctx.next_task("x", goto=True)
        ctx.next_iteration(1)
        ctx.terminate_workflow()
        ctx.cancel_workflow()
        return ctx.cycle_count, ctx.can_iterate(), ctx.cancelled, ctx.get_result("x", 5)

    assert body.run() == (1, True, False, 5)
