"""The form of each kind of value, and that it comes back as it went (rule D-3)."""

import pickle
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, Flag, IntEnum, StrEnum
from pathlib import Path, PurePosixPath, PureWindowsPath
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from codec_values import round_trip

from taskloom._codec import Codecs

HUGE = 7**6000
BERLIN = ZoneInfo("Europe/Berlin")


class Color(Enum):
    RED = 1
    CRIMSON = 1  # noqa: PIE796 - an alias
    BLUE = "blue"


class Level(IntEnum):
    LOW = 1


class Word(StrEnum):
    YES = "yes"


class Right(Flag):
    READ = 1
    WRITE = 2


CODECS = Codecs([Color, Level, Word, Right])

ROWS = [
    (None, "null"),
    (True, "true"),
    (False, "false"),
    (0, "0"),
    (2**63 - 1, "9223372036854775807"),
    (-(2**63), "-9223372036854775808"),
    (2**63, '{"$int":"0x8000000000000000"}'),
    (-(2**63) - 1, '{"$int":"-0x8000000000000001"}'),
    (HUGE, f'{{"$int":"{hex(HUGE)}"}}'),
    (1.0, "1.0"),
    (-0.0, "-0.0"),
    (1e300, "1e+300"),
    (5e-324, "5e-324"),
    (float("nan"), '{"$float":"nan"}'),
    (float("inf"), '{"$float":"inf"}'),
    (float("-inf"), '{"$float":"-inf"}'),
    ("", '""'),
    ('a"\\\n\0é', '"a\\"\\\\\\n\\u0000é"'),
    ("$int", '"$int"'),
    ("\U0001f600", '"\U0001f600"'),
    ([], "[]"),
    ([1, 1.0, True, "x", None], '[1,1.0,true,"x",null]'),
    ([[1], []], "[[1],[]]"),
    ([2**64, float("nan")], '[{"$int":"0x10000000000000000"},{"$float":"nan"}]'),
    ({}, "{}"),
    ({"b": 1, "a": 2}, '{"b":1,"a":2}'),
    ({"a": {"b": [1]}}, '{"a":{"b":[1]}}'),
    ({"a$": 1, "": 2}, '{"a$":1,"":2}'),
    ({"a": "$b"}, '{"a":"$b"}'),
    ({"$int": "0x1"}, '{"$dict":[["$int","0x1"]]}'),
    ({"a": 1, "$": 2}, '{"$dict":[["a",1],["$",2]]}'),
    ({1: "a", "1": "b"}, '{"$dict":[[1,"a"],["1","b"]]}'),
    ({True: 1, None: 2}, '{"$dict":[[true,1],[null,2]]}'),
    ({(1, "a"): {2: 3}}, '{"$dict":[[{"$tuple":[1,"a"]},{"$dict":[[2,3]]}]]}'),
    (b"", '{"$bytes":""}'),
    (b"\x00\xff", '{"$bytes":"AP8="}'),
    ((), '{"$tuple":[]}'),
    ((1, (2,)), '{"$tuple":[1,{"$tuple":[2]}]}'),
    (set(), '{"$set":[]}'),
    ({"b", "a", 1}, '{"$set":["a","b",1]}'),
    (frozenset({2, 1}), '{"$frozenset":[1,2]}'),
    (datetime(2026, 11, 24, 12), '{"$datetime":"2026-11-24T12:00:00"}'),
    (datetime(2026, 11, 24, 12, 0, 0, 5, UTC), '{"$datetime":"2026-11-24T12:00:00.000005+00:00"}'),
    (datetime(1, 1, 1, fold=1), '{"$datetime":"0001-01-01T00:00:00","fold":1}'),
    (
        datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=BERLIN),
        '{"$datetime":"2026-10-25T02:30:00+01:00","fold":1,"zone":"Europe/Berlin"}',
    ),
    (
        datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1), "MEZ")),
        '{"$datetime":"2026-01-01T00:00:00+01:00","zone_name":"MEZ"}',
    ),
    (
        datetime(1900, 1, 1, tzinfo=timezone(timedelta(seconds=-3, microseconds=1))),
        '{"$datetime":"1900-01-01T00:00:00-00:00:02.999999"}',
    ),
    (date(2026, 11, 24), '{"$date":"2026-11-24"}'),
    (time(1, 2, 3, 4), '{"$time":"01:02:03.000004"}'),
    (time(1, 2, tzinfo=BERLIN, fold=1), '{"$time":"01:02:00","fold":1,"zone":"Europe/Berlin"}'),
    (time(1, 2, tzinfo=UTC), '{"$time":"01:02:00+00:00"}'),
    (timedelta(-1, 5, 7), '{"$timedelta":[-1,5,7]}'),
    (timedelta.max, '{"$timedelta":[999999999,86399,999999]}'),
    (Decimal("1.10"), '{"$decimal":"1.10"}'),
    (Decimal("-0E+5"), '{"$decimal":"-0E+5"}'),
    (Decimal("sNaN12"), '{"$decimal":"sNaN12"}'),
    (UUID(int=1), '{"$uuid":"00000000-0000-0000-0000-000000000001"}'),
    (Path("a/b"), '{"$path":"a/b"}'),
    (PurePosixPath("/a"), '{"$path":"/a","class":"PurePosixPath"}'),
    (PureWindowsPath("c:\\a"), '{"$path":"c:\\\\a","class":"PureWindowsPath"}'),
    (Color.RED, '{"$enum":"test_codec_table:Color","name":"RED"}'),
    (Color.CRIMSON, '{"$enum":"test_codec_table:Color","name":"RED"}'),
    (Level.LOW, '{"$enum":"test_codec_table:Level","name":"LOW"}'),
    (Word.YES, '{"$enum":"test_codec_table:Word","name":"YES"}'),
    ({Word.YES: 1}, '{"$dict":[[{"$enum":"test_codec_table:Word","name":"YES"},1]]}'),
    (Right.READ, '{"$enum":"test_codec_table:Right","name":"READ"}'),
    (Right.READ | Right.WRITE, '{"$enum":"test_codec_table:Right","name":"READ|WRITE","value":3}'),
    (Right(0), '{"$enum":"test_codec_table:Right","name":"","value":0}'),
]


