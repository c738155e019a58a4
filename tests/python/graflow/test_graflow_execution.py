"""Sections 4 and 5: workflows, runs and control, with W-01, W-06 to W-08 and W-11 to W-17 mended."""

import contextlib
import gc
import threading
import weakref

import pytest
from graflow.core.context import (
    ExecutionContext,
    TaskExecutionContext,
    create_execution_context,
    execute_with_cycles,
)
from graflow.core.engine import WorkflowEngine
from graflow.core.graph import TaskGraph
from graflow.core.workflow import (
    clear_workflow_context,
    current_workflow_context,
    get_current_workflow_context,
    require_workflow_context,
    set_current_workflow_context,
)
from graflow.exceptions import (
    CycleLimitExceededError,
    GraflowError,
    GraflowRuntimeError,
    GraflowWorkflowCanceledError,
    GraphCompilationError,
    TaskError,
)

import taskloom
from graflow import task, workflow


class Log:
    """Makes tasks that write down that they ran."""

    def __init__(self):
        self.entries = []

    def __call__(self, names):
        return [self.one(name) for name in names]

    def one(self, name, do=lambda ctx: None):
        @task(name, inject_context=True)
        def body(ctx):
            self.entries.append(name)
            do(ctx)
            return name

        return body

    @property
    def text(self):
        return "".join(self.entries)


def test_w_01_a_join_runs_once():
    log = Log()
    a, b, c, d = log("abcd")
    with workflow("w") as wf:
        a >> b >> d
        a >> c >> d
    assert wf.execute() == "d"
    assert sorted(log.entries) == ["a", "b", "c", "d"]
    assert log.text[-1] == "d"


def test_w_01_a_ladder_of_diamonds_is_linear():
    log = Log()
    with workflow("w") as wf:
        end = log.one("start")
        for rung in range(10):
            left, right, join = log([f"l{rung}", f"r{rung}", f"j{rung}"])
            end >> left >> join
            end >> right >> join
            end = join
    _, context = wf.execute(ret_context=True)
    assert len(log.entries) == context.steps == 31


def test_w_07_the_central_pattern_with_definitions_in_the_block():
    log = Log()
    with workflow("w") as wf:
        a, b, c, d = log("abcd")
        log.one("template")
        a >> (b | c) >> d
    assert wf.execute() == "d"
    assert (log.text[0], sorted(log.text[1:3]), log.text[3:]) == ("a", ["b", "c"], "d")


def test_w_07_several_roots_all_start():
    log = Log()
    with workflow("w") as wf:
        a, b, c = log("abc")
        a >> c
        b >> c
    wf.execute()
    assert sorted(log.entries) == ["a", "b", "c"]


def test_w_08_an_unknown_start_is_an_error_with_near_matches():
    with workflow("w") as wf:
        first, then = Log()(["fetch_tokyo", "then"])
        first >> then
    with pytest.raises(GraphCompilationError, match=r"`fetch_toyko`.*\n.*did you mean `fetch_tokyo`"):
        wf.execute("fetch_toyko")
    with pytest.raises(GraphCompilationError, match="has no tasks"):
        workflow("empty").execute()


def test_w_08_a_limit_of_steps_is_an_error():
    with workflow("w") as wf:
        a, b, c = Log()("abc")
        a >> b >> c
    with pytest.raises(GraflowRuntimeError) as caught:
        wf.execute(max_steps=2)
    assert isinstance(caught.value, taskloom.errors.TaskloomRuntimeError)
    assert caught.value.run.outputs == {"a": "a", "b": "b"}


@pytest.mark.parametrize("start", ["b", "pair"])
def test_4_2_a_start_node_may_be_a_task_or_a_group(start):
    log = Log()
    with workflow("w") as wf:
        a, b, c, d = log("abcd")
        a >> b >> d
        a >> (b | c).set_group_name("pair") >> d
    wf.execute(start)
    assert "a" not in log.text
    assert log.text[-1] == "d"


