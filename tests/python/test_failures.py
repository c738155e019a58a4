"""Rules R-6, R-8 and S-8: what a failure does, and what its error says."""

import asyncio
import threading
import traceback

import pytest

from taskloom import chain, parallel, task, workflow
from taskloom.errors import (
    BindingError,
    ParallelGroupError,
    RetryLimitExceededError,
    TaskError,
    TaskloomError,
    TaskloomRuntimeError,
)


@task
def step(name: str = "step"):
    return name


@task
def divide(a, b=0):
    return a / b


@task
def fails(text="broken", after=None):
    raise ValueError(text)


class Flaky:
    def __init__(self, failures):
        self.failures = failures
        self.calls = 0

    def __call__(self):
        self.calls += 1
        if self.calls <= self.failures:
            raise ValueError(f"attempt {self.calls}")
        return f"done at {self.calls}"


def error_of(wf, **options):
    with pytest.raises(TaskloomRuntimeError) as caught:
        wf.run(**options)
    return caught.value


#


def test_r_06_the_error_names_everything():
    with workflow("w") as wf:
        divide(task_id="half", a=1, b=0)
    error = error_of(wf)
    text = str(error)
    assert type(error) is TaskError
    assert error.task_id == "half"
    assert "task `half` failed at attempt 1 of 1: ZeroDivisionError: division by zero" in text
    assert (
        f"definition `divide` at tests/python/test_failures.py:{divide.fn.__code__.co_firstlineno}"
        in text.replace(str(__file__), "tests/python/test_failures.py")
    )
    assert "instance made at" in text
    assert "bound: a, b" in text


def test_r_06_the_values_of_arguments_are_not_in_the_error():
    with workflow("w") as wf:
        fails(task_id="x", after="a secret")
    assert "a secret" not in str(error_of(wf))


def test_r_06_the_cause_is_the_original_exception():
    original = ValueError("original")

    @task
    def body():
        raise original

    error = error_of(workflow("w").add(body))
    assert error.__cause__ is original


@pytest.mark.parametrize("max_concurrency", [None, 1])
def test_r_06_the_traceback_shows_the_users_line(max_concurrency):
    with workflow("w") as wf:
        step(task_id="first") >> divide(task_id="half", a=1, b=0)
    error = error_of(wf, max_concurrency=max_concurrency)
    text = "".join(traceback.format_exception(error.__cause__))
    assert "return a / b" in text
    assert "test_failures.py" in text
    whole = "".join(traceback.format_exception(error))
    assert "The above exception was the direct cause" in whole


def test_r_06_the_traceback_on_a_worker():
    @task
    def body():
        assert threading.current_thread() is not threading.main_thread()
        raise ValueError("on a worker")

    handle = workflow("w").add(body).start()
    with pytest.raises(TaskError) as caught:
        handle.result(20)
    assert 'raise ValueError("on a worker")' in "".join(traceback.format_exception(caught.value.__cause__))


def test_r_06_an_async_failure():
    @task
    async def body():
        await asyncio.sleep(0)
        raise KeyError("async")

    error = error_of(workflow("w").add(body))
    assert isinstance(error.__cause__, KeyError)
    assert 'raise KeyError("async")' in "".join(traceback.format_exception(error.__cause__))


def test_r_06_a_failure_before_the_first_await():
    @task
    async def body():
        raise KeyError("async")

    assert isinstance(error_of(workflow("w").add(body)).__cause__, KeyError)


def test_r_06_nothing_new_starts():
    ran = []

    @task
    def record(name):
        ran.append(name)

    with workflow("w") as wf:
        fails(task_id="x") >> record(task_id="after", name="after")
        record(task_id="other", name="other")
    error_of(wf, max_concurrency=1)
    assert ran == []


def test_r_06_what_is_running_may_end():
    started, failed, ended = threading.Event(), threading.Event(), threading.Event()

    @task
    def slow():
        started.set()
        assert failed.wait(20)
        ended.set()
        return "slow"

    @task
    def failing():
        assert started.wait(20)
        failed.set()
        raise ValueError

    with workflow("w") as wf:
        wf.add(slow >> step(task_id="after"))
        wf.add(failing)
    error_of(wf)
    assert ended.is_set()


