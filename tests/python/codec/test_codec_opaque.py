"""Values are shown without the program that wrote them (rule D-3)."""

import enum
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest

from taskloom._codec import Codecs, Opaque, ValueCodec


@dataclass(frozen=True)
class User:
    name: str
    parts: Any = ()


class Pair(NamedTuple):
    left: Any
    right: Any


class Color(enum.Enum):
    RED = 1


WRITER = Codecs([User, Pair, Color], [ValueCodec("complex", complex, lambda z: (z.real, z.imag), abs)])
READER = Codecs([])
HERE = "test_codec_opaque"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ([1, {"a": (2,)}], [1, {"a": (2,)}]),
        (
            User("x", [Color.RED]),
            Opaque(f"{HERE}:User", {"name": "x", "parts": [Opaque(f"{HERE}:Color", "RED")]}),
        ),
        (Pair(1, {2}), Opaque(f"{HERE}:Pair", {"left": 1, "right": {2}})),
        ({1: 1j}, {1: Opaque("complex", (0.0, 1.0))}),
        ({User("x")}, {Opaque(f"{HERE}:User", {"name": "x", "parts": ()})}),
        ({Pair(1, 2): 3}, {Opaque(f"{HERE}:Pair", {"left": 1, "right": 2}): 3}),
    ],
    ids=repr,
)
def test_d_03_what_the_reader_does_not_know_is_opaque(value, shown):
    assert READER.decode_opaque(WRITER.encode(value)) == shown


def test_d_03_what_the_reader_knows_is_itself():
    text = WRITER.encode([User("x"), Color.RED])
    assert Codecs([User]).decode_opaque(text) == [User("x"), Opaque(f"{HERE}:Color", "RED")]


def test_d_03_pickled_values_are_shown_as_their_bytes():
    text = Codecs([], pickle=True).encode(1j)
    shown = READER.decode_opaque(text)
    assert shown.type == "pickle"
    assert shown.data.startswith(b"\x80")
