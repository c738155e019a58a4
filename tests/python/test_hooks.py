"""Hooks around runs and the calls of tasks: where they are called, in which context, and that they break
nothing."""

import asyncio
import logging
import threading
from contextvars import ContextVar

import pytest

from taskloom import TaskExecutionContext, hooks, task, workflow
from taskloom.errors import TaskError, TaskloomError
from taskloom.hooks import Hooks

span = ContextVar("span", default="none")


@task
def says():
    return span.get()


@task
async def says_later():
    await asyncio.sleep(0)
    return span.get()


@task
def fails():
    raise ValueError("broken")


class Log(Hooks):
    """What was called, with which thread and span."""

    def __init__(self, name=""):
        self.name = name
        self.lines = []
        self.threads = []

    def on_run_start(self, run):
        self.lines.append(f"{self.name}run {run.workflow_name}")

    def on_run_end(self, run, status):
        self.lines.append(f"{self.name}run {status}")

    def on_task_start(self, attempt):
        self.threads.append(threading.get_ident())
        self.lines.append(f"{self.name}{attempt.task_id} {attempt.iteration} {attempt.attempt}")

    def on_task_end(self, attempt, error):
        self.lines.append(f"{self.name}{attempt.task_id} {error!r}")


class Spans(Hooks):
    """As an exporter does it: the span of a task is in that of its run, and both are reset in the end."""

    def __init__(self):
        self.tokens = {}
        self.parents = []

    def on_run_start(self, run):
        self.tokens[run.run_id] = span.set("run")

    def on_run_end(self, run, status):
        span.reset(self.tokens.pop(run.run_id))

    def on_task_start(self, attempt):
        self.parents.append(span.get())
        self.tokens[attempt.task_id] = span.set(f"span of {attempt.task_id}")

    def on_task_end(self, attempt, error):
        span.reset(self.tokens.pop(attempt.task_id))


def test_r_13_hooks_are_called_around_a_run_and_its_tasks():
    log = Log()
    retried = fails(task_id="b").with_options(max_retries=1)
    with pytest.raises(TaskError):
        workflow("w").add(says(task_id="a") >> retried).execute(observe=log)
    assert log.lines == [
        "run w",
        "a 1 1",
        "a None",
        "b 1 1",
        "b ValueError('broken')",
        "b 1 2",
        "b ValueError('broken')",
        "run failed",
    ]


def test_r_13_hooks_are_called_on_the_thread_that_runs_the_task():
    log, threads = Log(), []

    @task
    def here():
        threads.append(threading.get_ident())

    @task
    async def there():
        threads.append(threading.get_ident())

    workflow("w").add(here >> there).execute(observe=log)
    assert log.threads == threads


@pytest.mark.parametrize("body", [says, says_later])
def test_r_13_a_task_sees_the_context_variables_of_its_hooks(body, caplog):
    spans = Spans()
    assert workflow("w").add(body(task_id="a")).execute(observe=spans) == "span of a"
    assert asyncio.run(workflow("w").add(body(task_id="a")).execute_async(observe=spans)) == "span of a"
    assert spans.parents == ["run", "run"]
    assert spans.tokens == {}
    assert span.get() == "none"
    assert caplog.records == []


def test_r_10_a_cancelled_task_ends_too():
    log, begun = Log(), threading.Event()

    @task
    async def forever():
        begun.set()
        await asyncio.Event().wait()

    handle = workflow("w").add(forever).start(observe=[log])
    assert begun.wait(20)
    handle.cancel()
    with pytest.raises(TaskloomError):
        handle.result(20)
    assert log.lines == ["run w", "forever 1 1", "forever CancelledError()", "run cancelled"]


def test_r_07_an_async_task_that_outruns_its_timeout():
    log = Log()

    @task(timeout=0.01)
    async def slow():
        await asyncio.Event().wait()

    with pytest.raises(TaskError):
        workflow("w").add(slow).execute(observe=log)
    assert log.lines[2].startswith("slow TimeoutError(")


def test_r_10_an_interrupt_is_told_and_cancels_the_run():
    log = Log()

    @task
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        workflow("w").add(interrupted).execute(observe=log)
    assert log.lines == ["run w", "interrupted 1 1", "interrupted KeyboardInterrupt()", "run cancelled"]


def test_e_01_an_exception_in_a_hook_is_logged_and_changes_nothing(caplog):
    class Broken(Hooks):
        def on_run_start(self, run):
            raise RuntimeError("first")

        def on_task_start(self, attempt):
            raise RuntimeError("second")

        def on_task_end(self, attempt, error):
            raise RuntimeError("third")

        def on_run_end(self, run, status):
            raise RuntimeError("fourth")

    log = Log()
    wf = workflow("w").add(says(task_id="a"))
    with caplog.at_level(logging.ERROR, logger="taskloom.hooks"):
        assert wf.execute(observe=[Broken(), log]) == "none"
    assert [record.getMessage() for record in caplog.records] == [
        "Broken.on_run_start failed",
        "Broken.on_task_start failed",
        "Broken.on_task_end failed",
        "Broken.on_run_end failed",
    ]
    assert [str(record.exc_info[1]) for record in caplog.records] == ["first", "second", "third", "fourth"]
    assert log.lines == ["run w", "a 1 1", "a None", "run succeeded"]


def test_r_13_hooks_for_all_runs_come_first_and_end_last():
    lines = []
    outer, inner = Log("outer "), Log("inner ")
    outer.lines = inner.lines = lines
    hooks.add(outer)
    try:
        workflow("w").add(says(task_id="a")).execute(observe=inner)
    finally:
        hooks.remove(outer)
    workflow("w").add(says(task_id="a")).execute()
    assert lines == [
        "outer run w",
        "inner run w",
        "outer a 1 1",
        "inner a 1 1",
        "inner a None",
        "outer a None",
        "inner run succeeded",
        "outer run succeeded",
    ]


def test_r_04_the_end_is_told_before_the_caller_goes_on():
    for _ in range(50):
        log = Log()
        workflow("w").add(says_later(task_id="a")).execute(observe=log)
        assert log.lines[-1] == "run succeeded"


def test_r_04_the_run_id_is_that_of_the_context_and_the_handle():
    class Ids(Hooks):
        def on_run_start(self, run):
            self.run_id = run.run_id

    @task
    def tells(ctx: TaskExecutionContext):
        return ctx.run_id

    ids = Ids()
    handle = workflow("w").add(tells).start(observe=ids)
    assert handle.result(20).value == ids.run_id == handle.run_id
    assert len(ids.run_id) == 32


def test_r_04_events_are_asked_for_at_the_start():
    class Late(Hooks):
        def on_run_end(self, run, status):
            with pytest.raises(TaskloomError, match="on_run_start"):
                run.events()
            self.asked = True

    late = Late()
    workflow("w").add(says).execute(observe=late)
    assert late.asked


@pytest.mark.parametrize("observe", [object(), [Log(), "log"]])
def test_e_01_what_observes_is_hooks(observe):
    with pytest.raises(TypeError, match=r"observe= takes hooks|not iterable"):
        workflow("w").add(says).execute(observe=observe)
    with pytest.raises(TypeError, match="derived from"):
        hooks.add(observe)