def test_r_06_a_failing_text_of_an_exception():
    class Odd(Exception):
        def __str__(self):
            raise RuntimeError("no text")

    @task
    def body():
        raise Odd

    error = error_of(workflow("w").add(body))
    assert isinstance(error.__cause__, Odd)
    assert "Odd" in str(error)


def test_r_06_an_exception_without_a_text():
    @task
    def body():
        raise ValueError

    assert "failed at attempt 1 of 1: ValueError\n" in str(error_of(workflow("w").add(body)))


def test_r_06_an_exception_group():
    @task
    def body():
        raise ExceptionGroup("several", [ValueError("a"), KeyError("b")])

    error = error_of(workflow("w").add(body))
    with pytest.raises(ExceptionGroup):
        raise error.__cause__


def test_r_06_stop_iteration_is_a_failure():
    @task
    def body():
        return next(iter([]))

    assert isinstance(error_of(workflow("w").add(body)).__cause__, StopIteration)


def test_r_06_the_errors_are_in_one_tree():
    assert issubclass(TaskError, TaskloomRuntimeError)
    assert issubclass(RetryLimitExceededError, TaskError)
    assert issubclass(ParallelGroupError, TaskloomRuntimeError)
    assert issubclass(TaskloomRuntimeError, TaskloomError)


def test_r_06_a_failed_workflow_runs_again():
    flaky = Flaky(1)
    wf = workflow("w").add(task(flaky))
    error_of(wf)
    assert wf.execute() == "done at 2"


# S-8


def test_s_08_the_error_is_that_of_the_first_failure():
    first_failed = threading.Event()

    @task
    def second():
        assert first_failed.wait(20)
        raise KeyError("second")

    @task
    def first():
        first_failed.set()
        raise ValueError("first")

    with workflow("w") as wf:
        wf.add(second)
        wf.add(first)
    handle = wf.start()
    with pytest.raises(TaskError) as caught:
        handle.result(20)
    # Both are under way; whichever ends first, its error is the run's.
    assert caught.value.task_id in ("first", "second")
    assert type(caught.value.__cause__) is {"first": ValueError, "second": KeyError}[caught.value.task_id]


# Retries (R-7 without waiting)


def test_r_07_retries_of_the_definition():
    flaky = Flaky(2)
    with workflow("w") as wf:
        task(max_retries=2)(flaky)
    run = wf.run()
    assert run.value == "done at 3"
    assert next(iter(run.tasks.values())).attempts == 3


def test_r_07_retries_of_an_instance():
    flaky = Flaky(1)
    instance = task(flaky)(task_id="x").with_options(max_retries=1)
    run = workflow("w").add(instance).run()
    assert (run.value, run.tasks["x"].attempts) == ("done at 2", 2)


def test_r_07_the_last_error_counts():
    instance = task(max_retries=2)(Flaky(10))(task_id="x")
    error = error_of(workflow("w").add(instance))
    assert type(error) is RetryLimitExceededError
    assert (error.task_id, error.retry_count, error.max_retries) == ("x", 2, 2)
    assert str(error.__cause__) == str(error.last_error) == "attempt 3"
    assert "failed at attempt 3 of 3" in str(error)


def test_r_07_the_context_counts_attempts():
    @task(max_retries=3, inject_context=True)
    def body(ctx):
        if ctx.attempt < 3:
            raise ValueError
        return ctx.attempt, ctx.retry_count, ctx.max_retries, ctx.task_id, ctx.workflow_name

    assert workflow("w").add(body(task_id="x")).execute() == (3, 2, 3, "x", "w")


def test_r_07_async_retries():
    calls = []

    @task(max_retries=2)
    async def body():
        calls.append(1)
        await asyncio.sleep(0)
        if len(calls) < 3:
            raise ValueError
        return "done"

    assert workflow("w").add(body).execute() == "done"


def test_r_07_missing_arguments_are_not_retried():
    @task(max_retries=5)
    def needs(what):
        return what

    error = error_of(workflow("w").add(needs(task_id="x")))
    assert isinstance(error.__cause__, BindingError)
    assert "attempt 1 of" in str(error)


#


