"""H-1: the channel under a schema."""

from typing import Annotated, Any, NotRequired, Optional, TypedDict

import pytest

from taskloom import TaskExecutionContext, task, workflow
from taskloom.errors import ChannelSchemaError


class Base(TypedDict):
    name: str


class Shop(Base, total=False):
    total: int
    price: float
    names: list[str]
    note: Optional[str]  # noqa: UP045
    later: NotRequired[int]
    size: Annotated[int, "cm"]
    anything: Any
    unknown: "Missing"  # noqa: F821 # pyright: ignore[reportUndefinedVariable]
    forward: "int"


def with_channel(body, **initial):
    """What `body` gives for a typed channel."""

    @task
    def run(ctx: TaskExecutionContext):
        return body(ctx.get_typed_channel(Shop))

    return workflow("w").add(run).execute(initial_channel=initial)


def test_h_01_it_has_the_verbs_of_the_channel():
    def body(shop):
        shop.set("total", 3)
        shop.set("note", "n", at_once=True)
        shop.append("names", "b")
        shop.prepend("names", "a")
        with shop.lock("total"):
            total = shop.atomic_add("total", 4)
        assert shop.delete("note")
        assert not shop.exists("note")
        return total, shop.get("names"), shop.keys(), shop.get("note", "default"), repr(shop)

    expected = (7, ["a", "b"], ["names", "total"], "default", "<TypedChannel Shop of 2 keys>")
    assert with_channel(body, other=1) == expected


VERBS = [
    lambda shop, key: shop.get(key),
    lambda shop, key: shop.set(key, 1),
    lambda shop, key: shop.delete(key),
    lambda shop, key: shop.exists(key),
    lambda shop, key: shop.append(key, 1),
    lambda shop, key: shop.prepend(key, 1),
    lambda shop, key: shop.atomic_add(key),
    lambda shop, key: shop.lock(key),
]


@pytest.mark.parametrize("verb", VERBS)
def test_h_01_a_key_that_the_schema_does_not_have(verb):
    def body(shop):
        with pytest.raises(
            ChannelSchemaError, match=r"`Shop` has no key `totl`\n  hint: did you mean `total`\?"
        ):
            verb(shop, "totl")
        with pytest.raises(ChannelSchemaError, match="hint: its keys are: name, total, price"):
            verb(shop, "x")

    with_channel(body)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *[("name", 1), ("total", "x"), ("total", 1.5), ("price", "x"), ("names", (1,)), ("note", 1)],
        *[("later", "x"), ("size", "x"), ("forward", "x"), ("total", None)],
    ],
)
def test_i_03_a_value_that_the_annotation_excludes(key, value):
    def body(shop):
        with pytest.raises(ChannelSchemaError, match=rf"`Shop` declares `{key}` as `.+`, and .+ is a `.+`"):
            shop.set(key, value)
        return shop.exists(key)

    assert with_channel(body) is False


class Text(str):
    pass


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *[("total", True), ("price", 1), ("note", None), ("anything", 1), ("unknown", 1), ("names", [1])],
        *[("name", Text("x")), ("total", object())],
    ],
)
def test_i_03_a_value_that_passes(key, value):
    def body(shop):
        shop.set(key, value)
        return shop.get(key) == value

    assert with_channel(body)


def test_h_01_what_others_have_written_is_checked_when_it_is_read():
    def body(shop):
        with pytest.raises(
            ChannelSchemaError, match="declares `total` as `int`, and the channel holds 'x', a `str`"
        ):
            shop.get("total")

    with_channel(body, total="x")


def test_h_01_adding_to_what_is_no_list_or_number():
    def body(shop):
        with pytest.raises(
            ChannelSchemaError, match="declares `total` as `int`, and only a list has elements"
        ):
            shop.append("total", 1)
        with pytest.raises(ChannelSchemaError, match="declares `name` as `str`, and 1 is a `int`"):
            shop.atomic_add("name")
        with pytest.raises(ChannelSchemaError, match=r"declares `total` as `int`, and 1\.5 is a `float`"):
            shop.atomic_add("total", 1.5)

    with_channel(body)


@pytest.mark.parametrize("schema", [dict, int, {"total": int}, None])
def test_h_01_a_schema_is_a_typed_dict(schema):
    @task
    def run(ctx: TaskExecutionContext):
        with pytest.raises(ValueError, match="the schema of a channel is a TypedDict, not "):
            ctx.get_typed_channel(schema)
        return "done"

    assert workflow("w").add(run).execute() == "done"
    assert run.run() == "done"


def test_h_03_a_refused_write_leaves_nothing():
    @task
    def bad(ctx: TaskExecutionContext):
        shop = ctx.get_typed_channel(Shop)
        shop.set("total", 1)
        shop.set("total", "x")

    @task(run_when="always")
    def look(ctx: TaskExecutionContext):
        seen.append(ctx.get_channel().exists("total"))

    seen: list[bool] = []
    run = workflow("w").add(bad >> look).start()
    with pytest.raises(Exception, match="declares `total` as `int`"):
        run.result(20)
    assert seen == [False]
