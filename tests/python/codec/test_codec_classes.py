"""Named tuples, enums, typed dicts, and classes with one name (rule D-3)."""

import collections
import enum
import sys
import types
from dataclasses import dataclass
from typing import Any, NamedTuple, TypedDict

import pytest
from codec_values import round_trip

from taskloom._codec import Codecs
from taskloom.errors import DecodingError, EncodingError


class Point(NamedTuple):
    x: int
    y: int = 0


Old = collections.namedtuple("Old", "a b", defaults=[5])


class Narrow(Point):
    def __new__(cls, x):
        return super().__new__(cls, x, x)


class Movie(TypedDict):
    title: str
    at: Point


class Mode(enum.Flag, boundary=enum.KEEP):
    A = 1
    B = 2


class Planet(enum.Enum):
    EARTH = (1, "x")

    def __init__(self, mass: int, name: str) -> None:
        self.mass = mass


class Odd(enum.Enum):
    A = 1

    @property
    def name(self):
        return "odd"


CODECS = Codecs([Odd, Movie, Old, Narrow, Mode, Planet])


def test_d_03_the_form_of_a_named_tuple():
    assert CODECS.encode(Point(1)) == '{"$object":"test_codec_classes:Point","fields":{"x":1,"y":0}}'


@pytest.mark.parametrize("value", [Point(1, 2), Old(1), Narrow(3), {Point(1): [Point(2)]}], ids=repr)
def test_d_03_named_tuples_come_back(value):
    round_trip(CODECS, value)


def test_d_03_a_named_tuple_that_has_changed_is_told():
    old = '{"$object":"test_codec_classes:Point","fields":%s}'
    assert CODECS.decode(old % '{"x":1}') == Point(1, 0)
    with pytest.raises(DecodingError, match="needs the field `x`"):
        CODECS.decode(old % "{}")
    with pytest.raises(DecodingError, match="has no field `z`"):
        CODECS.decode(old % '{"x":1,"z":1}')


def test_d_03_a_typed_dict_is_a_dict_and_names_its_classes():
    movie: Movie = {"title": "x", "at": Point(1)}
    assert CODECS.encode(movie).startswith('{"title":"x","at":{"$object"')
    round_trip(CODECS, movie)


def test_d_03_members_come_back_as_themselves():
    assert CODECS.decode(CODECS.encode(Planet.EARTH)) is Planet.EARTH
    assert CODECS.decode(CODECS.encode(Odd.A)) is Odd.A
    assert CODECS.decode(CODECS.encode(Mode.A | Mode.B)) is Mode.A | Mode.B
    assert CODECS.decode(CODECS.encode(Mode(9))) == Mode(9)


def test_d_03_a_member_that_is_gone_is_told():
    with pytest.raises(
        DecodingError, match="`test_codec_classes:Planet` has no member `MARS`, which is recorded"
    ):
        CODECS.decode('{"$enum":"test_codec_classes:Planet","name":"MARS"}')


def test_d_03_two_classes_with_one_name_are_refused():
    def make() -> type:
        @dataclass
        class Local:
            a: Any

        return Local

    one, other = make(), make()
    round_trip(Codecs([one]), one(1))
    codecs = Codecs([one, other, Point])
    with pytest.raises(
        EncodingError, match=r"the tasks name two classes that are called `.*make\.<locals>\.Local`"
    ):
        codecs.encode([one(1)])
    with pytest.raises(DecodingError, match="define the class once"):
        codecs.decode(Codecs([one]).encode(one(1)))
    round_trip(codecs, Point(1))


def test_d_07_a_module_that_runs_as_main_has_its_real_name(monkeypatch):
    main = types.ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", main)
    kind = enum.Enum("Kind", "A", module="__main__")
    assert Codecs([kind]).encode(kind.A) == '{"$enum":"__main__:Kind","name":"A"}'
    main.__spec__ = types.SimpleNamespace(name="package.program")
    assert Codecs([kind]).encode(kind.A) == '{"$enum":"package.program:Kind","name":"A"}'
    round_trip(Codecs([kind]), kind.A)