@pytest.mark.parametrize(
    ("value", "text"), ROWS, ids=lambda part: repr(part)[:40] if type(part) is not int else ""
)
def test_d_03_each_kind_has_its_form_and_comes_back(value, text):
    assert CODECS.encode(value) == text
    round_trip(CODECS, value)


def test_d_03_each_kind_comes_back_from_inside_of_others():
    values = [value for value, _ in ROWS]
    round_trip(CODECS, {"list": values, "tuple": tuple(values), "dict": {"in": values}})
    round_trip(CODECS, {1: values})


@pytest.mark.parametrize("fold", [0, 1])
def test_d_03_fold_says_which_of_two_equal_times_it_is(fold):
    back = round_trip(CODECS, datetime(2026, 10, 25, 2, 30, fold=fold, tzinfo=BERLIN))
    assert (back.fold, back.utcoffset()) == (fold, timedelta(hours=2 - fold))
    assert back.tzinfo is BERLIN
    assert round_trip(CODECS, time(2, 30, fold=fold)).fold == fold


def test_d_03_equal_sets_have_equal_texts():
    # They meet in the same place of a small set, so that they lie in the order in which they came.
    one, other = set(), set()
    for value in (0, 8, 16):
        one.add(value)
        other.add(16 - value)
    assert list(one) != list(other)
    assert CODECS.encode(one) == CODECS.encode(other) == '{"$set":[0,16,8]}'


def test_d_03_an_int_that_is_a_bool_or_a_float_stays_what_it_is():
    back = round_trip(CODECS, [1, True, 1.0, 0, False, -0.0])
    assert [type(value) for value in back] == [int, bool, float, int, bool, float]


def test_d_03_an_int_of_more_digits_than_python_prints_comes_back():
    with pytest.raises(ValueError, match="4300"):
        str(HUGE)
    assert round_trip(CODECS, {"n": [HUGE, -HUGE]})["n"][0] == HUGE


def test_d_03_escaped_tags_are_read_as_tags():
    assert CODECS.decode(r'{"\u0024tuple":[1]}') == (1,)


def test_d_03_rusts_optional_values_are_read():
    assert CODECS.decode('[{"$some":null},{"$some":{"$tuple":[1]}}]') == [None, (1,)]


def test_d_03_values_are_not_changed():
    value = {"a": [1, {2: (3,)}], "b": {4}}
    before = pickle.dumps(value)
    CODECS.encode(value)
    assert pickle.dumps(value) == before
