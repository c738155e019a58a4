"""How a type that the table of forms does not have becomes values that it has."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from .._secret import Secret
from .encode import Encoder, Handler
from .refusal import Refusal, type_name

__all__ = ["ValueCodec", "handler_of"]

T = TypeVar("T")

# Their forms are plain JSON, which says nothing about a codec.
_PLAIN = frozenset({bool, int, float, str, list, dict, type(None)})


@dataclass(frozen=True)
class ValueCodec(Generic[T]):
    """Records the values of one type, by its own way to take them apart and to make them again.

    It is for exactly this type: a subclass needs one of its own.

    >>> from taskloom._codec import Codecs, ValueCodec
    >>> codec = ValueCodec("complex", complex, lambda z: (z.real, z.imag), lambda parts: complex(*parts))
    >>> codecs = Codecs([], [codec])
    >>> codecs.encode(1 + 2j)
    '{"$codec":"complex","data":{"$tuple":[1.0,2.0]}}'
    >>> codecs.decode(codecs.encode(1 + 2j))
    (1+2j)
    """

    name: str
    """What the journal calls it. It has to stay the same for as long as there are runs to be read."""
    type: builtins.type[T]
    """The type of the values."""
    encode: Callable[[T], Any]
    """Makes a value of other types from one, which is encoded in turn."""
    decode: Callable[[Any], T]
    """Makes the value again from what `encode` has made."""

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name or not self.name.isprintable():
            raise ValueError(f"the name of a codec is a text of printable characters, not {self.name!r}")
        if not isinstance(self.type, builtins.type):
            raise TypeError(f"the codec `{self.name}` is for {self.type!r}, which is no class")
        if issubclass(self.type, Secret):
            raise ValueError(f"the codec `{self.name}` is for secrets, which are never recorded")
        if self.type in _PLAIN:
            raise ValueError(
                f"the codec `{self.name}` is for `{self.type.__name__}`, which is always plain JSON"
            )


def handler_of(codec: ValueCodec[Any]) -> Handler:
    """Records values by a codec."""

    def handle(encoder: Encoder, value: Any) -> dict[str, Any]:
        encoder.enter(value)
        try:
            data = codec.encode(value)
        except Exception as error:
            raise Refusal(
                f"the codec `{codec.name}` cannot encode it ({type(error).__name__}: {error})",
                "its `encode` has to take every value of the type",
                type_name(codec.type),
            ) from error
        try:
            tree = encoder.tree(data)
        except Refusal as refusal:
            refusal.steps.append(f".<{codec.name}>")
            raise
        encoder.leave(value)
        return {"$codec": codec.name, "data": tree}

    return handle
