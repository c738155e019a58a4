"""Objects that use their run when they are dropped: R-4, D-4. No lock of the run is held then."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import faulthandler
faulthandler.dump_traceback_later(30, exit=True)
from taskloom import TaskExecutionContext, task, workflow

dropped = []

class Uses:
    def __init__(self, ctx):
        self.ctx = ctx
    def __del__(self):
        self.ctx.cancelled
        dropped.append(self)

@task
def again(ctx: TaskExecutionContext):
    if ctx.cycle_count < 3:
        ctx.next_task("again")
    return Uses(ctx)

@task(max_retries=2)
def fails(ctx: TaskExecutionContext):
    here = Uses(ctx)
    if ctx.attempt < 3:
        raise ValueError("once more")

@task
def remembers(ctx: TaskExecutionContext):
    ctx.step("part", lambda: Uses(ctx))

@task
def iterates(ctx: TaskExecutionContext, data=None):
    if ctx.cycle_count < 3:
        ctx.next_iteration(Uses(ctx))

@task
def asks(ctx: TaskExecutionContext):
    ctx.next_iteration(Uses(ctx))
    ctx.terminate_workflow("enough")

print(workflow("w").add({name}(task_id="{name}")).run().status, bool(dropped))
"""


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("again", "succeeded"),
        ("fails", "succeeded"),
        ("remembers", "succeeded"),
        ("iterates", "succeeded"),
        ("asks", "terminated"),
    ],
)
def test_r_04_what_is_dropped_may_use_the_run(name: str, status: str) -> None:
    program = PROGRAM.replace("{name}", name)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == (f"{status} True\n", 0), done.stderr
