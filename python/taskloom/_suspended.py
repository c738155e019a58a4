"""How a task's body is left that waits for long, and what it waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["OpenQuestion", "Suspended", "open_questions"]


class Suspended(BaseException):
    """The body of the task is left, since it waits for time or for a person; it runs again from its
    beginning.

    It is no failure. Whatever the body makes of it, its outcome is dropped.
    """


class OpenQuestion(NamedTuple):
    """A question that a run waits for."""

    feedback_id: str
    """What it is answered by."""
    task_id: str
    key: str
    feedback_type: str
    prompt: str
    options: list[str]


def open_questions(questions: Iterable[tuple[str, str, str, str, str, list[str]]]) -> list[OpenQuestion]:
    """The questions that the engine names."""
    return [
        OpenQuestion(feedback_id, task_id, key.partition(":")[2], kind, prompt, options)
        for feedback_id, task_id, key, kind, prompt, options in questions
    ]
