"""Durable runs inside of durable runs (R-14), beside each other, and freed when they have ended."""

import dataclasses
import gc
import threading

import pytest
from programs import Program

from taskloom import Store, TaskExecutionContext, task, workflow
from taskloom._durable import Program as Codec
from taskloom._execution import Host
from taskloom.errors import RunBusyError, RunChangedError, RunSuspended, TaskError

NESTED = """
store = Store("runs.db")

@task
def double(n: int):
    log(f"double{n}")
    if n == 2 and once("double"):
        die()
    return 2 * n

def inner(run_id):
    wf = workflow("inner").add(chain(*[double(task_id=f"d{n}", n=n) for n in range(4)]))
    return wf.execute(store=store, run_id=run_id)

@task
def outer(ctx: TaskExecutionContext):
    log("outer")
    return inner(f"{ctx.run_id}/inner")

@task
async def outer_async(ctx: TaskExecutionContext):
    log("outer")
    wf = workflow("inner").add(chain(*[double(task_id=f"d{n}", n=n) for n in range(4)]))
    return await wf.execute_async(store=store, run_id=f"{ctx.run_id}/inner")

body = outer if sys.argv[1] == "sync" else outer_async
print(workflow("outer").add(body(task_id="outer")).execute(store=store, run_id="r"))
print(*sorted(run.run_id for run in store.runs()))
"""


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_r_14_a_durable_run_inside_of_a_task_goes_on_too(kind, tmp_path):
    program = Program(tmp_path, NESTED)
    program.dies(kind)
    assert program.run(kind) == "6\nr r/inner\n"
    assert program.log() == ["outer", "double0", "double1", "double2", "outer", "double2", "double3"]


INTERRUPTED = """
import threading

@task
def first():
    log("first")
    return 1

@task
async def waits(first):
    log("waits")
    if once("waits"):
        # As Ctrl-C at the terminal.
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(1000)
    return first + 1

with workflow("w") as wf:
    first >> waits
try:
    print(wf.execute(store="runs.db", run_id="r"))
except KeyboardInterrupt:
    print("interrupted", *[run.status for run in Store("runs.db").runs()])
"""


def test_r_10_a_run_that_ctrl_c_has_ended_goes_on_in_the_next_process(tmp_path):
    program = Program(tmp_path, INTERRUPTED)
    assert program.run() == "interrupted cancelled\n"
    assert program.run() == "2\n"
    assert program.log() == ["first", "waits", "waits"]


def test_d_03_runs_of_one_id_in_two_stores_know_their_own_classes(tmp_path):
    @dataclasses.dataclass
    class Receipt:
        number: int

    both = threading.Barrier(2)

    @task
    def pay(ctx: TaskExecutionContext):
        both.wait(30)
        receipt = ctx.step("charge", lambda: Receipt(5), returns=Receipt)
        both.wait(30)
        return receipt.number

    wf = workflow("w").add(pay)
    handles = [wf.start(store=tmp_path / f"{name}.db", run_id="r") for name in "ab"]
    assert [handle.result().value for handle in handles] == [5, 5]


def living(*classes):
    gc.collect()
    return [each for each in gc.get_objects() if isinstance(each, classes)]


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("end", ["succeeds", "fails", "suspends", "is refused", "is busy"])
def test_d_06_nothing_is_kept_of_a_run_that_has_ended(end, kind, tmp_path):
    def ends(ctx):
        if end == "fails":
            raise ValueError
        return "value"

    @task(id="body")
    def plain(ctx: TaskExecutionContext):
        if end == "suspends":
            ctx.request_approval("Go?")
        return ends(ctx)

    @task(id="body")
    async def asynchronous(ctx: TaskExecutionContext):
        if end == "suspends":
            await ctx.request_approval("Go?")
        return ends(ctx)

    @task(id="body")
    def other(n=1):
        return n

    body = plain if kind == "sync" else asynchronous

    def execute(run_id, definition=body):
        store = Store(tmp_path / "runs.db")
        try:
            workflow("w").add(definition(task_id="body")).execute(store=store, run_id=run_id, suspend_after=0)
        except (TaskError, RunSuspended, RunChangedError, RunBusyError):
            return

    before = len(living(Host, Codec))
    for n in range(5):
        execute(f"r{n}")
    if end == "is refused":
        for n in range(5):
            execute(f"r{n}", other)
    if end == "is busy":
        began, go = threading.Event(), threading.Event()

        @task(id="body")
        def wait():
            began.set()
            assert go.wait(30)

        handle = workflow("w").add(wait(task_id="body")).start(store=tmp_path / "runs.db", run_id="busy")
        assert began.wait(30)
        execute("busy", wait)
        go.set()
        handle.result()
        del handle
    # The thread that has ended a run lets go of it a moment later.
    for _ in range(1000):
        if len(living(Host, Codec)) == before:
            return
    assert living(Host, Codec) == []
