"""H-1 … H-3: the channel that the tasks of a run share."""

import asyncio
import gc
import threading
import weakref

import pytest

from taskloom import TaskExecutionContext, parallel, task, workflow
from taskloom.errors import AttemptEndedError, RunCancelledError, TaskError, TaskloomRuntimeError


def final(flow, **options):
    _, context = workflow("w").add(flow).execute(ret_context=True, **options)
    return context.get_channel()


def test_h_01_an_attempt_sees_its_own_writes_and_others_see_them_when_it_completes():
    written, read = threading.Event(), threading.Event()

    @task
    def write(ctx: TaskExecutionContext):
        channel = ctx.get_channel()
        channel.set("name", "Ada")
        assert channel.delete("old")
        assert not channel.delete("old")
        assert channel.append("list", 1) == 1
        assert channel.prepend("list", 0) == 2
        assert (channel.get("name"), channel.get("list"), channel.get("none", 5)) == ("Ada", [0, 1], 5)
        assert channel.keys() == ["list", "name"]
        written.set()
        assert read.wait(20)

    @task
    def look_meanwhile(ctx: TaskExecutionContext):
        assert written.wait(20)
        keys = ctx.get_channel().keys()
        read.set()
        return keys

    @task
    def look_after(ctx: TaskExecutionContext):
        return ctx.get_channel().keys(), ctx.get_channel().exists("old")

    flow = (write | look_meanwhile) >> look_after
    run = workflow("w").add(flow).run(initial_channel={"old": 1})
    assert run.output("look_meanwhile") == ["old"]
    assert run.output("look_after") == (["list", "name"], False)


def test_h_03_a_retry_leaves_no_double_append():
    @task(max_retries=2)
    def collect(ctx: TaskExecutionContext):
        with ctx.get_channel().lock("lock"):
            ctx.get_channel().append("locked", ctx.attempt)
            if ctx.attempt < 2:
                raise ValueError("first")
        ctx.get_channel().append("list", ctx.attempt)
        if ctx.attempt < 3:
            raise ValueError("second")

    channel = final(collect)
    assert channel.get("list") == [3]
    # What a block that ended well has published stays.
    assert channel.get("locked") == [2, 3]


def test_h_03_what_a_task_that_failed_for_good_has_written_is_gone():
    @task
    def fails(ctx: TaskExecutionContext):
        channel = ctx.get_channel()
        channel.set("pending", 1)
        channel.set("published", 1, at_once=True)
        channel.atomic_add("added")
        raise ValueError("for good")

    with pytest.raises(TaskError) as caught:
        workflow("w").add(fails).execute()
    assert caught.value.run is not None
    assert list(caught.value.run._record.channel()) == ["added", "published"]


def test_h_02_fifty_adds_give_fifty_totals_whatever_fails():
    @task(max_retries=1)
    def count(ctx: TaskExecutionContext, number: int):
        total = ctx.get_channel().atomic_add("count")
        if number % 3 == 0 and ctx.attempt == 1:
            raise ValueError("the first time")
        return total

    @task(max_retries=1)
    async def count_async(ctx: TaskExecutionContext, number: int):
        await asyncio.sleep(0)
        total = ctx.get_channel().atomic_add("count", 1)
        if number % 3 == 0 and ctx.attempt == 1:
            raise ValueError("the first time")
        return total

    tasks = [
        *(count(task_id=f"plain{n}", number=n) for n in range(25)),
        *(count_async(task_id=f"async{n}", number=n) for n in range(25)),
    ]
    value, context = workflow("w").add(parallel(*tasks)).execute(ret_context=True)
    assert sorted(value.values()) == list(range(1, 51))
    assert context.get_channel().get("count") == 50


def test_h_02_a_lock_excludes_all_other_tasks():
    @task
    def increase(ctx: TaskExecutionContext):
        channel = ctx.get_channel()
        with channel.lock("n", timeout=20), channel.lock("n"):
            before = channel.get("n", 0)
            threading.Event().wait(0)
            channel.set("n", before + 1)

    @task
    async def increase_async(ctx: TaskExecutionContext):
        channel = ctx.get_channel()
        async with channel.lock("n", timeout=20):
            before = channel.get("n", 0)
            await asyncio.sleep(0)
            channel.set("n", before + 1)

    tasks = [
        body(task_id=f"t{n}{kind}") for n in range(20) for kind, body in enumerate((increase, increase_async))
    ]
    assert final(parallel(*tasks)).get("n") == 40


