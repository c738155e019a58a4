"""What is known of a run that failed: its record goes along, and all failures are listed."""

from __future__ import annotations

import threading

import pytest

from taskloom import parallel, task, workflow
from taskloom.errors import RunCancelledError, TaskError


def test_r_04_the_error_has_the_record_of_the_run() -> None:
    @task
    def good() -> int:
        return 1

    @task
    def bad(good: int) -> None:
        raise ValueError(good)

    with pytest.raises(TaskError) as caught:
        workflow("w").add(good >> bad).execute()
    run = caught.value.run
    assert run is not None
    assert run.status == "failed"
    assert run.output("good") == 1
    assert isinstance(run.tasks["bad"].error, ValueError)


def test_s_08_further_failures_are_listed() -> None:
    both = threading.Barrier(2)

    @task
    def bad(name: str) -> None:
        both.wait(10)
        raise ValueError(name)

    wf = workflow("w").add(bad(task_id="a", name="one")).add(bad(task_id="b", name="two"))
    with pytest.raises(TaskError) as caught:
        wf.execute()
    first = caught.value.task_id
    other = "b (ValueError: two)" if first == "a" else "a (ValueError: one)"
    assert f"failed as well: `{other[0]}` {other[2:]}" in str(caught.value)


def test_r_10_a_cancelled_run_has_a_record_too() -> None:
    started, go = threading.Event(), threading.Event()

    @task
    def waits() -> None:
        started.set()
        go.wait(10)

    @task
    def after() -> None: ...

    handle = workflow("w").add(waits >> after).start()
    assert started.wait(10)
    handle.cancel()
    go.set()
    with pytest.raises(RunCancelledError) as caught:
        handle.result(10)
    assert caught.value.run is not None
    assert caught.value.run.tasks["after"].state == "not run"


def test_i_04_automatic_ids_that_meet_are_lengthened() -> None:
    @task
    def p(v: int) -> int:
        return v

    a, b = p(v=1), p(v=1)
    workflow("1").add(a)
    workflow("2").add(b)
    assert a.task_id == b.task_id
    run = workflow("3").add(parallel(a, b), a | b, a >> b).run()
    assert run.output(a) == run.output(b) == 1
    assert len(run.tasks) == 2


def test_r_03_collecting_parameters_are_never_looked_up() -> None:
    @task
    def collect(*args: int, **kwargs: int) -> tuple[tuple[int, ...], dict[str, int]]:
        return args, kwargs

    assert workflow("w").add(collect).execute(initial_channel={"args": 1, "kwargs": {"a": 1}}) == ((), {})


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 256])
def test_i_08_a_group_name_is_an_id(name: str) -> None:
    @task
    def t(v: int) -> int:
        return v

    with pytest.raises(ValueError, match="group name"):
        (t(v=1) | t(v=2)).set_group_name(name)
