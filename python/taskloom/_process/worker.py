"""A process of ours, as the process that has started it sees it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing import connection, process, spawn, util
from pathlib import Path
from typing import Any, cast

import taskloom

from .._worker import Killed
from ..errors import WorkerDiedError
from .failure import pack, unpack
from .link import Link
from .script import script
from .transfer import dumps, loads

__all__ = ["Order", "Process"]

_TICK = 0.05
"""How often one looks whether the task has been cancelled, its time is over, or its process is gone."""


class Order:
    """A task that a process is to run, and for how long."""

    __slots__ = ("body", "control", "grace", "is_async", "task_id", "timeout")

    def __init__(
        self, task_id: str, body: bytes, is_async: bool, control: Any, timeout: float | None, grace: float
    ) -> None:
        self.task_id = task_id
        self.body = body
        self.is_async = is_async
        self.control = control
        self.timeout = timeout
        self.grace = grace


class Process:
    """A process that runs one task at a time."""

    def __init__(self) -> None:
        self._has_run = False
        self._path = _path()
        ours, theirs = connection.Pipe()
        self._link = Link(cast("connection.Connection", ours))
        try:
            self._popen = _start(theirs.fileno())
        finally:
            theirs.close()
        with contextlib.suppress(OSError):  # It is gone already, which whoever sends it a task finds out.
            self._link.send((_settings(), script()))

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self._popen.poll() is None

    def run(self, order: Order) -> Callable[[], Any] | None:
        """Lets it run a task: gives a function that gives the value, or raises what the task has raised.

        `None` if the process has gone since it ran the task before. Whatever is raised here, but not by that
        function, leaves the process in the middle of the task, and it has to be ended.
        """
        watch = _Watch(order)
        try:
            path = _path()
            if path != self._path:
                self._link.send(("path", path))
                self._path = path
            self._link.send(("task", order.is_async), order.body)
            while True:
                if self._link.is_readable(_TICK):
                    header, body = self._link.receive()
                    if header[0] == "ended":
                        return lambda: _outcome(header[1], body, order)
                    if header[0] == "began":
                        self._has_run = True
                        watch.begin()
                    else:
                        self._answer(header, body, order)
                elif not self.is_alive and not self._link.is_readable(0):
                    # Something that it has started may hold the other end open.
                    raise EOFError
                if watch.tells():
                    self._link.send(("cancel",))
        except (EOFError, ConnectionError):
            if self._has_run and not watch.has_begun:
                return None
            raise WorkerDiedError(order.task_id, self._popen.pid, self._popen.wait()) from None

    def _answer(self, header: tuple[Any, ...], body: bytes, order: Order) -> None:
        _, number, receiver, name = header
        if receiver == "lock":
            # It may take its time, and the task may ask something else meanwhile.
            arguments = (self._link, number, order, name, body)
            threading.Thread(target=_wait_for_lock, args=arguments, name="taskloom-lock", daemon=True).start()
            return
        try:
            asked = order.control if receiver == "control" else getattr(order.control, receiver)()
            value = getattr(asked, name)
            answer = _sent(value(*loads(body)) if callable(value) else value, f"{receiver}.{name}")
        except Exception as error:
            self._link.send(("answer", number, False), pack(error))
        else:
            self._link.send(("answer", number, True), answer)

    def let_go(self) -> None:
        """Tells it, while it runs nothing, that no further task will come."""
        self._link.close()

    def kill(self) -> None:
        """Ends it, whatever it does. Whoever waits for its task finds out."""
        self._popen.kill()

    def wait(self, seconds: float) -> bool:
        """Waits until it has ended, for at most so long."""
        try:
            self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def end(self) -> None:
        """Ends it, whatever it does, and waits for that."""
        self.kill()
        self._popen.wait()
        self._link.close()

    def forget(self) -> None:
        """In a process that was forked: it is a child of the other one."""
        self._popen.returncode = 0
        self._link.close()


class _Watch:
    """Looks at the time that a task takes, and whether it is to end."""

    def __init__(self, order: Order) -> None:
        self.has_begun = False
        self._order = order
        self._look = 0.0
        self._deadline: float | None = None
        self._told: float | None = None

    def begin(self) -> None:
        """The task begins."""
        self.has_begun = True
        if self._order.timeout is not None:
            self._deadline = time.monotonic() + self._order.timeout

    def tells(self) -> bool:
        """Whether the task is to be told now that it is cancelled. Raises if its time is over."""
        now = time.monotonic()
        if now < self._look:
            return False
        self._look = now + _TICK
        if self._told is not None:
            if now >= self._told + self._order.grace:
                raise Killed
        elif self._order.control.cancelled:
            self._told = now
            return True
        elif self._deadline is not None and now >= self._deadline:
            raise TimeoutError(f"it took longer than its timeout of {self._order.timeout:g} s")
        return False


def _outcome(how: str, body: bytes, order: Order) -> Any:
    if how == "cancelled":
        raise Killed
    if how == "raised":
        raise unpack(body)
    try:
        return loads(body)
    except Exception as error:
        raise TypeError(
            f"what `{order.task_id}` returned in its process cannot be made here again: {error}"
        ) from error


def _sent(value: Any, what: str) -> bytes:
    try:
        return dumps(value)
    except Exception as error:
        raise TypeError(
            f"{what}() gives a `{type(value).__qualname__}` that cannot be sent to a process: {error}"
        ) from error


def _wait_for_lock(link: Link, number: int, order: Order, key: str, body: bytes) -> None:
    try:
        try:
            (seconds,) = loads(body)
            answer = (True, dumps(order.control.channel().acquire(key).wait(seconds)))
        except Exception as error:
            answer = (False, pack(error))
        link.send(("answer", number, answer[0]), answer[1])
    except OSError:
        # The process was ended meanwhile.
        return


def _start(descriptor: int) -> subprocess.Popen[bytes]:
    package = str(Path(taskloom.__file__).parent.parent)
    code = (
        f"import sys; sys.path.insert(0, {package!r}); "
        f"from taskloom._process.child import main; main({descriptor})"
    )
    flags = util._args_from_interpreter_flags()  # pyright: ignore[reportAttributeAccessIssue]
    command = [spawn.get_executable(), *flags, "-c", code]
    # Ctrl-C is not for it; it lets it through again once it has a handler.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=(descriptor,))
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _settings() -> dict[str, Any]:
    """What `multiprocessing.spawn.prepare` takes over, as it does into processes of its own."""
    return {
        "authkey": bytes(process.current_process().authkey),
        "sys_path": _path(),
        "sys_argv": sys.argv,
        "dir": os.getcwd(),
    }


def _path() -> list[str]:
    """Where modules are found; an empty text means the directory that this process is in."""
    return [path or os.getcwd() for path in sys.path]
