"""What a process of ours does: it runs one task after another, until its link ends."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing import spawn
from multiprocessing.connection import Connection
from types import CoroutineType
from typing import Any

from .._worker import _awaited_by_nobody
from . import script, status
from .failure import pack
from .link import Link
from .remote import Control, Questions
from .transfer import dumps, loads

__all__ = ["control_of_this_process", "main"]

_PATIENCE = 5.0
"""How many seconds the exit may take before it is enforced."""


class _Running:
    """The task that runs."""

    def __init__(self, is_async: bool, questions: Questions) -> None:
        self.is_async = is_async
        self.control = Control(questions, is_async)
        self._cancel: Callable[[], object] | None = None

    def cancel(self) -> None:
        """Tells it that it is to end."""
        self.control.cancelled = True
        cancel = self._cancel
        if cancel is not None:
            cancel()

    def call(self, function: Callable[..., Any], arguments: Any, keywords: Any) -> Any:
        """Runs its function."""
        if self.is_async:
            return asyncio.run(self._call(function, arguments, keywords))
        value = function(*arguments, **keywords)
        if type(value) is CoroutineType:
            raise _awaited_by_nobody(value)
        return value

    async def _call(self, function: Callable[..., Any], arguments: Any, keywords: Any) -> Any:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        self._cancel = functools.partial(_cancel, loop, task)
        if self.control.cancelled:
            task.cancel()
        try:
            return await function(*arguments, **keywords)
        finally:
            self._cancel = None


def _cancel(loop: asyncio.AbstractEventLoop, task: asyncio.Task[Any]) -> None:
    with contextlib.suppress(RuntimeError):  # It has just ended, and its loop is closed.
        loop.call_soon_threadsafe(task.cancel)


class _Child:
    def __init__(self, link: Link) -> None:
        self.inbox: queue.SimpleQueue[tuple[_Running, bytes] | None] = queue.SimpleQueue()
        self.running: _Running | None = None
        self._link = link
        self._questions = Questions(link)

    def listen(self) -> None:
        """Hears what the other process says, on a thread of its own."""
        while True:
            try:
                header, body = self._link.receive()
            except (EOFError, OSError):
                break
            match header:
                case ("path", path):
                    sys.path[:] = path
                case ("task", is_async):
                    self.running = _Running(is_async, self._questions)
                    self.inbox.put((self.running, body))
                case ("answer", number, was_ok):
                    self._questions.answer(number, was_ok, body)
                case ("cancel",) if self.running is not None:
                    self.running.cancel()
        # Nobody wants what runs here any more.
        if self.running is None:
            self.inbox.put(None)
            time.sleep(_PATIENCE)
        os._exit(1)

    def run(self, running: _Running, body: bytes) -> None:
        """Runs a task and says how it has ended."""
        self._link.send(("began",))
        try:
            value = running.call(*loads(body))
            how, body = "value", _sent_back(value)
        except asyncio.CancelledError as error:
            how, body = ("cancelled", b"") if running.is_async else ("raised", pack(error))
        except BaseException as error:
            # The traceback begins with the task's own frame.
            trace = error.__traceback__
            while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
                trace = trace.tb_next
            how, body = "raised", pack(error.with_traceback(trace or error.__traceback__))
        _flush()
        running.control.close()
        self.running = None
        self._link.send(("ended", how), body)


def _sent_back(value: Any) -> bytes:
    try:
        return dumps(value)
    except Exception as error:
        raise TypeError(
            f"the task returned a `{type(value).__qualname__}` that cannot be sent from its process: "
            f"{error}\n"
            "  hint: return plain data, or open what cannot be sent in the task that uses it"
        ) from error


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            # There is none, it is closed, or nobody reads it.
            continue


_this: _Child | None = None


def control_of_this_process() -> Control:
    """What stands for the run of the task that this process runs."""
    if _this is None or _this.running is None:
        raise RuntimeError("a task's context was received where no task runs")
    return _this.running.control


def main(descriptor: int) -> None:
    """Runs tasks that come over this file descriptor."""
    global _this
    os.set_inheritable(descriptor, False)
    # Ctrl-C at a terminal is for the first process, which decides what becomes of the tasks. A handler, since
    # what a task starts would inherit that the signal is ignored.
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    status.is_ours = True
    link = Link(Connection(descriptor))
    try:
        (settings, later), _ = link.receive()
    except (EOFError, OSError):
        return
    spawn.prepare(settings)
    script.import_later(later)
    _this = _Child(link)
    threading.Thread(target=_this.listen, name="taskloom-link", daemon=True).start()
    while (task := _this.inbox.get()) is not None:
        _this.run(*task)
        # What the task has left behind is not kept until the next one.
        del task
