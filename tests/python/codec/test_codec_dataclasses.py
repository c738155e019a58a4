"""Dataclasses come back through their fields (rule D-3)."""

from dataclasses import InitVar, dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

import pytest
from codec_values import round_trip

from taskloom._codec import Codecs
from taskloom.errors import DecodingError, EncodingError

T = TypeVar("T")


@dataclass
class Plain:
    a: int
    b: list["Plain"] = field(default_factory=list)
    everywhere: ClassVar[int] = 1


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Strict:
    a: int
    b: Any = None


@dataclass
class Base:
    a: int


@dataclass
class Derived(Base):
    b: int = 0


@dataclass
class Box(Generic[T]):
    item: T


@dataclass
class Counting:
    """Has what `__init__` does not take, what is no field, and changes what it is given."""

    count: int
    doubled: int = field(init=False)
    unset: int = field(init=False)

    def __post_init__(self) -> None:
        self.count += 1
        self.doubled = self.count * 2
        self.cache = {}


@dataclass(frozen=True)
class Seeded:
    name: str
    seed: InitVar[int] = 0
    total: int = field(init=False, default=0)

    def __post_init__(self, seed: int) -> None:
        object.__setattr__(self, "total", seed)


@dataclass
class NeedsSeed:
    name: str
    seed: InitVar[int]


@dataclass(init=False)
class OwnInit:
    a: int

    def __init__(self, size: int) -> None:
        self.a = size


@dataclass(init=False)
class FittingInit:
    a: int

    def __init__(self, a: int = 5, **others: Any) -> None:
        self.a = a * 10


@dataclass
class Listed(list):
    a: int


@dataclass
class Picky:
    a: int

    def __post_init__(self) -> None:
        if self.a < 0:
            raise ValueError("too small")


CLASSES = [
    Plain,
    Strict,
    Base,
    Derived,
    Box,
    Counting,
    Seeded,
    NeedsSeed,
    OwnInit,
    FittingInit,
    Listed,
    Picky,
]
CODECS = Codecs(CLASSES)


def test_d_03_the_form_of_a_dataclass():
    assert CODECS.encode(Plain(1, [Plain(2)])) == (
        '{"$object":"test_codec_dataclasses:Plain","fields":{"a":1,"b":['
        '{"$object":"test_codec_dataclasses:Plain","fields":{"a":2,"b":[]}}]}}'
    )


@pytest.mark.parametrize(
    "value",
    [
        Plain(1, [Plain(2)]),
        Strict(a=1, b={1: (2,)}),
        {Strict(a=1): 2},
        [Base(1), Derived(1), Derived(1, 2)],
        Box(Box([1])),
        Box[int](3),
        Seeded("x", 7),
        FittingInit(3),
    ],
    ids=repr,
)
def test_d_03_dataclasses_come_back_equal(value):
    assert round_trip(CODECS, value) == value


def test_d_03_post_init_sets_up_what_is_no_field_and_changes_no_field():
    value = Counting(1)
    back = CODECS.decode(CODECS.encode(value))
    assert (back.count, back.doubled, back.cache) == (value.count, value.doubled, {}) == (2, 4, {})
    assert not hasattr(back, "unset")
    value.unset = 5
    assert CODECS.decode(CODECS.encode(value)).unset == 5


def test_d_03_fields_that_post_init_sets_are_as_recorded():
    assert CODECS.decode(CODECS.encode(Seeded("x", 7))).total == 7


@pytest.mark.parametrize(
    ("value", "problem", "hint"),
    [
        (
            NeedsSeed("x", 1),
            "its constructor needs `seed`, which is no field, so nothing keeps it",
            "give `seed` a default, or register a codec for it",
        ),
        (OwnInit(1), "its constructor does not take the field `a` by its name", "register a codec for it"),
        (
            Listed(1),
            "it is a dataclass and a built-in type at the same time, and has more to it than fields",
            "register a codec for it",
        ),
    ],
    ids=["required InitVar", "own constructor", "built-in type"],
)
def test_d_03_what_could_not_be_made_again_is_refused_when_it_is_written(value, problem, hint):
    with pytest.raises(EncodingError) as caught:
        CODECS.encode((value,))
    assert str(caught.value) == f"`value[0]` cannot be recorded: {problem}\n  hint: {hint}"
    assert caught.value.type_name.endswith(type(value).__name__)


def test_d_03_a_field_without_a_value_is_refused():
    value = Plain(1)
    del value.a
    with pytest.raises(EncodingError, match="its field `a` has no value"):
        CODECS.encode(value)


def test_d_03_a_constructor_that_refuses_is_told():
    text = CODECS.encode(Picky(1)).replace("1", "-1")
    with pytest.raises(
        DecodingError, match=r"`value\[0\]`.*the constructor .* refuses .*ValueError: too small"
    ) as caught:
        CODECS.decode(f"[{text}]")
    assert isinstance(caught.value.__cause__, ValueError)


def test_d_03_a_class_that_has_changed_is_told():
    old = '{"$object":"test_codec_dataclasses:Derived","fields":%s}'
    assert CODECS.decode(old % '{"a":1}') == Derived(1)
    with pytest.raises(
        DecodingError, match="`test_codec_dataclasses:Derived` has no field `c`, which is recorded"
    ):
        CODECS.decode(old % '{"a":1,"c":1}')
    with pytest.raises(
        DecodingError, match="needs the field `a`, which is not recorded\n  hint: the class has changed"
    ):
        CODECS.decode(old % "{}")
