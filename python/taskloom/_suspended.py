"""How a task's body is left that waits for long."""

from __future__ import annotations

__all__ = ["Suspended"]


class Suspended(BaseException):
    """The body of the task is left, since it waits for time or for a person; it runs again from its
    beginning.

    It is no failure. Whatever the body makes of it, its outcome is dropped.
    """
