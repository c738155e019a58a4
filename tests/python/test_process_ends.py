"""Rules R-13, R-7 and R-10: processes that die, take too long, or are to end."""

import asyncio
import os
import signal
import sys
import time

import pytest

import process_bodies as bodies
from taskloom import RetryPolicy, parallel, task, workflow
from taskloom.errors import ParallelGroupError, RunCancelledError, RunTimeoutError, WorkerDiedError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="not implemented there")


def in_process(*members):
    return parallel(*members).with_execution(backend="process")


def run(*members):
    return workflow("w").add(in_process(*members)).run()


def read_when_there(path):
    until = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < until
        time.sleep(0.01)
    return path.read_text()


def is_gone(pid):
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    return False


SHORT_GRACE = 0.1


@pytest.mark.parametrize(
    ("how", "code", "text"),
    [
        ("SIGKILL", -signal.SIGKILL, "was ended by SIGKILL"),
        ("SIGSEGV", -signal.SIGSEGV, "was ended by SIGSEGV"),
        ("exit", 3, "exited with status 3"),
    ],
)
def test_r_13_a_process_that_dies_fails_its_task_alone(how, code, text):
    others = [bodies.double(task_id=f"t{n}", n=n) for n in range(30)]
    group = in_process(bodies.die(task_id="x", how=how), *others).with_execution(policy="best_effort")
    ran = workflow("w").add(group).run()
    assert ran.value == {f"t{n}": 2 * n for n in range(30)}
    error = ran.tasks["x"].error
    assert type(error) is WorkerDiedError
    assert (error.task_id, error.exit_code) == ("x", code)
    assert f"the process {error.pid} that ran `x` {text}\n  hint: " in str(error)
    assert is_gone(error.pid)


def test_r_07_a_task_whose_process_died_is_retried():
    policy = RetryPolicy(max_retries=2, initial_interval=0, retry_on=WorkerDiedError)
    assert run(bodies.die(task_id="x", attempts=2).with_options(retry_policy=policy)).value == {"x": 3}


def test_r_13_a_process_that_dies_while_it_runs_nothing_is_replaced():
    pids = set(run(*[bodies.pid(task_id=f"t{n}") for n in range(50)]).outputs.values())
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    after = run(*[bodies.pid(task_id=f"t{n}") for n in range(50)]).outputs.values()
    assert not pids & set(after)


def test_r_07_a_timeout_ends_the_process(tmp_path):
    x = bodies.slow_at_first(task_id="x", path=str(tmp_path / "pid"))
    ran = run(x.with_options(max_retries=1, timeout=0.5))
    assert ran.value == {"x": 2}
    assert is_gone((tmp_path / "pid").read_text())


def test_r_07_a_timeout_is_a_failure_that_names_it(tmp_path):
    with pytest.raises(ParallelGroupError, match=r"TimeoutError: it took longer than its timeout of 0\.2 s"):
        run(bodies.forever(task_id="x", path=str(tmp_path / "pid")).with_options(timeout=0.2))
    assert is_gone((tmp_path / "pid").read_text())


def test_r_07_a_timeout_does_not_count_the_wait_for_a_process():
    # There is not time enough for all of these.
    tasks = [
        bodies.pause(task_id=f"t{n}", seconds=0.2).with_options(timeout=2) for n in range(12 * os.cpu_count())
    ]
    assert run(*tasks).status == "succeeded"


def cancelled(member, path, **options):
    """The record of a run that is cancelled when a task in a process says that it runs."""
    handle = workflow("w").add(in_process(member)).start(**options)
    pid = read_when_there(path)
    handle.cancel()
    with pytest.raises(RunCancelledError) as caught:
        handle.result(20)
    return caught.value.run, pid


def test_r_10_a_function_in_a_process_is_told_that_it_is_cancelled(tmp_path):
    path = tmp_path / "pid"
    ran, pid = cancelled(bodies.until_cancelled(task_id="x", path=str(path)), path)
    assert ran.outputs == {"x": "told"}
    assert not is_gone(pid)


def test_r_10_a_function_that_does_not_listen_is_killed_after_the_grace_time(tmp_path):
    path = tmp_path / "pid"
    ran, pid = cancelled(bodies.forever(task_id="x", path=str(path)), path, grace=SHORT_GRACE)
    assert (ran.tasks["x"].state, ran.tasks["x"].error) == ("cancelled", None)
    assert ran.abandoned == []
    assert is_gone(pid)


def test_r_10_an_async_function_in_a_process_is_cancelled(tmp_path):
    path = tmp_path / "pid"
    ran, pid = cancelled(bodies.until_cancelled_async(task_id="x", path=str(path)), path)
    assert ran.tasks["x"].state == "cancelled"
    assert (tmp_path / "pid.end").read_text() == "True"
    assert not is_gone(pid)


def test_r_10_tasks_that_wait_for_a_process_are_cancelled(tmp_path):
    tasks = [bodies.forever(task_id=f"t{n}", path=str(tmp_path / f"{n}")) for n in range(3 * os.cpu_count())]
    handle = workflow("w").add(in_process(*tasks)).start(grace=SHORT_GRACE)
    while len(list(tmp_path.iterdir())) < os.cpu_count():
        time.sleep(0.01)
    handle.cancel()
    with pytest.raises(RunCancelledError) as caught:
        handle.result(20)
    assert {record.state for record in caught.value.run.tasks.values()} == {"cancelled"}


def test_r_08_a_group_that_fails_fast_ends_its_processes(tmp_path):
    @task
    def fail(path):
        read_when_there(path)
        raise ValueError("fails")

    path = tmp_path / "pid"
    slow = in_process(bodies.forever(task_id="x", path=str(path)))
    with pytest.raises(ParallelGroupError) as caught:
        workflow("w").add((slow | fail(path=path)).with_execution(fail_fast=True)).run(grace=SHORT_GRACE)
    assert caught.value.run.tasks["x"].state == "cancelled"
    assert is_gone(path.read_text())


def test_r_10_a_cancelled_execute_async_ends_its_processes(tmp_path):
    path = tmp_path / "pid"

    async def main():
        wf = workflow("w").add(in_process(bodies.forever(task_id="x", path=str(path))))
        running = asyncio.create_task(wf.execute_async(grace=SHORT_GRACE))
        await asyncio.to_thread(read_when_there, path)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(main())
    # The caller waits for as long as the process has.
    until = time.monotonic() + 30
    while not is_gone(path.read_text()):
        assert time.monotonic() < until


def test_r_07_a_run_that_takes_too_long_ends_its_processes(tmp_path):
    path = tmp_path / "pid"
    wf = workflow("w").add(in_process(bodies.forever(task_id="x", path=str(path))))
    with pytest.raises(RunTimeoutError, match="in the middle: `x`") as caught:
        # Time enough to start a process.
        wf.run(timeout=2, grace=SHORT_GRACE)
    assert is_gone(path.read_text())
    assert caught.value.run.tasks["x"].state == "cancelled"
    assert caught.value.run.abandoned == []


def test_r_13_a_task_that_closes_all_files_of_its_process_fails_alone():
    with pytest.raises(ParallelGroupError, match="WorkerDiedError: the process"):
        run(bodies.close_everything(task_id="x"))
    assert run(bodies.double(task_id="y", n=2)).value == {"y": 4}
