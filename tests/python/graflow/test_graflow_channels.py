"""Section 8: channels, with the faults W-03, W-35, W-41 mended."""

import threading
import time
from typing import TypedDict

import pytest
from graflow.channels.base import Channel
from graflow.channels.factory import ChannelFactory
from graflow.channels.memory_channel import MemoryChannel
from graflow.channels.schemas import TaskProgressMessage
from graflow.channels.typed import ChannelTypeRegistry, TypedChannel
from graflow.exceptions import ConfigError

from graflow import task, workflow
from scripts import run_source


class Weather(TypedDict):
    city: str
    degrees: float


class Partial(TypedDict, total=False):
    count: int
    tags: list[str]


def in_a_task(use):
    """What a function gives for the channel of a run, in a task that follows another."""

    @task
    def before():
        return "result"

    @task(inject_context=True)
    def body(ctx):
        return use(ctx)

    with workflow("w") as wf:
        before >> body
    return wf.execute()


def by_itself(use):
    class Context:
        def get_channel(self):
            return MemoryChannel("mine")

    return use(Context())


def everything(ctx):
    channel = ctx.get_channel()
    assert isinstance(channel, Channel)
    assert (channel.get("k"), channel.get("k", 1), channel.exists("k")) == (None, 1, False)
    channel.set("k", None)
    assert (channel.get("k", 1), channel.exists("k"), channel.keys()) == (None, True, ["k"])
    assert (channel.delete("k"), channel.delete("k")) == (True, False)
    assert [channel.append("l", 2), channel.append("l", 3), channel.prepend("l", 1)] == [1, 2, 3]
    assert channel.get("l") == [1, 2, 3]
    assert [channel.atomic_add("n"), channel.atomic_add("n", 2), channel.atomic_add("n", 0.5)] == [1, 3, 3.5]
    for wrong in (lambda: channel.append("n", 1), lambda: channel.atomic_add("l")):
        with pytest.raises(TypeError):
            wrong()
    with channel.lock("any"), channel.lock("any"):
        channel.set("locked", True)
    channel.clear()
    assert channel.keys() == []
    return "done"


@pytest.mark.parametrize("where", [in_a_task, by_itself])
def test_8_1_the_methods_of_a_channel(where):
    assert where(everything) == "done"


@pytest.mark.parametrize("where", [in_a_task, by_itself])
def test_w_35_a_set_without_a_time_to_live_lasts(where):
    def use(ctx):
        channel = ctx.get_channel()
        channel.set("short", 1, ttl=0.01)
        channel.set("kept", 1, ttl=0.01)
        channel.set("kept", 2)
        deadline = time.monotonic() + 20
        while channel.exists("short"):
            assert time.monotonic() < deadline
        return channel.get("short", "gone"), channel.get("kept")

    assert where(use) == ("gone", 2)


def test_8_4_results_are_under_graflows_keys():
    def use(ctx):
        channel = ctx.get_channel()
        return (
            channel.get("before.__result__"),
            channel.exists("before.__result__"),
            channel.exists("x.__result__"),
        )

    assert in_a_task(use) == ("result", True, False)


def test_8_1_a_lock_excludes_others():
    channel = MemoryChannel("mine")
    held, done = threading.Event(), threading.Event()

    def hold():
        with channel.lock("k"):
            held.set()
            done.wait(20)

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(20)
    with pytest.raises(TimeoutError, match="'k'"), channel.lock("k", timeout=0.01):
        pass
    done.set()
    thread.join()
    with channel.lock("k", timeout=5):
        pass


def typed(ctx, form=Weather):
    return TypedChannel(ctx.get_channel(), form)


@pytest.mark.parametrize("where", [in_a_task, by_itself])
def test_8_3_a_typed_channel_refuses_what_has_not_the_form(where):
    def use(ctx):
        channel = typed(ctx)
        channel.set("now", {"city": "Oslo", "degrees": 1.5})
        channel.send("then", {"city": "Rome", "degrees": 20.5})
        for wrong in ({"city": "Oslo"}, {"city": 1, "degrees": 1.0}, {"city": "", "degrees": 1.0, "x": 1}, 5):
            with pytest.raises(TypeError, match="does not conform to Weather"):
                channel.set("now", wrong)
        channel.append("list", "unchecked")
        assert (channel.message_type, channel.exists("now"), channel.get("list")) == (Weather, True, None)
        return channel.get("now"), channel.receive("then"), channel.get("none")

    assert where(use) == ({"city": "Oslo", "degrees": 1.5}, {"city": "Rome", "degrees": 20.5}, None)


def test_8_3_keys_that_need_not_be_there():
    channel = TypedChannel(MemoryChannel("mine"), Partial)
    channel.set("a", {})
    channel.set("b", {"count": True, "tags": ["anything", 1]})
    with pytest.raises(TypeError):
        channel.set("c", {"count": "1"})
    with pytest.raises(ValueError, match="takes a TypedDict"):
        TypedChannel(MemoryChannel("mine"), dict)


def test_8_3_the_context_gives_typed_channels():
    assert in_a_task(lambda ctx: ctx.get_typed_channel(Weather).get("none")) is None

    @task(inject_context=True)
    def writes(ctx):
        ctx.get_typed_channel(Weather).set("now", {"city": "Oslo", "degrees": 1.0})

    with workflow("w") as wf:
        wf.add(writes)
    _, context = wf.execute(ret_context=True)
    assert context.get_typed_channel(Weather).get("now") == {"city": "Oslo", "degrees": 1.0}


def test_8_3_the_registry():
    ChannelTypeRegistry.register("weather", Weather)
    assert ChannelTypeRegistry.get("weather") is Weather
    assert ChannelTypeRegistry.get("task_progress") is TaskProgressMessage
    assert ChannelTypeRegistry.create_channel(MemoryChannel("m"), "weather").message_type is Weather
    with pytest.raises(ConfigError, match="'nonsense'"):
        ChannelTypeRegistry.create_channel(MemoryChannel("m"), "nonsense")
    with pytest.raises(ValueError, match="TypedDict"):
        ChannelTypeRegistry.register("wrong", int)


def test_8_2_the_factory():
    channel = ChannelFactory.create_channel("memory", "mine")
    assert (type(channel), channel.name) == (MemoryChannel, "mine")
    assert ChannelFactory.is_backend_available("memory")
    assert not ChannelFactory.is_backend_available("redis")
    with pytest.raises(ConfigError, match="'redis'"):
        ChannelFactory.create_channel("redis", "mine")
    with pytest.raises(TypeError, match="subclass of Channel"):
        ChannelFactory.register_backend("wrong", int)

    class Other(MemoryChannel):
        pass

    ChannelFactory.register_backend("other", Other)
    try:
        assert isinstance(ChannelFactory.create_channel("other", "mine"), Other)
    finally:
        del ChannelFactory._backends["other"]


def test_w_41_nothing_is_written_to_the_working_directory(tmp_path):
    source = """
import taskloom.graflow
from graflow import task, workflow

@task(inject_context=True)
def step(ctx):
    ctx.get_channel().set("k", 1)
    return 5

print(step.run(), step())
with workflow("w") as wf:
    step >> step(task_id="again")
print(wf.execute())
"""
    # It looks into the directory afterwards.
    assert run_source(source, tmp_path).stdout == "5 5\n5\n"
