"""Rules R-13, H-1 and R-9: the channel and the control of a run, from tasks in processes."""

import os
import sys

import pytest

import process_bodies as bodies
from taskloom import TaskExecutionContext, parallel, task, workflow
from taskloom.errors import RunCancelledError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="not implemented there")


def in_process(*members):
    return parallel(*members).with_execution(backend="process")


@task
def read(ctx: TaskExecutionContext):
    channel = ctx.get_channel()
    return sorted(channel.get("values", [])), channel.get("sum"), channel.get("count")


def test_h_01_tasks_in_processes_and_in_threads_share_one_channel():
    tasks = [bodies.use_channel(task_id=f"t{n}", n=n) for n in range(16)]
    ran = workflow("w").add((in_process(*tasks[:8]) | parallel(*tasks[8:])) >> read).run()
    assert ran.value == (list(range(16)), sum(range(16)), 16)
    assert sorted(ran.outputs[f"t{n}"] for n in range(16)) == list(range(1, 17))


def test_h_02_async_tasks_in_processes_wait_for_a_lock():
    tasks = [bodies.use_channel_async(task_id=f"t{n}", n=n) for n in range(8)]
    assert workflow("w").add(in_process(*tasks) >> read).execute()[1] == sum(range(8))


def test_h_02_a_lock_that_comes_too_late_is_let_go():
    # One task holds the lock until the other, in a process, has given it up, and then takes it again.
    first, again = bodies.hold_lock(task_id="first"), bodies.hold_lock(task_id="again", again=True)

    @task
    def ready(ctx: TaskExecutionContext):
        while not ctx.get_channel().exists("locked"):
            pass

    ran = workflow("w").add(first | again | (ready >> in_process(bodies.give_up_lock(task_id="x")))).run()
    assert ran.outputs["x"] == "gave up"


def test_h_03_what_a_failed_attempt_in_a_process_has_written_is_discarded():
    tasks = in_process(bodies.use_channel(task_id="t", n=1), bodies.write_and_fail(task_id="x"))
    group = tasks.with_execution(policy="best_effort")
    assert workflow("w").add(group >> read).execute() == ([1], 1, 1)


def test_h_01_an_error_of_the_channel_is_raised_in_the_process():
    ran = (
        workflow("w")
        .add(in_process(bodies.misuse_channel(task_id="x")))
        .run(initial_channel={"text": "text"})
    )
    assert "channel key `text`" in ran.outputs["x"]


def test_h_02_what_an_ended_attempt_leaves_running_is_refused(tmp_path):
    path = tmp_path / "refused"
    group = in_process(bodies.leave_thread(task_id="x", path=str(path)))
    workflow("w").add(group >> in_process(bodies.wait_for(path=str(path)))).execute()
    assert "an attempt that has ended" in path.read_text()


def test_r_09_facts_of_a_context():
    before = bodies.double(task_id="before", n=2)
    x = bodies.facts(task_id="x").with_options(max_retries=2, max_cycles=5)
    ran = workflow("name").add(before >> in_process(x)).run()
    assert ran.outputs["x"] == ("x", "name", 32, 2, 5, 1, 1, 4, "default")


def test_r_09_a_task_in_a_process_iterates():
    ran = workflow("w").add(in_process(bodies.iterate(task_id="x"))).run()
    assert (ran.outputs["x"], ran.tasks["x"].iterations) == (3, 4)


@pytest.mark.parametrize(
    "goto", [bodies.jump(task_id="x", to="double"), bodies.jump_to_definition(task_id="x")]
)
def test_r_09_a_task_in_a_process_jumps(goto):
    between = bodies.pid(task_id="between")
    ran = workflow("w").add(in_process(goto) >> between >> bodies.double(n=4, task_id="double")).run()
    assert ran.value == 8
    assert ran.tasks["between"].state == "skipped"


def test_r_09_a_jump_needs_an_id_that_both_processes_know():
    with pytest.raises(Exception, match="names the next task by its `task_id`"):
        workflow("w").add(in_process(bodies.jump_to_nameless(task_id="x"))).execute()
    with pytest.raises(Exception, match="workflow `w` has no task `nonsense`"):
        workflow("w").add(in_process(bodies.jump(task_id="x", to="nonsense"))).execute()


def test_r_11_a_task_in_a_process_adds_a_template_by_its_id():
    with workflow("w") as wf:
        bodies.pid(task_id="spare")
        in_process(bodies.add(task_id="x", name="spare")) >> bodies.pid(task_id="after")
    ran = wf.run()
    assert ran.outputs["after"] == os.getpid()
    # It belongs to the group of what has added it.
    assert os.getpid() not in (ran.outputs["x"], ran.outputs["spare"])


def test_r_11_a_task_in_a_process_adds_no_instance_of_its_own():
    with pytest.raises(
        Exception, match=r"'new' of 'double'.* is new to the run.*\n  hint: make it in the block"
    ):
        workflow("w").add(in_process(bodies.add_instance(task_id="x"))).execute()


def test_r_09_a_task_in_a_process_ends_the_run():
    after = bodies.pid(task_id="after")
    ran = workflow("w").add(in_process(bodies.terminate(task_id="x")) >> after).run()
    assert (ran.status, ran.message, ran.tasks["after"].state) == ("terminated", "enough", "not run")
    with pytest.raises(RunCancelledError, match="no more"):
        workflow("w").add(in_process(bodies.cancel(task_id="x")) >> after).run()
