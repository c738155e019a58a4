"""A channel that belongs to no run."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .base import Channel

__all__ = ["MemoryChannel"]


class MemoryChannel(Channel):
    """A channel in memory that belongs to no run; threads may share it.

    What is written to a run's context before the run is kept in one, and so is what the run leaves behind. A
    `set` without `ttl` makes a key last, also one that was to expire.

    >>> channel = MemoryChannel("mine")
    >>> channel.append("seen", "Tokyo")
    1
    >>> channel.atomic_add("count", 2)
    2
    >>> channel.get("seen"), channel.keys()
    (['Tokyo'], ['seen', 'count'])
    """

    def __init__(self, name: str, **_options: Any) -> None:
        super().__init__(name)
        self._values: dict[str, tuple[Any, float | None]] = {}
        self._locks: dict[str, threading.RLock] = {}
        self._guard = threading.RLock()

    def set(self, key: str, value: Any, ttl: float | None = None) -> None:
        with self._guard:
            self._values[key] = (value, _due(ttl))

    def get(self, key: str, default: Any = None) -> Any:
        with self._guard:
            self._drop_expired()
            return self._values.get(key, (default, None))[0]

    def delete(self, key: str) -> bool:
        with self._guard:
            self._drop_expired()
            return self._values.pop(key, None) is not None

    def exists(self, key: str) -> bool:
        with self._guard:
            self._drop_expired()
            return key in self._values

    def keys(self) -> list[str]:
        with self._guard:
            self._drop_expired()
            return list(self._values)

    def items(self) -> list[tuple[str, Any]]:
        """The keys with their values."""
        with self._guard:
            self._drop_expired()
            return [(key, value) for key, (value, _) in self._values.items()]

    def clear(self) -> None:
        with self._guard:
            self._values.clear()

    def append(self, key: str, value: Any, ttl: float | None = None) -> int:
        return self._insert(key, value, ttl, front=False)

    def prepend(self, key: str, value: Any, ttl: float | None = None) -> int:
        return self._insert(key, value, ttl, front=True)

    def atomic_add(self, key: str, amount: float = 1) -> Any:
        with self._guard:
            self._drop_expired()
            number, due = self._values.get(key, (0, None))
            if not isinstance(number, (int, float)):
                raise TypeError(f"channel key `{key}` holds a {type(number).__name__}, which is no number")
            self._values[key] = (number + amount, due)
            return number + amount

    @contextmanager
    def lock(self, key: str, timeout: float = 10.0) -> Iterator[None]:
        with self._guard:
            lock = self._locks.setdefault(key, threading.RLock())
        if not lock.acquire(timeout=timeout):
            raise TimeoutError(f"the lock {key!r} was not there after {timeout} seconds")
        try:
            yield
        finally:
            lock.release()

    def _insert(self, key: str, value: Any, ttl: float | None, *, front: bool) -> int:
        with self._guard:
            self._drop_expired()
            values, due = self._values.get(key, ([], None))
            if not isinstance(values, list):
                raise TypeError(f"channel key `{key}` holds a {type(values).__name__}, which is no list")
            values.insert(0 if front else len(values), value)
            self._values[key] = (values, due if ttl is None else _due(ttl))
            return len(values)

    def _drop_expired(self) -> None:
        now = time.monotonic()
        for key in [key for key, (_, due) in self._values.items() if due is not None and due <= now]:
            del self._values[key]


def _due(ttl: float | None) -> float | None:
    return None if ttl is None else time.monotonic() + ttl
