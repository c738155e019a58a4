"""Section 6: groups and policies, with the faults W-02, W-03, W-09, W-12 and W-18 mended."""

import threading

import pytest
from graflow.core.context import ExecutionContext
from graflow.core.engine import WorkflowEngine
from graflow.core.handler import TaskHandler, TaskResult
from graflow.core.handlers.direct import DirectTaskHandler
from graflow.core.handlers.group_policy import (
    AtLeastNGroupPolicy,
    BestEffortGroupPolicy,
    CriticalGroupPolicy,
    GroupExecutionPolicy,
    StrictGroupPolicy,
    canonicalize_group_policy,
    resolve_group_policy,
)
from graflow.exceptions import GraflowRuntimeError, ParallelGroupError

from graflow import parallel, task, workflow

POLICIES = [
    StrictGroupPolicy(),
    BestEffortGroupPolicy(),
    CriticalGroupPolicy(["b", "a"]),
    AtLeastNGroupPolicy(2),
]


def good(name):
    return task(lambda: name, id=name)


def bad(name):
    @task(name)
    def fails():
        raise ValueError(f"{name} is broken")

    return fails


def run(group, policy=None):
    with workflow("w") as wf:
        group = group()
        if policy is not None:
            group.with_execution(policy=policy)
        group >> good("after")
    return wf.execute(ret_context=True)


def mixed():
    return parallel(good("a"), bad("b"), good("c"), bad("d"))


def test_6_2_strict_lists_what_failed_and_what_succeeded():
    for policy in (None, "strict", "STRICT", StrictGroupPolicy()):
        with pytest.raises(ParallelGroupError) as caught:
            run(mixed, policy)
        error = caught.value
        assert error.group_id == "ParallelGroup_1"
        assert sorted(task_id for task_id, _ in error.failed_tasks) == ["b", "d"]
        assert all("is broken" in message for _, message in error.failed_tasks)
        assert sorted(error.successful_tasks) == ["a", "c"]
        assert isinstance(error.cause, ValueError)


def test_6_2_best_effort_goes_on():
    for policy in ("best_effort", "Best_Effort", BestEffortGroupPolicy()):
        value, context = run(mixed, policy)
        assert value == "after"
        assert context.get_result("a") == "a"
        assert context.get_result("b") is None
        assert context.get_result("ParallelGroup_1") == {"a": "a", "c": "c"}


def test_6_2_critical_and_at_least():
    assert run(mixed, CriticalGroupPolicy(["a", "c"]))[0] == "after"
    assert run(mixed, AtLeastNGroupPolicy(2))[0] == "after"
    for policy in (CriticalGroupPolicy(["a", "b"]), AtLeastNGroupPolicy(min_success=3)):
        with pytest.raises(ParallelGroupError):
            run(mixed, policy)


@pytest.mark.parametrize("policy", ["critical", "at_least_n", "nonsense"])
def test_6_2_a_wrong_policy_is_refused_where_it_is_given(policy):
    with pytest.raises(ValueError, match=policy):
        mixed().with_execution(policy=policy)
    with pytest.raises(TypeError, match="GroupExecutionPolicy"):
        mixed().with_execution(policy=5)


def test_6_2_a_policy_that_names_strangers_is_refused():
    with pytest.raises(GraflowRuntimeError.__base__, match="stranger"):
        run(mixed, CriticalGroupPolicy(["stranger"]))


def test_6_2_arguments_of_policies():
    with pytest.raises(ValueError, match="at least one"):
        CriticalGroupPolicy([])
    with pytest.raises(ValueError, match="from 0 on"):
        AtLeastNGroupPolicy(-1)
    names = ["strict", "best_effort", "critical", "at_least_2"]
    policies = [
        StrictGroupPolicy(),
        BestEffortGroupPolicy(),
        CriticalGroupPolicy("a"),
        AtLeastNGroupPolicy(2),
    ]
    assert [policy.get_name() for policy in policies] == names


class AlwaysFails(GroupExecutionPolicy):
    def on_group_finished(self, group_id, tasks, results, context):
        raise ParallelGroupError("no", group_id, [], [])


@pytest.mark.parametrize(
    "policy",
    [
        StrictGroupPolicy(),
        BestEffortGroupPolicy(),
        CriticalGroupPolicy(["b", "a"]),
        AtLeastNGroupPolicy(2),
        AlwaysFails(),
    ],
)
def test_6_2_policies_become_data_and_come_back(policy):
    data = canonicalize_group_policy(policy)
    again = resolve_group_policy(data)
    assert type(again) is type(policy)
    assert canonicalize_group_policy(again) == data


