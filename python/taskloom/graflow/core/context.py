"""The context of a run; that of a task in it has a file of its own."""

from __future__ import annotations

import os
import threading
import uuid
from typing import TYPE_CHECKING, Any, NoReturn

from ..._store import Store
from ..channels.memory_channel import MemoryChannel
from ..channels.typed import TypedChannel
from ..exceptions import ConfigError, GraflowRuntimeError
from ._running import running_task
from ._task_context import DEFAULT_MAX_CYCLES, TaskExecutionContext, refuse_later
from .cycle import CycleController
from .retry import RetryController

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..._run import Run
    from ..hitl.manager import FeedbackManager
    from .graph import TaskGraph
    from .handler import TaskHandler

__all__ = ["ExecutionContext", "TaskExecutionContext", "create_execution_context", "execute_with_cycles"]

_ABSENT = object()

NO_STORE = (
    "the run is kept nowhere, so nobody can resume it\n"
    "  hint: execute(store='runs.db'), or ExecutionContext(…, store='runs.db'), records what completes"
)


def checkpoint_path(context: ExecutionContext) -> str:
    """What stands for all checkpoints of a run, whose store has it as it is."""
    if context.store is None:
        raise GraflowRuntimeError(NO_STORE)
    return f"{context.store.path}#{context.session_id}"


class ExecutionContext:
    """What a run begins with, and what is left of it.

    What is written to its channel before the run is there when the run begins.
    """

    def __init__(
        self,
        graph: TaskGraph,
        start_node: str | None = None,
        max_steps: int = 10000,
        default_max_cycles: int = DEFAULT_MAX_CYCLES,
        default_max_retries: int = 0,
        steps: int = 0,
        channel_backend: str = "memory",
        config: dict[str, Any] | None = None,
        parent_context: ExecutionContext | None = None,
        session_id: str | None = None,
        trace_id: str | None = None,
        tracer: Any = None,
        llm_client: Any = None,
        prompt_manager: Any = None,
        store: Store | str | os.PathLike[str] | None = None,
    ) -> None:
        from ..trace.noop import NoopTracer

        _refuse_services(channel_backend, tracer, llm_client, prompt_manager)
        self.graph = graph
        self.start_node = start_node
        self.max_steps = max_steps
        self.default_max_cycles = default_max_cycles
        self.default_max_retries = default_max_retries
        self.steps = steps
        """How many executions have succeeded."""
        self.config = config or {}
        self.parent_context = parent_context
        self.session_id = session_id or uuid.uuid4().hex
        self.trace_id = trace_id or (parent_context.trace_id if parent_context else self.session_id)
        self.tracer = tracer or NoopTracer()
        self.cycle_controller = CycleController(default_max_cycles)
        self.retry_controller = RetryController(default_max_retries)
        self.handlers: Mapping[str, TaskHandler] = {}
        """The handlers of the engine that executes it, by name."""
        self.store = Store(store) if store is not None and not isinstance(store, Store) else store
        """Where the run is kept, under the session's id; it can be resumed then."""
        self.last_checkpoint_path: str | None = None
        """What `CheckpointManager.resume_from_checkpoint` takes, if the run has asked for a checkpoint, or
        waits for a person or for time."""
        self._channel = MemoryChannel(self.session_id)
        self._completed: dict[str, None] = {}
        self._stored: dict[str, Any] = {}
        self._results: dict[str, Any] | None = None
        self._lock = threading.Lock()

    @classmethod
    def create(
        cls,
        graph: TaskGraph,
        start_node: str | None = None,
        max_steps: int = 10000,
        default_max_cycles: int = DEFAULT_MAX_CYCLES,
        default_max_retries: int = 0,
        channel_backend: str = "memory",
        config: dict[str, Any] | None = None,
        tracer: Any = None,
        llm_client: Any = None,
        prompt_manager: Any = None,
        store: Store | str | os.PathLike[str] | None = None,
    ) -> ExecutionContext:
        """A context; see the class."""
        return cls(
            graph,
            start_node,
            max_steps,
            default_max_cycles,
            default_max_retries,
            channel_backend=channel_backend,
            config=config,
            tracer=tracer,
            llm_client=llm_client,
            prompt_manager=prompt_manager,
            store=store,
        )

    def execute(self) -> Any:
        """Runs the workflow; gives its value."""
        from .engine import WorkflowEngine

        return WorkflowEngine().execute(self)

    # What the engine and the tasks tell it.

    def kept(self) -> dict[str, Any]:
        """What `execute` is to know of the store."""
        return {} if self.store is None else {"store": self.store, "run_id": self.session_id}

    def suspended(self) -> None:
        """The run has come to rest, and waits for a person or for time."""
        self.last_checkpoint_path = checkpoint_path(self)

    def resumed(self, completed: list[str]) -> None:
        """The run is one that has begun before, in which these tasks have completed."""
        self._completed = dict.fromkeys(completed)
        self.steps = len(completed)

    def began(self, task: TaskExecutionContext) -> None:
        """An attempt of a task begins."""
        with self._lock:
            self.cycle_controller.cycle_counts[task.task_id] = task.cycle_count
            self.retry_controller.retry_counts[task.task_id] = task.retry_count

    def succeeded(self, task_id: str) -> None:
        """An execution has succeeded."""
        with self._lock:
            self.steps += 1
            self._completed[task_id] = None

    def ended(self, run: Run) -> None:
        """The run has ended."""
        # The run is not kept: it has the exceptions of tasks, these have frames, and those this context.
        record = run._record
        names = [name for name in self.graph.group_names() if record.has(name) and record.has_result(name)]
        groups = {name: run.output(name) for name in names}
        self._results = {**run.outputs, **groups}
        self._channel.clear()
        for key, value in run._record.channel().items():
            self._channel.set(key, value)

    def initial_channel(self) -> dict[str, Any]:
        """What the run begins with."""
        return dict(self._channel.items())

    def stored(self, task_id: str) -> Any:
        """What a handler has stored as a task's result."""
        return self._stored.get(task_id)

    # What the user sees.

    @property
    def current_task_context(self) -> TaskExecutionContext | None:
        """The context of the task that asks."""
        task = running_task.get()
        return task if task is not None and task._run is self else None

    @property
    def current_task_id(self) -> str | None:
        """The id of the task that asks."""
        task = self.current_task_context
        return None if task is None else task.task_id

    @property
    def completed_tasks(self) -> list[str]:
        """The tasks that have succeeded, in order."""
        with self._lock:
            return list(self._completed)

    @property
    def channel(self) -> Any:
        """The run's channel: in a task as this sees it, else what the run begins with or has left behind."""
        task = self.current_task_context
        return self._channel if task is None else task.get_channel()

    def get_channel(self) -> Any:
        """The run's channel; see `channel`."""
        return self.channel

    def get_typed_channel(self, message_type: type[Any]) -> TypedChannel[Any]:
        """The run's channel, for values that have the form of a `TypedDict`."""
        return TypedChannel(self.channel, message_type)

    def get_result(self, task_id: str, default: Any = None) -> Any:
        """The result of a task or group, or the default if there is none."""
        task = self.current_task_context
        value: Any = _ABSENT
        if task is not None:
            value = task.get_result(task_id, _ABSENT)
        elif self._results is not None:
            value = self._results.get(task_id, _ABSENT)
        return self._stored.get(task_id, default) if value is _ABSENT else value

    def set_result(self, task_id: str, value: Any) -> None:
        """Stores a result, for handlers. Those that tasks give come first."""
        self._stored[task_id] = value

    def is_completed(self) -> bool:
        """Whether the run has ended."""
        return self._results is not None

    @property
    def feedback_manager(self) -> FeedbackManager:
        """The questions of the run's store."""
        from ..hitl.manager import FeedbackManager

        if self.store is None:
            raise GraflowRuntimeError(NO_STORE)
        return FeedbackManager(self.store)

    def next_task(self, executable: Any, goto: bool = False) -> str:
        """As `TaskExecutionContext.next_task`, for the task that asks."""
        return self._asking("next_task").next_task(executable, goto)

    def next_iteration(self, data: Any = None) -> str:
        """As `TaskExecutionContext.next_iteration`, for the task that asks."""
        return self._asking("next_iteration").next_iteration(data)

    def terminate_workflow(self, message: str = "") -> None:
        """Ends the run as a success, when the task that asks has succeeded."""
        self._asking("terminate_workflow").terminate_workflow(message)

    def cancel_workflow(self, message: str = "") -> None:
        """Cancels the run, when the task that asks has succeeded."""
        self._asking("cancel_workflow").cancel_workflow(message)

    def _asking(self, verb: str) -> TaskExecutionContext:
        task = self.current_task_context
        if task is None:
            raise GraflowRuntimeError(f"{verb}() is for tasks of the run, and none of them is asking")
        return task

    def __getattr__(self, name: str) -> NoReturn:
        refuse_later(self, name)
        raise AttributeError(f"ExecutionContext has no attribute {name!r}")

    def __repr__(self) -> str:
        return f"ExecutionContext({self.session_id!r}, steps={self.steps})"


