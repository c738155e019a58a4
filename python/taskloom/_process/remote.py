"""What stands for a run's control and channel in a process: each call is a question to the other process."""

from __future__ import annotations

import functools
import itertools
import queue
import threading
from collections.abc import Callable
from typing import Any

from .. import _native
from ..errors import AttemptEndedError, UnknownTaskError
from .failure import unpack
from .link import Link
from .transfer import dumps, loads

__all__ = ["Control", "Missing", "Questions"]


class Missing:
    """The class itself is asked for as the default, so that the caller's need not cross."""


_Answered = Callable[[bool, bytes], object]


class Questions:
    """Those that are asked, and wait for their answer."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._numbers = itertools.count(1)
        self._waiting: dict[int, _Answered] = {}

    def ask(self, receiver: str, name: str, body: bytes, answered: _Answered) -> None:
        """Asks, and lets the thread that listens call `answered` with the answer."""
        number = next(self._numbers)
        self._waiting[number] = answered
        self._link.send(("ask", number, receiver, name), body)

    def answer(self, number: int, was_ok: bool, body: bytes) -> None:
        """An answer has come."""
        self._waiting.pop(number)(was_ok, body)


class Control:
    """Stands for the run of a task."""

    def __init__(self, questions: Questions, is_async: bool) -> None:
        self.is_async = is_async
        self.cancelled = False
        """Whether the task is to end, as far as this process has heard."""
        self._questions = questions
        self._closing = threading.Lock()
        self._closed = False

    def close(self) -> None:
        """The attempt has ended: nothing that it has left running asks on."""
        with self._closing:
            self._closed = True

    def start(self, receiver: str, name: str, arguments: tuple[Any, ...], answered: _Answered) -> None:
        """Asks, and does not wait for the answer."""
        body = dumps(arguments)
        with self._closing:
            if self._closed:
                raise AttemptEndedError("an attempt that has ended used its context")
            self._questions.ask(receiver, name, body, answered)

    def ask(self, receiver: str, name: str, *arguments: Any) -> Any:
        """Asks, and waits for the answer."""
        inbox: queue.SimpleQueue[tuple[bool, bytes]] = queue.SimpleQueue()
        self.start(receiver, name, arguments, lambda was_ok, body: inbox.put((was_ok, body)))
        return _value(*inbox.get())

    @property
    def run_id(self) -> str:
        return self.ask("control", "run_id")

    @property
    def is_durable(self) -> bool:
        return self.ask("control", "is_durable")

    @property
    def workflow_name(self) -> str:
        return self.ask("control", "workflow_name")

    @property
    def max_retries(self) -> int:
        return self.ask("control", "max_retries")

    @property
    def max_cycles(self) -> int:
        return self.ask("control", "max_cycles")

    def channel(self) -> _Channel:
        return _Channel(self)

    def waits(self) -> _Waits:
        return _Waits(self)

    def get(self, task_id: str, default: Any) -> Any:
        value = self.ask("control", "get", task_id, Missing)
        return default if value is Missing else value

    def next(self, task: Any, goto: bool) -> None:
        task_id = _task_id(task)
        try:
            self.ask("control", "next", task_id, goto)
        except UnknownTaskError as error:
            if task is task_id:
                raise
            raise TypeError(
                f"{task!r} is new to the run, and a task that runs in a process cannot send it one\n"
                "  hint: make it in the block of the workflow and name it by its `task_id`, or let a task "
                "in a thread add it"
            ) from error

    def iterate(self, data: Any) -> None:
        self.ask("control", "iterate", data)

    def terminate(self, message: str) -> None:
        self.ask("control", "terminate", message)

    def cancel(self, message: str) -> None:
        self.ask("control", "cancel", message)


def _value(was_ok: bool, body: bytes) -> Any:
    if was_ok:
        return loads(body)
    raise unpack(body)


def _task_id(task: Any) -> str:
    """What the run knows a task by; this process has made instances of its own."""
    if isinstance(task, _native.Definition):
        return task.id
    if not isinstance(task, _native.Instance):
        return task
    if not task.has_given_id:
        raise TypeError(
            f"{task!r} has no id of its own, by which another process could know it\n"
            "  hint: a task that runs in a process names the next task by its `task_id`"
        )
    return task.task_id


class _Channel:
    """Stands for the channel of a run."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._ask = functools.partial(control.ask, "channel")

    def get(self, key: str, default: Any) -> Any:
        value = self._ask("get", key, Missing)
        return default if value is Missing else value

    def set(self, key: str, value: Any, ttl: float | None, at_once: bool) -> None:
        self._ask("set", key, value, ttl, at_once)

    def delete(self, key: str, at_once: bool) -> bool:
        return self._ask("delete", key, at_once)

    def exists(self, key: str) -> bool:
        return self._ask("exists", key)

    def keys(self) -> list[str]:
        return self._ask("keys")

    def push(self, key: str, value: Any, front: bool, ttl: float | None, at_once: bool) -> int:
        return self._ask("push", key, value, front, ttl, at_once)

    def add(self, key: str, amount: float) -> Any:
        return self._ask("add", key, amount)

    def acquire(self, key: str) -> _Acquire:
        return _Acquire(self._control, key)

    def release(self, key: str, publish: bool) -> None:
        self._ask("release", key, publish)


