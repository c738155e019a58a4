"""Rules I-2 and I-3: what binds what, and what is refused at the call that binds it."""

import abc
import enum
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import (
    Annotated,
    Any,
    Generic,
    Literal,
    NamedTuple,
    NewType,
    Optional,
    Protocol,
    TypedDict,
    TypeVar,
    Union,
)
from unittest.mock import Mock

import pytest

from taskloom import TaskExecutionContext, task, workflow
from taskloom.errors import BindingError, TaskloomError

UserId = NewType("UserId", int)
T = TypeVar("T")
Number = TypeVar("Number", int, float)


@dataclass
class Config:
    size: int = 1


class Box(Generic[T]):
    pass


class Point(NamedTuple):
    x: int
    y: int


class Movie(TypedDict):
    name: str


class Named(Protocol):
    name: str


class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self):
        pass


class Color(enum.Enum):
    RED = 1


class Level(enum.IntEnum):
    LOW = 1


class Text(str):
    __slots__ = ()


class Count(int):
    pass


@task
def fetch(city: str, unit: str = "C", days: int = 1) -> str:
    return f"{city} {unit} {days}"


def annotated(annotation, default=...):
    """A task with one parameter, which has this annotation."""
    if default is ...:

        def function(value):
            return value
    else:

        def function(value=default):
            return value

    function.__annotations__ = {"value": annotation}
    return task(function)


def value_of(instance):
    with workflow("w") as wf:
        wf.add(instance)
    return wf.execute()


# I-2


def test_i_02_task_id_names_and_other_keywords_bind():
    tokyo = fetch(task_id="tokyo", city="Tokyo", days=3)
    assert tokyo.task_id == "tokyo"
    assert value_of(tokyo) == "Tokyo C 3"


def test_i_02_positional_arguments_bind_by_the_signature():
    assert value_of(fetch("Tokyo", "F", 2)) == "Tokyo F 2"
    assert value_of(fetch("Tokyo", days=2)) == "Tokyo C 2"


def test_i_02_positional_arguments_skip_the_context():
    @task
    def first(ctx: TaskExecutionContext, city: str) -> str:
        return f"{ctx.task_id} {city}"

    @task(inject_context=True)
    def second(ctx, city):
        return f"{ctx.task_id} {city}"

    assert value_of(first("Tokyo", task_id="a")) == "a Tokyo"
    assert value_of(second("Tokyo", task_id="b")) == "b Tokyo"


def test_i_02_parameters_with_names_of_ours():
    @task
    def names(id, name, run, fn, definition, map, self, function, args, kwargs, instance):
        return [id, name, run, fn, definition, map, self, function, args, kwargs, instance]

    keywords = {name: name for name in names.fn.__code__.co_varnames}
    assert value_of(names(**keywords)) == list(keywords)


def test_i_02_a_parameter_called_task_id_is_refused_at_definition():
    with pytest.raises(BindingError, match="`lookup` has a parameter called `task_id`") as caught:

        @task
        def lookup(task_id):
            return task_id

    assert "hint: give the parameter another name" in str(caught.value)


def test_i_02_collecting_parameters():
    @task
    def collect(first, *rest, last="z", **more):
        return first, rest, last, more

    assert value_of(collect(1, 2, 3, last=4, other=5)) == (1, (2, 3), 4, {"other": 5})
    assert value_of(collect(1)) == (1, (), "z", {})
    assert value_of(collect(first=1, other=5)) == (1, (), "z", {"other": 5})
    assert value_of(collect(1, rest=2, more=3)) == (1, (), "z", {"rest": 2, "more": 3})


def test_i_02_positional_only_parameters():
    @task
    def add(a, b=2, /, c=3):
        return a, b, c

    assert value_of(add(1)) == (1, 2, 3)
    assert value_of(add(1, 5, c=6)) == (1, 5, 6)
    with pytest.raises(BindingError, match="`add` takes `a` by position only"):
        add(a=1)


def test_i_02_keyword_only_parameters():
    @task
    def add(a, *, b):
        return a, b

    assert value_of(add(1, b=2)) == (1, 2)
    with pytest.raises(BindingError, match="takes 1 arguments by position, 2 were given"):
        add(1, 2)


# I-3: what is refused.


def test_i_03_an_unknown_name():
    with pytest.raises(BindingError) as caught:
        fetch(citty="Tokyo")
    text = str(caught.value)
    assert "`fetch` has no parameter `citty`" in text
    assert "did you mean `city`?" in text
    assert f"test_binding.py:{fetch.fn.__code__.co_firstlineno}" in text


