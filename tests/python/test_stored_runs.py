"""What a store says of a run, without its program: D-1, D-3, D-5."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from taskloom import Opaque, RetryPolicy, Store, TaskExecutionContext, task, workflow
from taskloom.errors import RunSuspended, TaskError


@dataclass
class User:
    name: str


@task
def user() -> User:
    return User("Ann")


@task
def number(value: int = 1) -> tuple[int, int]:
    return (value, value)


@task
def broken() -> None:
    raise ValueError("no luck")


@task
def ask(ctx: TaskExecutionContext) -> bool:
    return ctx.request_feedback(feedback_type="approval", prompt="Ship it?").approved


@task
def look(path: str) -> list[str]:
    run = Store(path).run("r")
    assert run is not None
    return [f"{one.task_id} {one.state}" for one in run.tasks.values()]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "runs.db", durability="normal")


def test_a_stored_run_has_states_and_values_of_its_tasks(store: Store) -> None:
    """D-1, D-3: values of classes are opaque without the program."""
    policy = RetryPolicy(max_retries=1, initial_interval=0.001)
    bad = broken(task_id="bad").with_options(retry_policy=policy)
    wf = workflow("w").add(user(task_id="u") >> number(task_id="n") >> bad >> number(task_id="z"))
    before = datetime.now(UTC)
    with pytest.raises(TaskError):
        wf.execute(store=store, run_id="r")

    run = store.run("r")
    assert run is not None
    assert (run.run_id, run.workflow, run.status, run.message, run.pid) == ("r", "w", "failed", None, None)
    assert before - timedelta(seconds=1) < run.begun <= run.changed
    assert timedelta(0) <= run.duration < timedelta(seconds=60)
    states = {one.task_id: (one.state, one.iterations, one.attempts) for one in run.tasks.values()}
    assert states == {
        "u": ("succeeded", 1, 1),
        "n": ("succeeded", 1, 1),
        "bad": ("failed", 1, 2),
        "z": ("not run", 0, 0),
    }
    value = run.tasks["u"].value
    assert isinstance(value, Opaque)
    assert value.type.endswith("User")
    assert run.tasks["n"].value == (1, 1)
    assert run.tasks["z"].value is None
    assert "no luck" in (run.tasks["bad"].error or "")
    started, ended = run.tasks["bad"].started, run.tasks["bad"].ended
    assert started is not None
    assert ended is not None
    assert run.begun <= started <= ended <= run.changed


def test_events_are_plain_records(store: Store) -> None:
    """D-1"""
    workflow("w").add(number(task_id="n")).execute(store=store, run_id="r")
    run = store.run("r")
    assert run is not None
    events = run.events()
    assert [(e.kind, e.task_id, e.iteration, e.attempt) for e in events] == [
        ("started", "n", 1, 1),
        ("succeeded", "n", 1, 1),
        ("finished", None, None, None),
    ]
    assert events[1].text == '{"$tuple":[1,1]}'
    assert all(run.begun <= event.at for event in events)


def test_a_run_is_read_while_it_goes_on(store: Store) -> None:
    """D-1"""
    wf = workflow("w").add(
        number(task_id="n") >> look(task_id="look", path=store.path) >> number(task_id="z")
    )
    run = wf.run(store=store, run_id="r")
    assert run.output("look") == ["n succeeded", "look running", "z waiting"]


def test_a_run_of_another_process_is_read(store: Store, tmp_path: Path) -> None:
    """D-1: while it is driven, and after its process was killed."""
    program = tmp_path / "program.py"
    program.write_text(
        "import sys, time\n"
        "from taskloom import task, workflow\n"
        "@task\n"
        "def first(): return 1\n"
        "@task\n"
        "def stays():\n"
        "    print('here', flush=True)\n"
        "    time.sleep(600)\n"
        "workflow('w').add(first >> stays).execute(store=sys.argv[1], run_id='r')\n"
    )
    process = subprocess.Popen([sys.executable, program, store.path], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"here\n"
        run = store.run("r")
        assert run is not None
        assert (run.status, run.pid, run.tasks["first"].value) == ("running", process.pid, 1)
        assert store.due() == []
    finally:
        process.kill()
        process.communicate()
    run = store.run("r")
    assert run is not None
    assert (run.status, run.pid) == ("running", None)
    assert [(due.run_id, due.reason) for due in store.due()] == [("r", "abandoned")]


def test_open_questions_are_shown_and_answered_runs_are_due(store: Store) -> None:
    """D-5"""
    wf = workflow("w").add(ask(task_id="ask"))
    with pytest.raises(RunSuspended):
        wf.execute(store=store, run_id="r", suspend_after=0)
    run = store.run("r")
    assert run is not None
    assert (run.status, run.tasks["ask"].state) == ("suspended", "suspended")
    assert [(question.prompt, question.answered) for question in run.questions] == [("Ship it?", None)]
    assert store.due() == []

    store.answer(run.questions[0].feedback_id, True)
    assert [(due.run_id, due.reason, due.status) for due in store.due()] == [("r", "answered", "suspended")]
    assert wf.execute(store=store, run_id="r") is True
    run = store.run("r")
    assert run is not None
    assert run.questions == []
    assert (run.tasks["ask"].state, run.tasks["ask"].iterations, run.tasks["ask"].attempts) == (
        "succeeded",
        1,
        1,
    )
    assert store.due() == []


def test_a_run_that_is_not_there_is_none(store: Store) -> None:
    """D-1"""
    assert store.run("r") is None
    assert os.path.exists(store.path)
