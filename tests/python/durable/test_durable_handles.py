"""D-5: questions are answered by the handle of a run, with a store and without one."""

import pytest
from programs import Program

from taskloom import OpenQuestion, Store, TaskExecutionContext, task, workflow
from taskloom.errors import FeedbackAnsweredError, FeedbackNotFoundError, InvalidFeedbackError


@pytest.fixture(params=["kept", "in memory"])
def keep(request, store):
    """The same with a store and without one."""
    return {"store": store, "run_id": "r"} if request.param == "kept" else {}


def asking(kind, options=None):
    @task
    def asks(ctx: TaskExecutionContext):
        return ctx.request_feedback(kind, "What?", options, key="what").value

    return workflow("w").add(asks)


def question_of(handle):
    """The question, once it is asked."""
    while not (questions := handle.questions()):
        pass
    (question,) = questions
    return question


@pytest.mark.parametrize(
    ("kind", "options", "answer"),
    [
        ("approval", None, False),
        ("text", None, "because"),
        ("selection", ["red", "green"], "green"),
        ("multi_selection", ["red", "green"], []),
        ("custom", None, {"pair": (1, {2}), 3: b"x"}),
    ],
)
def test_d_05_the_handle_has_the_question_and_takes_its_answer(kind, options, answer, keep):
    handle = asking(kind, options).start(**keep)
    question = question_of(handle)
    assert question == OpenQuestion(question.feedback_id, "asks", "what", kind, "What?", options or [])
    handle.answer(question.feedback_id, answer)
    assert handle.result().value == answer
    assert handle.questions() == []


def test_d_05_the_handle_refuses_what_is_no_answer(keep):
    handle = asking("selection", ["red", "green"]).start(**keep)
    question = question_of(handle)
    for wrong in ("blue", ["red"], None, 1):
        with pytest.raises(InvalidFeedbackError, match=r"What\?.*red.*green"):
            handle.answer(question.feedback_id, wrong)
    with pytest.raises(FeedbackNotFoundError, match="nothing"):
        handle.answer("nothing", "red")
    handle.answer(question.feedback_id, "red")
    with pytest.raises((FeedbackAnsweredError, FeedbackNotFoundError)):
        handle.answer(question.feedback_id, "green")
    assert handle.result().value == "red"


def test_d_05_due_lists_what_waits_for_somebody_to_go_on(store):
    asks = asking("approval")

    @task
    def sleeps(ctx: TaskExecutionContext):
        ctx.sleep(0.1)
        ctx.sleep(1000)

    for run_id, wf in [("asks", asks), ("answered", asks), ("sleeps", workflow("w").add(sleeps))]:
        with pytest.raises(Exception, match=r"suspended|waits"):
            wf.execute(store=store, run_id=run_id, suspend_after=0)
    (question,) = store.questions("answered")
    store.answer(question.feedback_id, True)
    while len(store.due()) < 2:
        pass
    due = {each.run_id: each.reason for each in store.due()}
    assert due == {"answered": "answered", "sleeps": "time"}
    asks.execute(store=store, run_id="answered")
    assert [each.run_id for each in store.due()] == ["sleeps"]


def test_d_05_due_lists_runs_whose_process_has_died(tmp_path):
    source = """
@task
def dies():
    if once("dies"):
        die()
    return "done"

print(workflow("w").add(dies).execute(store="runs.db", run_id="r"))
"""
    program = Program(tmp_path, source)
    program.dies()
    store = Store(tmp_path / "runs.db")
    (due,) = store.due()
    assert (due.run_id, due.status, due.reason) == ("r", "running", "abandoned")
    assert program.run() == "done\n"
    assert store.due() == []
