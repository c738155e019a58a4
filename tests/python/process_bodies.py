"""Tasks that the tests run in processes: these find them here, and import nothing but this."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import os
import signal
import threading
import time
from pathlib import Path

from taskloom import Task, TaskExecutionContext, parallel, task, workflow
from taskloom.errors import AttemptEndedError


@task
def pid(_after=None):
    return os.getpid()


@task
def collect(**values):
    return values


@task
def double(n):
    return 2 * n


@task
async def double_async(n):
    await asyncio.sleep(0)
    return 2 * n


@task
def die(ctx: TaskExecutionContext, how="SIGKILL", attempts=1000):
    if ctx.attempt > attempts:
        return ctx.attempt
    if how == "exit":
        os._exit(3)
    os.kill(os.getpid(), signal.Signals[how])
    time.sleep(60)


@task
def give_lock():
    return threading.Lock()


class PlainError(Exception):
    pass


class OwnError(Exception):
    def __init__(self, code, *, reason):
        super().__init__(f"{reason} ({code})")
        self.code = code


@task
def fail_plainly():
    error = PlainError("as it is", 7)
    error.add_note("with a note")
    raise error


@task
def fail_oddly():
    raise OwnError(7, reason="odd")


@task
def fail_locally():
    class LocalError(Exception):
        pass

    raise LocalError("local")


@task
def leave(kind):
    raise {"exit": SystemExit(5), "interrupt": KeyboardInterrupt()}[kind]


def tell(path, text):
    """Says something to the test: a file with this text is there, whole."""
    Path(f"{path}.new").write_text(str(text))
    os.rename(f"{path}.new", path)


@task
def forever(path):
    tell(path, os.getpid())
    while True:
        time.sleep(0.01)


@task
def until_cancelled(ctx: TaskExecutionContext, path):
    tell(path, os.getpid())
    while not ctx.cancelled:
        time.sleep(0.005)
    return "told"


@task
async def until_cancelled_async(ctx: TaskExecutionContext, path):
    tell(path, os.getpid())
    try:
        await asyncio.Event().wait()
    finally:
        tell(f"{path}.end", ctx.cancelled)


@task
def slow_at_first(ctx: TaskExecutionContext, path):
    if ctx.attempt == 1:
        tell(path, os.getpid())
        time.sleep(60)
    return ctx.attempt


@task
def use_channel(ctx: TaskExecutionContext, n: int):
    channel = ctx.get_channel()
    channel.append("values", n)
    missing = object()
    assert channel.get("missing", missing) is missing
    channel.set("own", n)
    assert channel.get("own") == n
    assert set(channel.keys()) >= {"own", "values"}
    assert [channel.delete("own"), channel.exists("own")] == [True, False]
    with channel.lock("sum", timeout=30):
        total = channel.get("sum", 0)
        time.sleep(0.005)
        channel.set("sum", total + n)
    return channel.atomic_add("count")


@task
async def use_channel_async(ctx: TaskExecutionContext, n: int):
    channel = ctx.get_channel()
    async with channel.lock("sum", timeout=30):
        total = channel.get("sum", 0)
        await asyncio.sleep(0.005)
        channel.set("sum", total + n)


@task
async def give_up_lock(ctx: TaskExecutionContext):
    channel = ctx.get_channel()
    try:
        async with channel.lock("key", timeout=0.05):
            return "locked"
    except TimeoutError:
        channel.set("gave up", True, at_once=True)
    # If it is given afterwards, it is let go.
    while not channel.exists("locked again"):
        await asyncio.sleep(0.01)
    return "gave up"


@task
def hold_lock(ctx: TaskExecutionContext, again=False):
    channel = ctx.get_channel()
    if again:
        while not channel.exists("gave up"):
            time.sleep(0.01)
    with channel.lock("key"):
        channel.set("locked again" if again else "locked", True, at_once=True)
        while not channel.exists("gave up"):
            time.sleep(0.01)


@task
def misuse_channel(ctx: TaskExecutionContext):
    try:
        ctx.get_channel().append("text", 1)
    except TypeError as error:
        return str(error)


@task
def leave_thread(ctx: TaskExecutionContext, path):
    channel = ctx.get_channel()

    def late():
        while True:
            try:
                channel.exists("key")
            except AttemptEndedError as error:
                return tell(path, error)

    threading.Thread(target=late, daemon=True).start()


@task
def facts(ctx: TaskExecutionContext):
    return (
        ctx.task_id,
        ctx.workflow_name,
        len(ctx.run_id),
        ctx.max_retries,
        ctx.max_cycles,
        ctx.attempt,
        ctx.cycle_count,
        ctx.get_result("before"),
        ctx.get_result("nonsense", "default"),
    )


@task
def iterate(ctx: TaskExecutionContext, n: int = 0):
    if n < 3:
        ctx.next_iteration(n + 1)
    return n


@task
def jump(ctx: TaskExecutionContext, to):
    ctx.next_task(to, goto=True)
    return "jumped"


@task
def jump_to_definition(ctx: TaskExecutionContext):
    ctx.next_task(double, goto=True)


@task
def jump_to_nameless(ctx: TaskExecutionContext):
    ctx.next_task(double(n=1), goto=True)


@task
def add(ctx: TaskExecutionContext, name):
    ctx.next_task(name)
    return os.getpid()


@task
def add_instance(ctx: TaskExecutionContext):
    ctx.next_task(double(task_id="new", n=1))


@task
def element_pid(n):
    return n, os.getpid()


@task
async def element_pid_async(n):
    await asyncio.sleep(0)
    return n, os.getpid()


@task
def square_if_even(n):
    if n % 2:
        raise ValueError(f"{n} is odd")
    return n * n


@task
def alone(path):
    """Whether no other one is in here with the same path."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    time.sleep(0.01)
    os.remove(path)
    return True


class OfClass(Task):
    def run(self):
        return 1


of_class = OfClass()


@task
def terminate(ctx: TaskExecutionContext):
    ctx.terminate_workflow("enough")


@task
def cancel(ctx: TaskExecutionContext):
    ctx.cancel_workflow("no more")


variable = contextvars.ContextVar("variable", default="default")


@task
def see_variable():
    return variable.get()


@task
def nested(n):
    group = parallel(*[double(task_id=f"d{k}", n=k) for k in range(n)])
    return workflow("inner").add(group.with_execution(backend="process")).execute()


@task
def forgotten_await():
    return asyncio.sleep(0)


class Doubling:
    """A decorator that is a class."""

    def __init__(self, function):
        functools.update_wrapper(self, function)

    def __call__(self, n):
        return 2 * self.__wrapped__(n)


@task
@Doubling
def decorated(n):
    return n


class Adder:
    def __init__(self, n):
        self.n = n

    def add(self, m):
        return self.n + m


def twice(n):
    return 2 * n


@task
def write_and_fail(ctx: TaskExecutionContext):
    ctx.get_channel().append("values", 100)
    raise PlainError


@task
def wait_for(path):
    while not Path(path).exists():
        time.sleep(0.01)


@task
def pause(seconds):
    time.sleep(seconds)


@task
def close_everything():
    os.closerange(3, 1 << 16)


@task
def stays(ctx: TaskExecutionContext):
    """Does not end when it is left."""
    try:
        ctx.sleep(1000)
    except BaseException:
        time.sleep(600)
