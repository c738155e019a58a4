"""Workflows."""

from __future__ import annotations

import os
import weakref
from typing import Any, Self

from ... import _native
from ..._current import current_workflow
from ..._store import Store
from ..._workflow import Workflow
from ..exceptions import GraflowRuntimeError
from ._running import running_context
from .context import ExecutionContext
from .engine import WorkflowEngine
from .graph import TaskGraph

__all__ = [
    "WorkflowContext",
    "clear_workflow_context",
    "current_workflow_context",
    "get_current_workflow_context",
    "require_workflow_context",
    "set_current_workflow_context",
    "workflow",
]


_made: weakref.WeakValueDictionary[str, WorkflowContext] = weakref.WeakValueDictionary()


def workflow_named(name: str) -> WorkflowContext | None:
    """The last workflow of this name that the program has made and still has."""
    return _made.get(name)


class WorkflowContext(Workflow):
    """A workflow: what is composed in its `with` block joins it. It echoes nothing."""

    def __new__(cls, name: str, tracer: Any = None, prompt_manager: Any = None) -> Self:  # noqa: ARG004
        return super().__new__(cls, name)

    def __init__(self, name: str, tracer: Any = None, prompt_manager: Any = None) -> None:
        super().__init__(name, echo=False)
        self._services = {"tracer": tracer, "prompt_manager": prompt_manager}
        self._group_count = 0
        self._task_graph = TaskGraph(self)
        _made[name] = self
        # What is not there yet says so here, and not when it runs.
        ExecutionContext(self.graph, **self._services)

    @property
    def graph(self) -> TaskGraph:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Its tasks, groups and edges."""
        return self._task_graph

    def __enter__(self) -> WorkflowContext:
        super().__enter__()
        return self

    def note_instance(self, instance: Any, replaces: _native.Instance | None = None) -> None:
        """Notes an instance that was made in its block."""
        super().note_instance(instance, replaces)
        self.graph.note(instance)

    def note_definition(self, definition: Any) -> None:
        """Notes a definition that was made in its block."""
        super().note_definition(definition)
        self.graph.note(definition)

    def execute(  # pyright: ignore[reportIncompatibleMethodOverride]
        self,
        start_node: str | None = None,
        max_steps: int = 10000,
        ret_context: bool = False,
        initial_channel: dict[str, Any] | None = None,
        store: Store | str | os.PathLike[str] | None = None,
        session_id: str | None = None,
    ) -> Any:
        """Runs the workflow and gives its value: that of the last task or group that nothing follows. `None`
        if it waits for a person or for time, and can be resumed.

        - `start_node`: the id of the task to start at; only what can be reached from it runs.
        - `max_steps`: end the run with an error when a further execution would start after so many.
        - `ret_context`: give `(value, context)`.
        - `initial_channel`: what the channel holds in the beginning.
        - `store`: keeps the run in this store, or in the SQLite file at this path, so that it can be resumed.
        - `session_id`: which run of the store this is; the same call with the same id goes on with it.

        Raises `GraflowRuntimeError` if a task fails, with the task's own exception as its `cause`.
        """
        context = ExecutionContext(
            self.graph, start_node, max_steps, session_id=session_id, store=store, **self._services
        )
        for key, value in (initial_channel or {}).items():
            context.channel.set(key, value)
        value = WorkflowEngine().execute(context)
        return (value, context) if ret_context else value

    def add_node(self, name: str, task: Any, skip_if_exists: bool = False) -> None:
        """Adds a task or group under an id."""
        self.graph.add_node(task, name, skip_if_exists)

    def add_edge(self, from_node: str, to_node: str) -> None:
        """Lets one task or group follow another."""
        self.graph.add_edge(from_node, to_node)

    def rename_node(self, old_task_id: str, new_task_id: str) -> None:
        """Gives a group another name."""
        self.graph.rename_node(old_task_id, new_task_id)

    def clear(self) -> None:
        """Takes out everything."""
        super().clear()
        self.graph._noted.clear()
        self._group_count = 0

    def get_next_group_name(self) -> str:
        """A name of the form in which groups are named; each call gives another."""
        self._group_count += 1
        return f"ParallelGroup_{self._group_count}"

    def register_llm_agent(self, name: str, agent_or_factory: Any) -> None:
        """Not implemented yet."""
        raise NotImplementedError("WorkflowContext.register_llm_agent is not implemented yet")

    def show_info(self) -> None:
        """Prints the workflow, and a cycle if there is one."""
        print(f"=== Workflow '{self.name}' Information ===")
        print(self.graph)
        cycles = self.graph.detect_cycles()
        print(f"Cycles detected: {cycles}" if cycles else "No cycles detected")

    def visualize_dependencies(self) -> None:
        """Prints what follows each task."""
        print(f"=== Workflow '{self.name}' Dependencies ===")
        for node in self.graph.nodes:
            followers = self.graph.successors(node)
            print(f"{node} >> {', '.join(followers)}" if followers else f"{node} (nothing follows)")


def workflow(name: str, tracer: Any = None, prompt_manager: Any = None) -> WorkflowContext:
    """A new workflow: `with workflow("weather") as wf: …`."""
    return WorkflowContext(name, tracer, prompt_manager)


def get_current_workflow_context(create_if_not_exist: bool = False) -> Any:
    """The workflow whose block this is, in a task the one that is running; else `None`, or a new one that is
    current from now on."""
    current = current_workflow.get()
    run = running_context.get()
    if current is not None or run is not None:
        return current if current is not None else run and run.graph._workflow
    if not create_if_not_exist:
        return None
    created = WorkflowContext("implicit")
    set_current_workflow_context(created)
    return created


def current_workflow_context() -> Any:
    """As `get_current_workflow_context(create_if_not_exist=True)`."""
    return get_current_workflow_context(create_if_not_exist=True)


def require_workflow_context() -> Any:
    """The workflow whose block this is; `GraflowRuntimeError` outside of one."""
    current = get_current_workflow_context()
    if current is None:
        raise GraflowRuntimeError('this is no block of a workflow\n  hint: with workflow("name") as wf: …')
    return current


def set_current_workflow_context(context: Any) -> None:
    """From now on composing joins this workflow, until `clear_workflow_context()`."""
    current_workflow.enter(context)


def clear_workflow_context() -> None:
    """From now on composing joins no workflow."""
    current_workflow.clear()