def test_4_2_a_start_may_be_what_was_made_in_the_block_alone():
    log = Log()
    with workflow("w") as wf:
        log("abc")
    assert wf.execute("b") == "b"
    assert log.text == "b"
    assert wf.execute(start_node="c") == "c"


def test_4_2_arguments_by_position_and_the_context():
    @task
    def use(key):
        return key + 1

    with workflow("w") as wf:
        wf.add(use)
    value, context = wf.execute("use", 10, True, {"key": 1})
    assert (value, context.get_result("use"), context.get_result("none", 5)) == (2, 2, 5)
    assert context.get_channel().get("key") == 1
    assert (context.completed_tasks, context.steps, context.max_steps) == (["use"], 1, 10)


def test_w_17_a_group_has_a_value_and_sinks_are_ordered():
    with workflow("w") as wf:
        a, b, c = Log()("abc")
        a >> (b | c)
    assert wf.execute() == {"b": "b", "c": "c"}
    with workflow("w") as wf:
        a, b, c = Log()("abc")
        a >> b
        a >> c
    assert {wf.execute() for _ in range(20)} == {"c"}


def test_w_13_runs_of_one_workflow_do_not_mix():
    @task
    def first(n):
        return n

    @task
    def second(first):
        return first

    with workflow("w") as wf:
        first >> second
    wrong = []

    def many(start):
        wrong.extend(n for n in range(start, start + 200) if wf.execute(initial_channel={"n": n}) != n)

    threads = [threading.Thread(target=many, args=(1000 * number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_w_15_a_run_does_not_change_the_workflow():
    counts = []

    def go_on(ctx):
        counts.append(ctx.cycle_count)
        if ctx.cycle_count < 3:
            ctx.next_iteration()

    log = Log()
    with workflow("w") as wf:
        loop, after = log.one("loop", go_on), log.one("after")
        loop >> after
    for _ in range(2):
        assert wf.execute() == "after"
    assert counts == [1, 2, 3] * 2
    assert set(wf.graph.nodes) == {"loop", "after"}


@pytest.mark.parametrize("inside", [True, False])
def test_w_06_what_follows_an_iteration_runs_once_after_the_last(inside):
    log = Log()
    with workflow("w") as wf:
        loop = log.one("l", lambda ctx: ctx.can_iterate() and ctx.next_iteration())
        loop(task_id="loop").with_options(max_cycles=3) >> log.one("a")
        if inside:
            wf.execute()
    if not inside:
        wf.execute()
    assert log.text == "llla"


def test_5_4_an_iteration_takes_its_data():
    @task(inject_context=True, max_cycles=5)
    def count(ctx, n=10, step=1):
        if n > 7:
            assert ctx.next_iteration(n - step) == "count"
        return n

    @task
    def report(count):
        return f"at {count}"

    with workflow("w") as wf:
        count >> report
    assert wf.execute() == "at 7"
    with workflow("w") as wf:
        count(task_id="count", step=3) >> report
    assert wf.execute() == "at 7"


def test_a_65_data_that_is_falsy_is_passed_and_w_24_data_comes_before_what_is_bound():
    seen = []

    @task(inject_context=True)
    def loop(ctx, n):
        seen.append(n)
        if len(seen) == 1:
            ctx.next_iteration(0)

    with workflow("w") as wf:
        wf.add(loop(n=5))
    wf.execute(initial_channel={"n": 3})
    assert seen == [5, 0]


def test_a_63_iterations_have_a_limit_that_the_body_sees():
    @task(inject_context=True, max_cycles=2)
    def limited(ctx):
        ctx.next_iteration()

    @task(inject_context=True)
    def unlimited(ctx):
        assert ctx.max_cycles == 10
        ctx.next_iteration()

    for definition, limit in ((limited, 2), (unlimited, 10)):
        with workflow("w") as wf:
            wf.add(definition)
        with pytest.raises(CycleLimitExceededError) as caught:
            wf.execute()
        assert (caught.value.task_id, caught.value.cycle_count, caught.value.max_cycles) == (
            definition.task_id,
            limit,
            limit,
        )


def test_5_1_the_default_limit_is_the_contexts():
    log = Log()
    graph = TaskGraph()
    graph.add_node(log.one("a", lambda ctx: ctx.can_iterate() and ctx.next_iteration()))
    WorkflowEngine().execute(ExecutionContext.create(graph, "a", default_max_cycles=4))
    assert log.text == "aaaa"


def test_w_16_a_limit_holds_on_cycles_of_the_graph():
    log = Log()
    with workflow("w") as wf:
        a, b = log.one("a"), log.one("b")
        limited = task(lambda: log.entries.append("l"), id="limited", max_cycles=2)
        a >> limited >> b >> a
    with pytest.raises(CycleLimitExceededError, match="`limited`"):
        wf.execute()
    assert log.entries.count("l") == 2


def test_5_3_a_cycle_without_limit_runs_until_a_task_ends_it():
    log = Log()
    with workflow("w") as wf:
        a = log.one("a", lambda ctx: len(log.entries) > 300 and ctx.terminate_workflow("enough"))
        b = log.one("b")
        a >> b >> a
    wf.execute()
    assert (len(log.entries), log.entries[-1]) == (301, "a")
    with workflow("w") as endless:
        c, d = log("cd")
        c >> d >> c
    with pytest.raises(GraflowRuntimeError, match="as many executions as it may"):
        endless.execute(max_steps=20)


def test_w_14_a_jump_is_one_and_skips_what_follows():
    log = Log()
    with workflow("w") as wf:
        x, s = log("xs")
        a = log.one("a", lambda ctx: ctx.next_task(x, goto=True))
        root = log.one("r")
        root >> a >> s
        s >> x
    wf.execute()
    assert log.text == "rax"


def test_5_4_a_task_that_the_run_has_is_jumped_to_without_goto():
    log = Log()
    with workflow("w") as wf:
        writer, review, publish = log.one("w"), None, log.one("p")

        def decide(ctx):
            if ctx.cycle_count == 1:
                assert ctx.next_task(writer) == "w"

        review = log.one("r", decide)
        writer >> review >> publish
    wf.execute()
    assert log.text == "wrwrp"


def test_5_4_a_chain_or_group_cannot_be_added():
    refused = []

    def spawn(ctx):
        x, y = log.one("x"), log.one("y")
        for composition in (x >> y, x | y):
            with pytest.raises(TypeError, match=r"next_task\(\) takes one task.*\n  hint"):
                ctx.next_task(composition)
            refused.append(composition)

    log = Log()
    with workflow("w") as wf:
        wf.add(log.one("a", spawn))
    wf.execute()
    assert (len(refused), log.entries) == (2, ["a"])


def test_w_11_terminate_ends_the_run_from_any_branch():
    log = Log()
    with workflow("w") as wf:
        a = log.one("a", lambda ctx: ctx.terminate_workflow("done"))
        (a | log.one("b")) >> log.one("c")
    wf.execute()
    assert "c" not in log.text


def test_w_11_cancel_cancels_the_run_from_any_branch():
    log = Log()
    with workflow("w") as wf:
        a = log.one("a", lambda ctx: ctx.cancel_workflow("no data"))
        (a | log.one("b")).with_execution(policy="best_effort") >> log.one("c")
    with pytest.raises(GraflowWorkflowCanceledError, match="no data") as caught:
        wf.execute()
    assert caught.value.task_id == "a"
    assert "c" not in log.text


def test_a_60_cancelling_comes_before_terminating():
    def both(ctx):
        ctx.terminate_workflow("first")
        ctx.cancel_workflow("second")

    with workflow("w") as wf:
        wf.add(Log().one("a", both))
    with pytest.raises(GraflowWorkflowCanceledError, match="second"):
        wf.execute()


def test_d_a_failing_task_is_the_cause():
    @task
    def fails():
        raise KeyError("missing")

    with workflow("w") as wf:
        wf.add(fails)
    with pytest.raises(GraflowRuntimeError) as caught:
        wf.execute()
    error = caught.value
    assert isinstance(error, TaskError)
    assert isinstance(error, taskloom.errors.TaskError)
    assert isinstance(error.cause, KeyError)
    assert error.__cause__ is error.cause
    assert (error.task_id, error.run.status) == ("fails", "failed")
    assert str(error).count("missing") == 1
    assert "`fails` failed at attempt 1 of 1" in str(error)


def test_d_graflows_own_errors_come_out_as_they_are():
    @task
    def fails():
        raise GraflowRuntimeError("mine")

    with workflow("w") as wf:
        wf.add(fails)
    with pytest.raises(GraflowRuntimeError, match=r"^mine$"):
        wf.execute()


def test_d_what_is_no_failure_passes():
    @task
    def leaves():
        raise SystemExit(3)

    with workflow("w") as wf:
        wf.add(leaves)
    with pytest.raises(SystemExit):
        wf.execute()


def test_1_4_exceptions_are_made_and_shown():
    cause = ValueError("why")
    assert str(GraflowError("what", cause)) == "what (caused by why)"
    assert str(GraflowError("what: why", cause)) == "what: why"
    error = TaskError("t", "broken", cause)
    assert (error.task_id, error.cause, str(error)) == ("t", cause, "broken (caused by why)")


def test_5_2_what_a_task_knows_of_itself():
    seen = {}

    @task(inject_context=True)
    def look(ctx):
        ctx.set_local_data("k", 1)
        seen.update(
            ids=(ctx.task_id, ctx.session_id == ctx.trace_id == ctx.execution_context.session_id),
            counts=(ctx.cycle_count, ctx.retry_count, ctx.max_retries),
            local=(ctx.get_local_data("k"), ctx.get_local_data("none", 2)),
            time=0 <= ctx.elapsed_time() < 60 and ctx.start_time > 0,
            graph=sorted(ctx.graph.nodes),
            run=(ctx.execution_context.current_task_id, ctx.execution_context.current_task_context.task_id),
        )

    with workflow("w") as wf:
        wf.add(look)
    wf.execute()
    assert seen == {
        "ids": ("look", True),
        "counts": (1, 0, 0),
        "local": (1, 2),
        "time": True,
        "graph": ["look"],
        "run": ("look", "look"),
    }


def test_5_1_a_context_keeps_what_the_run_left_behind():
    @task(inject_context=True)
    def step(ctx, start):
        ctx.execution_context.get_channel().set("out", start + 1)
        assert ctx.execution_context.get_result("step") is None
        return start

    graph = TaskGraph()
    graph.add_node(step, "step")
    context = ExecutionContext.create(graph, "step")
    context.channel.set("start", 4)
    assert not context.is_completed()
    assert WorkflowEngine().execute(context) == context.execute() == 4
    assert (context.channel.get("out"), context.get_result("step"), context.is_completed()) == (5, 4, True)
    assert context.current_task_context is None
    with pytest.raises(GraflowRuntimeError, match="none of them is asking"):
        context.next_task(step)


def test_2_7_a_function_that_is_called_in_a_body_is_no_part_of_the_run():
    @task(inject_context=True)
    def called(ctx):
        assert ctx.execution_context.steps == 0
        ctx.terminate_workflow("not this one")
        return ctx.get_channel().get("key", "its own channel")

    @task(inject_context=True)
    def caller(ctx):
        return called(), ctx.get_channel().get("key")

    with workflow("w") as wf:
        caller >> caller(task_id="again")
    value, context = wf.execute(ret_context=True, initial_channel={"key": 1})
    assert value == ("its own channel", 1)
    assert (context.completed_tasks, context.steps) == (["caller", "again"], 2)


def test_5_1_a_failed_run_leaves_its_results():
    @task
    def fails(first):
        raise ValueError

    with workflow("w") as wf:
        task(lambda: 1, id="first") >> fails
    context = ExecutionContext.create(wf.graph)
    with pytest.raises(GraflowRuntimeError):
        context.execute()
    assert (context.get_result("first"), context.steps, context.completed_tasks) == (1, 1, ["first"])


def test_5_1_a_context_without_a_workflow():
    context = create_execution_context("root")
    assert context.execute() is None
    assert context.completed_tasks == ["root"]
    log = Log()
    graph = TaskGraph()
    graph.add_node(log.one("x"))
    execute_with_cycles(graph, "x")
    WorkflowEngine().execute_with_cycles(graph, "x")
    assert log.text == "xx"


@pytest.mark.parametrize("name", ["llm_client", "prompt_manager", "register_llm_agent", "save"])
def test_5_1_what_is_not_there_yet_says_so(name):
    with pytest.raises(NotImplementedError, match="not implemented yet"):
        getattr(create_execution_context(), name)
    with pytest.raises(AttributeError, match="nonsense"):
        create_execution_context().nonsense


@pytest.mark.parametrize(
    "service", [{"llm_client": 1}, {"prompt_manager": 1}, {"tracer": object()}, {"channel_backend": "redis"}]
)
def test_5_1_services_that_are_not_there_yet_are_refused(service):
    with pytest.raises(NotImplementedError, match="not implemented yet"):
        ExecutionContext(TaskGraph(), **service)


def test_4_1_blocks_nest_and_the_current_workflow_is_known():
    assert get_current_workflow_context() is None
    with pytest.raises(GraflowRuntimeError, match="no block of a workflow"):
        require_workflow_context()
    with workflow("outer") as outer:
        assert current_workflow_context() is require_workflow_context() is outer
        with workflow("inner") as inner:
            assert current_workflow_context() is inner
        assert current_workflow_context() is outer


def test_w_22_the_current_workflow_may_be_set_on_demand():
    set_current_workflow_context(workflow("set"))
    try:
        a, b = Log()("ab")
        a >> b
        assert current_workflow_context().execute() == "b"
    finally:
        clear_workflow_context()
    assert get_current_workflow_context() is None


def test_4_1_a_task_sees_the_workflow_that_runs_and_composes_into_none():
    seen = []

    @task
    def body():
        seen.append(current_workflow_context().name)
        a, b = Log()("ab")
        a >> b

    with workflow("running") as wf:
        wf.add(body)
        wf.execute()
    wf.execute()
    assert seen == ["running", "running"]
    assert set(wf.graph.nodes) == {"body"}


def test_4_1_workflows_nest_in_bodies():
    @task
    def outer():
        with workflow("inner") as inner:
            a, b = Log()("ab")
            a >> b
        return inner.execute()

    with workflow("w") as wf:
        outer >> outer(task_id="again")
    assert wf.execute() == "b"


def test_4_1_a_workflow_may_be_made_by_a_function_and_cleared():
    def make():
        with workflow("made") as wf:
            a, b = Log()("ab")
            a >> b
        return wf

    wf = make()
    assert wf.execute() == "b"
    wf.clear()
    assert wf.graph.nodes == {}
    with pytest.raises(GraphCompilationError, match="no tasks"):
        wf.execute()


def test_r_06_a_failed_run_can_be_freed():
    class Marker:
        pass

    def run():
        marker = Marker()

        @task
        def fails(value):
            raise ValueError(value)

        with workflow("w") as wf:
            wf.add(fails(value=marker))
        with contextlib.suppress(GraflowRuntimeError):
            wf.execute()
        return weakref.ref(marker)

    reference = run()
    gc.collect()
    assert reference() is None


def test_5_2_contexts_are_taskloom_contexts():
    assert issubclass(TaskExecutionContext, taskloom.TaskExecutionContext)
