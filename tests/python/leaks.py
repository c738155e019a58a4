"""Executes tasks in many ways, and says by how much the process has grown: for `test_leaks.py`.

    python leaks.py EXECUTIONS

The first tenth is not counted: caches fill, threads start, arenas are allocated.
"""

import asyncio
import ctypes
import gc
import json
import os
import sys

from taskloom import RetryPolicy, TaskExecutionContext, chain, parallel, task, workflow
from taskloom.errors import TaskError


class Payload:
    """Something of a size that shows."""

    def __init__(self, n):
        self.data = [n] * 20


@task
def make(n=1):
    return Payload(n)


@task
def collect(ctx: TaskExecutionContext, *rest, **values):
    channel = ctx.get_channel()
    channel.append("log", ctx.task_id)
    channel.atomic_add("count")
    return len(rest) + len(values)


@task
async def later(ctx: TaskExecutionContext, payload=None):
    await asyncio.sleep(0)
    ctx.get_channel().set("payload", payload)
    return payload


@task(retry_policy=RetryPolicy(max_retries=1, initial_interval=0))
def fail(ctx: TaskExecutionContext, payload=None):
    raise ValueError(payload)


@task
def iterate(ctx: TaskExecutionContext, left=3):
    if left:
        ctx.next_iteration(left - 1)
    else:
        ctx.next_task(make(n=left))
    return left


def plain():
    """Values, outputs and the channel."""
    first = make(task_id="first", n=1)
    return chain(first, make, collect(first, make, a=first, b=[first, make], c=2))


def side_by_side():
    """A group on several threads."""
    return parallel(*(make(n=n) for n in range(8))) >> collect


def asynchronous():
    """An event loop."""
    return parallel(*(later(payload=make(n=n)) for n in range(3)))


def failing():
    """An exception with its traceback, a retry, and a group that lives with it."""
    return parallel(make, fail(payload=make)).with_execution(policy="best_effort")


def broken():
    """A run that fails."""
    return make >> fail


def growing():
    """Iterations, and a task that is added."""
    return iterate


def mapped():
    """A map."""
    return make.map(n=list(range(10)))


WAYS = [plain, side_by_side, asynchronous, failing, broken, growing, mapped]


def once(wf, number):
    """Runs it, in one of three ways; gives how many executions there were."""
    try:
        match number % 3:
            case 0:
                run = wf.run()
            case 1:
                handle = wf.start()
                run = handle.result()
                assert len(list(handle.events())) > 2
            case _:
                run = asyncio.run(wf.run_async())
    except TaskError as error:
        run = error.run
    return sum(record.iterations for record in run.tasks.values())


def execute(count):
    """At least so many executions, half of them of workflows that are made for one run."""
    kept = [workflow(way.__name__).add(way()) for way in WAYS]
    done = number = 0
    while done < count:
        for way, wf in zip(WAYS, kept, strict=True):
            done += once(wf, number)
            done += once(workflow(way.__name__).add(way()), number + 1)
        number += 1
    return done


NAMES = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"


class Mallinfo(ctypes.Structure):
    """What the C library says of its allocator."""

    _fields_ = [(name, ctypes.c_size_t) for name in NAMES.split()]


def size():
    """Bytes in memory, bytes that were allocated and not freed, objects that the collector knows, blocks of
    Python's allocator."""
    for _ in range(3):
        gc.collect()
    with open("/proc/self/statm") as statm:
        pages = int(statm.read().split()[1])
    mallinfo = ctypes.CDLL(None).mallinfo2
    mallinfo.restype = Mallinfo
    allocator = mallinfo()
    return {
        "bytes": pages * os.sysconf("SC_PAGE_SIZE"),
        "allocated": allocator.uordblks + allocator.hblkhd,
        "objects": len(gc.get_objects()),
        "blocks": sys.getallocatedblocks(),
    }


if __name__ == "__main__":
    count = int(sys.argv[1])
    execute(count // 10)
    before = size()
    done = execute(count - count // 10)
    after = size()
    print(
        json.dumps({"executions": done, **{key: after[key] - before[key] for key in before}, "size": after})
    )
