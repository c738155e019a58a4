"""What `execute` is called with: E-1, D-3."""

from __future__ import annotations

from pathlib import Path

import pytest

from taskloom import Store, TaskExecutionContext, task, workflow
from taskloom.errors import EncodingError, TaskError


@task
def give():
    return 1


def test_e_01_an_argument_that_does_not_exist_is_named_with_one_that_does() -> None:
    with pytest.raises(TypeError, match=r"no argument 'stor'\n  hint: did you mean `store`\?"):
        workflow("w").add(give).execute(stor="runs.db")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"no argument 'xyz'\n  hint: its arguments are: .*run_id"):
        workflow("w").add(give).execute(xyz=1)  # type: ignore[call-arg]


def test_e_01_a_store_that_is_none_is_said_to_be() -> None:
    with pytest.raises(TypeError, match="store is the path of a file, or a Store, not 3"):
        workflow("w").add(give).execute(store=3)  # type: ignore[arg-type]


def test_d_03_a_step_that_gives_what_cannot_be_recorded_is_named(tmp_path: Path) -> None:
    @task
    def takes(ctx: TaskExecutionContext):
        ctx.step("part", object)

    with pytest.raises(TaskError, match="what step part of `takes` gives cannot be recorded") as raised:
        workflow("w").add(takes).execute(store=Store(tmp_path / "runs.db"))
    assert isinstance(raised.value.__cause__, EncodingError)
    assert raised.value.__cause__.path == "value"
