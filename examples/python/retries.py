"""What fails, takes too long, or has to be tidied up: retries, timeouts, the grace time, clean-ups."""

import asyncio
import time

from taskloom import RetryPolicy, TaskExecutionContext, Workflow, task, workflow
from taskloom.errors import RunTimeoutError, TaskError

# Only what may go away by itself is tried again.
patient = RetryPolicy(max_retries=5, initial_interval=0.001, jitter=True, retry_on=TimeoutError)


@task(retry_policy=patient)
def fetch(ctx: TaskExecutionContext, city: str) -> str:
    """Times out first, then finds nobody."""
    if ctx.attempt == 1:
        raise TimeoutError("no answer")
    if city == "Atlantis":
        raise LookupError("no such city")
    return f"{city} at attempt {ctx.attempt}"


@task(max_retries=1, timeout=0.1)
async def hangs_once(ctx: TaskExecutionContext) -> int:
    """Hangs at its first attempt. The timeout is that of an attempt."""
    if ctx.attempt == 1:
        await asyncio.Event().wait()
    return ctx.attempt


@task
def count(ctx: TaskExecutionContext) -> str:
    """A plain function cannot be stopped; it is told."""
    while not ctx.cancelled:
        time.sleep(0.001)
    return "ended when it was told to"


@task(run_when="always")
def tidy_up() -> None:
    """Runs whatever happens."""
    print("tidied up")


def fetch_and_tidy(city: str) -> Workflow:
    return workflow("fetch").add(fetch(task_id=city, city=city) >> tidy_up)


print(fetch_and_tidy("Tokyo").run().output("Tokyo"))
try:
    fetch_and_tidy("Atlantis").run()
except TaskError as error:
    print(str(error).splitlines()[0])

print("attempt", workflow("timeout").add(hangs_once).run().value, "did not hang")

# The time that the whole run has, and for how long plain functions are then waited for.
try:
    workflow("endless", echo=False).add(count).run(timeout=0.3, grace=10)
except RunTimeoutError as error:
    print(str(error).splitlines()[0])
    if error.run:
        print("count", error.run.output("count"))
