"""Section 5.4 with tasks that are new to the run, with the faults W-06, W-14 and W-15 mended."""

import pytest
from graflow.core.context import ExecutionContext
from graflow.core.graph import TaskGraph
from graflow.exceptions import GraflowRuntimeError

from graflow import task, workflow


class Log:
    """Makes tasks that write down that they ran."""

    def __init__(self):
        self.entries = []

    def one(self, name, do=lambda ctx: None):
        @task(name, inject_context=True)
        def body(ctx):
            self.entries.append(name)
            do(ctx)
            return name

        return body


@pytest.mark.parametrize("inside", [True, False])
def test_w_06_a_new_task_runs_beside_what_follows_wherever_it_is_executed(inside):
    log = Log()

    def spawn(ctx):
        assert ctx.next_task(log.one("new")) == "new"

    with workflow("w") as wf:
        log.one("a", spawn) >> log.one("after")
        if inside:
            wf.execute()
    if not inside:
        wf.execute()
    assert (log.entries[0], sorted(log.entries[1:])) == ("a", ["after", "new"])


def test_w_15_new_tasks_belong_to_the_run():
    @task
    def work(n):
        return n * n

    @task(inject_context=True)
    def spread(ctx):
        for n in range(3):
            ctx.next_task(work(task_id=f"work_{n}", n=n))

    with workflow("w") as wf:
        wf.add(spread)
    for _ in range(2):
        _, context = wf.execute(ret_context=True)
        assert [context.get_result(f"work_{n}") for n in range(3)] == [0, 1, 4]
    assert set(wf.graph.nodes) == {"spread"}


def test_w_14_a_new_task_with_goto_takes_the_place_of_what_follows():
    log = Log()
    with workflow("w") as wf:
        new = log.one("new")
        log.one("a", lambda ctx: ctx.next_task(new, goto=True)) >> log.one("after")
    wf.execute()
    assert log.entries == ["a", "new"]


def test_5_4_two_tasks_that_jump_to_one_another():
    log = Log()
    with workflow("w") as wf:
        tool = log.one("tool", lambda ctx: ctx.next_task(agent, goto=True))
        agent = log.one("agent", lambda ctx: ctx.cycle_count < 3 and ctx.next_task(tool, goto=True))
    wf.execute("agent")
    assert log.entries == ["agent", "tool", "agent", "tool", "agent"]


def test_w_14_another_task_with_an_id_that_the_run_has_is_refused():
    @task
    def other():
        return 1

    @task(inject_context=True)
    def a(ctx):
        ctx.next_task(other(task_id="a"))

    with workflow("w") as wf:
        wf.add(a)
    with pytest.raises(GraflowRuntimeError, match="`a` already exists"):
        wf.execute()


def test_5_4_a_task_of_a_graph_made_by_hand():
    log = Log()
    graph = TaskGraph()
    graph.add_node(log.one("start", lambda ctx: ctx.next_task(log.one("next"))), "start")
    ExecutionContext.create(graph, "start", default_max_retries=1).execute()
    assert log.entries == ["start", "next"]


def test_5_4_from_a_branch():
    log = Log()
    with workflow("w") as wf:
        branch = log.one("branch", lambda ctx: ctx.next_task(log.one("new")))
        (branch | log.one("beside")) >> log.one("after")
    wf.execute()
    assert (sorted(log.entries[:3]), log.entries[3:]) == (["beside", "branch", "new"], ["after"])
