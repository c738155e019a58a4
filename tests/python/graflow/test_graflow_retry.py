"""Section 7: retries, with the faults W-28, W-29 and W-30 mended; and the counters that can be used alone."""

import random

import pytest
from graflow.core.context import ExecutionContext
from graflow.core.cycle import CycleController
from graflow.core.graph import TaskGraph
from graflow.core.retry import RetryController
from graflow.exceptions import CycleLimitExceededError, GraflowRuntimeError, RetryLimitExceededError

import taskloom
from graflow import RetryPolicy, task, workflow


def flaky(failures, **options):
    """A task that fails so often, and then gives how often it was tried."""
    attempts = []

    @task(inject_context=True, **options)
    def body(ctx):
        attempts.append(ctx.retry_count)
        if len(attempts) <= failures:
            raise OSError(f"failure {len(attempts)}")
        return attempts

    return body


def run(definition, **options):
    graph = TaskGraph()
    graph.add_node(definition)
    return ExecutionContext.create(graph, **options).execute()


def test_7_the_sources_of_the_limit():
    assert run(flaky(2, max_retries=2)) == [0, 1, 2]
    assert run(flaky(2, retry_policy=RetryPolicy(max_retries=2, initial_interval=0))) == [0, 1, 2]
    policy = RetryPolicy(max_retries=1, initial_interval=0)
    assert run(flaky(1, max_retries=0, retry_policy=policy)) == [0, 1]
    assert run(flaky(2), default_max_retries=2) == [0, 1, 2]
    with pytest.raises(RetryLimitExceededError):
        run(flaky(2, max_retries=1), default_max_retries=5)


def test_7_without_retries_the_error_is_that_of_the_task():
    with pytest.raises(GraflowRuntimeError) as caught:
        run(flaky(1))
    assert not isinstance(caught.value, RetryLimitExceededError)
    assert isinstance(caught.value.cause, OSError)


def test_w_28_the_last_error_counts_the_retries_that_there_were():
    with pytest.raises(RetryLimitExceededError, match="failure 3") as caught:
        run(flaky(9, max_retries=2))
    error = caught.value
    assert (error.retry_count, error.max_retries, error.task_id) == (2, 2, "body")
    assert str(error.last_error) == "failure 3"
    assert error.cause is error.last_error is error.__cause__
    assert isinstance(error, taskloom.errors.RetryLimitExceededError)


def test_w_28_w_29_each_execution_has_retries_of_its_own():
    seen = []

    @task(inject_context=True, max_retries=1)
    def loop(ctx):
        seen.append((ctx.cycle_count, ctx.retry_count))
        if ctx.retry_count == 0:
            raise OSError
        if ctx.cycle_count < 3:
            ctx.next_iteration()

    run(loop)
    assert seen == [(1, 0), (1, 1), (2, 0), (2, 1), (3, 0), (3, 1)]


def test_7_default_retries_hold_in_chains_and_leave_jumps_alone():
    seen = []

    @task(inject_context=True)
    def first(ctx):
        seen.append("first")
        if len(seen) == 1:
            raise OSError

    @task(inject_context=True)
    def then(ctx):
        seen.append("then")
        if seen.count("then") == 1:
            ctx.next_task(first)

    graph = TaskGraph()
    graph.add_node(first)
    graph.add_node(then)
    graph.add_edge("first", "then")
    ExecutionContext.create(graph, "first", default_max_retries=1).execute()
    assert seen == ["first", "first", "then", "first", "then"]


def test_7_default_retries_for_groups_are_not_there_yet():
    with workflow("w") as wf:
        flaky(1) | task(lambda: 1, id="other")
    with pytest.raises(NotImplementedError, match="groups is not implemented yet"):
        ExecutionContext.create(wf.graph, default_max_retries=1).execute()


def test_w_30_others_run_during_a_wait():
    order = []

    @task(retry_policy=RetryPolicy(max_retries=1, initial_interval=0.2))
    def waits():
        order.append("waits")
        if order.count("waits") == 1:
            raise OSError

    @task
    def other():
        order.append("other")

    with workflow("w") as wf:
        waits >> task(lambda: 1, id="end")
        wf.add(other)
    wf.execute()
    assert sorted(order[:2]) == ["other", "waits"]
    assert order[2:] == ["waits"]


def test_7_delays():
    policy = RetryPolicy(max_retries=5, initial_interval=1.0, backoff_factor=3.0, max_interval=10.0)
    assert [policy.get_delay(retry) for retry in range(4)] == [1.0, 3.0, 9.0, 10.0]
    random.seed(1)
    jittery = RetryPolicy(initial_interval=4.0, max_interval=5.0, jitter=True)
    delays = [jittery.get_delay(0) for _ in range(200)]
    assert all(2.0 <= delay <= 5.0 for delay in delays)
    assert len(set(delays)) > 50
    assert isinstance(policy, taskloom.RetryPolicy)


def test_7_the_retry_controller_counts():
    controller = RetryController(default_max_retries=1)
    controller.set_node_policy("a", RetryPolicy(max_retries=2, initial_interval=3.0))
    controller.set_node_max_retries("b", 0)
    limits = [controller.get_max_retries_for_node(node) for node in "abc"]
    assert (limits, controller.accept_retry("b"), controller.get_delay("c")) == ([2, 0, 1], False, 0.0)
    error = OSError()
    assert [controller.increment("a", error), controller.increment("a")] == [1, 2]
    assert (controller.get_delay("a"), controller.get_last_error("a")) == (6.0, error)
    with pytest.raises(RetryLimitExceededError) as caught:
        controller.check_retry_limit("a")
    assert (caught.value.retry_count, caught.value.last_error) == (2, error)
    controller.check_retry_limit("c")


def test_5_6_the_cycle_controller_counts():
    controller = CycleController(2)
    controller.set_node_max_cycles("a", 1)
    assert (CycleController().default_max_cycles, controller.accept_next_cycle("a")) == (100, True)
    assert (controller.increment("a"), controller.accept_next_cycle("a")) == (1, False)
    with pytest.raises(CycleLimitExceededError) as caught:
        controller.check_cycle_limit("a")
    assert (caught.value.task_id, caught.value.cycle_count, caught.value.max_cycles) == ("a", 1, 1)
    controller.check_cycle_limit("b")
