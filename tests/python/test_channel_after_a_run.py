"""Rules H-1 and R-4: what the channel held can be read when the run has ended."""

from typing import TypedDict

import pytest

from taskloom import TaskExecutionContext, task, workflow
from taskloom.errors import ChannelSchemaError, TaskError


class Shop(TypedDict):
    total: int
    names: list[str]


@task
def sell(ctx: TaskExecutionContext, name="tea", price=3):
    shop = ctx.get_typed_channel(Shop)
    shop.append("names", name)
    shop.atomic_add("total", price)
    ctx.get_channel().set("note", "text")
    return price


def test_h_01_of_a_context_and_of_a_run():
    wf = workflow("w").add(sell)
    value, context = wf.execute(ret_context=True)
    run = wf.run()
    for source in (context, run):
        channel = source.get_channel()
        assert channel.get("names") == ["tea"]
        assert channel.get("nothing", "default") == "default"
        assert (channel.exists("total"), channel.exists("nothing")) == (True, False)
        assert channel.keys() == ["names", "note", "total"]
    assert (value, context.get_result("sell"), context.get_result("nothing", 7)) == (3, 3, 7)


def test_h_01_under_a_schema():
    wf = workflow("w").add(sell)
    _, context = wf.execute(ret_context=True)
    for source in (context, wf.run()):
        shop = source.get_typed_channel(Shop)
        assert (shop.get("total"), shop.get("names"), shop.exists("total")) == (3, ["tea"], True)
        assert shop.keys() == ["names", "total"]
        with pytest.raises(ChannelSchemaError, match="has no key `note`"):
            shop.get("note")
        assert repr(shop) == "<FinalTypedChannel Shop of 2 keys>"


def test_h_01_a_value_that_the_schema_excludes():
    _, context = (
        workflow("w").add(task(len, id="n")(())).execute(ret_context=True, initial_channel={"total": "many"})
    )
    with pytest.raises(ChannelSchemaError, match="declares `total` as `int`"):
        context.get_typed_channel(Shop).get("total")
    with pytest.raises(ValueError, match="is a TypedDict"):
        context.get_typed_channel(dict)


def test_h_03_of_a_run_that_failed():
    @task
    def fail(ctx: TaskExecutionContext):
        ctx.get_channel().set("lost", 1)
        raise ValueError("broken")

    with pytest.raises(TaskError) as caught:
        workflow("w").add(sell >> fail).execute()
    run = caught.value.run
    assert run is not None
    assert run.get_channel().keys() == ["names", "note", "total"]


@pytest.mark.parametrize("verb", ["set", "delete", "append", "prepend", "atomic_add", "lock"])
def test_e_01_it_can_only_be_read(verb):
    run = workflow("w").add(sell).run()
    for channel in (run.get_channel(), run.get_typed_channel(Shop)):
        with pytest.raises(
            AttributeError, match=f"{verb}.*the run has ended, so its channel can only be read"
        ):
            getattr(channel, verb)
        with pytest.raises(AttributeError, match=r"no attribute 'nonsense'$"):
            channel.nonsense
