"""Rule R-13: after a fork the child's runs are dead, and it can have runs of its own."""

import os

import pytest

from scripts import run_source

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")

HEAD = """
import asyncio, os, sys, threading, time, warnings
from taskloom import TaskExecutionContext, parallel, task, workflow
from taskloom.errors import TaskloomRuntimeError

warnings.simplefilter("ignore", DeprecationWarning)

def in_fork(function):
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            function()
            sys.stdout.flush()
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(pid, 0)[1] == 0

def dead(function):
    try:
        function()
    except TaskloomRuntimeError as error:
        assert "forked from" in str(error), error
    else:
        print("it is not dead")

started, go = threading.Event(), threading.Event()

@task
def wait():
    started.set()
    go.wait(30)
    return "waited"

@task
async def wait_async():
    await asyncio.sleep(0)
    return "async"

@task
def double(n):
    return 2 * n, os.getpid()
"""


def program(source, directory):
    done = run_source(HEAD + source, directory)
    assert done.stderr == ""
    return done.stdout


def test_r_13_a_run_under_way_is_dead_in_the_child(tmp_path):
    source = """
handle = workflow("w").add(wait).start()
assert started.wait(30)

def child():
    dead(handle.cancel)
    dead(handle.result)
    dead(lambda: handle.result(1))
    dead(lambda: handle.finished)
    dead(lambda: handle.run_id)
    dead(handle.events)

in_fork(child)
go.set()
print(handle.result().value)
"""
    assert program(source, tmp_path) == "waited\n"


def test_r_13_a_run_that_had_ended_is_known_in_the_child(tmp_path):
    source = """
handle = workflow("w").add(wait_async).start()
while not handle.finished:
    pass
in_fork(lambda: print(handle.result().value))
"""
    assert program(source, tmp_path) == "async\n"


def test_r_13_the_child_has_runs_of_its_own(tmp_path):
    # The threads and the event loop of the parent's runs are not there.
    source = """
go.set()
wf = workflow("w").add(parallel(*[wait(task_id=f"w{n}") for n in range(8)]) >> wait_async)
print(wf.execute(), wf.start().result().value)
in_fork(lambda: print(wf.execute(), wf.start().result().value, asyncio.run(wf.execute_async())))
print(wf.execute())
"""
    assert program(source, tmp_path) == "async async\nasync async async\nasync\n"


def test_r_13_a_child_is_warned_of_busy_workers(tmp_path):
    source = """
import logging
from taskloom import _execution

_execution._PATIENCE_SECONDS = 0.05
warned = threading.Event()

class Handler(logging.Handler):
    def emit(self, record):
        warned.set()

logging.getLogger("taskloom").addHandler(Handler())

@task
def busy():
    print(warned.wait(20))
    warned.clear()

def run():
    workflow("w").add(busy | double(n=1)).run(max_concurrency=1)

# The thread that looks is there, and waits for the end of this run.
handle = workflow("w").add(wait(task_id="a") | wait(task_id="b")).start(max_concurrency=1)
assert warned.wait(20)
warned.clear()
in_fork(run)
go.set()
handle.result()
"""
    assert program(source, tmp_path) == "True\n"


def test_r_13_a_fork_inside_of_a_body(tmp_path):
    source = """
@task
def fork(ctx: TaskExecutionContext):
    channel = ctx.get_channel()

    def child():
        dead(lambda: channel.get("key"))
        dead(lambda: ctx.get_result("fork"))
        dead(lambda: ctx.get_channel().set("key", 1))
        dead(lambda: channel.lock("key").__enter__())
        print(ctx.cancelled)

    in_fork(child)
    return "parent"

print(workflow("w").add(fork).execute())
"""
    assert program(source, tmp_path) == "True\nparent\n"


def test_r_13_a_child_that_returns_from_the_body_does_not_go_on_with_the_run(tmp_path):
    source = """
@task
def fork():
    return os.fork()

@task
def after(pid):
    os.waitpid(pid, 0)
    return "after"

first = fork(task_id="first")
try:
    print(workflow("w").add(after(pid=first)).execute(), flush=True)
except TaskloomRuntimeError as error:
    assert "forked from" in str(error), error
    print("dead", flush=True)
"""
    assert program(source, tmp_path) == "dead\nafter\n"


@pytest.mark.parametrize("end", ["os._exit(0)", "sys.exit(0)"])
def test_r_13_the_child_has_processes_of_its_own(end, tmp_path):
    source = f"""
def pids():
    tasks = [double(task_id=f"t{{n}}", n=n) for n in range(20)]
    values = workflow("w").add(parallel(*tasks).with_execution(backend="process")).execute()
    assert [value for value, _ in values.values()] == [2 * n for n in range(20)]
    return {{pid for _, pid in values.values()}}

if __name__ == "__main__":
    before = pids()
    pid = os.fork()
    if pid == 0:
        assert not before & pids()
        {end}
    assert os.waitpid(pid, 0)[1] == 0
    # Those of the parent are still there, and go on.
    assert before & pids()
"""
    assert program(source, tmp_path) == ""
