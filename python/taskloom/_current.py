"""Which workflow's block this is."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._workflow import Workflow

__all__ = ["Block", "current_workflow"]


class Block:
    """One `with workflow` block, and the one around it. Contexts that were copied in it outlive it."""

    __slots__ = ("ended", "outer", "workflow")

    def __init__(self, workflow: Workflow, outer: Block | None) -> None:
        self.workflow = workflow
        self.outer = outer
        self.ended = False


class _CurrentWorkflow:
    """A context variable, in which a block that has ended is current for nobody."""

    __slots__ = ("_block",)

    def __init__(self) -> None:
        self._block: ContextVar[Block | None] = ContextVar("taskloom.current_block", default=None)

    def get(self) -> Workflow | None:
        """The workflow of the innermost block that has not ended."""
        block = self._block.get()
        while block is not None:
            if not block.ended:
                return block.workflow
            block = block.outer
        return None

    def clear(self) -> None:
        """In this context no workflow is current any more."""
        self._block.set(None)

    def enter(self, workflow: Workflow) -> Block:
        """Begins a block."""
        block = Block(workflow, self._block.get())
        self._block.set(block)
        return block

    def leave(self, workflow: Workflow, open_blocks: list[Block]) -> None:
        """Ends a workflow's innermost block of this context; if it has none here, its latest one."""
        innermost = self._block.get()
        block = innermost
        while block is not None and (block.ended or block.workflow is not workflow):
            block = block.outer
        if block is None:
            block = open_blocks[-1]
        block.ended = True
        open_blocks.remove(block)
        if innermost is block:
            self._block.set(block.outer)


current_workflow = _CurrentWorkflow()
