"""D-6: one at a time drives a run."""

import asyncio
import os
import signal
import subprocess
import sys
import threading

import pytest
from programs import Program

from taskloom import Store, TaskExecutionContext, task, workflow
from taskloom.errors import InvalidRunIdError, RunBusyError, RunLostError, RunNotFoundError

SOURCE = """
import threading

@task
def wait():
    print("runs", flush=True)
    sys.stdin.readline()
    return "done"

match sys.argv[1]:
    case "first":
        print(workflow("w").add(wait).execute(store="runs.db", run_id="r"))
    case "second":
        try:
            workflow("w").add(wait).execute(store="runs.db", run_id="r")
        except RunBusyError as error:
            print(error)
    case "waits":
        print("waits", flush=True)
        print(workflow("w").add(wait).execute(store="runs.db", run_id="r", on_busy="wait"))
    case "interrupted":
        def interrupt(_, frame):
            "As Ctrl-C does, once the run is waited for."
            if frame.f_code.co_name == "__init__" and frame.f_code.co_filename.endswith("_execution.py"):
                signal.setitimer(signal.ITIMER_REAL, 0)
                raise KeyboardInterrupt

        signal.signal(signal.SIGALRM, interrupt)
        signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
        try:
            workflow("w").add(wait).execute(store="runs.db", run_id="r", on_busy="wait")
        except KeyboardInterrupt:
            print("interrupted")
"""