def test_i_03_an_unknown_name_like_nothing_lists_the_parameters():
    with pytest.raises(BindingError, match="city, unit, days"):
        fetch(zzzzzz=1)


def test_i_03_a_value_twice():
    with pytest.raises(BindingError, match="`fetch` got two values for `city`"):
        fetch("Tokyo", city="Paris")


def test_i_03_too_many_positionals():
    with pytest.raises(BindingError, match="`fetch` takes 3 arguments by position, 4 were given"):
        fetch("Tokyo", "C", 1, 2)


def test_i_03_the_error_is_also_a_type_error():
    with pytest.raises(TypeError):
        fetch(city=5)
    with pytest.raises(TaskloomError):
        fetch(city=5)


def test_i_03_a_wrong_type_names_definition_parameter_and_line():
    with pytest.raises(BindingError) as caught:
        fetch(city=5)
    text = str(caught.value)
    assert "`fetch`" in text
    assert "`city`" in text
    assert "`str`" in text
    assert "5 is a `int`" in text
    assert f"test_binding.py:{fetch.fn.__code__.co_firstlineno}" in text


def test_i_03_the_error_is_raised_at_the_call():
    with pytest.raises(BindingError) as caught:
        fetch(city=5)
    assert caught.traceback[0].path.name == "test_binding.py"
    assert "fetch(city=5)" in str(caught.traceback[0].statement)


def test_i_03_positional_arguments_are_checked_as_well():
    with pytest.raises(BindingError, match="`city`"):
        fetch(5)


def test_i_03_a_derived_instance_is_checked_as_well():
    with pytest.raises(BindingError, match="did you mean `unit`"):
        fetch(city="Tokyo")(uint="C")
    with pytest.raises(BindingError, match="`unit`"):
        fetch(city="Tokyo")(unit=5)


BUILT_IN_VALUES = [True, 1, 1.5, "text", b"bytes", None, [1], {"a": 1}, (1,), {1}]

EXACT = [
    (bool, [True]),
    (int, [True, 1]),
    (float, [True, 1, 1.5]),
    (complex, [True, 1, 1.5]),
    (str, ["text"]),
    (bytes, [b"bytes"]),
    (None, [None]),
    (list, [[1]]),
    (dict, [{"a": 1}]),
    (tuple, [(1,)]),
    (set, [{1}]),
    (list[int], [[1]]),
    (dict[str, int], [{"a": 1}]),
    (tuple[int, ...], [(1,)]),
    (typing.List[int], [[1]]),  # noqa: UP006
    (int | None, [True, 1, None]),
    (int | str, [True, 1, "text"]),
    (Optional[str], ["text", None]),  # noqa: UP045
    (Union[str, list[int]], ["text", [1]]),  # noqa: UP007
    (Annotated[str, "note"], ["text"]),
    (Annotated[int | None, "note"], [True, 1, None]),
    (UserId, [True, 1]),
    (Config, []),
    (Box[int], []),
    (Path, []),
    (Config | None, [None]),
]


@pytest.mark.parametrize(("annotation", "accepted"), EXACT, ids=[str(annotation) for annotation, _ in EXACT])
def test_i_03_built_in_types_are_checked_exactly(annotation, accepted):
    define = annotated(annotation)
    for value in BUILT_IN_VALUES:
        if any(value is other for other in accepted) or (type(value), value) in [
            (type(a), a) for a in accepted
        ]:
            define(value=value)
        else:
            with pytest.raises(BindingError, match="`function`"):
                define(value=value)


# I-3: no false alarms.

UNCHECKED = [
    Any,
    object,
    T,
    Number,
    Named,
    Shape,
    Sequence,
    Sequence[int],
    Mapping[str, int],
    Iterable[int],
    Callable[[int], int],
    Literal["a", 1],
    Movie,
    Point,
    Color,
    Level,
    Text,
    Count,
    type,
    type[int],
    int | Any,
    Union[int, T],  # noqa: UP007
    Optional["Unknown"],  # noqa: F821
    "Unknown",
    "Unknown | None",
    "1 / 0",
    "not python",
    Annotated[Any, "note"],
    ...,
    42,
]


@pytest.mark.parametrize("annotation", UNCHECKED, ids=str)
def test_i_03_what_says_nothing_certain_is_not_checked(annotation):
    define = annotated(annotation)
    for value in BUILT_IN_VALUES:
        define(value=value)


