"""A run's channel as a task of Graflow sees it."""

from __future__ import annotations

from typing import Any

from ..._channel import Channel as TaskloomChannel
from .base import Channel

__all__ = ["RunChannel"]

_RESULT = ".__result__"


class RunChannel(TaskloomChannel):
    """The channel of a run: Taskloom's, where `<task id>.__result__` gives the result of a task."""

    __slots__ = ("_results", "name")

    def __init__(self, channel: TaskloomChannel, name: str, results: Any) -> None:
        super().__init__(channel._native)
        self.name = name
        """The id of the session."""
        self._results = results

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key, or the default."""
        value = super().get(key, _ABSENT)
        if value is _ABSENT and key.endswith(_RESULT):
            return self._results(key.removesuffix(_RESULT), default)
        return default if value is _ABSENT else value

    def exists(self, key: str) -> bool:
        """Whether there is a key."""
        return super().exists(key) or (
            key.endswith(_RESULT) and self._results(key.removesuffix(_RESULT), _ABSENT) is not _ABSENT
        )

    def clear(self) -> None:
        """Deletes all keys."""
        for key in self.keys():
            self.delete(key)


_ABSENT = object()

Channel.register(RunChannel)
