"""Tasks that compute, in processes: side by side, where threads of one interpreter would take turns."""

from __future__ import annotations

from taskloom import CoordinationBackend, TaskExecutionContext, parallel, task, workflow
from taskloom.errors import WorkerDiedError


@task
def count_primes(ctx: TaskExecutionContext, first: int, last: int) -> int:
    """Counts the primes from `first` up to `last`."""
    found = 0
    for number in range(max(first, 2), last):
        # A context reaches from the process to the run: a cancelled task is told so.
        if ctx.cancelled:
            break
        found += all(number % divisor for divisor in range(2, int(number**0.5) + 1))
    # The channel is that of the run, too.
    ctx.get_channel().atomic_add("primes", found)
    return found


@task
def crash(ctx: TaskExecutionContext) -> str:
    """Brings its whole process down, the first time."""
    if ctx.attempt == 1:
        import os
        import signal

        os.kill(os.getpid(), signal.SIGKILL)
    return f"attempt {ctx.attempt} went well"


@task
def total(ctx: TaskExecutionContext) -> int:
    """Runs where all tasks do that are in no group with another backend: in a thread of this process."""
    return ctx.get_channel().get("primes")


# The processes import this file to find the tasks, and must not run the workflow.
if __name__ == "__main__":
    parts = [count_primes(task_id=f"from {n}", first=n, last=n + 5_000) for n in range(0, 20_000, 5_000)]
    counted = parallel(*parts).with_execution(backend=CoordinationBackend.PROCESS)
    run = workflow("primes").add(counted >> total).run()
    for part in parts:
        print(f"{part.task_id}: {run.output(part)}")
    print(f"together: {run.value}")

    # A process that dies fails its own task alone, and that may be retried.
    risky = parallel(crash(task_id="fails"), crash(task_id="recovers").with_options(max_retries=1))
    risky.with_execution(backend="process", policy="best_effort")
    run = workflow("risky").add(risky).run()
    print(run.output("recovers"))
    error = run.tasks["fails"].error
    print(isinstance(error, WorkerDiedError) and error.exit_code)
