"""D-5: tasks wait for people."""

import pytest
from programs import Program

from taskloom import FeedbackResponse, Store, TaskExecutionContext, parallel, task, workflow
from taskloom.errors import (
    FeedbackAnsweredError,
    FeedbackNotFoundError,
    InvalidFeedbackError,
    RunSuspended,
    TaskError,
)

KINDS = {
    "approval": (None, True, "approved"),
    "text": (None, "because", "text"),
    "selection": (["red", "green"], "green", "selected"),
    "multi_selection": (["red", "green"], ["green", "red"], "selected_multiple"),
    "custom": (None, {"any": [1, (2,)]}, "custom_data"),
}


def suspended(wf, store):
    """Executes until the run asks; gives the questions."""
    with pytest.raises(RunSuspended) as raised:
        wf.execute(store=store, run_id="r", suspend_after=0)
    return raised.value.questions


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("kind", KINDS)
def test_d_05_a_question_suspends_the_run_until_it_is_answered(kind, is_async, store):
    options, answer, attribute = KINDS[kind]

    @task(id="asks")
    def plain(ctx: TaskExecutionContext):
        return seen(ctx.request_feedback(kind, "What?", options))

    @task(id="asks")
    async def asynchronous(ctx: TaskExecutionContext):
        return seen(await ctx.request_feedback(kind, "What?", options))

    def seen(response):
        assert type(response) is FeedbackResponse
        assert response.response_type == kind
        filled = [name for _, _, name in KINDS.values() if getattr(response, name) is not None]
        assert filled == [attribute]
        return getattr(response, attribute)

    wf = workflow("w").add(asynchronous if is_async else plain)
    (question,) = suspended(wf, store)
    assert (question.task_id, question.feedback_type, question.prompt, question.options) == (
        "asks",
        kind,
        "What?",
        options or [],
    )
    (again,) = suspended(wf, store)
    assert again.feedback_id == question.feedback_id
    store.answer(question.feedback_id, answer)
    assert wf.execute(store=store, run_id="r", suspend_after=0) == answer
    (kept,) = store.questions("r")
    assert kept.answer == answer
    assert kept.answered >= kept.asked


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_d_05_the_short_forms(is_async, store):
    @task(id="asks")
    def plain(ctx: TaskExecutionContext):
        return (
            ctx.request_approval("Go?"),
            ctx.request_text_input("Why?"),
            ctx.request_selection("Which?", ["a", "b"]),
        )

    @task(id="asks")
    async def asynchronous(ctx: TaskExecutionContext):
        return (
            await ctx.request_approval("Go?"),
            await ctx.request_text_input("Why?"),
            await ctx.request_selection("Which?", ["a", "b"]),
        )

    wf = workflow("w").add(asynchronous if is_async else plain)
    for prompt, answer in [("Go?", False), ("Why?", "so"), ("Which?", "b")]:
        (question,) = suspended(wf, store)
        assert question.prompt == prompt
        store.answer(question.feedback_id, answer)
    assert wf.execute(store=store, run_id="r", suspend_after=0) == (False, "so", "b")


def test_d_05_questions_are_matched_by_their_keys(store):
    turn = []

    @task
    def asks(ctx: TaskExecutionContext):
        # In another order at each attempt.
        turn.append(1)
        keys = ["a", "b"] if len(turn) % 2 else ["b", "a"]
        answers = {key: ctx.request_text_input(f"{key}?", key=key) for key in keys}
        return answers["a"], answers["b"]

    wf = workflow("w").add(asks)
    for _ in range(4):
        try:
            value = wf.execute(store=store, run_id="r", suspend_after=0)
        except RunSuspended as raised:
            for question in raised.questions:
                if question.prompt[0] in "ab":
                    try:
                        store.answer(question.feedback_id, question.prompt[0].upper())
                    except FeedbackAnsweredError:
                        raise AssertionError("it is still asked") from None
        else:
            break
    assert value == ("A", "B")


def test_d_05_questions_of_several_tasks_are_told_together(store):
    @task
    def asks(ctx: TaskExecutionContext):
        return ctx.request_approval(f"{ctx.task_id}?")

    group = parallel(*[asks(task_id=name) for name in "abc"])
    wf = workflow("w").add(group)
    questions = suspended(wf, store)
    assert sorted(question.task_id for question in questions) == ["a", "b", "c"]
    for question in questions:
        store.answer(question.feedback_id, question.task_id != "b")
    assert wf.execute(store=store, run_id="r", suspend_after=0) == {"a": True, "b": False, "c": True}


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("approval", "yes"),
        ("approval", 1),
        ("approval", None),
        ("text", True),
        ("text", ["text"]),
        ("selection", "blue"),
        ("selection", ["red"]),
        ("multi_selection", "red"),
        ("multi_selection", ["red", "blue"]),
    ],
)
def test_d_05_a_wrong_answer_is_refused(kind, answer, store):
    options = KINDS[kind][0]

    @task
    def asks(ctx: TaskExecutionContext):
        return ctx.request_feedback(kind, "What?", options).value

    wf = workflow("w").add(asks)
    (question,) = suspended(wf, store)
    with pytest.raises(InvalidFeedbackError, match=r"What\?"):
        store.answer(question.feedback_id, answer)
    store.answer(question.feedback_id, KINDS[kind][1])
    assert wf.execute(store=store, run_id="r", suspend_after=0) == KINDS[kind][1]


