"""One run of a workflow: who works for it, and how it is waited for."""

from __future__ import annotations

import atexit
import contextvars
import os
import sys
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from . import _native
from ._current import current_workflow
from ._events import Events
from ._observe import Observe, observers_of
from ._process import status
from ._run import Run
from ._suspended import OpenQuestion, open_questions
from ._worker import MOST_WORKERS, drain, start_worker
from .errors import TaskloomError, TaskloomRuntimeError

if TYPE_CHECKING:
    import asyncio

    from ._durable import Keep
    from ._loop import Attempt

__all__ = ["GRACE_SECONDS", "Host", "Limits", "RunHandle", "run_blocking", "succeeded"]

GRACE_SECONDS = 5.0
"""How long plain functions are waited for that are to end, if nothing else is said."""

SUSPEND_SECONDS = 60.0
"""How long a task of a run waits in the process for time or for a person, if nothing else is said."""

_WAKE_SECONDS = 0.05

_PATIENCE_SECONDS = 10.0
"""How long all workers may be busy while tasks are ready, until there is a warning."""

_alive: weakref.WeakSet[Host] = weakref.WeakSet()
_exits = False

_opening = threading.Lock()


@atexit.register
def _cancel_runs() -> None:
    global _exits
    _exits = True
    for host in list(_alive):
        host.cancel()
    _native.exiting()


class _Gone:
    """Stands for the engine of a run in a process that was forked from that of the run."""

    def __init__(self, execution: _native.Execution) -> None:
        # Never looked at, and never let go: a thread that is not here may have locked it.
        self._execution = execution

    def __getattr__(self, name: str) -> NoReturn:
        raise TaskloomRuntimeError(
            "the run belongs to the process that this one was forked from\n"
            "  hint: execute the workflow here, or hand over its result"
        )


_gone: list[_Gone] = []


def _forked() -> None:
    """This process was forked. It has none of the threads, so the runs under way are none of its own."""
    global _opening
    _opening = threading.Lock()
    _native.forked()
    for host in list(_alive):
        gone: Any = _Gone(host.execution)
        _gone.append(gone)
        host.execution = gone
    _alive.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


class Limits(NamedTuple):
    """What a run may use; times in seconds."""

    max_concurrency: int | None = None
    max_steps: int | None = None
    timeout: float | None = None
    grace: float = GRACE_SECONDS

    def check(self) -> None:
        """Refuses what makes no sense."""
        for name in ("max_concurrency", "max_steps"):
            limit = getattr(self, name)
            if limit is not None and (type(limit) is not int or not 0 < limit < 2**31):
                raise TaskloomError(f"{name} is a whole number from 1 on, not {limit!r}")
        if self.timeout is not None and (type(self.timeout) not in (int, float) or not self.timeout > 0):
            raise TaskloomError(f"timeout is a number of seconds above 0, not {self.timeout!r}")
        if type(self.grace) not in (int, float) or not self.grace >= 0:
            raise TaskloomError(f"grace is a number of seconds from 0 on, not {self.grace!r}")


