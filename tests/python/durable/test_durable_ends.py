"""Runs that have failed, were cancelled or interrupted, and what hears of them."""

import asyncio
import contextlib
import gc
import os
import weakref

import pytest
from programs import Program

from taskloom import Store, Task, TaskExecutionContext, parallel, task, workflow
from taskloom.errors import RunCancelledError, RunSuspended, StoreError, TaskError
from taskloom.testing import Recorder


def test_r_06_a_failed_run_keeps_its_error_and_runs_nothing_again(store):
    ran = []

    @task
    def first():
        ran.append("first")
        return 1

    @task
    def fails():
        ran.append("fails")
        raise ValueError("no line")

    with workflow("w") as wf:
        first >> fails
    for _ in range(2):
        with pytest.raises(TaskError, match="no line") as raised:
            wf.execute(store=store, run_id="r")
        assert raised.value.task_id == "fails"
        assert raised.value.run.output("first") == 1
    assert ran == ["first", "fails"]
    assert [run.status for run in store.runs()] == ["failed"]


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_r_10_an_interrupted_run_goes_on(kind, store):
    ran = []

    def once_interrupted():
        ran.append("body")
        if len(ran) == 2:
            raise KeyboardInterrupt
        return "done"

    @task
    def first():
        ran.append("first")

    @task(id="body")
    def plain():
        return once_interrupted()

    @task(id="body")
    async def asynchronous():
        await asyncio.sleep(0)
        return once_interrupted()

    with workflow("w") as wf:
        first >> (plain if kind == "sync" else asynchronous)
    with pytest.raises(KeyboardInterrupt):
        wf.execute(store=store, run_id="r")
    assert wf.execute(store=store, run_id="r") == "done"
    assert ran == ["first", "body", "body"]


def test_r_10_a_run_that_was_cancelled_from_outside_goes_on(store):
    ran = []

    @task
    def first():
        ran.append("first")
        return 1

    @task
    async def waits(first):
        ran.append("waits")
        if ran.count("waits") == 1:
            handle.cancel()
            await asyncio.sleep(1000)
        return first + 1

    with workflow("w") as wf:
        first >> waits
    handle = wf.start(store=store, run_id="r")
    with pytest.raises(RunCancelledError):
        handle.result()
    assert wf.execute(store=store, run_id="r") == 2
    assert ran == ["first", "waits", "waits"]


def test_r_10_a_cancelled_execute_async_goes_on(store):
    ran = []

    @task
    def first():
        ran.append("first")
        return 1

    @task
    async def waits(first):
        ran.append("waits")
        if ran.count("waits") == 1:
            running.cancel()
            await asyncio.sleep(1000)
        return first + 1

    with workflow("w") as wf:
        first >> waits

    async def main():
        nonlocal running
        running = asyncio.ensure_future(wf.execute_async(store=store, run_id="r"))
        with pytest.raises(asyncio.CancelledError):
            await running
        return await wf.execute_async(store=store, run_id="r")

    running = None
    assert asyncio.run(main()) == 2
    assert ran == ["first", "waits", "waits"]


def test_d_05_observers_hear_of_each_part_of_a_run(store):
    recorder = Recorder()

    @task
    def first():
        return 1

    @task
    def asks(first, ctx: TaskExecutionContext):
        return ctx.request_approval("Go?")

    with workflow("w") as wf:
        first >> asks
    with pytest.raises(RunSuspended) as raised:
        wf.execute(store=store, run_id="r", suspend_after=0, observe=recorder)
    assert recorder.started() == ["first", "asks"]
    store.answer(raised.value.questions[0].feedback_id, True)
    again = Recorder()
    assert wf.execute(store=store, run_id="r", observe=again) is True
    assert again.started() == ["asks"]


def test_d_01_tasks_that_are_objects_of_a_class(store):
    ran = []

    class Double(Task):
        def run(self, n: int) -> int:
            ran.append(n)
            return 2 * n

    def make():
        return workflow("w").add(Double(id="double")(task_id="d", n=3))

    assert make().execute(store=store, run_id="r") == 6
    assert make().execute(store=store, run_id="r") == 6
    assert ran == [3]


def test_d_01_each_run_without_an_id_is_a_run_of_its_own(store):
    @task
    def give(ctx: TaskExecutionContext):
        return ctx.run_id

    wf = workflow("w").add(give)
    ids = [wf.execute(store=store) for _ in range(3)]
    assert len(set(ids)) == 3
    assert [run.run_id for run in store.runs()] == ids


def test_d_01_a_path_is_a_store(tmp_path):
    @task
    def give():
        return 1

    wf = workflow("w").add(give)
    assert wf.execute(store=str(tmp_path / "runs.db"), run_id="r") == 1
    assert wf.execute(store=tmp_path / "runs.db", run_id="r") == 1
    assert wf.execute(store=Store(tmp_path / "runs.db", durability="normal"), run_id="r") == 1


