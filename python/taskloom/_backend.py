"""Where the tasks of a group run."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["CoordinationBackend"]


class CoordinationBackend(StrEnum):
    """Where the tasks of a group run: for `with_execution(backend=…)`, which also takes the names as text.

    It holds for all tasks in the group; a group inside of it may say otherwise for its own.

    >>> from taskloom import CoordinationBackend, parallel, task, workflow
    >>> from math import factorial
    >>> numbers = parallel(*[task(factorial)(n, task_id=f"{n}!") for n in (3, 4)])
    >>> workflow("w").add(numbers.with_execution(backend=CoordinationBackend.PROCESS)).execute()
    {'3!': 6, '4!': 24}
    """

    DIRECT = "direct"
    """As `THREADING` with `max_concurrency=1`: one task at a time, in the order in which they are ready."""

    THREADING = "threading"
    """In this process: plain functions in threads, async ones on an event loop. The default."""

    PROCESS = "process"
    """In processes of their own, at most as many as there are processors, for functions that compute.

    The processes are started when they are needed, used again for the next tasks, and end with this one.
    They find a function by its import path, so it has to be defined at the top level of a module, or of the
    script: nested functions, lambdas, functions of a notebook and objects of a subclass of `Task` are refused
    when the workflow is planned. A map is taken apart in this process; its elements run in those.
    While a process runs a task, a thread of this one waits for it, which is one of the 64 that run the plain
    functions of a run if `execute(max_concurrency=…)` says nothing else.
    They do not import the script unless a function or class of it is needed; then its `__name__` is
    `"__mp_main__"`, and it must execute workflows only under `if __name__ == "__main__":`.

    Arguments, results and exceptions cross by pickle. An exception that does not survive that becomes
    `RemoteTaskError`. What a process prints goes to the stdout that this one was started with. The channel
    and all else that a context gives are those of the run; the values of context variables do not come along.
    An async function runs on an event loop of its process. `ctx.next_task` knows tasks by their ids there,
    and cannot add one that was made there.

    A timeout begins when a process has taken the task, and ends the process. A cancelled task is told so, by
    `ctx.cancelled` or, in an async function, by `CancelledError`; after the grace time its process is ended.
    A process that dies fails the task that it ran, with `WorkerDiedError`, which is retried as any failure.
    Not implemented on Windows yet."""
