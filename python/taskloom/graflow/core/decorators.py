"""The decorator `task`."""

from __future__ import annotations

from .task import task

__all__ = ["task"]