@pytest.mark.parametrize(
    "annotation", [bool, int, float, str, bytes, list, dict, tuple, set, Config, None], ids=str
)
@pytest.mark.parametrize(
    "value",
    [
        Text("a"),
        Count(1),
        Config(),
        Decimal(1),
        Mock(),
        Level.LOW,
        Color.RED,
        Point(1, 2),
        Path("a"),
        1j,
        frozenset(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_i_03_objects_of_any_other_class_pass(annotation, value):
    annotated(annotation)(value=value)


@pytest.mark.parametrize("annotation", [int, str, list[int], Config, "int"], ids=str)
def test_i_03_none_passes_wherever_the_default_is_none(annotation):
    define = annotated(annotation, default=None)
    define(value=None)
    with pytest.raises(BindingError):
        define(value=1.5)


def test_i_03_the_inside_of_containers_is_not_checked():
    annotated(list[int])(value=["text"])
    annotated(dict[str, int])(value={1: "text"})


def test_i_03_an_instance_is_no_value_of_its_class():
    value = fetch(city="Tokyo")
    for annotation in (str, int, list, Config, None):
        annotated(annotation)(value=value)
        annotated(annotation)(value=fetch)


def test_i_03_an_annotation_that_cannot_be_resolved_disables_no_other():
    @task
    def mixed(a: "Unknown", b: "int", c: "Unknown | int"):  # noqa: F821
        return a, b, c

    mixed(a=[], b=1, c=[])
    with pytest.raises(BindingError, match="`b`"):
        mixed(b="text")


def test_i_03_annotations_are_resolved_at_the_first_binding():
    namespace = {"task": task}
    exec("@task\ndef later(value: 'Alias'):\n    return value", namespace)
    namespace["Alias"] = int
    later = namespace["later"]
    later(value=1)
    with pytest.raises(BindingError):
        later(value="text")


def test_i_03_forward_reference_to_a_class_below():
    @task
    def use(value: "Below"):
        return value

    use(value=Below())
    with pytest.raises(BindingError):
        use(value=1)


class Below:
    pass


FUTURE = """
from __future__ import annotations

from typing import TYPE_CHECKING

from taskloom import TaskExecutionContext, task

if TYPE_CHECKING:
    import pandas

@task
def use(ctx: TaskExecutionContext, a: int, b: str | None = None, c: pandas.DataFrame = 1, d: list[int] = ()):
    return ctx.task_id, a, b, c, d

def local():
    class Inner:
        pass

    @task
    def nested(value: Inner, other: int = 1):
        return value, other

    return nested, Inner
"""


def test_i_03_future_annotations():
    namespace = {"__name__": "future"}
    exec(compile(FUTURE, "future.py", "exec", dont_inherit=True), namespace)
    use = namespace["use"]
    assert value_of(use(task_id="x", a=1, b=None, c="anything", d=[1])) == ("x", 1, None, "anything", [1])
    for wrong in ({"a": "text"}, {"b": 1}, {"d": 1}):
        with pytest.raises(BindingError, match=f"`{next(iter(wrong))}`"):
            use(**wrong)


def test_i_03_future_annotations_of_a_local_class():
    namespace = {"__name__": "future"}
    exec(compile(FUTURE, "future.py", "exec", dont_inherit=True), namespace)
    nested, inner = namespace["local"]()
    nested(value=inner())
    with pytest.raises(BindingError, match="`other`"):
        nested(value=inner(), other="text")


def test_i_03_the_elements_of_collecting_parameters_are_not_checked():
    @task
    def collect(*args: int, **kwargs: int):
        return args, kwargs

    assert value_of(collect("a", "b", c="d")) == (("a", "b"), {"c": "d"})


def test_i_03_a_huge_value_makes_a_short_message():
    with pytest.raises(BindingError) as caught:
        fetch(city=list(range(100_000)))
    assert len(str(caught.value)) < 2_000


def test_i_03_a_value_whose_repr_fails_is_still_refused_with_a_message():
    class Broken:
        def __repr__(self):
            raise RuntimeError("no repr")

    with pytest.raises(BindingError, match="`city`"):
        fetch(city=[Broken()])


def test_i_03_unhashable_and_odd_annotations_do_not_break_a_definition():
    define = annotated([int])
    define(value=1)
    define = annotated({"a": int})
    define(value=1)
