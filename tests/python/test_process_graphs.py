"""Rule R-13: tasks in processes together with maps, parts, caps, policies and tasks that are added."""

import os
import sys

import pytest

import process_bodies as bodies
from taskloom import TaskExecutionContext, chain, parallel, task, workflow

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="not implemented there")

HERE = os.getpid()


def in_process(*members, **settings):
    return parallel(*members).with_execution(backend="process", **settings)


@pytest.mark.parametrize("body", [bodies.element_pid, bodies.element_pid_async])
def test_i_11_the_elements_of_a_map_run_in_processes(body):
    elements = body.map(n=range(30), task_id="m").with_execution(max_concurrency=3)
    ran = workflow("w").add(in_process(elements, bodies.pid(task_id="other"))).run()
    values = ran.output("m")
    assert list(values) == [f"m[{n}]" for n in range(30)]
    assert [n for n, _ in values.values()] == list(range(30))
    assert HERE not in {pid for _, pid in values.values()}


def test_i_11_a_map_of_what_a_process_has_made_fails_with_its_elements():
    numbers = bodies.square_if_even(task_id="sixteen", n=4)

    @task
    def listed(n):
        return range(n)

    elements = bodies.square_if_even.map(n=listed(n=numbers), task_id="m")
    group = in_process(elements.with_execution(policy="best_effort"))
    ran = workflow("w").add(group).run()
    assert ran.output("m") == {f"m[{n}]": n * n for n in range(0, 16, 2)}
    with pytest.raises(Exception, match="ValueError: 1 is odd"):
        workflow("w").add(in_process(elements)).run()


def test_r_11_tasks_run_where_that_runs_which_adds_them():
    @task
    def add_both(ctx: TaskExecutionContext):
        ctx.next_task(bodies.element_pid_async(task_id="added", n=1))

    with workflow("w") as wf:
        bodies.pid(task_id="spare")
        threads = chain(add_both, bodies.double(n=1, task_id="next"))
        in_process(bodies.add(task_id="x", name="spare")) | threads
    outputs = wf.run().outputs
    assert outputs["added"] == (1, HERE)
    assert HERE not in (outputs["x"], outputs["spare"])


@pytest.mark.parametrize("outer", [None, "process", "threading"])
@pytest.mark.parametrize("inner", [None, "process", "threading"])
def test_c_08_a_group_of_a_part_stays_where_it_says(outer, inner):
    group = parallel(bodies.pid(task_id="a"), bodies.pid(task_id="b")).with_execution(backend=inner)
    part = workflow("part").add(group >> bodies.pid(task_id="c"))
    around = parallel(part, bodies.pid(task_id="d")).with_execution(backend=outer)
    outputs = workflow("w").add(around).run().outputs
    elsewhere = {name for name, pid in outputs.items() if pid != HERE}
    expected = {"d", "part/c"} if outer == "process" else set()
    if (inner or outer) == "process":
        expected |= {"part/a", "part/b"}
    assert elsewhere == expected


def test_c_08_a_cap_counts_tasks_in_processes(tmp_path):
    tasks = [bodies.alone(task_id=f"t{n}", path=str(tmp_path / "here")) for n in range(12)]
    group = in_process(*tasks, max_concurrency=1)
    assert set(workflow("w").add(group).execute().values()) == {True}


def test_r_08_a_policy_judges_tasks_in_processes_here():
    class Policy:
        def judge(self, group, branches):
            seen.append((os.getpid(), [(branch.task_id, branch.state) for branch in branches]))
            return True

    seen = []
    members = [bodies.square_if_even(task_id=f"t{n}", n=n) for n in range(2)]
    assert workflow("w").add(in_process(*members, policy=Policy())).execute() == {"t0": 0}
    assert seen == [(HERE, [("t0", "succeeded"), ("t1", "failed")])]
