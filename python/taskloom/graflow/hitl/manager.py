"""Questions of a store, under Graflow's names."""

from __future__ import annotations

import logging
import os
from typing import Any, NoReturn

from ... import errors
from ..._channel import Channel
from ..._store import Question, Store
from ..._suspended import Suspended
from ..._waiting import Waiting
from ..exceptions import ConfigError, graflow_errors
from .handler import FeedbackHandler
from .types import ATTRIBUTES, FeedbackRequest, FeedbackResponse, FeedbackType

__all__ = ["FeedbackManager"]


class FeedbackManager:
    """The questions of all runs in a store, for whoever answers them."""

    def __init__(self, backend: Store | str | os.PathLike[str], backend_config: Any = None) -> None:
        if backend in ("filesystem", "redis") or backend_config is not None:
            raise ConfigError(
                "questions are in the store of their run\n"
                "  hint: FeedbackManager('runs.db') takes the store, or its file"
            )
        self._store = backend if isinstance(backend, Store) else Store(backend)

    def provide_feedback(self, feedback_id: str, response: FeedbackResponse) -> bool:
        """Answers a question; says whether it was there and had no answer. A response that does not answer it
        is an `InvalidFeedbackError`."""
        question = self._find(feedback_id)
        if question is None:
            return False
        value = getattr(response, ATTRIBUTES[FeedbackType(question.feedback_type)])
        try:
            self._store.answer(feedback_id, value)
        except errors.FeedbackAnsweredError:
            return False
        return True

    def list_pending_requests(self, session_id: str | None = None) -> list[FeedbackRequest]:
        """The questions that have no answer."""
        return [_request(each) for each in self._store.questions(session_id) if each.answered is None]

    def list_requests(self, session_id: str | None = None, n_recent: int = 100) -> list[FeedbackRequest]:
        """The last questions, the newest first."""
        return [_request(each) for each in reversed(self._store.questions(session_id)[-n_recent:])]

    def get_request(self, feedback_id: str) -> FeedbackRequest | None:
        """A question."""
        question = self._find(feedback_id)
        return None if question is None else _request(question)

    def get_response(self, feedback_id: str) -> FeedbackResponse | None:
        """The answer to a question, if it has one."""
        question = self._find(feedback_id)
        if question is None or question.answered is None:
            return None
        response = _response(feedback_id, FeedbackType(question.feedback_type), question.answer)
        response.responded_at = question.answered.isoformat()
        return response

    def _find(self, feedback_id: str) -> Question | None:
        found = (each for each in self._store.questions() if each.feedback_id == feedback_id)
        return next(found, None)

    def __getattr__(self, name: str) -> NoReturn:
        if name in ("request_feedback", "store_request", "store_response"):
            raise NotImplementedError(
                f"FeedbackManager.{name} is not implemented yet: ask in a task, by ctx.request_feedback"
            )
        raise AttributeError(f"FeedbackManager has no attribute {name!r}")


def ask(
    context: Any, waiting: Waiting, request: FeedbackRequest, handler: FeedbackHandler | None
) -> FeedbackResponse:
    """Asks for a task, and waits."""
    kind = request.feedback_type.value

    def asked(feedback_id: str) -> None:
        request.feedback_id = feedback_id
        if handler is not None:
            _tell(handler.on_request_created, request)

    try:
        with graflow_errors():
            given = waiting.ask(kind, request.prompt, request.options, request.timeout, None, asked)
    except Suspended:
        if handler is not None:
            _tell(handler.on_request_timeout, request)
        raise
    request.status = "completed"
    response = _response(request.feedback_id, request.feedback_type, given.value)
    if request.write_to_channel and request.channel_key:
        channel = Channel(context._control.channel())
        channel.set(request.channel_key, given.value)
        channel.set(f"{request.channel_key}.__feedback_response__", response.to_dict())
    if handler is not None:
        _tell(handler.on_response_received, request, response)
    return response


def _tell(hear: Any, *what: Any) -> None:
    try:
        hear(*what)
    except Exception:
        logging.getLogger("taskloom").exception("a feedback handler has failed")


def _request(question: Question) -> FeedbackRequest:
    request = FeedbackRequest(
        question.feedback_id,
        "",
        question.run_id,
        FeedbackType(question.feedback_type),
        question.prompt,
        question.options or None,
    )
    request.created_at = question.asked.isoformat()
    request.status = "pending" if question.answered is None else "completed"
    return request


def _response(feedback_id: str, kind: FeedbackType, value: Any) -> FeedbackResponse:
    return FeedbackResponse(feedback_id, kind, **{ATTRIBUTES[kind]: value})
