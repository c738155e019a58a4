"""The threads that call task bodies.

Bodies are called from Python code, never from Rust: a daemon thread that the interpreter ends at exit then
has no Rust frames on its stack. Threads are made on demand and kept for a while, for any run.
"""

from __future__ import annotations

import itertools
import os
import queue
import threading
from types import CoroutineType
from typing import TYPE_CHECKING, Any

from ._suspended import Suspended

if TYPE_CHECKING:
    from . import _native
    from ._execution import Host

__all__ = ["MOST_WORKERS", "Killed", "drain", "start_worker"]

MOST_WORKERS = 64
"""How many threads run plain functions of one run at the same time, unless the caller says otherwise: tasks
are mostly waiting for something outside."""

_IDLE_SECONDS = 10.0


class Killed(BaseException):
    """The task was ended because it was cancelled. That is no failure, and nobody but `drain` sees it."""


_idle: list[queue.SimpleQueue[Host]] = []
_numbers = itertools.count(1)


def _forked() -> None:
    # This process was forked, and has none of the threads.
    _idle.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def start_worker(host: Host) -> None:
    """Lets a thread work for a run: an idle one, or a new one."""
    try:
        inbox = _idle.pop()
    except IndexError:
        # A thread keeps its arguments as long as it lives, and must not keep the run that it was made for.
        inbox = queue.SimpleQueue()
        inbox.put(host)
        name = f"taskloom-worker-{next(_numbers)}"
        threading.Thread(target=_live, args=(inbox,), name=name, daemon=True).start()
    else:
        inbox.put(host)


def _live(inbox: queue.SimpleQueue[Host]) -> None:
    host = inbox.get()
    while True:
        worker = host.execution.worker()
        drain(host, worker, worker.take())
        # While it waits it holds on to nothing of the run that it has worked for.
        del host, worker
        _idle.append(inbox)
        try:
            host = inbox.get(timeout=_IDLE_SECONDS)
        except queue.Empty:
            try:
                _idle.remove(inbox)
            except ValueError:
                # Somebody has just taken this thread for a run.
                host = inbox.get()
            else:
                return


def drain(host: Host, worker: _native.Worker, task: Any) -> None:
    """Runs tasks until there is none to take."""
    copy_context, observers = host.context.copy, host.observers
    while task is not None:
        arguments, keywords = task
        context, attempt = copy_context(), None
        try:
            if observers is not None:
                attempt = observers.begin(context, worker.current(), task)
            value = context.run(*arguments, **keywords)
        except Exception as error:
            # The traceback begins with the task's own frame: ours would keep the run alive, which keeps it.
            error.with_traceback(error.__traceback__ and error.__traceback__.tb_next)
            if observers is not None:
                observers.end(context, attempt, error)
            task = worker.failed(error)
        except Suspended as suspended:
            if observers is not None:
                observers.end(context, attempt, suspended)
            # The engine has left the body, and drops whatever it is told of it.
            task = worker.failed(suspended)
        except Killed as killed:
            if observers is not None:
                observers.end(context, attempt, killed)
            task = worker.cancelled()
        except BaseException as interruption:
            if observers is not None:
                observers.end(context, attempt, interruption)
            # An interruption is the run's cancellation, not the task's failure (rule R-10).
            worker.abandon()
            host.interrupt(interruption)
            return
        else:
            unawaited = _awaited_by_nobody(value) if type(value) is CoroutineType else None
            if observers is not None:
                observers.end(context, attempt, unawaited)
            task = worker.ended(value) if unawaited is None else worker.failed(unawaited)


def _awaited_by_nobody(coroutine: CoroutineType[Any, Any, Any]) -> TypeError:
    coroutine.close()
    return TypeError(
        f"a plain function gave the coroutine `{coroutine.__qualname__}`, which nobody awaits\n"
        "  hint: if a decorator stands between them, make its function `async def` and await in it"
    )
