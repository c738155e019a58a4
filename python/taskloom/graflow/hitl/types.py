"""Questions and answers."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self

from ..exceptions import GraflowRuntimeError

__all__ = ["FeedbackRequest", "FeedbackResponse", "FeedbackTimeoutError", "FeedbackType"]


class FeedbackType(StrEnum):
    """What kind of answer a question wants."""

    APPROVAL = "approval"
    TEXT = "text"
    SELECTION = "selection"
    MULTI_SELECTION = "multi_selection"
    CUSTOM = "custom"


class FeedbackTimeoutError(GraflowRuntimeError):
    """Nobody has answered in time. Taskloom does not raise it: the run can be resumed then."""

    def __init__(self, feedback_id: str, timeout: float) -> None:
        GraflowRuntimeError.__init__(self, f"question {feedback_id} has no answer after {timeout:g} s")
        self.feedback_id = feedback_id
        self.timeout = timeout


def _now() -> str:
    return datetime.now(UTC).isoformat()


class _Record:
    def to_dict(self) -> dict[str, Any]:
        """All of it as plain data."""
        data = asdict(self)  # pyright: ignore[reportArgumentType]
        return data | {name: str(data[name]) for name in self._kinds}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """What `to_dict` gave."""
        return cls(**{**data, **{name: FeedbackType(data[name]) for name in cls._kinds if name in data}})

    _kinds: tuple[str, ...] = ()


@dataclass
class FeedbackRequest(_Record):
    """A question."""

    feedback_id: str
    task_id: str
    """Empty where it comes from a store, which does not say."""
    session_id: str
    feedback_type: FeedbackType
    prompt: str
    options: list[str] | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    """What the task has said, for its handler; it is not recorded."""
    created_at: str = field(default_factory=_now)
    timeout: float = 180.0
    status: str = "pending"
    """`pending` or `completed`."""
    channel_key: str | None = None
    write_to_channel: bool = False

    _kinds = ("feedback_type",)


@dataclass
class FeedbackResponse(_Record):
    """An answer."""

    feedback_id: str
    response_type: FeedbackType
    approved: bool | None = None
    reason: str | None = None
    """Not recorded."""
    text: str | None = None
    selected: str | None = None
    selected_multiple: list[str] | None = None
    custom_data: Any = None
    responded_at: str = field(default_factory=_now)
    responded_by: str | None = None
    """Not recorded."""

    _kinds = ("response_type",)

    @property
    def value(self) -> Any:
        """The answer, whatever its type."""
        return getattr(self, ATTRIBUTES[self.response_type])


ATTRIBUTES = {
    FeedbackType.APPROVAL: "approved",
    FeedbackType.TEXT: "text",
    FeedbackType.SELECTION: "selected",
    FeedbackType.MULTI_SELECTION: "selected_multiple",
    FeedbackType.CUSTOM: "custom_data",
}
"""Where a response has the answer."""
