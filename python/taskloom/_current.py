"""Which workflow's block this is."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._workflow import Workflow

current_workflow: ContextVar[Workflow | None] = ContextVar("taskloom.current_workflow", default=None)
