"""Policies of one's own (R-8)."""

import asyncio
import threading

import pytest

from taskloom import TaskExecutionContext, parallel, task, workflow
from taskloom.errors import ParallelGroupError, RunCancelledError
from taskloom.policies import BranchRecord


@task
def mirror(works: bool):
    if not works:
        raise ValueError("down")
    return 7


@task
async def mirror_async(works: bool):
    await asyncio.sleep(0)
    if not works:
        raise ValueError("down")
    return 7


@task
def count(mirrors):
    return len(mirrors)


class Says:
    """Keeps what it sees, and says what it was told to say."""

    def __init__(self, said=True):
        self.said = said
        self.seen = []
        self.threads = []

    def judge(self, group, branches):
        self.seen.append((group, branches))
        self.threads.append(threading.current_thread())
        if isinstance(self.said, BaseException):
            raise self.said
        return self.said


def mirrors(*works, of=mirror):
    return parallel(*(of(task_id=f"m{i}", works=each) for i, each in enumerate(works)))


@pytest.mark.parametrize("of", [mirror, mirror_async])
def test_r_08_a_policy_sees_how_each_branch_ended_and_decides(of):
    says = Says()
    group = mirrors(True, False, of=of).set_group_name("mirrors").with_execution(policy=says)
    assert workflow("w").add(group >> count).execute() == 1
    [(name, [first, second])] = says.seen
    assert name == "mirrors"
    assert first == BranchRecord("m0", "succeeded", 7, None)
    assert (second.task_id, second.state, second.value) == ("m1", "failed", None)
    assert isinstance(second.error, ValueError)


def test_r_08_a_policy_that_says_no_fails_the_group_because_of_the_first_error():
    group = mirrors(True, False).set_group_name("mirrors").with_execution(policy=Says(False))
    with pytest.raises(ParallelGroupError, match="1 of 2 branches failed, and its policy is Says\n") as error:
        workflow("w").add(group).execute()
    assert error.value.group_id == "mirrors"
    assert isinstance(error.value.__cause__, ValueError)


@pytest.mark.parametrize("of", [mirror, mirror_async])
def test_r_08_what_a_policy_raises_is_the_cause(of):
    reason = LookupError("one too many")
    group = mirrors(True, False, of=of).with_execution(policy=Says(reason))
    text = "its policy is Says, which failed: LookupError: one too many"
    with pytest.raises(ParallelGroupError, match=text) as caught:
        workflow("w").add(group).execute()
    assert caught.value.__cause__ is reason


@pytest.mark.parametrize("of", [mirror, mirror_async])
@pytest.mark.parametrize("said", [None, 1, "yes"])
def test_r_08_a_policy_says_true_or_false(of, said):
    group = mirrors(True, True, of=of).with_execution(policy=Says(said))
    with pytest.raises(ParallelGroupError) as caught:
        workflow("w").add(group).execute()
    assert isinstance(caught.value.__cause__, TypeError)
    assert f"gave a {type(said).__name__}" in str(caught.value)


def test_r_08_an_interruption_in_a_policy_cancels_the_run():
    group = mirrors(True, True).with_execution(policy=Says(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        workflow("w").add(group).execute()


def test_r_08_groups_in_groups_are_judged_from_the_inside():
    inner, outer = Says(False), Says(True)
    group = mirrors(False, True).set_group_name("inner").with_execution(policy=inner)
    group = parallel(group, mirror(task_id="lone", works=True)).with_execution(policy=outer)
    assert workflow("w").add(group >> count).execute() == 1
    [(_, [first, second])] = outer.seen
    assert (first.task_id, first.state) == ("inner", "failed")
    assert str(first.error) == "down"
    assert second == BranchRecord("lone", "succeeded", 7, None)


def test_r_13_the_caller_asks_where_it_works():
    says = Says()
    workflow("w").add(mirrors(True).with_execution(policy=says)).execute()
    assert says.threads == [threading.main_thread()]


def test_r_08_a_group_that_ends_by_a_timeout_is_judged():
    gate = threading.Event()

    @task(timeout=0.05)
    def late():
        gate.wait(20)

    says = Says()
    group = parallel(late, mirror(task_id="m", works=True)).with_execution(policy=says)
    workflow("w").add(group).execute()
    gate.set()
    [(_, [first, second])] = says.seen
    assert (first.state, second.state) == ("failed", "succeeded")
    assert isinstance(first.error, TimeoutError)


def test_r_08_under_execute_async():
    says = Says()
    group = mirrors(True, False, of=mirror_async).with_execution(policy=says)
    assert asyncio.run(workflow("w").add(group >> count).execute_async()) == 1
    assert len(says.seen) == 1


def test_s_05_a_group_is_judged_at_each_pass():
    @task
    def again(ctx: TaskExecutionContext, mirrors):
        if ctx.cycle_count < 3:
            ctx.next_task(first, goto=True)
        return len(mirrors)

    says = Says()
    first = mirror(task_id="m0", works=True)
    group = parallel(first, mirror(task_id="m1", works=True)).with_execution(policy=says)
    assert workflow("w").add(group >> again).execute() == 2
    assert len(says.seen) == 3


def test_s_09_a_cancelled_run_is_not_saved_by_a_policy():
    @task
    def end(ctx: TaskExecutionContext):
        ctx.cancel_workflow("enough")

    with pytest.raises(RunCancelledError):
        workflow("w").add(parallel(end).with_execution(policy=Says())).execute()


def test_r_08_a_policy_is_free_to_run_a_workflow():
    class Nested:
        def judge(self, group, branches):
            return workflow("inner").add(mirror(works=True)).execute() == 7

    assert workflow("w").add(mirrors(True, True).with_execution(policy=Nested()) >> count).execute() == 2


@pytest.mark.parametrize(
    ("policy", "text"),
    [
        (object(), "a object is no policy of a group\n  hint: .*`judge"),
        (Says, r"Says is a class: give Says\("),
        (7, "a int is no policy"),
    ],
)
def test_e_01_what_is_no_policy(policy, text):
    with pytest.raises(TypeError, match=text):
        mirrors(True).with_execution(policy=policy)


def test_e_01_a_policy_does_not_wait():
    class Patient:
        async def judge(self, group, branches):
            return True

    with pytest.raises(TypeError, match=r"Patient\.judge is `async def`"):
        mirrors(True).with_execution(policy=Patient())
