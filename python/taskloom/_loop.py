"""Async tasks: on the caller's event loop under `execute_async`, else on one of our own, in a thread that
lives until the process ends, so that `execute()` works inside a running loop too."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import _native
    from ._execution import Host
    from ._run import Run

__all__ = ["cancel_tasks", "is_own_loop", "own_loop", "pump", "run_on_loop"]

_lock = threading.Lock()
_own: asyncio.AbstractEventLoop | None = None


def _forked() -> None:
    # This process was forked, and has no thread for the loop; nor has whoever may have held the lock.
    global _lock, _own
    _lock, _own = threading.Lock(), None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def own_loop() -> asyncio.AbstractEventLoop:
    """The event loop of our own; it is made at the first call."""
    global _own
    with _lock:
        if _own is None:
            _own = asyncio.new_event_loop()
            threading.Thread(target=_run, args=(_own,), name="taskloom-loop", daemon=True).start()
        return _own


def _run(loop: asyncio.AbstractEventLoop) -> None:
    while True:
        try:
            loop.run_forever()
        except (KeyboardInterrupt, SystemExit):
            # asyncio has given it to the task that raised it, and so to its run; other runs need the loop.
            continue
        return


def is_own_loop(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether a loop is the one of our own."""
    return loop is _own


def pump(host: Host) -> None:
    """Begins the async tasks that are ready. Runs on the loop."""
    job = host.execution.take_async()
    while job is not None:
        job = _begin(host, job) or host.execution.take_async()


def _begin(host: Host, job: _native.AsyncJob) -> _native.AsyncJob | None:
    """Begins one task; gives the next one if this has ended already."""
    (function, *arguments), keywords = job.call
    loop = asyncio.get_running_loop()
    context, observers = host.context.copy(), host.observers
    observed = None
    if observers is not None:
        observed = partial(observers.end, context, observers.begin(context, job.current(), job.call))
    try:
        coroutine = function(*arguments, **keywords)
    except Exception as error:
        if observed is not None:
            observed(error)
        return job.failed(error)
    task = loop.create_task(coroutine, name=f"taskloom:{job.task_id}", context=context)
    host.async_tasks[task] = job
    limit = None if job.timeout is None else _Limit(loop, job.timeout, task)
    task.add_done_callback(partial(_ended, host, job, limit, observed))
    return None


class _Limit:
    """The time that an attempt may take; whatever its task makes of the cancellation, the attempt is over."""

    __slots__ = ("_timer", "over", "seconds")

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float, task: asyncio.Task[Any]) -> None:
        self.seconds = seconds
        self.over = False
        self._timer = loop.call_later(seconds, self._reach, task)

    def _reach(self, task: asyncio.Task[Any]) -> None:
        self.over = True
        task.cancel()

    def stop(self) -> None:
        self._timer.cancel()


def _ended(
    host: Host,
    job: _native.AsyncJob,
    limit: _Limit | None,
    observed: Callable[[BaseException | None], None] | None,
    task: asyncio.Task[Any],
) -> None:
    host.async_tasks.pop(task, None)
    if limit is not None:
        limit.stop()
        if limit.over and not job.is_cancelled:
            if not task.cancelled():
                # What the task made of it is looked at, so that asyncio does not say that nobody has.
                task.exception()
            late = TimeoutError(f"it took longer than its timeout of {limit.seconds:g} s")
            if observed is not None:
                observed(late)
            _go_on(host, job.failed(late))
            return
    if observed is not None:
        observed(asyncio.CancelledError() if task.cancelled() else task.exception())
    if task.cancelled():
        job.abandon()
        return
    error = task.exception()
    if error is None:
        following = job.ended(task.result())
    elif isinstance(error, Exception):
        following = job.failed(error)
    else:
        job.abandon()
        host.interrupt(error)
        return
    _go_on(host, following)


def _go_on(host: Host, following: _native.AsyncJob | None) -> None:
    while following is not None:
        following = _begin(host, following)


async def run_on_loop(host: Host) -> Run:
    """Waits for a run on the loop that also runs its async tasks."""
    loop = asyncio.get_running_loop()
    ended = loop.create_future()
    host.loop = loop
    host.on_finished = partial(_tell, loop, ended)
    pump(host)
    host.execution.launch()
    if not host.execution.is_finished:
        try:
            # A cancellation must not end the future: it is waited for below.
            await asyncio.shield(ended)
        except asyncio.CancelledError:
            host.cancel()
            await asyncio.wait([ended], timeout=host.grace)
            raise
    return host.result()


def _tell(loop: asyncio.AbstractEventLoop, ended: asyncio.Future[None]) -> None:
    # A run that was given up after the grace time may outlive the loop.
    if not loop.is_closed():
        loop.call_soon_threadsafe(_settle, ended)


def _settle(ended: asyncio.Future[None]) -> None:
    if not ended.done():
        ended.set_result(None)


def cancel_tasks(host: Host) -> None:
    """Cancels the async tasks of a run that are to end. Runs on the loop."""
    for task, job in list(host.async_tasks.items()):
        if job.is_cancelled:
            task.cancel()
