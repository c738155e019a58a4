"""What stands for a value whose class the reader does not have."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Opaque"]


@dataclass(frozen=True)
class Opaque:
    """A value as the journal has it, read without the program that wrote it."""

    type: str
    """`module:Name` of its class, the name of the codec that wrote it, or `pickle`."""
    # What was hashable has to stay so, as a member of a set, and the data of it is a dict.
    data: object = field(hash=False)
    """A dict of its fields, the name of an enum's member, what the codec made of it, or the pickled bytes."""
