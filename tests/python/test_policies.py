"""When a group has succeeded (R-8)."""

import asyncio

import pytest

from taskloom import parallel, policies, task, workflow
from taskloom.errors import GraphCompilationError, ParallelGroupError


@task
def mirror(works: bool):
    if not works:
        raise ValueError("down")
    return 1


def mirrors(*works):
    return parallel(*(mirror(task_id=f"m{i}", works=each) for i, each in enumerate(works)))


@pytest.mark.parametrize(
    ("policy", "works", "value"),
    [
        ("best_effort", (True, False, True), {"m0": 1, "m2": 1}),
        (policies.AtLeastN(1), (False, False, True), {"m2": 1}),
        (policies.Critical(["m0"]), (True, False, False), {"m0": 1}),
    ],
)
def test_r_08_the_value_of_a_group_that_passes_lacks_what_failed(policy, works, value):
    assert workflow("w").add(mirrors(*works).with_execution(policy=policy)).execute() == value


@pytest.mark.parametrize(
    ("policy", "works", "text"),
    [
        ("strict", (True, False), "its policy is strict"),
        (policies.AtLeastN(2), (True, False), "its policy is at least 2"),
        (policies.Critical(["m0"]), (False, True), "its policy is critical: m0"),
    ],
)
def test_r_08_the_error_says_which_policy_was_not_met(policy, works, text):
    with pytest.raises(ParallelGroupError, match=text):
        workflow("w").add(mirrors(*works).with_execution(policy=policy)).execute()


def test_r_08_a_critical_policy_names_tasks_of_the_group():
    group = mirrors(True, True).with_execution(policy=policies.Critical(["m7"]))
    with pytest.raises(GraphCompilationError, match="`m7`"):
        workflow("w").add(group).execute()


def test_r_08_there_is_no_other_policy():
    with pytest.raises(ValueError, match='there is no policy "lenient"'):
        mirrors(True).with_execution(policy="lenient")


def test_c_08_a_second_call_changes_only_what_is_given():
    group = mirrors(True, False).with_execution(policy="best_effort").with_execution(fail_fast=True)
    assert workflow("w").add(group.set_group_name("named")).execute() == {"m0": 1}


def test_s_03_fail_fast_cancels_what_runs():
    @task
    async def forever():
        await asyncio.Event().wait()

    group = (forever | mirror(task_id="m", works=False)).with_execution(fail_fast=True)
    with pytest.raises(ParallelGroupError) as caught:
        workflow("w").add(group).execute()
    assert caught.value.run is not None
    assert caught.value.run.tasks["forever"].state == "cancelled"
