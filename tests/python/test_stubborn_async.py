"""Async tasks that make nothing of their cancellation are abandoned after the grace time (R-7, R-10)."""

import asyncio
import logging
import threading

import pytest

from taskloom import TaskExecutionContext, parallel, task, workflow
from taskloom.errors import (
    AttemptEndedError,
    ParallelGroupError,
    RunCancelledError,
    RunTimeoutError,
    TaskError,
)

SHORT = 0.02


class Stubborn:
    """An async task that ends when it is let go, and not before."""

    def __init__(self, **options):
        self.begun = threading.Event()
        self.told = []
        self.after = []
        self._gates = []

        @task(id="stubborn", **options)
        async def stubborn(ctx: TaskExecutionContext):
            self.begun.set()
            gate = asyncio.Event()
            self._gates.append((asyncio.get_running_loop(), gate))
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.told.append(ctx.attempt)
                await gate.wait()
            try:
                ctx.get_channel().set("key", "late")
            except AttemptEndedError as error:
                self.after.append(str(error))
            return "late"

        self.task = stubborn

    def let_go(self):
        """Lets all of them end, and waits until they have."""

        async def others():
            rest = [t for t in asyncio.all_tasks() if t.get_name() == "taskloom:stubborn"]
            await asyncio.gather(*rest)

        loop = self._gates[0][0]
        for _, gate in self._gates:
            loop.call_soon_threadsafe(gate.set)
        asyncio.run_coroutine_threadsafe(others(), loop).result(20)


def test_r_10_a_cancelled_run_waits_for_the_grace_time_only(caplog):
    stubborn = Stubborn()
    with caplog.at_level(logging.WARNING, "taskloom"), pytest.raises(RunTimeoutError) as caught:
        workflow("w").add(stubborn.task).execute(timeout=SHORT, grace=SHORT)
    run = caught.value.run
    assert run.tasks["stubborn"].state == "cancelled"
    assert caplog.messages == [
        "the async task `stubborn` had not ended 0.02 s after it was cancelled, and was abandoned"
    ]
    stubborn.let_go()
    # What it did afterwards did not count.
    assert (run.status, run.outputs, run.get_channel().keys()) == ("cancelled", {}, [])
    assert len(stubborn.after) == 1


def test_r_10_under_execute_async_too():
    stubborn = Stubborn()

    async def main():
        with pytest.raises(RunTimeoutError):
            await workflow("w").add(stubborn.task).execute_async(timeout=SHORT, grace=SHORT)
        for _, gate in stubborn._gates:
            gate.set()

    asyncio.run(main())
    assert stubborn.told == [1]


def test_r_10_a_handle_that_cancels():
    stubborn = Stubborn()
    handle = workflow("w").add(stubborn.task).start(grace=SHORT)
    assert stubborn.begun.wait(20)
    handle.cancel()
    with pytest.raises(RunCancelledError):
        handle.result()
    stubborn.let_go()


def test_r_07_a_timeout_fails_the_attempt_after_the_grace_time():
    stubborn = Stubborn(timeout=SHORT, max_retries=1)
    with pytest.raises(TaskError) as caught:
        workflow("w").add(stubborn.task).execute(grace=SHORT)
    assert isinstance(caught.value.__cause__, TimeoutError)
    text = "it took longer than its timeout of 0.02 s; it had not ended 0.02 s after it was cancelled"
    assert str(caught.value.__cause__) == f"{text}, and was abandoned"
    assert stubborn.told == [1, 2]
    stubborn.let_go()
    assert len(stubborn.after) == 2


def test_r_07_one_that_ends_within_the_grace_time_is_waited_for():
    cleaned = []

    @task(timeout=SHORT)
    async def tidy():
        try:
            await asyncio.Event().wait()
        finally:
            for _ in range(3):
                await asyncio.sleep(0)
            cleaned.append(True)

    with pytest.raises(TaskError) as caught:
        workflow("w").add(tidy).execute(grace=60)
    assert str(caught.value.__cause__) == "it took longer than its timeout of 0.02 s"
    assert cleaned == [True]


def test_r_08_in_a_group_that_fails_fast():
    stubborn = Stubborn()

    @task
    async def fail():
        while not stubborn.begun.is_set():
            await asyncio.sleep(0)
        raise ValueError("broken")

    group = parallel(stubborn.task, fail).with_execution(fail_fast=True)
    with pytest.raises(ParallelGroupError, match="broken"):
        workflow("w").add(group).execute(grace=SHORT)
    stubborn.let_go()
