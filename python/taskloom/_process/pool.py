"""The processes that there are: started on demand, used again, ended at exit."""

from __future__ import annotations

import atexit
import os
import threading
import time
from typing import Any

from .._worker import Killed
from .worker import Order, Process

__all__ = ["run_in_process"]

_TICK = 0.05
"""How often one who waits for a process looks whether the task has been cancelled."""

_PATIENCE = 1.0
"""How many seconds the exit waits for processes that run nothing."""


class _Pool:
    """At most as many processes as there are processors."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._idle: list[Process] = []
        self._busy: set[Process] = set()
        self._starting = 0
        self._closed = False

    def run(self, order: Order) -> Any:
        """Runs a task in a process; raises `Killed` if it was cancelled."""
        while True:
            process = self._take(order)
            try:
                outcome = process.run(order)
            except BaseException:
                self._discard(process)
                if self._closed:
                    # It was ended because the interpreter ends.
                    raise Killed from None
                raise
            if outcome is not None:
                self._give_back(process)
                return outcome()
            self._discard(process)

    def _take(self, order: Order) -> Process:
        with self._changed:
            while True:
                if self._closed or order.control.cancelled:
                    raise Killed
                if self._idle:
                    process = self._idle.pop()
                    self._busy.add(process)
                    return process
                if len(self._busy) + self._starting < (os.cpu_count() or 1):
                    self._starting += 1
                    break
                self._changed.wait(_TICK)
        try:
            process = Process()
        except BaseException:
            with self._changed:
                self._starting -= 1
                self._changed.notify()
            raise
        with self._changed:
            self._starting -= 1
            self._busy.add(process)
            if self._closed:
                process.kill()
        return process

    def _give_back(self, process: Process) -> None:
        with self._changed:
            self._busy.discard(process)
            self._idle.append(process)
            self._changed.notify()

    def _discard(self, process: Process) -> None:
        process.end()
        with self._changed:
            self._busy.discard(process)
            self._changed.notify()

    def close(self) -> None:
        """Ends all processes, since the interpreter ends; those that run nothing in good order."""
        with self._changed:
            self._closed = True
            for process in self._busy:
                process.kill()
            for process in self._idle:
                process.let_go()
            self._changed.notify_all()
        until = time.monotonic() + _PATIENCE
        for process in [*self._busy, *self._idle]:
            if not process.wait(max(0.0, until - time.monotonic())):
                process.end()

    def forget(self) -> None:
        """In a process that was forked: none of the processes is its own."""
        for process in [*self._busy, *self._idle]:
            process.forget()


_pool = _Pool()


def run_in_process(order: Order) -> Any:
    """Runs a task in a process of the pool."""
    return _pool.run(order)


def _forget() -> None:
    global _pool
    _pool.forget()
    _pool = _Pool()


atexit.register(lambda: _pool.close())
os.register_at_fork(after_in_child=_forget)