def _refuse_services(channel_backend: str, tracer: Any, llm_client: Any, prompt_manager: Any) -> None:
    from ..trace.noop import NoopTracer

    if channel_backend == "redis":
        raise NotImplementedError('ExecutionContext(channel_backend="redis") is not implemented yet')
    if channel_backend != "memory":
        raise ConfigError(f'there is no channel backend {channel_backend!r}: there is "memory"')
    if tracer is not None and not isinstance(tracer, NoopTracer):
        raise NotImplementedError(
            f"the tracer {type(tracer).__name__} is not implemented yet; there is NoopTracer"
        )
    for name, service in (("llm_client", llm_client), ("prompt_manager", prompt_manager)):
        if service is not None:
            raise NotImplementedError(f"ExecutionContext({name}=…) is not implemented yet")


def create_execution_context(
    start_node: str = "ROOT", max_steps: int = 10, tracer: Any = None
) -> ExecutionContext:
    """The context for a graph of one task that does nothing."""
    from .graph import TaskGraph
    from .task import Task

    graph = TaskGraph()
    graph.add_node(Task(start_node, register_to_context=False))
    return ExecutionContext(graph, start_node, max_steps, tracer=tracer)


def execute_with_cycles(graph: TaskGraph, start_node: str, max_steps: int = 10) -> None:
    """Runs a graph from a task on."""
    ExecutionContext(graph, start_node, max_steps).execute()
