"""Channels whose values have the form of a `TypedDict`."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, ClassVar, Generic, TypeVar, get_type_hints, is_typeddict

from ..exceptions import ConfigError
from .base import Channel

__all__ = ["ChannelTypeRegistry", "TypedChannel"]

T = TypeVar("T")

_CHECKED = (str, int, float, bool, list, dict)


class TypedChannel(Channel, Generic[T]):
    """A channel that refuses to write, and does not read, what has not the form of a `TypedDict`.

    A value has to be a dict with all required keys and no unknown ones. Of the values in it those are checked
    whose annotation is exactly `str`, `int`, `float`, `bool`, `list` or `dict`. Elements of lists and numbers
    that are added are not checked.

    >>> from typing import TypedDict
    >>> from taskloom.graflow.channels.memory_channel import MemoryChannel
    >>> class Weather(TypedDict):
    ...     city: str
    >>> channel = TypedChannel(MemoryChannel("mine"), Weather)
    >>> channel.set("now", {"city": "Tokyo"})
    >>> channel.get("now")
    {'city': 'Tokyo'}
    >>> channel.set("now", {"town": "Tokyo"})
    Traceback (most recent call last):
    TypeError: the value for `now` does not conform to Weather: {'town': 'Tokyo'}
    """

    def __init__(self, channel: Any, message_type: type[T]) -> None:
        if not is_typeddict(message_type):
            raise ValueError(f"a typed channel takes a TypedDict, not {message_type!r}")
        super().__init__(channel.name)
        self._channel = channel
        self._message_type = message_type

    @property
    def message_type(self) -> type[T]:
        """The `TypedDict`."""
        return self._message_type

    def set(self, key: str, value: Any, ttl: float | None = None) -> None:
        """Writes a value of the form; `TypeError` if it has another."""
        if not self._conforms(value):
            name = self._message_type.__name__
            raise TypeError(f"the value for `{key}` does not conform to {name}: {value!r}")
        self._channel.set(key, value, ttl)

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key, or the default; `None` if that has not the form."""
        value = self._channel.get(key, default)
        return value if self._conforms(value) else None

    def send(self, key: str, message: T, ttl: float | None = None) -> None:
        """As `set`."""
        self.set(key, message, ttl)

    def receive(self, key: str, default: T | None = None) -> T | None:
        """As `get`."""
        return self.get(key, default)

    def delete(self, key: str) -> bool:
        return self._channel.delete(key)

    def exists(self, key: str) -> bool:
        return self._channel.exists(key)

    def keys(self) -> list[str]:
        return self._channel.keys()

    def clear(self) -> None:
        self._channel.clear()

    def append(self, key: str, value: Any, ttl: float | None = None) -> int:
        return self._channel.append(key, value, ttl)

    def prepend(self, key: str, value: Any, ttl: float | None = None) -> int:
        return self._channel.prepend(key, value, ttl)

    def atomic_add(self, key: str, amount: float = 1) -> Any:
        return self._channel.atomic_add(key, amount)

    def lock(self, key: str, timeout: float = 10.0) -> AbstractContextManager[None]:
        return self._channel.lock(key, timeout)

    def _conforms(self, value: object) -> bool:
        form: Any = self._message_type
        annotations = get_type_hints(form)
        if not isinstance(value, dict) or not form.__required_keys__ <= value.keys() <= annotations.keys():
            return False
        checked = ((each, annotations[key]) for key, each in value.items() if annotations[key] in _CHECKED)
        return all(isinstance(each, annotation) for each, annotation in checked)


class ChannelTypeRegistry:
    """Forms of messages by name, in the whole process."""

    _types: ClassVar[dict[str, type]] = {}

    @classmethod
    def register(cls, name: str, message_type: type) -> None:
        """Registers a `TypedDict` under a name."""
        if not is_typeddict(message_type):
            raise ValueError(f"a form of messages is a TypedDict, not {message_type!r}")
        cls._types[name] = message_type

    @classmethod
    def get(cls, name: str) -> type | None:
        """The form with this name."""
        return cls._types.get(name)

    @classmethod
    def create_channel(cls, channel: Any, type_name: str) -> TypedChannel[Any]:
        """A typed channel with the form that has this name; `ConfigError` if none has."""
        form = cls.get(type_name)
        if form is None:
            raise ConfigError(f"no form of messages is registered as {type_name!r}: {sorted(cls._types)}")
        return TypedChannel(channel, form)
