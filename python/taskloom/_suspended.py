"""How a task's body is left that waits for long, and what it waits for."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["OpenQuestion", "Suspended"]


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
