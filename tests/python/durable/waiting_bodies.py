"""Tasks that wait in processes, for `test_durable_processes.py`."""

import dataclasses
import os

from taskloom import TaskExecutionContext, task


@dataclasses.dataclass
class Receipt:
    number: int
    pid: int


def charge(number):
    return Receipt(number, os.getpid())


def note(path, text):
    with open(path, "a") as file:
        file.write(text + "\n")


@task
def plain(ctx: TaskExecutionContext, path: str):
    receipt = ctx.step("charge", charge, 5, returns=Receipt)
    assert type(receipt) is Receipt
    ctx.step("note", note, path, "plain")
    ctx.sleep(0.2)
    approved = ctx.request_approval("Go?")
    return receipt.number, receipt.pid == os.getppid(), approved


@task
async def asynchronous(ctx: TaskExecutionContext, path: str):
    receipt = await ctx.step("charge", charge, 5, returns=Receipt)
    assert type(receipt) is Receipt
    await ctx.step("note", note, path, "plain")
    await ctx.sleep(0.2)
    approved = await ctx.request_approval("Go?")
    return receipt.number, receipt.pid == os.getppid(), approved


@task
def stubborn(ctx: TaskExecutionContext, path: str):
    note(path, "begins")
    try:
        return ctx.request_approval("Go?")
    except BaseException:
        return "dropped"


@task
def wrong(ctx: TaskExecutionContext, path: str):
    ctx.checkpoint({"path": path})
    ctx.step("bad", complex)
