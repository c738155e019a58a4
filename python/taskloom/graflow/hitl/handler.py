"""Handlers hear of questions: to send a message, for instance."""

from __future__ import annotations

from .types import FeedbackRequest, FeedbackResponse

__all__ = ["FeedbackHandler"]


class FeedbackHandler:
    """Hears of the questions that it is given for; it does nothing by itself. What it raises is logged."""

    def on_request_created(self, request: FeedbackRequest) -> None:
        """A question was asked, for the first time."""

    def on_response_received(self, request: FeedbackRequest, response: FeedbackResponse) -> None:
        """It was answered, and the task goes on."""

    def on_request_timeout(self, request: FeedbackRequest) -> None:
        """The task does not wait any longer; once there is an answer the run can be resumed."""
