"""D-4, D-5 and R-13: tasks in processes take steps, sleep and ask as others do."""

import sys

import pytest
from waiting_bodies import asynchronous, plain, stubborn, wrong

from taskloom import parallel, workflow
from taskloom.errors import EncodingError, ParallelGroupError, RunSuspended

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no processes yet")


def of(definition, path):
    one = parallel(definition(task_id="one", path=str(path))).with_execution(backend="process")
    return workflow("w").add(one)


def execute(wf, store, answer=True):
    """Executes until the run is over, and answers what it asks."""
    while True:
        try:
            return wf.execute(store=store, run_id="r", suspend_after=0)["one"]
        except RunSuspended as suspended:
            for question in suspended.questions:
                store.answer(question.feedback_id, answer)


@pytest.mark.parametrize("definition", [plain, asynchronous], ids=["sync", "async"])
def test_d_05_a_task_in_a_process_is_suspended_and_goes_on(definition, store, tmp_path):
    assert execute(of(definition, tmp_path / "log"), store) == (5, False, True)
    assert (tmp_path / "log").read_text() == "plain\n"


@pytest.mark.parametrize("definition", [plain, asynchronous], ids=["sync", "async"])
def test_d_05_a_task_in_a_process_waits_in_place(definition, store, tmp_path):
    handle = of(definition, tmp_path / "log").start(store=store, run_id="r")
    while not (questions := handle.questions()):
        pass
    handle.answer(questions[0].feedback_id, False)
    assert handle.result().value["one"] == (5, False, False)
    assert (tmp_path / "log").read_text() == "plain\n"


def test_d_05_a_body_in_a_process_that_catches_everything(store, tmp_path):
    assert execute(of(stubborn, tmp_path / "log"), store) is True
    assert (tmp_path / "log").read_text() == "begins\nbegins\n"


def test_d_03_a_step_in_a_process_whose_value_has_no_form(store, tmp_path):
    with pytest.raises(ParallelGroupError, match="complex") as raised:
        of(wrong, tmp_path / "log").execute(store=store)
    error = raised.value.__cause__
    while not isinstance(error, EncodingError):
        assert error is not None
        error = error.__cause__
