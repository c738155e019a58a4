"""What cannot be recorded is refused, with its place in the value and the ways out (rule D-3)."""

import array
import collections
import datetime
import enum
import io
import pickle
import sys
import zoneinfo
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from taskloom._codec import Codecs
from taskloom._secret import secret
from taskloom.errors import EncodingError, TaskloomError

CODECS = Codecs([])
PICKLE = "or allow pickle, for a store that nobody else can write to (`pickle=True`)"


def refused(value: Any, codecs: Codecs = CODECS) -> EncodingError:
    with pytest.raises(EncodingError) as caught:
        codecs.encode(value)
    return caught.value


@dataclass
class User:
    name: Any


class Employee(User):
    pass


class Color(enum.Enum):
    RED = 1


class Pair(NamedTuple):
    left: Any
    right: Any


class Text(str):
    pass


class Number(int):
    pass


class Real(float):
    pass


class Items(list):
    pass


class Zone(datetime.tzinfo):
    def utcoffset(self, when):
        return datetime.timedelta(0)


def test_d_03_the_error_names_path_and_type_and_the_ways_out():
    error = refused({"users": [0, 1, 2, User(object())]}, Codecs([User]))
    assert str(error) == (
        '`value["users"][3].name` cannot be recorded: there is no form for the type `object`\n'
        "  hint: register a codec for it, `ValueCodec(name, object, encode, decode)`; " + PICKLE
    )
    assert (error.path, error.type_name) == ('value["users"][3].name', "object")


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (object(), "value"),
        ([1, (2, object())], "value[1][1]"),
        ({"a": {"b": object()}}, 'value["a"]["b"]'),
        ({1: object()}, "value[1]"),
        ({None: 1, True: object()}, "value[True]"),
        ({(1, 2): object()}, "value[<tuple>]"),
        ({2**70: object()}, "value[<int>]"),
        ({"a": 1, "$": object()}, 'value["$"]'),
        ({1: 1, object(): 1}, "value.<key 1>"),
        ({(1, object()): 1}, "value.<key 0>[1]"),
        ({object()}, "value.<element>"),
        ({frozenset({object()})}, "value.<element>.<element>"),
        (User({"a": object()}), 'value.name["a"]'),
        (Pair(1, object()), "value.right"),
        ({"x" * 50: object()}, f'value["{"x" * 40}…"]'),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_d_03_the_path_leads_to_what_is_refused(value, path):
    assert refused(value, Codecs([User, Pair])).path == path


@pytest.mark.parametrize(
    "value", [1j, bytearray(b"x"), range(3), memoryview(b""), array.array("i"), len, int, ...]
)
def test_d_03_other_types_are_refused(value):
    assert "there is no form for the type" in str(refused(value))


