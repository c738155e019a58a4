"""Forks of runs, and runs that are adapted to a workflow that has changed: D-2, D-3, E-1."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from taskloom import Store, TaskExecutionContext, Workflow, secret, task, workflow
from taskloom.errors import (
    BindingError,
    EncodingError,
    InvalidRunIdError,
    RunChangedError,
    RunNotFoundError,
    TaskError,
    TaskloomError,
    UnknownTaskError,
)

calls: list[str] = []


@dataclass
class City:
    name: str


@pytest.fixture
def store(tmp_path: Path) -> Store:
    calls.clear()
    return Store(tmp_path / "runs.db", durability="normal")


@task
def fetch(ctx: TaskExecutionContext, city: str, unit: str = "C") -> str:
    calls.append(ctx.task_id)
    ctx.get_channel().append("fetched", city)
    return f"{city} in {unit}"


@task
def report(ctx: TaskExecutionContext, weather: str, sign: str = "!") -> str:
    calls.append(ctx.task_id)
    return weather + sign


@task
async def visit(ctx: TaskExecutionContext, city: City) -> City:
    calls.append(ctx.task_id)
    return city


@task
def fails(ctx: TaskExecutionContext) -> None:
    calls.append(ctx.task_id)
    raise ValueError("no")


def weather(city: str = "Tokyo") -> Workflow:
    tokyo = fetch(task_id="tokyo", city=city)
    return workflow("weather").add(tokyo >> report(task_id="report", weather=tokyo))


def test_a_fork_runs_again_from_a_task_with_other_arguments(store: Store) -> None:
    """D-2"""
    assert weather().execute(store=store, run_id="first") == "Tokyo in C!"
    calls.clear()
    fork = store.fork("first", "report", {"report": {"sign": "?"}})
    kept = store.run(fork)
    assert kept is not None
    assert {one.task_id: one.state for one in kept.tasks.values()} == {
        "tokyo": "succeeded",
        "report": "waiting",
    }
    run = weather().run(store=store, run_id=fork)
    assert run.value == "Tokyo in C?"
    assert run.get_channel().get("fetched") == ["Tokyo"]
    assert calls == ["report"]

    # What is bound to an output, and what is bound to nothing.
    fork = store.fork(
        "first", "tokyo", {"report": {"weather": "mine"}, "tokyo": {"unit": "F"}}, new_run_id="second"
    )
    assert fork == "second"
    run = weather().run(store=store, run_id="second")
    assert (run.output("tokyo"), run.output("report")) == ("Tokyo in F", "mine!")
    # The first run is as it was.
    calls.clear()
    assert weather().execute(store=store, run_id="first") == "Tokyo in C!"
    assert calls == []


def test_a_fork_gives_maps_other_lists(store: Store) -> None:
    """D-2"""
    wf = workflow("w").add(fetch(task_id="a", city="x") >> fetch.map(task_id="all", city=["Tokyo", "Paris"]))
    wf.execute(store=store, run_id="first")
    fork = store.fork("first", "all", {"all": {"city": ["Rome"], "unit": "F"}})
    run = wf.run(store=store, run_id=fork)
    assert run.output("all") == {"all[Rome]": "Rome in F"}


def test_classes_that_the_program_names_can_be_given(store: Store) -> None:
    """D-3"""
    wf = workflow("w").add(visit(task_id="visit", city=City("Tokyo")))
    wf.execute(store=store, run_id="first")
    fork = store.fork("first", "visit", {"visit": {"city": City("Rome")}})
    assert wf.execute(store=store, run_id=fork) == City("Rome")
    with pytest.raises(EncodingError, match="cannot be recorded"):
        store.fork("first", "visit", {"visit": {"city": object()}})
    with pytest.raises(EncodingError):
        store.fork("first", "visit", {"visit": {"city": secret("hush")}})
    assert len(store.runs()) == 2


def test_what_a_fork_cannot_be_made_of_is_an_error(store: Store) -> None:
    """E-1"""
    weather().execute(store=store, run_id="first")
    with pytest.raises(RunNotFoundError, match="did you mean `first`"):
        store.fork("firts", "report")
    with pytest.raises(UnknownTaskError, match=r"has no task `repot`\s+did you mean `report`"):
        store.fork("first", "repot")
    with pytest.raises(BindingError, match=r"no parameter `sing`\s+did you mean `sign`"):
        store.fork("first", "report", {"report": {"sing": "?"}})
    with pytest.raises(BindingError, match="`tokyo` does not run again"):
        store.fork("first", "report", {"tokyo": {"unit": "F"}})
    with pytest.raises(InvalidRunIdError, match="has a run `first`"):
        store.fork("first", "report", new_run_id="first")
    assert [run.run_id for run in store.runs()] == ["first"]


def test_tasks_without_an_id_go_by_their_definition(store: Store) -> None:
    """D-2, I-4"""

    def made() -> Workflow:
        city = fetch(city="Tokyo")
        return workflow("w").add(city >> report(weather=city))

    made().execute(store=store, run_id="first")
    calls.clear()
    fork = store.fork("first", "report", {"report": {"sign": "?"}})
    assert made().execute(store=store, run_id=fork) == "Tokyo in C?"
    assert len(calls) == 1


def test_a_run_is_adapted_to_a_workflow_that_has_changed(store: Store) -> None:
    """D-2"""
    first = fetch(task_id="first", city="Tokyo")
    wf = workflow("w").add(first >> fetch(task_id="second", city="Paris") >> fails(task_id="third"))
    with pytest.raises(TaskError):
        wf.execute(store=store, run_id="r")
    calls.clear()
    changed = workflow("w").add(first >> fetch(task_id="second", city="Rome") >> report(task_id="third"))
    with pytest.raises(RunChangedError, match="began with another workflow"):
        changed.execute(store=store, run_id="r")
    assert calls == []
    run = changed.run(store=store, run_id="r", on_change="adapt")
    assert run.value == "Rome in C!"
    assert run.get_channel().get("fetched") == ["Tokyo", "Rome"]
    assert calls == ["second", "third"]
    assert changed.execute(store=store, run_id="r") == "Rome in C!"


def test_a_run_that_has_ended_is_not_adapted(store: Store) -> None:
    """D-2, E-1"""
    weather().execute(store=store, run_id="r")
    with pytest.raises(RunChangedError, match="fork it from the first task that has changed"):
        weather("Rome").execute(store=store, run_id="r", on_change="adapt")
    with pytest.raises(TaskloomError, match="on_change is 'refuse' or 'adapt', not 'maybe'"):
        weather().execute(store=store, run_id="r", on_change="maybe")