class _Waits:
    """Stands for what takes time in an execution, or is remembered."""

    def __init__(self, control: Control) -> None:
        self._ask = functools.partial(control.ask, "waits")

    def recall(self, key: str) -> tuple[bool, Any]:
        return self._ask("recall", key)

    def learn(self, annotation: object) -> None:
        self._ask("learn", annotation)

    def begin_step(self) -> None:
        self._ask("begin_step")

    def end_step(self, key: str, value: Any) -> None:
        self._ask("end_step", key, value)

    def fail_step(self) -> None:
        self._ask("fail_step")

    def sleep(self, key: str, seconds: float) -> float:
        return self._ask("sleep", key, seconds)

    def pose(self, key: str, kind: str, prompt: str, options: list[str]) -> str | None:
        return self._ask("pose", key, kind, prompt, options)

    def ask(self, key: str, kind: str, prompt: str, options: list[str], timeout: float | None) -> float:
        return self._ask("ask", key, kind, prompt, options, timeout)

    def look(self) -> float:
        return self._ask("look")

    def wait_for_change(self, seconds: float) -> None:
        self._ask("wait_for_change", seconds)


class _Acquire:
    """Somebody who waits for a lock."""

    def __init__(self, control: Control, key: str) -> None:
        self._control = control
        self._key = key
        self._lock = threading.Lock()
        self._asked = False
        self._closed = False
        self._taken = False
        self._answer: tuple[bool, bytes] | None = None
        self._wake: Callable[[], object] | None = None

    def wait(self, seconds: float | None) -> bool:
        return self._control.ask("lock", self._key, seconds)

    def poll(self, wake: Callable[[], object]) -> bool:
        with self._lock:
            if self._answer is not None:
                self._taken = True
                return _value(*self._answer)
            self._wake = wake
            is_first, self._asked = not self._asked, True
        if is_first:
            self._control.start("lock", self._key, (None,), self._answered)
        return False

    def _answered(self, was_ok: bool, body: bytes) -> None:
        with self._lock:
            self._answer = (was_ok, body)
            wake, is_wanted = self._wake, not self._closed
        if not is_wanted:
            self._let_go()
        elif wake is not None:
            wake()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            is_there = self._answer is not None and not self._taken
        if is_there:
            self._let_go()

    def _let_go(self) -> None:
        # Nobody waits for it any more. If it was not given, this has no effect. This may be the thread that
        # listens, so nobody waits for the answer.
        try:
            self._control.start("channel", "release", (self._key, False), lambda *_: None)
        except AttemptEndedError:
            # It has let go of all its locks.
            return