@pytest.mark.parametrize(
    ("value", "base"),
    [
        (Text("x"), "str"),
        (Number(1), "int"),
        (Real(1), "float"),
        (Items(), "list"),
        (collections.OrderedDict(), "dict"),
        (collections.Counter(), "dict"),
        (collections.defaultdict(int), "dict"),
        (sys.version_info, "tuple"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_d_03_only_exact_types_are_recorded(value, base):
    for inside in (value, [value], {"a": value}):
        error = refused(inside)
        assert f"is not exactly `{base}`, and would come back as one" in str(error)
        assert f"convert it to `{base}`; or register a codec for it" in str(error)


def test_d_03_keys_that_are_merely_like_texts_are_refused():
    assert refused({Text("x"): 1}).path == "value.<key 0>"


@pytest.mark.parametrize("value", [User("x"), Color.RED, Pair(1, 2)], ids=repr)
def test_d_03_a_class_that_no_annotation_names_is_refused(value):
    name = type(value).__name__
    assert str(refused([value])) == (
        f"`value[0]` cannot be recorded: no annotation names the class `test_codec_refusals:{name}`, so it "
        f"could not be read again\n  hint: name it in an annotation of a task (`-> {name}`), or in a step "
        f"with `returns={name}`; or register a codec for it, `ValueCodec(name, {name}, encode, decode)`; "
        + PICKLE
    )


def test_d_03_the_error_names_annotations_that_could_not_be_resolved():
    def find() -> "Absent": ...  # noqa: F821

    assert "(what could not be resolved: `Absent`)" in str(refused(User("x"), Codecs([find])))


def test_d_03_a_subclass_of_a_named_dataclass_is_refused():
    error = refused(Employee("x"), Codecs([User, Employee]))
    assert "inherits from a dataclass and is none itself" in str(error)
    assert "decorate it with `@dataclass`" in str(error)


def test_d_03_cycles_are_refused():
    items: list[Any] = [1]
    items.append({"a": items})
    error = refused({"x": items})
    assert str(error) == (
        '`value["x"][1]["a"]` cannot be recorded: this `list` contains itself\n'
        "  hint: record something without cycles"
    )
    user = User(None)
    user.name = (user,)
    assert refused(user, Codecs([User])).path == "value.name[0]"


def test_d_03_what_is_there_twice_is_no_cycle():
    part = [[1], {2}]
    assert CODECS.decode(CODECS.encode([part, part, {"a": part}])) == [part, part, {"a": part}]


@pytest.mark.parametrize(
    "wrap",
    [lambda x: [x], lambda x: (x,), lambda x: {"a": x}, lambda x: {1: x}, lambda x: frozenset({x}), User],
    ids=["list", "tuple", "dict", "other dict", "set", "dataclass"],
)
def test_d_03_values_have_at_most_128_levels(wrap):
    codecs = Codecs([User])
    value: Any = 1
    for _ in range(128):
        value = wrap(value)
    assert codecs.decode(codecs.encode(value)) == value
    assert "it has more than 128 levels" in str(refused(wrap(value), codecs))


def test_d_03_the_recursion_limit_ends_in_an_error_that_says_so():
    value: Any = 1
    for _ in range(100):
        value = (value,)
    text = CODECS.encode(value)

    def at_depth(levels: int, call: Any) -> Any:
        return at_depth(levels - 1, call) if levels else call()

    frame, used = sys._getframe(), 0
    while frame := frame.f_back:
        used += 1
    for call in (lambda: CODECS.encode(value), lambda: CODECS.decode(text)):
        with pytest.raises(TaskloomError, match="Python's recursion limit was reached on the way through it"):
            at_depth(sys.getrecursionlimit() - used - 60, call)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("\ud800", "value"),
        (["é", "\udfff"], "value[1]"),
        ([1, ["a", "\ud800"]], "value[1][1]"),
        ({"a": {"\ud800": 1}}, 'value["a"]["\\ud800"]'),
        ({"\ud800": 1, 2: 3}, "value.<key 0>"),
        (Path("a\udc80"), "value"),
    ],
    ids=ascii,
)
def test_d_03_lone_surrogates_are_refused(value, path):
    error = refused(value)
    assert error.path == path
    assert "it has lone surrogates, which are half a character" in str(error)
    # The error itself can be printed.
    str(error).encode()


def test_d_03_time_zones_without_a_name_are_refused():
    when = datetime.datetime(2026, 1, 1, tzinfo=Zone())
    assert str(refused([when])) == (
        "`value[0]` cannot be recorded: its time zone is a `test_codec_refusals.Zone`\n"
        "  hint: use `zoneinfo.ZoneInfo` or `datetime.timezone`"
    )
    counts = (0, 0, 0, 0, 1, 4)
    file = b"TZif" + bytes(16) + b"".join(count.to_bytes(4) for count in counts) + bytes(6) + b"UTC\0"
    nameless = zoneinfo.ZoneInfo.from_file(io.BytesIO(file))
    assert "make it with `ZoneInfo(name)`" in str(refused(when.replace(tzinfo=nameless)))


@pytest.mark.parametrize("codecs", [CODECS, Codecs([], pickle=True)], ids=["json", "pickle"])
def test_d_03_a_secret_is_never_recorded(codecs):
    error = refused({"token": [secret("swordfish")]}, codecs)
    assert str(error) == (
        '`value["token"][0]` cannot be recorded: a secret is never recorded\n  hint: bind it as an '
        "argument of the task that needs it; a run that goes on takes it from the program again"
    )


def test_e_01_the_error_can_be_pickled():
    error = refused([object()])
    back = pickle.loads(pickle.dumps(error))
    assert (str(back), back.path, back.type_name) == (str(error), error.path, error.type_name)
