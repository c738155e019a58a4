"""Rules R-10 and R-13: interruptions, and the end of the process."""

import asyncio
import linecache
import os
import signal
import subprocess
import sys
import textwrap
import threading

import pytest

from scripts import run_source
from taskloom import parallel, task, workflow
from taskloom._execution import Host
from taskloom.errors import RunCancelledError


@task
def step(name: str = "step"):
    return name


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_r_10_an_interruption_in_a_body_ends_execute_with_it(interruption, kind):
    ran = []

    @task(max_retries=3)
    def plain():
        ran.append("body")
        raise interruption

    @task(max_retries=3)
    async def asynchronous():
        await asyncio.sleep(0)
        ran.append("body")
        raise interruption

    @task
    def after():
        ran.append("after")

    with workflow("w") as wf:
        (plain if kind == "sync" else asynchronous) >> after
    with pytest.raises(interruption):
        wf.execute()
    # It is no failure of the task, so it is not retried.
    assert ran == ["body"]
    # The thread and the loop that ran it are there for the next run.
    assert workflow("next").add(step).execute() == "step"
    assert workflow("next").add(task(asyncio.sleep)(delay=0, result="awake")).execute() == "awake"


def test_r_10_an_interruption_on_a_worker():
    @task
    def body():
        raise KeyboardInterrupt

    handle = workflow("w").add(body).start()
    with pytest.raises((KeyboardInterrupt, RunCancelledError)):
        handle.result(20)


def test_r_10_an_interruption_cancels_what_waits():
    started = threading.Event()
    cancelled = threading.Event()

    @task
    async def wait():
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    @task
    def interrupt():
        assert started.wait(20)
        raise KeyboardInterrupt

    with workflow("w") as wf:
        parallel(wait, interrupt)
    with pytest.raises(KeyboardInterrupt):
        wf.execute()
    assert cancelled.wait(20)


WAITING = {
    "a plain task here": """
        @task
        def body():
            ready()
            time.sleep(60)
        workflow("w").add(body).execute()
    """,
    "an async task": """
        @task
        async def body():
            ready()
            await asyncio.sleep(60)
        workflow("w").add(body).execute()
    """,
    "a running loop": """
        @task
        async def body():
            ready()
            await asyncio.sleep(60)
        async def main():
            await workflow("w").add(body).execute_async()
        asyncio.run(main())
    """,
    "a handle": """
        @task
        async def body():
            ready()
            await asyncio.sleep(60)
        workflow("w").add(body).start().result()
    """,
}


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
@pytest.mark.parametrize("program", WAITING.values(), ids=WAITING)
def test_r_10_sigint_ends_a_program_that_waits(program, tmp_path):
    head = """
        import asyncio, signal, sys, time
        from taskloom import task, workflow
        # Whoever runs the tests in the background may have it ignored.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        def ready():
            print("ready", flush=True)
    """
    script = tmp_path / "program.py"
    script.write_text(textwrap.dedent(head) + textwrap.dedent(program))
    with subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout.readline() == "ready\n"
            os.kill(process.pid, signal.SIGINT)
            _, errors = process.communicate(timeout=20)
        finally:
            process.kill()
    assert process.returncode in (-signal.SIGINT, 130)
    assert errors.rstrip().endswith("KeyboardInterrupt")


# The end of the process: each program ends while tasks run that would take a minute.

EXITS = {
    "plain tasks started": """
        @task
        def body():
            started.set()
            time.sleep(60)
        handle = workflow("w").add(body(task_id="a") | body(task_id="b")).start()
    """,
    "async tasks started": """
        @task
        async def body():
            started.set()
            await asyncio.sleep(60)
        handle = workflow("w").add(body(task_id="a") | body(task_id="b")).start()
    """,
    "a daemon thread that executes": """
        @task
        def body():
            started.set()
            time.sleep(60)
        both = body(task_id="a") | body(task_id="b")
        threading.Thread(target=workflow("w").add(both).execute, daemon=True).start()
    """,
    "tasks that come and go": """
        @task
        def body():
            started.set()
        wf = workflow("w").add(parallel(*[body(task_id=f"t{n}") for n in range(200)]))
        def again():
            while True:
                wf.execute()
        for _ in range(4):
            threading.Thread(target=again, daemon=True).start()
    """,
    "runs started one after another": """
        @task
        def body():
            started.set()
        wf = workflow("w").add(parallel(*[body(task_id=f"t{n}") for n in range(50)]))
        handles = [wf.start() for _ in range(50)]
    """,
}


@pytest.mark.parametrize("program", EXITS.values(), ids=EXITS)
def test_r_13_the_process_ends_in_the_middle_of_a_run(program, tmp_path):
    head = """
        import asyncio, threading, time
        from taskloom import parallel, task, workflow
        started = threading.Event()
    """
    source = textwrap.dedent(head) + textwrap.dedent(program) + "assert started.wait(20)\n"
    for _ in range(3):
        done = run_source(source, tmp_path, timeout=20)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_r_13_the_process_ends_right_after_execute_async(tmp_path):
    # The worker that ended the run may still be on its way back when the loop has closed.
    source = """
import asyncio
from taskloom import task, workflow

@task
def step():
    return "step"

asyncio.run(workflow("w").add(step).execute_async())
"""
    for _ in range(10):
        done = run_source(source, tmp_path, timeout=20)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_r_13_execute_in_an_atexit_function(tmp_path):
    source = """
import atexit

@atexit.register
def first_registered_last_called():
    print(workflow("w").add(step).execute(), flush=True)

from taskloom import task, workflow

@task
def step():
    return "at exit"

atexit.register(lambda: print(workflow("w").add(step >> step(task_id="other")).run().outputs, flush=True))
"""
    done = run_source(source, tmp_path, timeout=20)
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["{'step': 'at exit', 'other': 'at exit'}", "at exit"]
    assert done.returncode == 0


@pytest.mark.parametrize("method", ["start_async", "start_worker"])
def test_r_10_an_interruption_while_the_engine_asks_for_help(method, monkeypatch):
    # It may land in any line that the main thread runs, so also where the engine has called Python.
    def interrupted(self):
        raise KeyboardInterrupt

    @task
    async def waits():
        await asyncio.sleep(60)

    @task
    def works():
        pass

    monkeypatch.setattr(Host, method, interrupted)
    wf = workflow("w").add(waits if method == "start_async" else works)

    async def inside_a_loop():
        wf.execute()

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(inside_a_loop())


def test_r_10_an_interruption_before_the_wait_cancels_the_run():
    @task
    async def waits():
        await asyncio.sleep(60)

    hosts = []

    def land(frame, event, argument):
        """A tracer that raises in the line behind `launch`."""
        if frame.f_code is not Host.watch.__code__:
            return None
        text = linecache.getline(frame.f_code.co_filename, frame.f_lineno - 1)
        if event == "line" and "self.execution.launch()" in text:
            hosts.append(frame.f_locals["self"])
            raise KeyboardInterrupt
        return land

    async def inside_a_loop():
        before = sys.gettrace()
        sys.settrace(land)
        try:
            workflow("w").add(waits).execute()
        finally:
            sys.settrace(before)

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(inside_a_loop())
    assert hosts[0].execution.status == "cancelled"