class First:
    """A process that drives the run until it is told to end."""

    def __init__(self, program, how="first"):
        self.process = subprocess.Popen(
            [sys.executable, "program.py", how],
            cwd=program.directory,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout.readline() == ("waits\n" if how == "waits" else "runs\n")

    def __enter__(self):
        return self

    def end(self):
        return self.process.communicate("\n", timeout=30)[0]

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def test_d_06_a_second_process_is_refused_and_told_who_has_the_run(tmp_path):
    program = Program(tmp_path, SOURCE)
    with First(program) as first:
        text = program.run("second")
        assert f"run `r` is driven by process {first.process.pid} on " in text
        assert "since 20" in text
        assert "take_over" in text
        assert first.end() == "done\n"


def test_d_06_a_second_process_waits_and_gets_the_same_result(tmp_path):
    program = Program(tmp_path, SOURCE)
    with First(program) as first, First(program, "waits") as second:
        assert first.end() == "done\n"
        assert second.process.communicate(timeout=30)[0] == "done\n"


def test_d_06_whoever_waits_takes_a_run_over_from_a_process_that_is_killed(tmp_path):
    program = Program(tmp_path, SOURCE)
    with First(program) as first, First(program, "waits") as second:
        first.process.kill()
        assert second.process.stdout.readline() == "runs\n"
        assert second.end() == "done\n"


def test_r_10_an_interruption_ends_the_wait(tmp_path):
    program = Program(tmp_path, SOURCE)
    with First(program):
        assert program.run("interrupted") == "interrupted\n"


def test_d_06_a_stopped_process_keeps_its_run_until_it_is_taken(tmp_path):
    program = Program(tmp_path, SOURCE)
    store = Store(tmp_path / "runs.db")
    with First(program) as first:
        os.kill(first.process.pid, signal.SIGSTOP)
        assert "driven by process" in program.run("second")
        store.take_over("r")

        @task(id="wait")
        def wait():
            return "taken"

        assert workflow("w").add(wait).execute(store=store, run_id="r") == "taken"
        os.kill(first.process.pid, signal.SIGCONT)
        # What it does from now on is not recorded.
        first.process.communicate("\n", timeout=30)
        assert first.process.returncode == 1
        assert workflow("w").add(wait).execute(store=store, run_id="r") == "taken"


def test_d_06_a_second_thread_is_refused_or_waits(store):
    began, go = threading.Event(), threading.Event()

    @task
    def wait():
        began.set()
        assert go.wait(30)
        return "done"

    wf = workflow("w").add(wait)
    handle = wf.start(store=store, run_id="r")
    assert began.wait(30)
    with pytest.raises(RunBusyError, match="`r` is driven by this process"):
        wf.execute(store=store, run_id="r")
    # Another run is free.
    results = []
    waiter = threading.Thread(
        target=lambda: results.append(wf.execute(store=store, run_id="r", on_busy="wait"))
    )
    waiter.start()
    go.set()
    assert handle.result().value == "done"
    waiter.join(30)
    assert results == ["done"]


def test_d_06_one_that_has_lost_its_run_records_nothing_more(store):
    began, go = threading.Event(), threading.Event()
    ran = []

    @task
    def first():
        began.set()
        assert go.wait(30)
        return "first"

    @task
    def second():
        ran.append("second")

    with workflow("w") as wf:
        first >> second
    handle = wf.start(store=store, run_id="r")
    assert began.wait(30)
    store.take_over("r")
    go.set()
    with pytest.raises(RunLostError, match="r"):
        handle.result()
    assert ran == []


def test_d_06_there_is_no_such_run(store):
    with pytest.raises(RunNotFoundError, match="nothing"):
        store.take_over("nothing")


@pytest.mark.parametrize("run_id", ["a/b", "../x", "ünd 🙂", "a b", "C:\\x", "%00"])
def test_d_06_run_ids_may_have_the_characters_of_paths(run_id, store, tmp_path):
    @task
    def give(ctx: TaskExecutionContext):
        return ctx.run_id

    before = set(tmp_path.parent.iterdir())
    assert workflow("w").add(give).execute(store=store, run_id=run_id) == run_id
    assert [run.run_id for run in store.runs()] == [run_id]
    assert {path.name for path in tmp_path.iterdir()} <= {
        "runs.db",
        "runs.db-wal",
        "runs.db-shm",
        "runs.db.lock",
    }
    assert set(tmp_path.parent.iterdir()) == before


@pytest.mark.parametrize("run_id", ["", "a\nb", "x" * 300, "\ud800"], ids=repr)
def test_d_06_run_ids_that_are_refused(run_id, store):
    @task
    def give():
        raise AssertionError

    with pytest.raises(InvalidRunIdError):
        workflow("w").add(give).execute(store=store, run_id=run_id)
    assert store.runs() == []


def test_d_06_eight_threads_execute_different_runs_in_one_store(store):
    @task
    def double(n: int):
        return 2 * n

    @task
    async def plus(double):
        return double + 1

    results = {}

    def work(thread):
        for n in range(10):
            with workflow("w") as wf:
                double(task_id="double", n=thread * 100 + n) >> plus
            results[thread, n] = wf.execute(store=store, run_id=f"{thread}/{n}")

    threads = [threading.Thread(target=work, args=(thread,)) for thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert results == {(t, n): 2 * (t * 100 + n) + 1 for t in range(8) for n in range(10)}
    assert {run.status for run in store.runs()} == {"succeeded"}
    assert len(store.runs()) == 80
    assert store.verify() == []


def test_d_06_those_who_wait_on_an_event_loop_hold_up_nobody(store):
    go = asyncio.Event()

    @task
    async def wait():
        await go.wait()
        return "done"

    wf = workflow("w").add(wait)

    async def main():
        first = asyncio.ensure_future(wf.execute_async(store=store, run_id="r"))
        while not store.runs():
            await asyncio.sleep(0)
        others = [
            asyncio.ensure_future(wf.execute_async(store=store, run_id="r", on_busy="wait"))
            for _ in range(10)
        ]
        # Another run is not held up by them, nor is the one that they wait for.
        assert await workflow("v").add(task(lambda: "free", id="free")).execute_async(store=store) == "free"
        others.pop().cancel()
        go.set()
        return await asyncio.gather(first, *others)

    assert asyncio.run(main()) == ["done"] * 10
