"""Bodies in processes that are left while they wait: D-5, R-13."""

from __future__ import annotations

from pathlib import Path

import pytest

from process_bodies import stays
from taskloom import Store, parallel, workflow
from taskloom.errors import RunSuspended


def test_d_05_a_body_in_a_process_that_does_not_end_when_it_is_left_is_ended(tmp_path: Path) -> None:
    store = Store(tmp_path / "runs.db")
    stubborn = parallel(stays(task_id="stays")).with_execution(backend="process")
    with pytest.raises(RunSuspended):
        workflow("w").add(stubborn).execute(store=store, run_id="r", suspend_after=0, grace=0.2)
    found = store.run("r")
    assert found is not None
    assert found.status == "suspended"
    assert found.tasks["stays"].state == "suspended"
