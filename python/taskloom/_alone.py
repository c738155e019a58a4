"""What stands for a run where a function is called without one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from .errors import TaskloomRuntimeError

__all__ = ["Alone"]


class Alone:
    """Stands for the run where a function is called without one: what is asked for has no effect."""

    __slots__ = ("_channel", "is_async", "max_cycles", "max_retries")

    run_id = ""
    is_durable = True
    """What is to be recorded has no effect, either."""
    workflow_name = ""
    cancelled = False

    def __init__(self, max_retries: int, max_cycles: int, is_async: bool) -> None:
        self.is_async = is_async
        self.max_retries = max_retries
        self.max_cycles = max_cycles
        self._channel = _LoneChannel()

    def channel(self) -> _LoneChannel:
        """A channel for this call."""
        return self._channel

    def waits(self) -> _LoneWaits:
        """What takes time in this call."""
        return _LoneWaits()

    def get(self, _task_id: str, default: Any) -> Any:
        """There are no results."""
        return default

    def next(self, _task: Any, _goto: bool) -> None:
        """Nowhere to go."""

    def iterate(self, _data: Any) -> None:
        """Nobody iterates."""

    def terminate(self, _message: str) -> None:
        """There is no run to end."""

    def cancel(self, _message: str) -> None:
        """There is no run to cancel."""


class _LoneWaits:
    """Remembers nothing, since there is no further attempt; it sleeps as long as it is told."""

    __slots__ = ("_until",)

    def __init__(self) -> None:
        self._until = 0.0

    def recall(self, _key: str) -> tuple[bool, Any]:
        return False, None

    def learn(self, _annotation: object) -> None:
        """Nothing is written."""

    def begin_step(self) -> None:
        """There is nothing to be published."""

    def end_step(self, _key: str, _value: Any) -> None:
        """Nobody will ask for it."""

    def fail_step(self) -> None:
        """There is nothing to be kept back."""

    def sleep(self, _key: str, seconds: float) -> float:
        self._until = time.monotonic() + seconds
        return self.look()

    def look(self) -> float:
        left = self._until - time.monotonic()
        return left if left > 0 else -1.0

    def wait_for_change(self, seconds: float) -> None:
        time.sleep(seconds)

    def pose(self, key: str, kind: str, prompt: str, options: list[str]) -> str | None:
        self.ask(key, kind, prompt, options, None)

    def ask(self, _key: str, _kind: str, prompt: str, _options: list[str], _timeout: float | None) -> float:
        raise TaskloomRuntimeError(
            f"nobody can answer {prompt!r}: the function is called without a run\n"
            "  hint: execute it in a workflow, and answer by the handle or the store"
        )


class _LoneChannel:
    """A channel that nobody else sees, and where nothing expires: the call is over before."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}

    def get(self, key: str, default: Any) -> Any:
        value = self._values.get(key, default)
        return list(value) if type(value) is list else value

    def set(self, key: str, value: Any, _ttl: float | None, _at_once: bool) -> None:
        self._values[key] = list(value) if type(value) is list else value

    def delete(self, key: str, _at_once: bool) -> bool:
        existed = key in self._values
        self._values.pop(key, None)
        return existed

    def exists(self, key: str) -> bool:
        return key in self._values

    def keys(self) -> list[str]:
        return sorted(self._values)

    def push(self, key: str, value: Any, front: bool, _ttl: float | None, _at_once: bool) -> int:
        values = self._values.setdefault(key, [])
        if type(values) is not list:
            raise TypeError(_mismatch(key, values, "a list"))
        values.insert(0 if front else len(values), value)
        return len(values)

    def add(self, key: str, amount: float) -> Any:
        number = self._values.get(key, 0)
        if type(number) not in (int, float):
            raise TypeError(_mismatch(key, number, "a number"))
        self._values[key] = number + amount
        return self._values[key]

    def acquire(self, _key: str) -> _Free:
        return _Free()

    def release(self, _key: str, _publish: bool) -> None:
        pass


class _Free:
    """A lock that nobody else wants."""

    __slots__ = ()

    def wait(self, _seconds: float | None) -> bool:
        return True

    def poll(self, _wake: Callable[[], object]) -> bool:
        return True

    def close(self) -> None:
        pass


def _mismatch(key: str, value: object, expected: str) -> str:
    return f"channel key `{key}` holds a value of type `{type(value).__name__}`, but {expected} was expected"
