"""Rules R-1, R-2 and S-1: a task starts as soon as it may, up to so many at the same time."""

import asyncio
import threading

import pytest

from taskloom import chain, parallel, task, workflow
from taskloom.errors import TaskloomError


@task
def step(name: str = "step"):
    return name


class Peak:
    """Counts how many are inside at the same time."""

    def __init__(self):
        self.lock = threading.Lock()
        self.inside = self.most = 0

    def __enter__(self):
        with self.lock:
            self.inside += 1
            self.most = max(self.most, self.inside)

    def __exit__(self, *exception):
        with self.lock:
            self.inside -= 1


@pytest.mark.parametrize("way", ["execute", "execute_async"])
def test_r_01_no_layers(way):
    # `after` follows `fast` alone, so it does not wait for `slow`, which is in the layer of `fast`.
    after_ran = threading.Event()

    @task
    def slow():
        return after_ran.wait(20)

    @task
    def after():
        after_ran.set()

    with workflow("w") as wf:
        wf.add(slow)
        step(task_id="fast") >> after
        wf.add(step(task_id="last"))
    run = wf.run() if way == "execute" else asyncio.run(wf.run_async())
    assert run.output("slow") is True


def test_r_01_no_layers_in_a_group():
    after_ran = threading.Event()

    @task
    def slow():
        return after_ran.wait(20)

    @task
    def after():
        after_ran.set()
        return True

    with workflow("w") as wf:
        slow | (step(task_id="fast") >> after)
    assert wf.execute() == {"slow": True, "after": True}


def test_r_01_no_layers_among_async_tasks():
    async def main():
        after_ran = asyncio.Event()

        @task
        async def slow():
            await asyncio.wait_for(after_ran.wait(), 20)
            return True

        @task
        async def after():
            after_ran.set()

        @task
        async def fast():
            pass

        with workflow("w") as wf:
            fast >> after
            wf.add(slow)
        return await wf.execute_async()

    assert asyncio.run(main()) is True


def test_r_01_an_async_task_does_not_wait_for_a_sync_one_and_back():
    sync_started, async_ended = threading.Event(), threading.Event()

    @task
    def plain():
        sync_started.set()
        return async_ended.wait(20)

    @task
    async def asynchronous():
        assert await asyncio.to_thread(sync_started.wait, 20)
        async_ended.set()
        return True

    with workflow("w") as wf:
        plain | asynchronous
    assert wf.execute() == {"plain": True, "asynchronous": True}


@pytest.mark.parametrize("width", [2, 10, 64])
def test_r_01_ready_tasks_run_at_the_same_time(width):
    meeting = threading.Barrier(width)

    @task
    def meet(n):
        meeting.wait(20)
        return n

    with workflow("w") as wf:
        parallel(*[meet(task_id=f"t{n}", n=n) for n in range(width)])
    assert list(wf.execute().values()) == list(range(width))


@pytest.mark.parametrize("way", ["execute", "start"])
def test_r_01_plain_functions_are_64_at_most_by_default(way):
    peak, full, too_many = Peak(), threading.Event(), threading.Event()

    @task
    def body():
        with peak:
            if peak.inside > 64:
                too_many.set()
            if peak.inside == 64:
                full.set()
            assert full.wait(20)
            # Nobody comes: this is how long one more has to show itself.
            too_many.wait(0.2)

    with workflow("w") as wf:
        parallel(*[body(task_id=f"t{n}") for n in range(80)])
    wf.execute() if way == "execute" else wf.start().result(30)
    assert peak.most == 64


@pytest.mark.parametrize("most", [1, 2, 3, 7])
@pytest.mark.parametrize("way", ["execute", "execute_async", "start", "in a running loop"])
def test_r_01_max_concurrency_of_plain_functions(most, way):
    peak = Peak()

    @task
    def body():
        with peak:
            pass

    with workflow("w") as wf:
        parallel(*[chain(body(), body(), body()) for _ in range(30)])

    async def main():
        if way == "execute_async":
            await wf.execute_async(max_concurrency=most)
        else:
            wf.execute(max_concurrency=most)

    match way:
        case "execute":
            wf.execute(max_concurrency=most)
        case "start":
            wf.start(max_concurrency=most).result(20)
        case _:
            asyncio.run(main())
    assert 1 <= peak.most <= most


def test_r_01_max_concurrency_is_reached():
    meeting = threading.Barrier(3)
    peak = Peak()

    @task
    def meet():
        with peak:
            meeting.wait(20)

    with workflow("w") as wf:
        parallel(*[meet() for _ in range(12)])
    wf.execute(max_concurrency=3)
    assert peak.most == 3


def test_r_01_max_concurrency_caps_both_kinds_together():
    peak = Peak()

    @task
    def plain():
        with peak:
            pass

    @task
    async def asynchronous():
        with peak:
            await asyncio.sleep(0)

    with workflow("w") as wf:
        parallel(*[(plain if n % 2 else asynchronous)(task_id=f"t{n}") for n in range(60)])
    wf.execute(max_concurrency=3)
    asyncio.run(wf.execute_async(max_concurrency=3))
    assert peak.most <= 3


def test_r_01_async_tasks_are_not_capped_by_default():
    async def main():
        meeting = asyncio.Barrier(500)

        @task
        async def meet():
            await asyncio.wait_for(meeting.wait(), 20)

        with workflow("w") as wf:
            parallel(*[meet() for _ in range(500)])
        await wf.execute_async()

    asyncio.run(main())


@pytest.mark.parametrize("wrong", [0, -1, 1.5, "3", True, 2**31])
def test_r_01_a_max_concurrency_that_cannot_be(wrong):
    with pytest.raises(TaskloomError, match="max_concurrency is a whole number"):
        workflow("w").add(step).execute(max_concurrency=wrong)


def test_s_01_with_one_at_a_time_the_order_is_that_of_composition():
    with workflow("w") as wf:
        parallel(*[chain(*[step(task_id=f"{branch}{n}") for n in range(3)]) for branch in "abc"]) >> step
    orders = {tuple(wf.run(max_concurrency=1).outputs) for _ in range(20)}
    assert orders == {("a0", "b0", "c0", "a1", "b1", "c1", "a2", "b2", "c2", "step")}


def test_s_01_with_one_at_a_time_async_and_plain_tasks_keep_the_order():
    @task
    async def async_step():
        await asyncio.sleep(0)

    with workflow("w") as wf:
        parallel(*[(async_step if n % 2 else step)(task_id=f"t{n}") for n in range(20)])
    expected = [f"t{n}" for n in range(20)]
    assert list(wf.run(max_concurrency=1).outputs) == expected
    assert list(asyncio.run(wf.run_async(max_concurrency=1)).outputs) == expected


def test_r_02_a_join_runs_once_after_all():
    ended = []

    @task
    def record(name):
        ended.append(name)

    with workflow("w") as wf:
        join = record(task_id="join", name="join")
        for n in range(50):
            record(task_id=f"t{n}", name=n) >> join
    wf.execute()
    assert ended.count("join") == 1
    assert ended[-1] == "join"
    assert len(ended) == 51


def test_r_01_a_large_graph():
    with workflow("w") as wf:
        previous = step(task_id="start")
        for layer in range(100):
            members = [step(task_id=f"{layer}.{n}") for n in range(50)]
            following = step(task_id=f"join{layer}")
            previous >> members >> following
            previous = following
    assert len(wf.run().outputs) == 1 + 100 * 51
