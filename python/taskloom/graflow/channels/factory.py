"""Channels by the name of their kind."""

from __future__ import annotations

from typing import Any, ClassVar

from ..exceptions import ConfigError
from .base import Channel
from .memory_channel import MemoryChannel

__all__ = ["ChannelFactory"]


class ChannelFactory:
    """Makes channels by the name of their kind. Runs have a channel of their own and ask no factory."""

    _backends: ClassVar[dict[str, type[Channel]]] = {"memory": MemoryChannel}

    @classmethod
    def create_channel(cls, backend: str, name: str, **kwargs: Any) -> Channel:
        """A channel; `ConfigError` if there is no such kind."""
        kind: Any = cls._backends.get(backend)
        if kind is None:
            raise ConfigError(f"there is no channel backend {backend!r}: {cls.get_available_backends()}")
        return kind(name, **kwargs)

    @classmethod
    def register_backend(cls, name: str, channel_class: type[Channel]) -> None:
        """Adds a kind of channel."""
        if not (isinstance(channel_class, type) and issubclass(channel_class, Channel)):
            raise TypeError(f"a channel backend is a subclass of Channel, not {channel_class!r}")
        cls._backends[name] = channel_class

    @classmethod
    def get_available_backends(cls) -> list[str]:
        """The names that there are."""
        return list(cls._backends)

    @classmethod
    def is_backend_available(cls, backend: str) -> bool:
        """Whether there is such a kind."""
        return backend in cls._backends