def test_e_02_a_store_in_memory_is_refused_with_the_way_out(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError, match=r":memory:(?s:.*)hint: a run without a store lives in memory"):
        Store(":memory:")
    assert list(tmp_path.iterdir()) == []


def open_files(directory):
    links = [f"/proc/self/fd/{fd}" for fd in os.listdir("/proc/self/fd")]
    targets = [os.readlink(link) for link in links if os.path.exists(link)]
    return [target for target in targets if target.startswith(str(directory))]


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="it reads /proc")
@pytest.mark.parametrize("end", ["succeeds", "fails", "suspends"])
def test_d_06_a_run_that_has_ended_frees_its_store(end, tmp_path):
    @task
    def body(ctx: TaskExecutionContext):
        if end == "fails":
            raise ValueError
        if end == "suspends":
            ctx.request_approval("Go?")
        return object.__name__

    store = Store(tmp_path / "runs.db")
    wf = workflow("w").add(body)
    for n in range(20):
        with contextlib.suppress(TaskError, RunSuspended):
            wf.execute(store=store, run_id=f"{n}", suspend_after=0)
    gc.collect()
    # The store's own connections, however many runs there were.
    assert len(open_files(tmp_path)) <= 8
    freed = weakref.ref(store)
    del store
    gc.collect()
    assert freed() is None
    assert [path for path in open_files(tmp_path) if not path.endswith(".lock")] == []


FORK = """
store = Store("runs.db")

@task
def give():
    log("give")
    return os.getpid()

wf = workflow("w").add(parallel(give(task_id="a"), give(task_id="b")) )
first = wf.execute(store=store, run_id="parent")
import warnings
warnings.simplefilter("ignore", DeprecationWarning)
sys.stdout.flush()
pid = os.fork()
if pid == 0:
    code = 1
    try:
        assert [run.run_id for run in store.runs()] == ["parent"]
        assert wf.execute(store=store, run_id="parent") == first
        _ = wf.execute(store=store, run_id="child")
        code = 0
    finally:
        os._exit(code)
assert os.waitpid(pid, 0)[1] == 0
_ = wf.execute(store=store, run_id="later")
assert wf.execute(store=store, run_id="child") != first
print(*sorted(run.run_id for run in store.runs()), store.verify())
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_r_13_after_a_fork_both_processes_use_the_store(tmp_path):
    program = Program(tmp_path, FORK)
    assert program.run() == "child later parent []\n"
    assert len(program.log()) == 6


FORK_UNDER_WAY = """
import threading, warnings
warnings.simplefilter("ignore", DeprecationWarning)
store = Store("runs.db")
began, go = threading.Event(), threading.Event()

@task
def wait():
    began.set()
    go.wait(30)
    return "waited"

wf = workflow("w").add(wait)
handle = wf.start(store=store, run_id="r")
began.wait(30)
pid = os.fork()
if pid == 0:
    code = 1
    try:
        # The run belongs to the parent.
        try:
            wf.execute(store=store, run_id="r")
        except RunBusyError as error:
            code = 0
    finally:
        os._exit(code)
assert os.waitpid(pid, 0)[1] == 0
go.set()
print(handle.result().value, store.verify())
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_r_13_a_fork_leaves_a_run_under_way_to_its_parent(tmp_path):
    assert Program(tmp_path, FORK_UNDER_WAY).run() == "waited []\n"


PROCESSES = """
@task
def work(n: int):
    log(f"work{n}")
    if n == 2 and once("work"):
        os.kill(os.getppid(), signal.SIGKILL)
        import time
        time.sleep(30)
    return os.getpid() != MAIN and n

MAIN = int(os.environ.setdefault("MAIN", str(os.getpid())))

if __name__ == "__main__":
    chained = chain(*[work(task_id=f"w{n}", n=n) for n in range(4)])
    group = parallel(chained).with_execution(backend="process")
    print(workflow("w").add(group).execute(store="runs.db", run_id="r", max_concurrency=1))
"""


def test_r_13_tasks_in_processes_are_recorded(tmp_path):
    program = Program(tmp_path, PROCESSES)
    program.run(status=-9)
    assert program.run() == "{'w3': 3}\n"
    assert program.log() == ["work0", "work1", "work2", "work2", "work3"]


def test_d_01_a_group_goes_on_by_its_policy(store):
    ran = []

    @task
    def fails():
        ran.append("fails")
        raise ValueError

    @task
    def asks(ctx: TaskExecutionContext):
        return ctx.request_approval("Go?")

    group = parallel(fails, asks).with_execution(policy="best_effort")
    wf = workflow("w").add(group)
    with pytest.raises(RunSuspended) as raised:
        wf.execute(store=store, run_id="r", suspend_after=0)
    store.answer(raised.value.questions[0].feedback_id, True)
    assert wf.execute(store=store, run_id="r") == {"asks": True}
    assert ran == ["fails"]
