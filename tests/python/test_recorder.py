"""`taskloom.testing.Recorder`: what ran, in which order, with which arguments (R-1, R-3)."""

import asyncio

import pytest

from taskloom import TaskExecutionContext, task, workflow
from taskloom.testing import Recorder


@task
def fetch(ctx: TaskExecutionContext, city: str, days=3, *more, **named):
    return f"{days} in {city}"


@task
async def later(value):
    await asyncio.sleep(0)
    return value


def test_r_03_the_arguments_of_a_call_with_outputs_and_defaults():
    recorder = Recorder()
    tokyo = fetch(task_id="tokyo", city="Tokyo")
    workflow("w").add(tokyo >> later(task_id="later", value=tokyo)).execute(observe=recorder)
    assert recorder.arguments("tokyo") == {"city": "Tokyo", "days": 3, "more": (), "named": {}}
    assert recorder.arguments("later") == {"value": "3 in Tokyo"}
    assert recorder.arguments("nobody") == {}


def test_r_01_what_ran_in_which_order():
    @task(max_retries=1)
    def unsteady(ctx: TaskExecutionContext):
        if ctx.attempt == 1:
            raise ValueError("too early")
        ctx.next_task("end", goto=True)

    recorder = Recorder()
    wf = workflow("w").add(unsteady >> later(task_id="between", value=1) >> later(task_id="end", value=2))
    assert asyncio.run(wf.run_async(observe=recorder)).value == 2
    assert recorder.started() == ["unsteady", "unsteady", "end"]
    assert recorder.order() == ["unsteady", "end"]
    assert recorder.skipped() == ["between"]
    recorder.assert_order(["unsteady", "end"])
    recorder.assert_before("unsteady", "end")


def test_e_01_an_assertion_that_does_not_hold_says_what_happened():
    recorder = Recorder()
    workflow("w").add(later(task_id="a", value=1) >> later(task_id="b", value=2)).execute(observe=recorder)
    with pytest.raises(AssertionError, match=r"in the order \['b', 'a'\], not \['a', 'b'\]\nwhat happened:"):
        recorder.assert_order(["b", "a"])
    with pytest.raises(AssertionError, match=r"(?s)'b' to succeed before 'a' starts.*run ended: succeeded$"):
        recorder.assert_before("b", "a")


def test_r_05_several_runs_one_after_the_other():
    recorder = Recorder()
    wf = workflow("w").add(later(task_id="a", value=1))
    wf.execute(observe=recorder)
    wf.run(observe=recorder)
    assert recorder.started() == ["a", "a"]
