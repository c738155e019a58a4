"""Section 10: human in the loop, as views on a store."""

import pytest
from graflow.exceptions import ConfigError, GraflowRuntimeError
from graflow.hitl.handler import FeedbackHandler
from graflow.hitl.manager import FeedbackManager
from graflow.hitl.types import FeedbackRequest, FeedbackResponse, FeedbackType

from graflow import task, workflow
from taskloom import Store
from taskloom.errors import InvalidFeedbackError

KINDS = {
    "approval": (None, {"approved": True}),
    "text": (None, {"text": "because"}),
    "selection": (["a", "b"], {"selected": "b"}),
    "multi_selection": (["a", "b"], {"selected_multiple": ["b", "a"]}),
    "custom": (None, {"custom_data": {"any": [1]}}),
}


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "runs.db")


class Heard(FeedbackHandler):
    def __init__(self):
        self.calls = []

    def on_request_created(self, request):
        assert request.feedback_id
        self.calls.append("created")

    def on_response_received(self, request, response):
        self.calls.append(f"received {response.value}")
        raise ValueError("it is logged")

    def on_request_timeout(self, request):
        self.calls.append("timeout")


def asking(kind, **arguments):
    @task(inject_context=True)
    def asks(ctx):
        response = ctx.request_feedback(FeedbackType(kind), "What?", KINDS[kind][0], timeout=0, **arguments)
        assert type(response) is FeedbackResponse
        return response.value, ctx.get_channel().get("answer")

    wf = workflow("w")
    wf.add_node("asks", asks)
    return wf


@pytest.mark.parametrize("kind", KINDS)
def test_10_2_a_question_of_each_type(kind, store):
    wf = asking(kind)
    assert wf.execute(store=store, session_id="s") is None
    manager = FeedbackManager(store)
    (request,) = manager.list_pending_requests("s")
    assert (request.feedback_type, request.prompt, request.session_id) == (kind, "What?", "s")
    assert manager.get_request(request.feedback_id) == request
    assert manager.get_response(request.feedback_id) is None
    response = FeedbackResponse(request.feedback_id, FeedbackType(kind), **KINDS[kind][1])
    assert manager.provide_feedback(request.feedback_id, response)
    # The first one counts.
    assert not manager.provide_feedback(request.feedback_id, response)
    assert not manager.provide_feedback("nothing", response)
    assert manager.list_pending_requests() == []
    assert [each.status for each in manager.list_requests()] == ["completed"]
    assert manager.get_response(request.feedback_id).value == response.value
    assert wf.execute(store=store, session_id="s") == (response.value, None)


def test_10_3_a_response_that_is_no_answer_is_refused(store):
    asking("selection").execute(store=store, session_id="s")
    manager = FeedbackManager(store)
    (request,) = manager.list_pending_requests()
    with pytest.raises(InvalidFeedbackError):
        manager.provide_feedback(
            request.feedback_id, FeedbackResponse("", FeedbackType.SELECTION, selected="c")
        )


def test_10_7_a_handler_hears_of_it(store, caplog):
    heard = Heard()
    wf = asking("approval", handler=heard)
    wf.execute(store=store, session_id="s")
    assert heard.calls == ["created", "timeout"]
    # Without an answer the task does not even begin.
    wf.execute(store=store, session_id="s")
    assert heard.calls == ["created", "timeout"]
    (question,) = store.questions()
    store.answer(question.feedback_id, True)
    wf.execute(store=store, session_id="s")
    assert heard.calls[-1] == "received True"
    assert "a feedback handler has failed" in caplog.text


def test_10_3_the_answer_is_written_to_the_channel_of_the_run(store):
    wf = asking("text", channel_key="answer", write_to_channel=True)
    wf.execute(store=store, session_id="s")
    (question,) = store.questions()
    store.answer(question.feedback_id, "so")
    value, context = wf.execute(store=store, session_id="s", ret_context=True)
    assert value == ("so", "so")
    assert context.get_channel().get("answer.__feedback_response__")["text"] == "so"


def test_10_1_requests_and_responses_as_plain_data():
    request = FeedbackRequest("id", "t", "s", FeedbackType.TEXT, "What?")
    assert FeedbackRequest.from_dict(request.to_dict()) == request
    response = FeedbackResponse("id", FeedbackType.TEXT, text="so")
    assert FeedbackResponse.from_dict(response.to_dict()) == response


@pytest.mark.parametrize("backend", ["filesystem", "redis"])
def test_10_2_backends_that_are_none(backend):
    with pytest.raises(ConfigError, match=r"FeedbackManager\('runs\.db'\)"):
        FeedbackManager(backend)


def test_10_2_async_tasks_are_told_that_it_would_block(store):
    @task(inject_context=True)
    async def asks(ctx):
        with pytest.raises(GraflowRuntimeError, match=r"event loop(?s:.*)hint"):
            ctx.request_approval("What?")
        return "asked"

    wf = workflow("w")
    wf.add_node("asks", asks)
    assert wf.execute(store=store) == "asked"


def test_10_2_a_type_that_there_is_not(store):
    @task(inject_context=True)
    def asks(ctx):
        with pytest.raises(ValueError, match="shout"):
            ctx.request_feedback("shout", "What?")
        return "asked"

    wf = workflow("w")
    wf.add_node("asks", asks)
    assert wf.execute(store=store) == "asked"
