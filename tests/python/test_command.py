"""`python -m taskloom`: D-1, D-5, E-1."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from taskloom import Store, TaskExecutionContext, secret, task, workflow
from taskloom.errors import RunSuspended, TaskError


@task
def number(value: int = 1) -> int:
    return value


@task
def text(length: int, end: str = "") -> str:
    return "x" * length + end


@task
def broken() -> None:
    raise ValueError("no luck\nat all")


@task
def connect(password: str) -> str:
    return f"connected with {len(password)} characters"


@task
def ask(ctx: TaskExecutionContext, kind: str, options: list[str] | None = None) -> object:
    return ctx.request_feedback(feedback_type=kind, prompt="Which?", options=options).response


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "runs.db", durability="normal")


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "taskloom", *arguments], capture_output=True, text=True, check=False
    )


def said(*arguments: str) -> str:
    done = command(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def refused(*arguments: str) -> str:
    done = command(*arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("taskloom: ")
    return done.stderr


def question(store: Store, run_id: str) -> str:
    (one,) = store.questions(run_id)
    return one.feedback_id


def test_runs_lists_the_runs(store: Store) -> None:
    """D-1"""
    wf = workflow("nightly job").add(number)
    wf.execute(store=store, run_id="one")
    with pytest.raises(TaskError):
        workflow("other").add(broken).execute(store=store, run_id="two")
    head, one, two = said("runs", store.path).splitlines()
    assert head.split() == ["RUN", "WORKFLOW", "STATUS", "BEGUN", "CHANGED"]
    assert one.startswith("one  nightly job  succeeded  20")
    assert two.startswith("two  other        failed     20")
    shown = json.loads(said("runs", store.path, "--json"))
    assert [(run["run_id"], run["workflow"], run["status"]) for run in shown] == [
        ("one", "nightly job", "succeeded"),
        ("two", "other", "failed"),
    ]


def test_show_says_how_the_tasks_stand(store: Store) -> None:
    """D-1"""
    with pytest.raises(TaskError):
        workflow("w").add(number(task_id="n") >> broken >> number(task_id="z")).execute(
            store=store, run_id="r"
        )
    lines = said("show", store.path, "r").splitlines()
    assert lines[:3] == ["run       r", "workflow  w", "status    failed"]
    rows = [line.split() for line in lines[6:]]
    assert rows[0] == ["TASK", "STATE", "ATTEMPTS", "SECONDS", "VALUE", "OR", "ERROR"]
    assert (rows[1][:3], rows[1][-1]) == (["n", "succeeded", "1"], "1")
    assert rows[2][:3] == ["broken", "failed", "1"]
    assert lines[8].endswith("ValueError: no luck\\nat all")
    assert rows[3] == ["z", "not", "run"]

    shown = json.loads(said("show", store.path, "r", "--json"))
    assert [(one["task_id"], one["state"], one["value"]) for one in shown["tasks"]] == [
        ("n", "succeeded", 1),
        ("broken", "failed", None),
        ("z", "not run", None),
    ]
    assert shown["tasks"][1]["error"] == "ValueError: no luck\nat all"


def test_long_values_are_cut_in_text_and_whole_in_json(store: Store) -> None:
    """D-1"""
    workflow("w").add(text(task_id="t", length=5000)).execute(store=store, run_id="r")
    shown = said("show", store.path, "r")
    assert "x" * 199 + "… (5002 characters)" in shown
    assert "x" * 200 not in shown
    assert "x" * 200 not in said("events", store.path, "r")
    assert json.loads(said("show", store.path, "r", "--json"))["tasks"][0]["value"] == "x" * 5000


def test_secrets_and_control_characters_do_not_reach_the_terminal(store: Store) -> None:
    """D-2: a secret is not in the store."""
    wf = workflow("w").add(
        connect(task_id="c", password=secret("hunter2")) | text(task_id="\u202et", length=0, end="\x9b")
    )
    wf.execute(store=store, run_id="r")
    shown = said("show", store.path, "r") + said("events", store.path, "r", "--json")
    assert "connected with 7 characters" in shown
    assert "hunter2" not in shown
    assert "\x9b" not in shown
    assert "\u202e" not in said("show", store.path, "r")


def test_events_says_what_has_happened(store: Store) -> None:
    """D-1"""
    workflow("w").add(number(task_id="n")).execute(store=store, run_id="r")
    rows = [line.split()[2:] for line in said("events", store.path, "r").splitlines()[1:]]
    assert rows == [["started", "n", "1.1"], ["succeeded", "n", "1.1", "1"], ["finished", "succeeded"]]
    shown = json.loads(said("events", store.path, "r", "--json"))
    assert [(event["kind"], event["task_id"], event["text"]) for event in shown] == [
        ("started", "n", ""),
        ("succeeded", "n", "1"),
        ("finished", None, "succeeded"),
    ]


@pytest.mark.parametrize(
    ("kind", "options", "value", "expected"),
    [
        ("approval", None, "true", True),
        ("text", None, "as it is", "as it is"),
        ("text", None, "12", "12"),
        ("text", None, '"12"', "12"),
        ("selection", ["1", "2"], "2", "2"),
        ("multi_selection", ["a", "b"], '["b"]', ["b"]),
        ("custom", None, '{"a": [1, null]}', {"a": [1, None]}),
        ("custom", None, "[broken", "[broken"),
    ],
)
def test_answer_answers_a_question(
    store: Store, kind: str, options: list[str] | None, value: str, expected: object
) -> None:
    """D-5"""
    wf = workflow("w").add(ask(task_id="ask", kind=kind, options=options))
    with pytest.raises(RunSuspended):
        wf.execute(store=store, run_id="r", suspend_after=0)
    feedback = question(store, "r")
    assert feedback in said("show", store.path, "r")
    assert said("answer", store.path, feedback, value) == "answered; to go on, execute run r again\n"
    (answered,) = store.questions("r")
    assert answered.answer == expected
    assert feedback not in said("show", store.path, "r")


def test_answers_that_cannot_be_are_refused(store: Store) -> None:
    """D-5, E-1"""
    wf = workflow("w").add(ask(task_id="ask", kind="approval"))
    with pytest.raises(RunSuspended):
        wf.execute(store=store, run_id="r", suspend_after=0)
    feedback = question(store, "r")
    assert "is no answer to `Which?`" in refused("answer", store.path, feedback, "perhaps")
    said("answer", store.path, feedback, "false")
    assert "has its answer" in refused("answer", store.path, feedback, "true")
    assert "has no question `nobody`" in refused("answer", store.path, "nobody", "true")


def test_errors_are_one_line(store: Store, tmp_path: Path) -> None:
    """E-1"""
    workflow("w").add(number).execute(store=store, run_id="nightly")
    assert "has no run `nightlY`; did you mean nightly?" in refused("show", store.path, "nightlY")
    assert "`runs` lists those there are" in refused("events", store.path, "qqq")
    nowhere = tmp_path / "nowhere.db"
    assert f"there is no store at {nowhere}" in refused("runs", str(nowhere))
    assert not nowhere.exists()
    other = tmp_path / "other.db"
    other.write_text("no database at all, but long enough to be read as one" * 20)
    refused("runs", str(other))


def test_wrong_use_is_explained() -> None:
    """E-1"""
    assert command().returncode == 2
    assert command("shw", "runs.db").returncode == 2
    assert "usage: python -m taskloom" in command("show").stderr


@pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX")
def test_a_reader_that_has_had_enough_is_no_error(store: Store) -> None:
    """E-1"""
    wf = workflow("w").add(number.map(value=list(range(3000))))
    wf.execute(store=store, run_id="r")
    with subprocess.Popen(
        [sys.executable, "-m", "taskloom", "events", store.path, "r"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
