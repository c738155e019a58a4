"""A run in a store: if its process dies, the next one goes on from there."""

import datetime as dt
import tempfile
import time
from pathlib import Path

from taskloom import Store, TaskExecutionContext, task, workflow
from taskloom.errors import RunSuspended


@task
def fetch(city: str) -> str:
    print("fetch", city)
    return f"Weather for {city}"


@task
def report(ctx: TaskExecutionContext, fetch: str) -> str:
    # A step is done once, however often the task begins.
    number = ctx.step("number", take_a_number)
    print("report", number, "waits")
    ctx.sleep(dt.timedelta(milliseconds=300))
    return f"report {number}: {fetch}"


def take_a_number() -> int:
    print("take a number")
    return 17


def execute(path: Path) -> str:
    """What each process does: the same program, the same store, the same run id."""
    with workflow("weather") as wf:
        _ = fetch(task_id="fetch", city="Tokyo") >> report
    # Tasks that wait for longer than this leave the process.
    return wf.execute(store=path, run_id="monday", suspend_after=0)


with tempfile.TemporaryDirectory() as directory:
    path = Path(directory) / "runs.db"
    try:
        execute(path)
    except RunSuspended:
        print("suspended")

    # Something else in this system looks for what is to go on.
    store = Store(path)
    while not store.due():
        time.sleep(0.02)
    print(execute(path))
    # It has ended: this only reads what was recorded.
    print(execute(path))