def test_6_2_policies_judge_by_themselves():
    tasks = [good("a"), good("b")]
    results = {"a": TaskResult("a", True), "b": TaskResult("b", False, error_message="broken")}
    BestEffortGroupPolicy().on_group_finished("g", tasks, results, None)
    CriticalGroupPolicy(["a"]).on_group_finished("g", tasks, results, None)
    AtLeastNGroupPolicy(1).on_group_finished("g", tasks, results, None)
    for policy in (StrictGroupPolicy(), CriticalGroupPolicy(["b"]), AtLeastNGroupPolicy(2), AlwaysFails()):
        with pytest.raises(ParallelGroupError):
            policy.on_group_finished("g", tasks, results, None)
    with pytest.raises(ParallelGroupError) as caught:
        StrictGroupPolicy().on_group_finished("g", tasks, results, None)
    assert (caught.value.failed_tasks, caught.value.successful_tasks) == ([("b", "broken")], ["a"])
    with pytest.raises(ParallelGroupError, match=r"\['b'\]"):
        StrictGroupPolicy().on_group_finished("g", tasks[:1], results, None)


def test_w_02_failing_groups_do_not_hang():
    import gc

    for _ in range(50):
        with pytest.raises(ParallelGroupError):
            run(mixed)
        gc.collect()


def test_w_03_branches_lose_no_writes():
    @task(inject_context=True)
    def member(ctx):
        channel = ctx.get_channel()
        channel.atomic_add("count", 1)
        channel.append("seen", ctx.task_id)

    @task(inject_context=True)
    def report(ctx):
        return ctx.get_channel().get("count"), sorted(ctx.get_channel().get("seen"))

    names = [f"m{number}" for number in range(20)]
    with workflow("w") as wf:
        parallel(*[member(task_id=name) for name in names]) >> report
    assert wf.execute() == (20, sorted(names))


def test_w_03_a_branch_restores_no_stale_value():
    written = threading.Event()

    @task(inject_context=True)
    def writes(ctx):
        ctx.get_channel().set("x", 5)
        written.set()

    @task
    def waits():
        assert written.wait(20)

    with workflow("w") as wf:
        (writes | waits) >> task(lambda x: x, id="read")
    assert wf.execute(initial_channel={"x": 0}) == 5


class Upper(TaskHandler):
    """Gives the value in capitals."""

    def __init__(self, by_storing=False):
        self.by_storing = by_storing
        self.seen = []

    def execute_task(self, task, context):
        self.seen.append((task.task_id, task.handler_type, type(context).__name__))
        value = task.run().upper()
        context.set_result(task.task_id, value)
        return None if self.by_storing else value


@pytest.mark.parametrize("by_storing", [True, False])
def test_w_09_handlers_execute_tasks_in_groups_too(by_storing):
    @task(handler="upper", inject_context=True)
    def shout(ctx, word="word"):
        return f"{ctx.task_id} {word}"

    @task
    def plain():
        return "plain"

    with workflow("w") as wf:
        shout(task_id="first") >> (shout(task_id="second", word="bound") | plain)
    engine = WorkflowEngine()
    handler = Upper(by_storing)
    engine.register_handler("upper", handler)
    context = ExecutionContext.create(wf.graph)
    assert engine.execute(context) == {"second": "SECOND BOUND", "plain": "plain"}
    assert context.get_result("first") == "FIRST WORD"
    assert handler.seen[0] == ("first", "upper", "ExecutionContext")


def test_11_an_unknown_handler_is_an_error_that_lists_those_there_are():
    with workflow("w") as wf:
        wf.add(task(lambda: 1, id="t", handler="docker"))
    with pytest.raises(GraflowRuntimeError, match="`t` has the handler 'docker', and the engine has: direct"):
        wf.execute()


def test_11_a_handler_for_all_and_what_it_raises():
    class Refuses(DirectTaskHandler):
        def execute_task(self, task, context):
            super().execute_task(task, context)
            raise OSError("no more")

    engine = WorkflowEngine()
    engine.register_handler("direct", Refuses())
    with workflow("w") as wf:
        wf.add(good("a"))
    with pytest.raises(GraflowRuntimeError, match="no more"):
        engine.execute(ExecutionContext.create(wf.graph))
    assert DirectTaskHandler().get_name() == "direct"
    assert Upper().get_name() == "Upper"
