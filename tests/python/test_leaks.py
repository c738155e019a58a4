"""However many tasks a process executes, it stays at its size (R-5, R-11).

`TASKLOOM_LEAK_EXECUTIONS=1000000` makes it a million executions, which take some minutes.
"""

import ctypes
import gc
import json
import os
import weakref
from pathlib import Path

import pytest

from scripts import run_python, run_source
from taskloom import parallel, task, workflow
from taskloom.errors import TaskError

EXECUTIONS = int(os.environ.get("TASKLOOM_LEAK_EXECUTIONS", 50_000))
SECONDS = 50 + EXECUTIONS // 1_000

MOST_BYTES = 4 << 20
"""Both allocators, Python's and that of the C library, take memory from the system in pieces of 1 MiB or
less, and threads that come and go leave arenas that are half empty."""

MOST_ALLOCATED = 1 << 20
"""Caches that fill, and what a thread keeps of what it has freed, are some 300 KiB. The least that can be
allocated, 32 bytes with its header, is 1.4 MiB for each of 45,000 executions."""

MOST_OBJECTS = 1_000
"""Free lists and caches of the interpreter fill up to a few hundred."""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="the allocator does not say its size")
@pytest.mark.timeout(SECONDS + 10)
def test_r_05_executions_leave_the_process_at_its_size(tmp_path):
    program = Path(__file__).with_name("leaks.py")
    done = run_python(program, str(EXECUTIONS), cwd=tmp_path, timeout=SECONDS)
    assert done.stderr == ""
    grown = json.loads(done.stdout)
    assert grown["executions"] >= EXECUTIONS * 9 // 10
    assert grown["objects"] < MOST_OBJECTS, grown
    assert grown["blocks"] < MOST_OBJECTS, grown
    assert grown["allocated"] < MOST_ALLOCATED, grown
    assert grown["bytes"] < MOST_BYTES, grown


class Thing:
    """Something that a task of a failed run holds."""


@task
def broken(gone):
    thing = Thing()
    gone.append(weakref.ref(thing))
    raise ValueError("broken")


@task
def fine():
    return 1


def keep_a_run_with_a_failure(gone):
    # The exception holds the task's frame, that its callers', and this one the record, which holds it.
    run = workflow("w").add(parallel(fine, broken(gone=gone)).with_execution(policy="best_effort")).run()
    assert run.status == "succeeded"


def keep_a_failed_run(gone):
    with pytest.raises(TaskError) as caught:
        workflow("w").add(broken(gone=gone)).execute()
    run = caught.value.run
    assert run is not None


def keep_a_context(gone):
    group = parallel(fine, broken(gone=gone)).with_execution(policy="best_effort")
    _, context = workflow("w").add(group).execute(ret_context=True)
    assert context.run.tasks["fine"].state == "succeeded"


@task
def give_an_exception(gone):
    thing = Thing()
    gone.append(weakref.ref(thing))
    try:
        raise ValueError("broken")
    except ValueError as error:
        return error


def keep_an_exception_that_is_a_result(gone):
    run = workflow("w").add(give_an_exception(gone=gone)).run()
    assert isinstance(run.value, ValueError)


def keep_a_failed_map(gone):
    each = broken.map(gone=[gone, gone]).with_execution(policy="best_effort")
    run = workflow("w").add(each).run()
    assert run.status == "succeeded"


def keep_a_map_that_failed(gone):
    with pytest.raises(TaskError) as caught:
        workflow("w").add(broken.map(gone=[gone])).execute()
    run = caught.value.run
    assert run is not None


@pytest.mark.parametrize(
    "keep",
    [
        keep_a_run_with_a_failure,
        keep_a_failed_run,
        keep_a_context,
        keep_an_exception_that_is_a_result,
        keep_a_failed_map,
        keep_a_map_that_failed,
    ],
)
def test_r_05_a_record_that_its_caller_keeps_in_a_variable_is_collected(keep):
    gone = []
    keep(gone)
    gc.collect()
    assert gone
    assert all(thing() is None for thing in gone)


def test_r_05_a_worker_that_waits_holds_on_to_no_run(tmp_path):
    source = """
import gc, threading, weakref
from taskloom import parallel, task, workflow

class Thing:
    pass

freed = threading.Event()

def run():
    thing = Thing()
    weakref.finalize(thing, freed.set)
    both = threading.Barrier(2)

    @task
    def member(thing):
        both.wait(20)

    workflow("w").add(parallel(member(thing), member(thing))).run()

run()
gc.collect()
# The other thread may be on its way out of its task. It lives for ten seconds more.
print(freed.wait(5), any("worker" in thread.name for thread in threading.enumerate()))
"""
    assert run_source(source, tmp_path).stdout == "True True\n"
