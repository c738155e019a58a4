"""D-3: results come back as they went; what could not is refused at once."""

import dataclasses
import datetime as dt
import enum
import math
import pathlib
import uuid
import zoneinfo
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

import numpy
import pydantic
import pytest
from programs import Program

from taskloom import Store, TaskExecutionContext, ValueCodec, task, workflow
from taskloom.errors import EncodingError, RunChangedError, TaskError


class Color(enum.Enum):
    RED = 1


class Flags(enum.Flag):
    A = 1
    B = 2


@dataclasses.dataclass
class User:
    name: str
    born: dt.date


class Point(NamedTuple):
    x: int
    y: int


class Model(pydantic.BaseModel):
    n: int
    tags: set[str] = set()


ZONE = zoneinfo.ZoneInfo("Europe/Paris")

# Each row of the table of docs/values.md.
VALUES = [
    None,
    True,
    "text ünd 🙂",
    2**63 - 1,
    -(2**63),
    2**63,
    -(3**200),
    1.0,
    -0.0,
    5e-324,
    math.inf,
    -math.inf,
    math.nan,
    [1, [2.0, "three"]],
    {"a": {"b": None}},
    {"$int": "not one"},
    {1: "int", (2, 3): "tuple", None: "none"},
    (1, (2,)),
    {1, 2},
    frozenset({"a"}),
    b"\x00\xff",
    dt.datetime(2026, 1, 2, 3, 4, 5, 6),
    dt.datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=ZONE),
    dt.datetime(2026, 1, 2, tzinfo=dt.timezone(dt.timedelta(hours=2), "two")),
    dt.time(1, 2, 3),
    dt.date(2026, 1, 2),
    dt.timedelta(days=-1, microseconds=1),
    Decimal("1.10"),
    uuid.UUID(int=5),
    pathlib.Path("a/b"),
    pathlib.PureWindowsPath("a/b"),
    Color.RED,
    Flags.A | Flags.B,
    User("Ada", dt.date(1815, 12, 10)),
    Point(1, 2),
    Model(n=1, tags={"a"}),
    {"users": [User("Ada", dt.date(1815, 12, 10))], "at": (Point(0, 0), Color.RED)},
]


def keep(value: Any):
    """A workflow whose only task gives this; its annotation names the classes."""

    @task
    def give() -> Any:
        return value

    @task
    def named(user: User | None = None, color: Color | None = None, flags: Flags | None = None) -> Model:
        raise AssertionError

    @task
    def point(point: Point | None = None) -> None:
        raise AssertionError

    with workflow("w") as wf:
        result = give(task_id="give")
        named(task_id="named")
        point(task_id="point")
    wf.add(result)
    return wf


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_d_03_a_result_comes_back_as_its_exact_type(value, store):
    keep(value).execute(store=store, run_id="r")
    # It has ended, so this only reads it.
    back = keep("something else").execute(store=store, run_id="r")
    same(back, value)


def same(back, value):
    assert type(back) is type(value)
    if isinstance(value, float):
        assert (math.isnan(back) and math.isnan(value)) or (back, math.copysign(1, back)) == (
            value,
            math.copysign(1, value),
        )
    elif isinstance(value, (list, tuple)):
        for one, other in zip(back, value, strict=True):
            same(one, other)
    elif isinstance(value, dict):
        same(list(back), list(value))
        same(list(back.values()), list(value.values()))
    else:
        assert repr(back) == repr(value)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (1j, "value"),
        ({"users": [{"born": object()}]}, 'value["users"][0]["born"]'),
        (type("Str", (str,), {})("a"), "value"),
        ("\ud800", "value"),
        (Fraction(1, 2), "value"),
    ],
    ids=["complex", "inside", "subclass", "surrogate", "fraction"],
)
def test_d_03_what_has_no_form_fails_its_task_at_once(value, path, store):
    ran = []

    @task(max_retries=0)
    def bad():
        ran.append("bad")
        return value

    @task
    def after(bad):
        ran.append("after")

    with workflow("w") as wf:
        bad >> after
    with pytest.raises(TaskError, match="bad") as raised:
        wf.execute(store=store, run_id="r")
    assert raised.value.task_id == "bad"
    cause = raised.value.__cause__
    assert isinstance(cause, EncodingError)
    assert cause.path == path
    assert path in str(raised.value)
    assert "hint" in str(raised.value)
    assert ran == ["bad"]


