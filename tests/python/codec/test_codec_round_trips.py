"""Whatever is made of values that have a form comes back as it went (rule D-3)."""

import enum
import json
import math
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from codec_values import round_trip
from hypothesis import given, settings
from hypothesis import strategies as st

from taskloom._codec import Codecs, Opaque

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"]


@dataclass(frozen=True)
class Point:
    x: Any
    y: Any = None


@dataclass
class Named:
    name: str
    parts: list[Any] = field(default_factory=list)


class Pair(NamedTuple):
    left: Any
    right: Any


class Kind(enum.Enum):
    ONE = 1
    TWO = 2


CODECS = Codecs([Point, Named, Pair, Kind])

texts = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(
    ["$int", "$", "$object", "fields"]
)
zones = st.none() | st.timezones() | st.sampled_from(ZONES).map(ZoneInfo)
ints = st.integers() | st.integers(-(2**65), 2**65) | st.sampled_from([2**63 - 1, 2**63, -(2**63) - 1])
hashable_scalars = (
    st.none()
    | st.booleans()
    | ints
    | st.floats(allow_nan=False)
    | texts
    | st.binary()
    | st.datetimes(timezones=zones)
    | st.dates()
    | st.times(timezones=zones)
    | st.timedeltas()
    | st.decimals(allow_nan=False)
    | st.uuids()
    | st.sampled_from(Kind)
)
scalars = hashable_scalars | st.just(math.nan) | st.decimals(allow_nan=True)
hashable = st.recursive(
    hashable_scalars,
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple)
        | st.frozensets(inner, max_size=3)
        | st.builds(Point, inner, inner)
        | st.builds(Pair, inner, inner)
    ),
    max_leaves=5,
)
values = st.recursive(
    scalars | hashable,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(texts, inner, max_size=4)
        | st.dictionaries(hashable, inner, max_size=4)
        | st.sets(hashable, max_size=4)
        | st.builds(Named, texts, st.lists(inner, max_size=3))
        | st.builds(Pair, inner, inner)
    ),
    max_leaves=12,
)
flat = st.lists(st.none() | st.booleans() | ints | st.floats() | texts)


@settings(max_examples=200, deadline=None)
@given(values)
def test_d_03_values_come_back_as_they_went(value):
    round_trip(CODECS, value)


@settings(max_examples=150, deadline=None)
@given(flat | flat.map(lambda items: dict(zip(map(str, items), items, strict=False))))
def test_d_03_flat_values_come_back_as_they_went(value):
    round_trip(CODECS, value)


@settings(max_examples=150, deadline=None)
@given(values)
def test_d_03_the_text_is_json_that_every_reader_takes(value):
    text = CODECS.encode(value)
    text.encode()
    numbers: list[int] = []

    def integer(digits: str) -> int:
        numbers.append(int(digits))
        return numbers[-1]

    def constant(name: str) -> None:
        raise AssertionError(name)

    json.loads(text, parse_constant=constant, parse_int=integer)
    assert all(-(2**63) <= number < 2**63 for number in numbers)


@settings(max_examples=100, deadline=None)
@given(values)
def test_d_03_a_reader_without_the_program_reads_everything(value):
    back = Codecs([]).decode_opaque(CODECS.encode(value))
    if type(value) in (Point, Named, Pair):
        assert type(back) is Opaque