class Host:
    """What the engine calls when it needs a thread, or has ended; and what a caller waits with."""

    __slots__ = (
        "__weakref__",
        "_early",
        "_interruption",
        "_is_open",
        "_works_here",
        "async_tasks",
        "context",
        "durable",
        "execution",
        "grace",
        "loop",
        "observers",
        "on_finished",
    )

    def __init__(
        self,
        plan: _native.Plan,
        channel: Mapping[str, Any],
        limits: Limits,
        *,
        workers: int = MOST_WORKERS,
        observe: Observe = None,
        keep: Keep | None = None,
        start_node: str | None = None,
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        if status.imports_script:
            raise TaskloomRuntimeError(
                "a process imports this script to find a function of it, and must execute nothing there\n"
                "  hint: guard it with `if __name__ == '__main__':`"
            )
        self.context = contextvars.copy_context()
        """What each task runs in a copy of. No workflow is current in there, whatever block this is."""
        self.context.run(current_workflow.clear)
        if limits.max_concurrency is not None:
            workers = limits.max_concurrency
        self.grace = limits.grace
        self.loop = loop
        """Where async tasks run; the one of our own, unless given."""
        self.on_finished: Callable[[], object] | None = None
        """Called once the run has ended, by whoever ended it."""
        self._is_open = False
        self._early: list[Callable[[], None]] = []
        """What the engine has called before this was all there: timers of a run that goes on may be due."""
        self._interruption: BaseException | None = None
        self._works_here = False
        self.async_tasks: dict[asyncio.Task[Any], Attempt] = {}
        self.execution = _native.Execution(
            plan,
            self,
            dict(channel),
            limits.max_concurrency,
            limits.max_steps,
            workers,
            limits.timeout,
            limits.grace,
            _PATIENCE_SECONDS,
            SUSPEND_SECONDS if keep is None else keep.suspend_after,
            start_node,
            None if keep is None else keep.open(plan),
        )
        self.durable = self.execution.is_durable
        """Whether the run is kept in a store."""
        self.observers = observers_of(observe, self.execution)
        """Those who hear of the run, if somebody does."""
        if self.observers is not None:
            self.observers.run_starts(self.context)
        _alive.add(self)
        with _opening:
            self._is_open = True
        for call in self._early:
            call()
        if limits.timeout is not None and not self.execution.is_finished:
            self.execution.begin()

    def _is_early(self, call: Callable[[], None]) -> bool:
        """Whether the engine calls this too early; then it is called later."""
        if self._is_open:
            return False
        with _opening:
            if not self._is_open:
                self._early.append(call)
                return True
        return False

    # What the engine calls, from any thread.

    def start_worker(self) -> None:
        """A plain function is ready, and all who work for the run are busy."""
        if self._is_early(self.start_worker):
            return
        try:
            start_worker(self)
        except RuntimeError as error:
            # The process exits, or has as many threads as it may. Whoever works for the run goes on alone.
            self.execution.no_worker()
            if not self._works_here:
                self.interrupt(error)

    def start_async(self) -> None:
        """An async task is ready."""
        if self._is_early(self.start_async):
            return
        # A run of plain functions needs no asyncio, whose import takes longer than that of the package.
        from ._loop import own_loop, pump

        if self.loop is None:
            self.loop = own_loop()
        self.loop.call_soon_threadsafe(pump, self)

    def wake_later(self, seconds: float, wake: Callable[[], None]) -> None:
        """Something is to happen after a wait."""
        if _exits:
            # Nobody waits any more, and a loop could not be started.
            return
        from ._loop import own_loop

        loop = own_loop()
        loop.call_soon_threadsafe(loop.call_later, seconds, wake)

    def cancelled(self) -> None:
        """Running tasks are to end. Plain functions look for themselves."""
        if self.loop is not None and not self.loop.is_closed():
            from ._loop import cancel_tasks

            self.loop.call_soon_threadsafe(cancel_tasks, self)

    def finished(self) -> None:
        """The run has ended."""
        if self._is_early(self.finished):
            return
        _alive.discard(self)
        self._tell_end()
        if self.on_finished is not None:
            self.on_finished()

    def _tell_end(self) -> None:
        if self.observers is not None:
            self.observers.run_ended(self.context, self.execution.status)

    def warn(self, warning: str) -> None:
        """Something is no error, and may still not be what was meant."""
        # No `warnings.warn`: this thread runs no code of the user's that a filter could stop, and each run is
        # a case of its own.
        import logging

        logging.getLogger("taskloom").warning(warning)

    # What a caller does.

    def interrupt(self, interruption: BaseException) -> None:
        """Ends the run because of what is no failure: `KeyboardInterrupt`, `SystemExit`, …"""
        if self._interruption is None:
            self._interruption = interruption
        self.cancel()

    def cancel(self) -> None:
        """Cancels the run: nothing new starts, async tasks are cancelled, others end by themselves."""
        self.execution.cancel()

    def run_here(self) -> Run:
        """Works for the run on this thread until it has ended."""
        self._works_here = True
        worker = self.execution.caller()
        try:
            task = worker.take()
            while True:
                drain(self, worker, task)
                task = worker.wait()
                if task is None:
                    break
        except BaseException as interruption:
            # It may have come between a body and its end.
            worker.abandon()
            self._wait_grace(interruption)
            raise
        return self.result()

    def watch(self) -> Run:
        """Waits for the run on a thread that runs no bodies, since an event loop runs on it."""
        try:
            self.execution.launch()
            while not self.execution.wait(_WAKE_SECONDS):
                pass
        except BaseException as interruption:
            self._wait_grace(interruption)
            raise
        return self.result()

    def join(self, timeout: float | None = None) -> bool:
        """Waits until the run has ended or the time is over; says whether it has ended."""
        deadline = None if timeout is None else time.monotonic() + timeout
        try:
            while not self.execution.wait(_WAKE_SECONDS):
                if deadline is not None and time.monotonic() >= deadline:
                    return self.execution.is_finished
        except BaseException as interruption:
            self._wait_grace(interruption)
            raise
        return True

    def _wait_grace(self, interruption: BaseException) -> None:
        self.interrupt(interruption)
        until = time.monotonic() + self.grace
        while not self.execution.wait(_WAKE_SECONDS) and time.monotonic() < until:
            pass

    def result(self) -> Run:
        """The record of the run, which has ended; to be taken once."""
        self._tell_end()
        if self._interruption is not None:
            raise self._interruption
        return Run(self.execution.take_record())


def succeeded(run: Run) -> Run:
    """The run, if it succeeded; else raises why not."""
    error = run.error
    if error is None:
        return run
    # An exception holds the frames that it passes, so these must not hold it, or the run that has it.
    del run
    try:
        raise error
    finally:
        del error


def run_blocking(
    plan: _native.Plan,
    channel: Mapping[str, Any],
    limits: Limits,
    observe: Observe = None,
    keep: Keep | None = None,
    start_node: str | None = None,
) -> Run:
    """Runs a plan and waits for it, working along where this thread may."""
    # Where asyncio has never been imported no loop can be running.
    events = sys.modules.get("asyncio.events")
    loop = events._get_running_loop() if events is not None else None
    if loop is None:
        # This thread is one of those that run plain functions.
        return Host(
            plan,
            channel,
            limits,
            workers=MOST_WORKERS - 1,
            observe=observe,
            keep=keep,
            start_node=start_node,
        ).run_here()
    from ._loop import is_own_loop

    if is_own_loop(loop):
        raise TaskloomRuntimeError(
            "execute() would block the event loop that runs async tasks; use `await workflow.execute_async()`"
        )
    return Host(plan, channel, limits, observe=observe, keep=keep, start_node=start_node).watch()


class RunHandle:
    """A run in the background."""

    __slots__ = ("_events", "_host", "_lock", "_run")

    def __init__(self, host: Host) -> None:
        self._host = host
        self._lock = threading.Lock()
        self._run: Run | None = None
        self._events = Events(host.execution.listen())
        host.execution.launch()

    @property
    def run_id(self) -> str:
        """The id of the run: 32 hexadecimal digits."""
        return self._host.execution.run_id

    def cancel(self) -> None:
        """Cancels the run: nothing new starts, async tasks are cancelled, others end by themselves."""
        self._host.cancel()

    def questions(self) -> list[OpenQuestion]:
        """What the run asks people, and has no answer to yet."""
        return open_questions(self._host.execution.questions())

    def answer(self, feedback_id: str, value: Any) -> None:
        """Answers a question of the run: with a bool, a text, one of its options, a list of some of them, or
        anything, according to its type. The first answer counts.

        >>> from taskloom import TaskExecutionContext, task, workflow
        >>> @task
        ... def ask(ctx: TaskExecutionContext):
        ...     return ctx.request_approval("Send the letter?")
        >>> handle = workflow("letters").add(ask).start()
        >>> while not handle.questions():
        ...     pass
        >>> handle.answer(handle.questions()[0].feedback_id, True)
        >>> handle.result().value
        True

        Raises `FeedbackNotFoundError` if there is no such question, `InvalidFeedbackError` if this cannot be
        its answer, and `FeedbackAnsweredError` if it has one.
        """
        self._host.execution.answer(feedback_id, value)

    @property
    def finished(self) -> bool:
        """Whether the run has ended."""
        return self._host.execution.is_finished

    def result(self, timeout: float | None = None) -> Run:
        """Waits for the run and gives its record; raises what kept it from succeeding.

        Raises `TimeoutError` if it has not ended after so many seconds; the run goes on.
        """
        if not self._host.join(timeout):
            raise TimeoutError(f"the run has not ended after {timeout} seconds")
        with self._lock:
            if self._run is None:
                self._run = self._host.result()
        return succeeded(self._run)

    def events(self) -> Events:
        """The events of the run, from its very beginning, also after its end: this handle keeps them.

        They are for `for` in a thread that may block, or for `async for`. An event is given once: if this
        is called again, it gives what has not been taken.

        >>> from taskloom import task, workflow
        >>> @task
        ... def fetch(city):
        ...     return f"Weather for {city}"
        >>> handle = workflow("weather").add(fetch(task_id="tokyo", city="Tokyo")).start()
        >>> for event in handle.events():
        ...     print(event)
        run started
        tokyo started
        tokyo succeeded
        run ended: succeeded
        """
        # In a process that was forked, nobody would hear anything.
        _ = self._host.execution.run_id
        return self._events