def test_h_01_a_lock_that_is_not_there_in_time():
    held, over = threading.Event(), threading.Event()

    @task
    def hold(ctx: TaskExecutionContext):
        with ctx.get_channel().lock("lock"):
            held.set()
            assert over.wait(20)

    @task
    async def wait(ctx: TaskExecutionContext):
        while not held.is_set():
            await asyncio.sleep(0)
        with pytest.raises(TimeoutError, match="'lock' was not there after 0 seconds"):
            async with ctx.get_channel().lock("lock", timeout=0):
                pass

    @task
    def wait_here(ctx: TaskExecutionContext):
        assert held.wait(20)
        lock = ctx.get_channel().lock("lock", timeout=0)
        with pytest.raises(TimeoutError, match="'lock' was not there after 0 seconds"), lock:
            pass

    @task
    def let_go():
        over.set()

    workflow("w").add(hold | ((wait | wait_here) >> let_go)).execute()


def test_r_10_who_waits_for_a_lock_is_woken_when_the_run_is_cancelled():
    waits = threading.Event()

    @task
    def hold(ctx: TaskExecutionContext):
        with ctx.get_channel().lock("lock"):
            assert waits.wait(20)
            while not ctx.cancelled:
                threading.Event().wait(0.001)

    @task
    def wait(ctx: TaskExecutionContext):
        waits.set()
        with ctx.get_channel().lock("lock", timeout=None):
            pass

    @task
    async def wait_async(ctx: TaskExecutionContext):
        async with ctx.get_channel().lock("lock", timeout=None):
            pass

    handle = workflow("w").add(parallel(hold, wait, wait_async)).start()
    assert waits.wait(20)
    handle.cancel()
    with pytest.raises(RunCancelledError):
        handle.result(20)


def test_h_01_a_plain_with_in_an_async_task_says_what_to_write():
    @task
    async def blocks(ctx: TaskExecutionContext):
        with pytest.raises(TaskloomRuntimeError, match="async with"), ctx.get_channel().lock("lock"):
            pass

    workflow("w").add(blocks).execute()


def test_h_02_an_attempt_that_has_ended_is_refused():
    contexts = []

    @task
    def leak(ctx: TaskExecutionContext):
        contexts.append(ctx)

    @task
    def misuse():
        channel = contexts[0].get_channel()
        calls = [
            lambda: channel.set("key", 1),
            lambda: channel.get("key"),
            lambda: channel.append("list", 1, at_once=True),
            lambda: channel.atomic_add("n"),
            lambda: channel.lock("lock").__enter__(),
        ]
        for call in calls:
            with pytest.raises(AttemptEndedError, match="an attempt of `leak` that has ended"):
                call()

    assert final(leak >> misuse).keys() == []
    with pytest.raises(AttemptEndedError):
        contexts[0].get_channel().exists("key")


def test_h_01_another_type_is_an_error_that_names_key_expected_and_found():
    @task
    def misread(ctx: TaskExecutionContext):
        channel = ctx.get_channel()
        channel.set("name", "Ada")
        channel.set("big", 2**63 - 1)
        channel.append("list", 1)
        with pytest.raises(
            TypeError, match="channel key `name` holds a value of type `str`, but a list was expected"
        ):
            channel.append("name", 1)
        with pytest.raises(
            TypeError, match="channel key `list` holds a list of 1, but a number was expected"
        ):
            channel.atomic_add("list")
        with pytest.raises(TypeError, match="`str`"):
            channel.atomic_add("n", "1")  # pyright: ignore[reportArgumentType]
        with pytest.raises(OverflowError, match="big"):
            channel.atomic_add("big")
        with pytest.raises(ValueError, match="ttl"):
            channel.set("key", 1, ttl=-1)
        assert channel.atomic_add("f", 0.5) == 0.5
        assert channel.atomic_add("f", 1) == 1.5

    workflow("w").add(misread).execute()