def test_r_08_every_member_runs_to_its_end():
    failed, ended = threading.Event(), []

    @task
    def failing():
        failed.set()
        raise ValueError("broken")

    @task
    def slow(name):
        assert failed.wait(20)
        return name

    @task
    def record(value, name):
        ended.append(name)
        return value

    branches = [slow(task_id=f"s{n}", name=n) >> record(task_id=f"r{n}", name=n) for n in range(5)]
    with workflow("w") as wf:
        parallel(failing, *branches) >> step(task_id="after")
    error = error_of(wf)
    assert sorted(ended) == [0, 1, 2, 3, 4]
    assert isinstance(error, ParallelGroupError)
    assert error.successful_tasks == [f"r{n}" for n in range(5)]


def test_r_08_the_group_error_lists_all():
    with workflow("w") as wf:
        group = parallel(
            step(task_id="good"),
            fails(task_id="bad", text="one") >> step(task_id="never"),
            fails(task_id="worse", text="two"),
        )
        group.set_group_name("checks") >> step(task_id="after")
    error = error_of(wf, max_concurrency=1)
    assert type(error) is ParallelGroupError
    assert error.group_id == "checks"
    assert error.failed_tasks == [("bad", "ValueError: one"), ("worse", "ValueError: two")]
    assert error.successful_tasks == ["good"]
    assert error.skipped_tasks == []
    assert isinstance(error.__cause__, ValueError)
    assert str(error.__cause__) == "one"
    text = str(error)
    for part in ("`checks`", "2 of 3", "strict", "bad", "worse", "good"):
        assert part in text


def test_r_08_what_follows_a_failed_task_in_its_branch_is_skipped():
    ran = []

    @task
    def record(name):
        ran.append(name)

    with workflow("w") as wf:
        parallel(
            chain(fails(task_id="x"), record(task_id="a", name="a"), record(task_id="b", name="b")),
            chain(step(task_id="y"), record(task_id="c", name="c")),
        )
    error_of(wf)
    assert ran == ["c"]


def test_r_08_what_follows_the_group_does_not_run():
    ran = []

    @task
    def after():
        ran.append(1)

    with workflow("w") as wf:
        (fails(task_id="x") | step(task_id="y")) >> after
    error_of(wf)
    assert ran == []


def test_r_08_a_group_without_failures_has_succeeded():
    with workflow("w") as wf:
        parallel(step(task_id="a"), step(task_id="b")) >> step(task_id="after")
    assert wf.execute() == "step"


def test_r_08_a_group_inside_a_group_is_one_branch():
    with workflow("w") as wf:
        inner = parallel(fails(task_id="bad"), step(task_id="good")).set_group_name("inner")
        parallel(inner, step(task_id="other")).set_group_name("outer")
    error = error_of(wf)
    assert error.group_id == "outer"
    assert [task_id for task_id, _ in error.failed_tasks] == ["inner"]
    assert error.successful_tasks == ["other"]
    # The cause is what failed first inside of it.
    assert isinstance(error.__cause__, ValueError)


def test_r_08_a_group_that_fails_ends_the_run_for_others():
    ran = []

    @task
    def record(name):
        ran.append(name)

    with workflow("w") as wf:
        wf.add(parallel(fails(task_id="x"), step(task_id="y")))
        chain(*[record(task_id=f"r{n}", name=n) for n in range(100)])
    error_of(wf, max_concurrency=1)
    assert len(ran) < 100


def test_r_08_retries_in_a_group():
    flaky = Flaky(2)
    with workflow("w") as wf:
        parallel(task(max_retries=2)(flaky)(task_id="x"), step(task_id="y"))
    assert wf.execute() == {"x": "done at 3", "y": "step"}


def test_s_03_a_bound_output_of_a_failed_task_uses_the_default():
    @task
    def show(value="default"):
        return value

    bad = fails(task_id="bad")
    with workflow("w") as wf:
        parallel(bad, step(task_id="other") >> show(task_id="show", value=bad))
    error = error_of(wf)
    assert error.failed_tasks[0][0] == "bad"
    assert error.successful_tasks == ["show"]


def test_s_03_a_bound_output_of_a_failed_task_without_default_skips():
    @task
    def show(value):
        return value

    bad = fails(task_id="bad")
    with workflow("w") as wf:
        parallel(bad, step(task_id="other") >> show(task_id="show", value=bad))
    error = error_of(wf)
    assert error.skipped_tasks == ["show"]
