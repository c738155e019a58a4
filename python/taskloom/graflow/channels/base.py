"""The interface of a channel."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from typing import Any

__all__ = ["Channel"]


class Channel(ABC):
    """A key-value store that tasks share."""

    def __init__(self, name: str) -> None:
        self.name = name
        """Its name."""

    @abstractmethod
    def set(self, key: str, value: Any, ttl: float | None = None) -> None:
        """Writes a key; with `ttl` it is absent again after so many seconds."""

    @abstractmethod
    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key, or the default."""

    @abstractmethod
    def delete(self, key: str) -> bool:
        """Deletes a key; says whether it was there."""

    @abstractmethod
    def exists(self, key: str) -> bool:
        """Whether there is a key."""

    @abstractmethod
    def keys(self) -> list[str]:
        """The keys that there are."""

    @abstractmethod
    def clear(self) -> None:
        """Deletes all keys."""

    @abstractmethod
    def append(self, key: str, value: Any, ttl: float | None = None) -> int:
        """Adds an element behind a list, which need not be there yet; gives its length."""

    @abstractmethod
    def prepend(self, key: str, value: Any, ttl: float | None = None) -> int:
        """Adds an element before a list, which need not be there yet; gives its length."""

    @abstractmethod
    def atomic_add(self, key: str, amount: float = 1) -> Any:
        """Adds to a number, which counts as 0 if it is not there; gives the total."""

    @abstractmethod
    def lock(self, key: str, timeout: float = 10.0) -> AbstractContextManager[None]:
        """A lock for `with`; `TimeoutError` if it is not there after so many seconds."""
