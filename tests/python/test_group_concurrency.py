"""How many tasks of a group run at the same time (C-8, R-1)."""

import asyncio
import threading

import pytest

from taskloom import CoordinationBackend, RetryPolicy, TaskExecutionContext, parallel, task, workflow


class Room:
    """Counts how many are inside at once."""

    def __init__(self):
        self.lock = threading.Lock()
        self.inside = self.most = 0

    def enter(self):
        with self.lock:
            self.inside += 1
            self.most = max(self.most, self.inside)

    def leave(self):
        with self.lock:
            self.inside -= 1


@task
def meet(rooms, others):
    for room in rooms:
        room.enter()
    others.wait(20)
    for room in rooms:
        room.leave()


@task
async def meet_async(rooms, others):
    for room in rooms:
        room.enter()
    await others.wait()
    for room in rooms:
        room.leave()


def test_c_08_as_many_plain_functions_of_a_group_run_as_may():
    room, others = Room(), threading.Barrier(3)
    group = parallel(*(meet(rooms=[room], others=others) for _ in range(30))).with_execution(
        max_concurrency=3
    )
    workflow("w").add(group).execute()
    assert room.most == 3


async def at_most_two_of_three():
    everything, inner = Room(), Room()
    pairs, alone = asyncio.Barrier(2), threading.Barrier(1)
    inside = [meet_async(rooms=[everything, inner], others=pairs) for _ in range(20)]
    outside = [meet(rooms=[everything], others=alone) for _ in range(20)]
    capped = parallel(*inside).with_execution(max_concurrency=2)
    group = parallel(capped, *outside).with_execution(max_concurrency=3)
    await workflow("w").add(group).execute_async()
    return everything.most, inner.most


def test_c_08_a_cap_counts_both_kinds_at_any_depth():
    everything, inner = asyncio.run(at_most_two_of_three())
    assert inner == 2
    assert everything <= 3


def test_r_01_what_a_cap_holds_back_holds_back_nothing_else():
    gate = threading.Event()

    @task
    def wait_for():
        assert gate.wait(20)

    @task
    def open_gate():
        gate.set()

    group = (wait_for(task_id="a") | wait_for(task_id="b")).with_execution(max_concurrency=1)
    workflow("w").add(group).add(open_gate).execute(max_concurrency=2)


def test_s_01_what_a_cap_holds_back_keeps_its_place():
    log = []

    @task
    def step(ctx: TaskExecutionContext):
        log.append(ctx.task_id)

    a, b, c, d = (step(task_id=name) for name in "abcd")
    group = parallel(a >> b, c).with_execution(max_concurrency=1)
    workflow("w").add(group).add(d).execute(max_concurrency=1)
    assert log == ["a", "c", "d", "b"]


def test_r_01_a_task_that_backs_off_has_no_slot():
    gate = threading.Event()

    @task(retry_policy=RetryPolicy(max_retries=1, initial_interval=0.02))
    def first(ctx: TaskExecutionContext):
        if ctx.retry_count == 0:
            raise ConnectionError("not yet")
        assert gate.wait(20)

    @task
    def second():
        gate.set()

    workflow("w").add((first | second).with_execution(max_concurrency=1)).execute()


def test_c_08_a_second_call_keeps_the_cap():
    room, alone = Room(), threading.Barrier(1)
    group = parallel(*(meet(rooms=[room], others=alone) for _ in range(5))).with_execution(max_concurrency=1)
    workflow("w").add(group.with_execution(policy="best_effort")).execute()
    assert room.most == 1


@pytest.mark.parametrize("backend", ["direct", CoordinationBackend.DIRECT])
def test_c_08_the_backend_direct_is_one_task_at_a_time(backend):
    order, room, alone = [], Room(), threading.Barrier(1)

    @task
    def member(n):
        meet.run([room], alone)
        order.append(n)

    group = parallel(*(member(n=n) for n in range(5))).with_execution(backend=backend)
    workflow("w").add(group).execute()
    assert (room.most, order) == (1, [0, 1, 2, 3, 4])


def test_e_01_the_backend_direct_takes_no_other_cap():
    group = meet(task_id="a", rooms=[]) | meet(task_id="b", rooms=[])
    with pytest.raises(ValueError, match='"direct" runs one task at a time, so max_concurrency cannot be 2'):
        group.with_execution(backend="direct", max_concurrency=2)


@pytest.mark.parametrize("cap", [0, -1, 1.5, "2", True])
def test_e_01_a_cap_is_a_whole_number_from_1_on(cap):
    group = meet(task_id="a", rooms=[]) | meet(task_id="b", rooms=[])
    with pytest.raises(ValueError, match="max_concurrency is a whole number from 1 on"):
        group.with_execution(max_concurrency=cap)


def test_r_01_an_async_task_does_not_wait_behind_plain_functions():
    gate = threading.Event()

    @task
    def wait_for():
        assert gate.wait(20)

    @task
    async def open_gate():
        gate.set()

    # More than there are threads for plain functions.
    waiting = parallel(*(wait_for() for _ in range(100)))
    workflow("w").add(waiting).add(open_gate).execute()
