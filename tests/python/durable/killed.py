"""A program for `test_durable_kills.py`. For each line of its input, a run id and seconds, it forks a process
that executes the workflow until it has ended, or is killed after so long; it prints how that has ended.

    python killed.py STORE < lives
"""

import asyncio
import os
import select
import signal
import sys

from taskloom import RetryPolicy, Store, TaskExecutionContext, chain, parallel, task, workflow

AGAIN = RetryPolicy(max_retries=1, initial_interval=0.0002, jitter=False)
_log = os.open(os.environ["KILLED_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)


def tell(what, ctx):
    """Writes down what a body does, in one piece; gives the name of its execution."""
    name = f"{ctx.run_id} {ctx.task_id} {ctx.cycle_count}"
    os.write(_log, f"{what} {name}\n".encode())
    return name


def named(ctx, work=lambda: None):
    tell("begins", ctx)
    work()
    return tell("returns", ctx)


@task
def link(ctx: TaskExecutionContext):
    return named(ctx)


@task
async def link_async(ctx: TaskExecutionContext):
    await asyncio.sleep(0)
    return named(ctx)


@task
def write(ctx: TaskExecutionContext, n: int):
    def work():
        channel = ctx.get_channel()
        channel.append("list", n)
        channel.atomic_add("total", n)
        channel.set(f"once {n}", (n,), at_once=True)
        with channel.lock("locked"):
            # What is published under a lock stays, also if the attempt is lost: it may be done twice.
            channel.set("locked", max(channel.get("locked", 0), n))

    return named(ctx, work)


@task(retry_policy=AGAIN)
def shaky(ctx: TaskExecutionContext):
    ctx.get_channel().append("shaken", ctx.task_id)
    name = named(ctx)
    if ctx.attempt == 1:
        raise OSError(name)
    return name


@task
def steps(ctx: TaskExecutionContext, n: int):
    def work():
        for part in range(5):
            assert ctx.step(f"part {part}", step, ctx, part) == part

    return named(ctx, work)


def step(ctx, part):
    ctx.get_channel().append("steps", f"{ctx.task_id} {part}")
    return part


@task
async def steps_async(ctx: TaskExecutionContext):
    for part in range(5):
        assert await ctx.step(f"part {part}", step, ctx, part) == part
    return named(ctx)


@task
def turn(ctx: TaskExecutionContext, n: int = 0):
    if n < 8:
        ctx.next_iteration(n + 1)
    return named(ctx)


@task
def element(ctx: TaskExecutionContext, n: int):
    return named(ctx, lambda: ctx.get_channel().append("elements", n))


@task
def grow(ctx: TaskExecutionContext):
    for n in range(3):
        ctx.next_task(link(task_id=f"{ctx.task_id} new {n}"))
    return named(ctx)


@task
def report(ctx: TaskExecutionContext):
    channel = ctx.get_channel()
    lists = {key: sorted(channel.get(key)) for key in ("list", "shaken", "steps", "elements")}
    once = [channel.get(f"once {n}") for n in range(LANES * 10)]
    tell("begins", ctx)
    return lists, once, channel.get("total"), channel.get("locked")


LANES = 2


def make():
    """Some 250 executions."""
    wf = workflow("kills")
    ends = []
    for lane in range(LANES):
        tasks = [
            chain(*[link(task_id=f"plain{lane}.{n}") for n in range(20)]),
            chain(*[link_async(task_id=f"async{lane}.{n}") for n in range(20)]),
            chain(*[write(task_id=f"write{lane}.{n}", n=lane * 10 + n) for n in range(10)]),
            chain(*[shaky(task_id=f"shaky{lane}.{n}") for n in range(5)]),
            steps(task_id=f"steps{lane}", n=lane) >> steps_async(task_id=f"steps_async{lane}"),
            turn(task_id=f"turn{lane}"),
            grow(task_id=f"grow{lane}"),
            element.map(n=range(lane * 10, lane * 10 + 10))(task_id=f"elements{lane}"),
            parallel(*[link(task_id=f"member{lane}.{n}") for n in range(10)]) >> link(task_id=f"after{lane}"),
        ]
        ends.extend(tasks)
    return wf.add(parallel(*ends) >> report(task_id="report"))


def main():
    for line in sys.stdin:
        run_id, seconds = line.split()
        # Its end closes the pipe.
        ended, is_alive = os.pipe()
        pid = os.fork()
        if pid == 0:
            live(run_id)
        os.close(is_alive)
        if not select.select([ended], [], [], float(seconds))[0]:
            os.kill(pid, signal.SIGKILL)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
        os.close(ended)


def live(run_id):
    status = 1
    try:
        make().execute(store=Store(sys.argv[1], durability="normal"), run_id=run_id)
        status = 0
    finally:
        os._exit(status)


if __name__ == "__main__":
    main()