@pytest.mark.parametrize("call", ["set", "append", "prepend", "at_once"])
def test_d_03_a_channel_value_without_a_form_is_refused_where_it_is_set(call, store):
    @task
    def body(ctx: TaskExecutionContext):
        channel = ctx.get_channel()
        method, options = ("set", {"at_once": True}) if call == "at_once" else (call, {})
        with pytest.raises(EncodingError, match=r"value\[\"x\"\]"):
            getattr(channel, method)("key", {"x": 1j}, **options)
        return channel.exists("key")

    assert workflow("w").add(body).execute(store=store, run_id="r") is False


def test_d_03_an_initial_value_without_a_form_is_refused_before_the_run_begins(store):
    @task
    def body(key):
        raise AssertionError

    with pytest.raises(EncodingError, match="key"):
        workflow("w").add(body).execute(store=store, run_id="r", initial_channel={"key": 1j})
    assert store.runs() == []


def test_d_03_a_class_that_nothing_names_any_more_is_an_error_that_says_so(store):
    @dataclasses.dataclass
    class Gone:
        n: int

    def workflow_with(annotation):
        @task(id="give")
        def give():
            return Gone(1)

        give.fn.__annotations__["return"] = annotation
        return workflow("w").add(task(give.fn, id="give")(task_id="give"))

    workflow_with(Gone).execute(store=store, run_id="r")
    with pytest.raises(RunChangedError, match=r"nothing in this program names that class(?s:.*)hint"):
        workflow_with(Any).execute(store=store, run_id="r")


def test_d_03_a_codec_of_the_programs_own(tmp_path):
    array = ValueCodec(
        "ndarray",
        numpy.ndarray,
        lambda a: (a.dtype.str, a.shape, a.tobytes()),
        lambda parts: numpy.frombuffer(parts[2], parts[0]).reshape(parts[1]),
    )
    store = Store(tmp_path / "runs.db", codecs=[array])

    @task
    def give():
        return {"array": numpy.arange(6.0).reshape(2, 3)}

    wf = workflow("w").add(give)
    wf.execute(store=store, run_id="r")
    back = wf.execute(store=store, run_id="r")["array"]
    assert type(back) is numpy.ndarray
    assert (back == numpy.arange(6.0).reshape(2, 3)).all()
    with pytest.raises(RunChangedError, match="no codec `ndarray` is registered"):
        wf.execute(store=Store(tmp_path / "runs.db"), run_id="r")


def test_d_03_pickle_is_used_only_where_it_is_asked_for(tmp_path):
    @task
    def give():
        return 1j

    wf = workflow("w").add(give)
    with pytest.raises(TaskError, match="complex"):
        wf.execute(store=Store(tmp_path / "a.db"))
    store = Store(tmp_path / "b.db", pickle=True)
    wf.execute(store=store, run_id="r")
    assert wf.execute(store=store, run_id="r") == 1j
    with pytest.raises(RunChangedError, match=r"it is pickled(?s:.*)pickle=True"):
        wf.execute(store=Store(tmp_path / "b.db"), run_id="r")


PROGRAM = """
import dataclasses, enum

class Color(enum.Enum):
    RED = 1

@dataclasses.dataclass
class User:
    name: str
    color: Color

@task
def load() -> dict[str, list[User]]:
    log("load")
    return {"users": [User("Ada", Color.RED)]}

@task
def use(load, ctx: TaskExecutionContext):
    if once("use"):
        die()
    user = load["users"][0]
    return type(user) is User and user.color is Color.RED

wf = workflow("w")
with wf:
    load >> use
print(wf.execute(store="runs.db", run_id="r"))
"""


def test_d_03_classes_of_the_script_come_back_in_the_next_process(tmp_path):
    program = Program(tmp_path, PROGRAM)
    program.dies()
    assert program.run() == "True\n"
    assert program.log() == ["load"]