def test_h_03_an_append_that_finds_no_list_at_the_end_fails_the_attempt():
    appended, written = threading.Event(), threading.Event()

    @task
    def collect(ctx: TaskExecutionContext):
        ctx.get_channel().append("key", 1)
        appended.set()
        assert written.wait(20)

    @task
    def write(ctx: TaskExecutionContext):
        assert appended.wait(20)
        ctx.get_channel().set("key", 1, at_once=True)
        written.set()

    run = workflow("w").add(collect | write).run
    with pytest.raises(TaskloomRuntimeError) as caught:
        run()
    assert isinstance(caught.value.__cause__, TypeError)
    assert "channel key `key` holds a value of type `int`" in str(caught.value.__cause__)


def test_h_01_a_key_whose_time_is_over_is_absent():
    @task
    def write(ctx: TaskExecutionContext):
        channel = ctx.get_channel()
        channel.set("short", 1, ttl=0)
        channel.set("long", 1, 3600)
        channel.append("list", 1, ttl=0)
        return channel.get("short"), channel.exists("list"), channel.keys()

    assert workflow("w").add(write).execute() == (None, False, ["long"])


def test_r_03_a_parameter_takes_what_is_published_when_its_attempt_begins():
    @task
    def write(ctx: TaskExecutionContext):
        ctx.get_channel().set("name", "Ada")
        ctx.get_channel().append("numbers", 2)
        ctx.get_channel().atomic_add("count", 2)

    @task
    def read(name, numbers, count):
        return name, numbers, count

    initial = {"name": "Eve", "numbers": [1], "count": 40}
    assert workflow("w").add(write >> read).execute(initial_channel=initial) == ("Ada", [1, 2], 42)
    assert initial == {"name": "Eve", "numbers": [1], "count": 40}


def test_h_01_objects_are_kept_themselves_and_lists_by_their_elements():
    thing, numbers = object(), [1]

    @task
    def write(ctx: TaskExecutionContext):
        channel = ctx.get_channel()
        channel.set("thing", thing)
        channel.set("true", True)
        channel.set("numbers", numbers)
        numbers.append(2)
        channel.get("numbers").append(3)

    channel = final(write)
    assert channel.get("thing") is thing
    assert channel.get("true") is True
    assert channel.get("numbers") == [1]
    assert repr(channel).startswith("FinalChannel({'numbers': [1],")


def test_h_01_what_is_dropped_may_use_the_channel():
    dropped = []

    class Loud:
        def __init__(self, channel):
            self.channel = channel

        def __del__(self):
            try:
                dropped.append(self.channel.keys())
            except AttemptEndedError:
                dropped.append(None)

    @task
    def write(ctx: TaskExecutionContext):
        channel = ctx.get_channel()
        channel.set("loud", Loud(channel))
        channel.set("loud", Loud(channel), at_once=True)
        channel.append("list", Loud(channel))
        channel.delete("list")
        channel.delete("loud", at_once=True)
        channel.append("list", Loud(channel))
        raise ValueError("so the last is discarded")

    with pytest.raises(TaskError):
        workflow("w").add(write).execute()
    gc.collect()
    assert len(dropped) == 4


def test_h_01_nothing_of_a_channel_outlives_its_run():
    class Thing:
        pass

    things = []

    @task
    def write(ctx: TaskExecutionContext):
        thing = Thing()
        things.append(weakref.ref(thing))
        ctx.get_channel().set("thing", thing)
        ctx.get_channel().set("context", ctx)

    run = workflow("w").add(write).run()
    assert things[0]() is not None
    del run
    gc.collect()
    assert things[0]() is None


def test_i_09_a_channel_without_a_run():
    @task
    def body(ctx: TaskExecutionContext):
        channel = ctx.get_channel()
        channel.set("n", 1)
        channel.append("list", 1)
        channel.prepend("list", 0)
        with channel.lock("n"):
            channel.atomic_add("n", 2)
        with pytest.raises(TypeError, match="channel key `n` holds a value of type `int`, but a list"):
            channel.append("n", 1)
        with pytest.raises(TypeError, match="but a number was expected"):
            channel.atomic_add("list")
        assert channel.delete("list")
        return channel.keys(), channel.get("n"), channel.exists("list")

    assert body.run() == (["n"], 3, False)
