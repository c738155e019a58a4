"""Async tasks: on the caller's event loop under `execute_async`, else on one of our own, in a thread that
lives until the process ends, so that `execute()` works inside a running loop too."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

from ._suspended import Suspended

if TYPE_CHECKING:
    from . import _native
    from ._durable import Keep
    from ._execution import Host, Limits
    from ._observe import Observe
    from ._run import Run

__all__ = [
    "Attempt",
    "cancel_tasks",
    "is_own_loop",
    "open_host",
    "own_loop",
    "pump",
    "run_on_loop",
    "writers",
]

_lock = threading.Lock()
_own: asyncio.AbstractEventLoop | None = None
_writers: ThreadPoolExecutor | None = None

_MOST_WRITERS = 4
"""How many threads wait for commits of durable runs, at most: those that come together share one commit."""


def _forked() -> None:
    # This process was forked, and has no thread for the loop; nor has whoever may have held the lock.
    global _lock, _own, _writers
    _lock, _own, _writers = threading.Lock(), None, None


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
    if host.durable:
        _elsewhere(host.execution.take_async, partial(_pump_on, host))
        return
    job = host.execution.take_async()
    while job is not None:
        job = _begin(host, job) or host.execution.take_async()


def _pump_on(host: Host, job: _native.AsyncJob | None) -> None:
    if job is not None:
        _go_on(host, job)
        pump(host)


def _elsewhere(
    call: Callable[[], _native.AsyncJob | None], then: Callable[[_native.AsyncJob | None], None]
) -> None:
    """Calls something that may wait for the disk on a thread of its own, and goes on with what it gives."""
    waiting = asyncio.get_running_loop().run_in_executor(writers(), call)
    waiting.add_done_callback(lambda done: None if done.cancelled() else then(done.result()))


def writers() -> ThreadPoolExecutor:
    """The threads that wait for the disk, so that no event loop does."""
    global _writers
    with _lock:
        if _writers is None:
            _writers = ThreadPoolExecutor(_MOST_WRITERS, "taskloom-writer")
        return _writers


def _told(host: Host, tell: Callable[[], _native.AsyncJob | None]) -> _native.AsyncJob | None:
    """Tells the engine how a task has ended; gives the next one. In a durable run that begins by itself, once
    what has happened is written."""
    if not host.durable:
        return tell()
    _elsewhere(tell, partial(_go_on, host))
    return None


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
        return _told(host, partial(job.failed, error))
    task = loop.create_task(coroutine, name=f"taskloom:{job.task_id}", context=context)
    host.async_tasks[task] = attempt = Attempt(host, job, loop, observed)
    if job.timeout is not None:
        attempt.limit(job.timeout, task)
    task.add_done_callback(attempt.ended)
    return None


class Attempt:
    """An attempt on the loop.

    Whatever its coroutine makes of a timeout, the attempt is over then. One that has not ended in the grace
    time after it was cancelled is abandoned: what it does from then on does not count.
    """

    __slots__ = ("_host", "_is_over", "_job", "_loop", "_observed", "_seconds", "_timer", "_told")

    def __init__(
        self,
        host: Host,
        job: _native.AsyncJob,
        loop: asyncio.AbstractEventLoop,
        observed: Callable[[BaseException | None], None] | None,
    ) -> None:
        self._host = host
        self._job = job
        self._loop = loop
        self._observed = observed
        self._seconds: float | None = None
        """The timeout, once it is over."""
        self._told = False
        self._is_over = False
        self._timer: asyncio.TimerHandle | None = None

    def limit(self, seconds: float, task: asyncio.Task[Any]) -> None:
        """Begins the time that the attempt may take."""
        self._timer = self._loop.call_later(seconds, self._expire, seconds, task)

    def cancel_told(self, task: asyncio.Task[Any]) -> None:
        """Cancels the coroutine if the task is to end."""
        if self._job.is_cancelled:
            self._cancel(task)

    def _expire(self, seconds: float, task: asyncio.Task[Any]) -> None:
        self._seconds = seconds
        self._cancel(task)

    def _cancel(self, task: asyncio.Task[Any]) -> None:
        task.cancel()
        if not self._told:
            self._told = True
            self._stop_timer()
            self._timer = self._loop.call_later(self._host.grace, self._give_up, task)

    def _give_up(self, task: asyncio.Task[Any]) -> None:
        if task.done():
            return
        self._is_over = True
        self._host.async_tasks.pop(task, None)
        still = f"had not ended {self._host.grace:g} s after it was cancelled, and was abandoned"
        self._host.warn(f"the async task `{self._job.task_id}` {still}")
        if self._seconds is not None and not self._job.is_cancelled:
            self._fail(TimeoutError(f"{_late(self._seconds)}; it {still}"))
            return
        self._observe(asyncio.CancelledError())
        self._job.abandon()

    def ended(self, task: asyncio.Task[Any]) -> None:
        """The coroutine has ended."""
        self._host.async_tasks.pop(task, None)
        self._stop_timer()
        # It is looked at, so that asyncio does not say that nobody has.
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if self._is_over:
            return
        if self._seconds is not None and not self._job.is_cancelled:
            self._fail(TimeoutError(_late(self._seconds)))
            return
        self._observe(error)
        if task.cancelled():
            self._job.abandon()
        elif error is None:
            _go_on(self._host, _told(self._host, partial(self._job.ended, task.result())))
        elif isinstance(error, (Exception, Suspended)):
            # Where the body was left, the engine drops what it is told.
            _go_on(self._host, _told(self._host, partial(self._job.failed, error)))
        else:
            self._job.abandon()
            self._host.interrupt(error)

    def _fail(self, error: TimeoutError) -> None:
        self._observe(error)
        _go_on(self._host, _told(self._host, partial(self._job.failed, error)))

    def _observe(self, error: BaseException | None) -> None:
        if self._observed is not None:
            self._observed(error)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


def _late(seconds: float) -> str:
    return f"it took longer than its timeout of {seconds:g} s"


def _go_on(host: Host, following: _native.AsyncJob | None) -> None:
    while following is not None:
        following = _begin(host, following)


async def open_host(
    plan: _native.Plan,
    channel: Mapping[str, Any],
    limits: Limits,
    observe: Observe,
    keep: Keep | None,
    start_node: str | None,
) -> Host:
    """A run that is to be waited for on this loop. One in a store is opened where that may take its time."""
    from ._execution import Host

    loop = asyncio.get_running_loop()
    make = partial(Host, plan, channel, limits, observe=observe, start_node=start_node, loop=loop)
    if keep is None:
        return make()
    context = contextvars.copy_context()
    if keep.on_busy == "wait":
        return await _wait_to_open(partial(context.run, make), keep)
    make = partial(make, keep=keep)
    return await _opened(loop.run_in_executor(writers(), context.run, make))


async def _opened(opening: asyncio.Future[Host], give_up: Callable[[], object] = lambda: None) -> Host:
    """Waits for a run that is being opened. If nobody wants it any more it is let go of before this ends, so
    that it is free for whoever executes it again."""
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        give_up()
        await asyncio.wait([opening])
        if opening.exception() is None:
            # Nobody knows when it would be freed: exceptions hold frames, and these what they wait for.
            await asyncio.get_running_loop().run_in_executor(writers(), opening.result().cancel)
        raise


class _GivenUp(Exception):
    """Nobody waits any longer for a run that somebody else drives."""


async def _wait_to_open(make: Callable[..., Host], keep: Keep) -> Host:
    """Opens a run that somebody else may drive for long: on a thread of its own, since those that wait for
    the disk may be needed for that very run."""
    loop = asyncio.get_running_loop()
    opened: asyncio.Future[Host] = loop.create_future()
    given_up = threading.Event()

    def look() -> None:
        if given_up.is_set():
            raise _GivenUp

    def work() -> None:
        try:
            tell = partial(_settle_with, opened, make(keep=keep._replace(look=look)), None)
        except BaseException as error:
            tell = partial(_settle_with, opened, None, error)
        with contextlib.suppress(RuntimeError):
            # Or the loop is closed, and nobody waits.
            loop.call_soon_threadsafe(tell)

    threading.Thread(target=work, name="taskloom-waiter", daemon=True).start()
    return await _opened(opened, given_up.set)


def _settle_with(opened: asyncio.Future[Any], value: Any, error: BaseException | None) -> None:
    if opened.done():
        return
    if error is None:
        opened.set_result(value)
    else:
        opened.set_exception(error)


async def run_on_loop(host: Host) -> Run:
    """Waits for a run on the loop that also runs its async tasks."""
    loop = asyncio.get_running_loop()
    ended = loop.create_future()
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
    for task, attempt in list(host.async_tasks.items()):
        attempt.cancel_told(task)
