"""Which classes annotations name (rule D-3)."""

import dataclasses
import enum
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import (
    Annotated,
    Any,
    Final,
    ForwardRef,
    Generic,
    Literal,
    NamedTuple,
    NewType,
    NotRequired,
    Optional,
    TypedDict,
    TypeVar,
    Union,
)

import pytest
from codec_values import round_trip
from typing_extensions import TypeAliasType

import taskloom
from taskloom._codec import Codecs
from taskloom.errors import EncodingError


@dataclass
class A:
    x: Any = None


class Color(enum.Enum):
    RED = 1


@dataclass
class B:
    later: "list[C]"


@dataclass
class C:
    a: A | None = None


@dataclass
class OfC(C):
    pass


class N(NamedTuple):
    a: "A | None" = None


class D(TypedDict):
    a: NotRequired["Annotated[A, 'metadata']"]


T = TypeVar("T")
Bound = TypeVar("Bound", bound=A)
Either = TypeVar("Either", A, int)
Id = NewType("Id", A)


@dataclass
class Box(Generic[T]):
    item: T
    extra: dataclasses.InitVar["A"] = None  # type: ignore[assignment]


def function(a: "A", *rest: int) -> "None": ...


def nested(a: list["A"]) -> "Absent | None": ...  # noqa: F821


NAMING = [
    A,
    Optional[A],  # noqa: UP045
    Union[int, A],  # noqa: UP007
    A | None,
    Annotated[A, object()],
    Annotated[list[A], []],
    list[A],
    dict[str, list[tuple[int, A]]],
    tuple[A, ...],
    Mapping[str, A],
    Sequence[Callable[[A], int]],
    Callable[..., A],
    type[A],
    Final[A],
    Id,
    Bound,
    list[Either],
    Box[A],
    Box[int],
    B,
    OfC,
    N,
    D,
    list[D],
    function,
    nested,
]


@pytest.mark.parametrize("annotation", NAMING, ids=str)
def test_d_03_classes_are_found_in_annotations(annotation):
    round_trip(Codecs([annotation]), A(1))


def test_d_03_references_that_know_their_module_are_resolved():
    round_trip(Codecs([list[ForwardRef("A", module=__name__)]]), A(1))  # type: ignore[misc]


def test_d_03_literal_members_name_their_enum():
    round_trip(Codecs([Literal[Color.RED, "x"]]), Color.RED)


def test_d_03_fields_name_their_classes_recursively():
    round_trip(Codecs([B]), B([C(A(1))]))


@pytest.mark.parametrize(
    "annotation", [None, int, Any, object, "A", list["A"], list, ..., 5, T, dict[str, int], [[]]], ids=str
)
def test_d_03_other_annotations_name_nothing(annotation):
    with pytest.raises(EncodingError, match="no annotation names the class"):
        Codecs([annotation]).encode(A())


def test_d_03_an_annotation_that_cannot_be_resolved_disables_no_other():
    class Broken:
        def __class_getitem__(cls, item):
            raise RuntimeError

        @property
        def __class__(self):
            raise RuntimeError

    def find(a: "Absent", b: "A", c: "1 / 0") -> "list[": ...  # noqa: F722, F821

    round_trip(Codecs([Broken(), "]", find, Color]), [A(1), Color.RED])


def test_d_03_a_local_class_names_itself():
    @dataclass
    class Node:
        next: "Node | None" = None

    round_trip(Codecs([Node]), Node(Node()))


def test_d_03_names_of_a_closure_are_resolved():
    @dataclass
    class Local:
        x: int

    def find(a: "list[Local]") -> None:
        Local(1)

    def unrelated(a: "list[Local]") -> None: ...

    round_trip(Codecs([find]), Local(1))
    with pytest.raises(EncodingError, match=r"what could not be resolved: `list\[Local\]`"):
        Codecs([unrelated]).encode(Local(1))


def test_d_03_the_function_of_a_task_names_what_its_annotations_do():
    @taskloom.task
    def find(a: int) -> "list[A]": ...  # type: ignore[empty-body]

    round_trip(Codecs([find.fn]), [A(1)])


def test_d_03_type_aliases_are_looked_through():
    # What Python 3.12 makes of its statement `type Json = …`.
    alias = TypeAliasType("alias", list[A])
    variable = typing.TypeVar("variable")
    of = TypeAliasType("of", list[variable], type_params=(variable,))
    for annotation in (alias, of[A]):
        round_trip(Codecs([annotation]), A(1))
