"""The engine as Graflow has it: Taskloom's, with handlers."""

from __future__ import annotations

from typing import Any

from ... import errors
from ..exceptions import graflow_errors
from ._running import running_context
from .context import ExecutionContext
from .graph import TaskGraph
from .handler import TaskHandler

__all__ = ["WorkflowEngine"]


class WorkflowEngine:
    """Executes contexts. Handlers that are registered with it execute the tasks that name them."""

    def __init__(self) -> None:
        self._handlers: dict[str, TaskHandler] = {}

    def register_handler(self, handler_type: str, handler: TaskHandler) -> None:
        """Lets a handler execute all tasks with `@task(handler=handler_type)`."""
        self._handlers[handler_type] = handler

    def execute(self, context: ExecutionContext, start_task_id: str | None = None) -> Any:
        """Runs the context's workflow, from its start node on or from another; gives its value."""
        context.handlers = dict(self._handlers)
        start = start_task_id or context.start_node
        channel = context.initial_channel()
        with graflow_errors():
            workflow = context.graph.workflow_for(start, context.default_max_retries)
            token = running_context.set(context)
            try:
                run = workflow.run(
                    start, initial_channel=channel, max_steps=context.max_steps, **context.kept()
                )
            except errors.RunSuspended:
                # As there: what can be resumed is no error.
                context.suspended()
                return None
            except errors.TaskloomRuntimeError as error:
                if error.run is not None:
                    context.ended(error.run)
                raise
            finally:
                running_context.reset(token)
        context.ended(run)
        return run.value

    def execute_with_cycles(self, graph: TaskGraph, start_node: str, max_steps: int = 10) -> None:
        """Runs a graph from a task on."""
        self.execute(ExecutionContext(graph, start_node, max_steps))
