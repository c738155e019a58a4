"""What stands for a run where a function is called without one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["Alone"]


class Alone:
    """Stands for the run where a function is called without one: what is asked for has no effect."""

    __slots__ = ("_channel", "max_cycles", "max_retries")

    run_id = ""
    workflow_name = ""
    cancelled = False

    def __init__(self, max_retries: int, max_cycles: int) -> None:
        self.max_retries = max_retries
        self.max_cycles = max_cycles
        self._channel = _LoneChannel()

    def channel(self) -> _LoneChannel:
        """A channel for this call."""
        return self._channel

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