def test_d_05_the_first_answer_counts(store):
    @task
    def asks(ctx: TaskExecutionContext):
        return ctx.request_approval("Go?")

    (question,) = suspended(workflow("w").add(asks), store)
    store.answer(question.feedback_id, True)
    with pytest.raises(FeedbackAnsweredError, match="the first one counts"):
        store.answer(question.feedback_id, False)
    with pytest.raises(FeedbackNotFoundError, match="nothing"):
        store.answer("nothing", False)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("shout", "What?"), "feedback_type is one of approval, text"),
        (("selection", "What?"), "a selection needs options"),
        (("multi_selection", "What?", []), "a multi_selection needs options"),
        (("text", 5), "prompt is a text"),
        (("selection", "What?", [1, 2]), "options are texts"),
        (("text", "What?", None, -1), "timeout is a number of seconds from 0 on, not -1"),
        (("text", "What?", None, float("nan")), "timeout is a number of seconds from 0 on, not nan"),
        (("text", "What?", None, "soon"), "timeout is a number of seconds from 0 on, not 'soon'"),
    ],
)
def test_d_05_questions_that_are_none(arguments, text, store):
    @task
    def asks(ctx: TaskExecutionContext):
        kind, prompt, options, timeout = (*arguments, None, None)[:4]
        ctx.request_feedback(kind, prompt, options, timeout=timeout)

    with pytest.raises(TaskError, match=text):
        workflow("w").add(asks).execute(store=store)


def test_d_05_an_answer_comes_while_the_task_waits_in_the_process(store):
    ran = []

    @task
    def asks(ctx: TaskExecutionContext):
        ran.append("asks")
        return ctx.request_approval("Go?")

    handle = workflow("w").add(asks).start(store=store, run_id="r")
    question = None
    while question is None:
        question = next(iter(store.questions("r")), None)
    # From another process, as far as the run knows.
    Store(store.path).answer(question.feedback_id, True)
    assert handle.result().value is True
    assert ran == ["asks"]


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_d_05_timeout_is_how_long_it_is_waited_for_in_the_process(is_async, store):
    @task(id="asks")
    def plain(ctx: TaskExecutionContext):
        return ctx.request_approval("Go?", timeout=0)

    @task(id="asks")
    async def asynchronous(ctx: TaskExecutionContext):
        return await ctx.request_approval("Go?", timeout=0)

    wf = workflow("w").add(asynchronous if is_async else plain)
    with pytest.raises(RunSuspended) as raised:
        wf.execute(store=store, run_id="r")
    store.answer(raised.value.questions[0].feedback_id, True)
    assert wf.execute(store=store, run_id="r") is True


def test_d_05_a_suspended_run_says_so_and_tells_its_questions_in_its_text(store):
    @task
    def asks(ctx: TaskExecutionContext):
        ctx.request_approval("Go to Oslo?")

    wf = workflow("w").add(asks)
    with pytest.raises(RunSuspended, match=r"Go to Oslo\?") as raised:
        wf.execute(store=store, run_id="r", suspend_after=0)
    assert raised.value.run_id == "r"
    handle = wf.start(store=store, run_id="r", suspend_after=0)
    with pytest.raises(RunSuspended):
        handle.result()
    (info,) = store.runs()
    assert info.status == "suspended"


PROGRAM = """
@task
def prepare():
    log("prepare")
    return "letter"

@task
def approve(prepare, ctx: TaskExecutionContext):
    log("approve")
    return ctx.request_approval(f"Send the {prepare}?")

@task
async def reason(ctx: TaskExecutionContext):
    log("reason")
    return await ctx.request_text_input("Why?")

@task
def send(values: dict):
    log("send")
    return values

with workflow("w") as wf:
    prepare >> parallel(approve, reason) >> send

store = Store("runs.db")
if sys.argv[1] == "answer":
    for question in store.questions("r"):
        if question.answered is None:
            store.answer(question.feedback_id, True if question.feedback_type == "approval" else "so")
            break
else:
    try:
        print(wf.execute(store=store, run_id="r", suspend_after=0))
    except RunSuspended as suspended:
        print(*sorted(question.prompt for question in suspended.questions))
"""


def test_d_05_each_part_in_a_process_of_its_own(tmp_path):
    program = Program(tmp_path, PROGRAM)
    assert program.run("execute") == "Send the letter? Why?\n"
    program.run("answer")
    assert program.run("execute") in ("Send the letter?\n", "Why?\n")
    program.run("answer")
    assert program.run("execute") == "{'approve': True, 'reason': 'so'}\n"
    assert program.log().count("prepare") == 1
    assert program.log().count("send") == 1
    assert program.log().count("approve") == program.log().count("reason") == 2
