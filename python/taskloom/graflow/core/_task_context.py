"""The context of a task in a run, and what its handler executes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NoReturn

from ..._alone import Alone
from ..._channel import Channel as TaskloomChannel
from ..._context import TaskExecutionContext as TaskloomContext
from ..channels._run import RunChannel
from ..channels.typed import TypedChannel
from ..exceptions import CycleLimitExceededError, GraflowRuntimeError, graflow_errors
from ..hitl.types import FeedbackRequest, FeedbackResponse, FeedbackType
from ._operators import id_of, operand_of
from ._running import running_context

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..hitl.handler import FeedbackHandler
    from .context import ExecutionContext
    from .graph import TaskGraph
    from .handler import TaskHandler

__all__ = ["DEFAULT_MAX_CYCLES", "UNLIMITED_CYCLES", "TaskExecutionContext", "refuse_later"]

DEFAULT_MAX_CYCLES = 10
"""How many executions iterations may lead to, if nothing else is said."""

UNLIMITED_CYCLES = 2**32 - 1
"""What the engine takes for no limit."""

_LATER = {
    "checkpoint_metadata": "checkpoints by request",
    "checkpoint_requested": "checkpoints by request",
    "clear_checkpoint_request": "checkpoints by request",
    "get_checkpoint_state": "checkpoints by request",
    "get_llm_agent": "LLM integration",
    "llm_client": "LLM integration",
    "load": "checkpoints by pickle",
    "prompt_manager": "prompts",
    "register_llm_agent": "LLM integration",
    "request_checkpoint": "checkpoints by request",
    "save": "checkpoints by pickle",
}


def refuse_later(owner: object, name: str) -> None:
    """Says so if an attribute of a context is not there yet."""
    if name in _LATER:
        raise NotImplementedError(f"{type(owner).__name__}.{name} ({_LATER[name]}) is not implemented yet")


class TaskExecutionContext(TaskloomContext):
    """The context of one execution of a task: Taskloom's, with what Graflow has beside it."""

    __slots__ = ("_local", "_run", "start_time")

    @classmethod
    def around(cls, context: TaskloomContext) -> TaskExecutionContext:
        """Graflow's context for Taskloom's."""
        own = cls.__new__(cls)
        for slot in TaskloomContext.__slots__:
            setattr(own, slot, getattr(context, slot))
        # A function that is called without an engine is no part of the run that its caller may be in.
        own._run = None if isinstance(context._control, Alone) else running_context.get()
        own._local = {}
        own.start_time = time.time()
        return own

    _run: ExecutionContext | None
    _local: dict[str, Any]
    start_time: float
    """When the execution began."""

    # What the body of a task does with it.

    def execute(self, settings: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Executes the task, by its handler if it has one."""
        handler = self._handler(settings.handler)
        if handler is None:
            return self.ended(self.call(settings, args, kwargs))
        bound = _BoundTask(self, settings, args, kwargs)
        value = handler.execute_task(bound, self.execution_context)
        return self.ended(self.execution_context.stored(self.task_id) if value is None else value)

    def call(self, settings: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Calls the plain function."""
        if self._run is not None:
            self._run.began(self)
        return (
            settings.function(self, *args, **kwargs)
            if settings.inject_context
            else settings.function(*args, **kwargs)
        )

    def ended(self, value: Any) -> Any:
        """Notes that the execution has succeeded."""
        if self._run is not None:
            self._run.succeeded(self.task_id)
        return value

    def _handler(self, name: str) -> TaskHandler | None:
        handlers: Mapping[str, TaskHandler] = {} if self._run is None else self._run.handlers
        if name in handlers:
            return handlers[name]
        if name == "direct" or self._run is None:
            return None
        known = ", ".join(sorted({"direct", *handlers}))
        raise ValueError(f"task `{self.task_id}` has the handler {name!r}, and the engine has: {known}")

    # What the user sees.

    @property
    def execution_context(self) -> ExecutionContext:
        """The context of the run."""
        if self._run is None:
            from .context import ExecutionContext
            from .graph import TaskGraph

            self._run = ExecutionContext(TaskGraph())
        return self._run

    @property
    def session_id(self) -> str:
        """The id of the run."""
        return self.execution_context.session_id

    @property
    def trace_id(self) -> str:
        """The id under which the run is traced."""
        return self.execution_context.trace_id

    @property
    def graph(self) -> TaskGraph:
        """The graph of the workflow."""
        return self.execution_context.graph

    @property
    def max_cycles(self) -> int:
        """How often the task may be executed in one run, through iterations if nothing else is said."""
        limit = super().max_cycles
        if limit != UNLIMITED_CYCLES:
            return limit
        return DEFAULT_MAX_CYCLES if self._run is None else self._run.default_max_cycles

    def elapsed_time(self) -> float:
        """How long the execution has been going on, in seconds."""
        return time.time() - self.start_time

    def set_local_data(self, key: str, value: Any) -> None:
        """Keeps a value for this execution."""
        self._local[key] = value

    def get_local_data(self, key: str, default: Any = None) -> Any:
        """A value of this execution."""
        return self._local.get(key, default)

    def get_channel(self) -> Any:
        """The run's channel, as this attempt sees it."""
        return RunChannel(TaskloomChannel(self._control.channel()), self.session_id, self.get_result)

    def get_typed_channel(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, message_type: type[Any]
    ) -> TypedChannel[Any]:
        """The run's channel, for values that have the form of a `TypedDict`."""
        return TypedChannel(self.get_channel(), message_type)

    def next_task(self, executable: Any, goto: bool = False) -> str:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Runs another task when this execution has succeeded; gives its id.

        What follows this task in the composition is skipped if the task is one of the run, or with `goto`.
        """
        target = operand_of(executable)
        if self._run is not None:
            target = self._run.graph.replaced(target)
        with graflow_errors():
            super().next_task(target, goto)
        return executable if isinstance(executable, str) else id_of(executable)

    def next_iteration(self, data: Any = None) -> str:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Runs this task again before anything behind it runs, with `data` as its first argument after the
        context; gives its id. `CycleLimitExceededError` if it may not be executed again."""
        if not self.can_iterate():
            raise CycleLimitExceededError(self.task_id, self.cycle_count, self.max_cycles)
        super().next_iteration(data)
        return self.task_id

    def checkpoint(
        self,
        metadata: dict[str, Any] | None = None,
        *,
        path: str | None = None,
        deferred: bool = True,  # noqa: ARG002
    ) -> None:
        """Notes how far the run is. All that has completed is in its store anyway; `metadata` is recorded,
        and with `path` a file is written there that names the run. `deferred` makes no difference."""
        from .checkpoint import noted

        noted(self.execution_context, self.task_id, path)
        described = {
            "task_id": self.task_id,
            "cycle_count": self.cycle_count,
            "elapsed_time": self.elapsed_time(),
            "mode": "store",
        }
        super().checkpoint(described | (metadata or {}))

    def request_feedback(  # pyright: ignore[reportIncompatibleMethodOverride]
        self,
        feedback_type: str,
        prompt: str,
        options: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        timeout: float = 180.0,
        channel_key: str | None = None,
        write_to_channel: bool = False,
        handler: FeedbackHandler | None = None,
    ) -> FeedbackResponse:
        """Asks a person, and waits for the answer; in a run with a store, for `timeout` seconds, after which
        the run can be resumed. Async tasks cannot: it would block their event loop."""
        from ..hitl.manager import ask

        if self._control.is_async:
            raise GraflowRuntimeError(
                f"`{self.task_id}` is async, and request_feedback() would block its event loop\n"
                "  hint: ask in a plain function, `def`, and let the async task follow it"
            )

        asked = FeedbackRequest(
            "", self.task_id, self.session_id, FeedbackType(feedback_type), prompt, options
        )
        asked.metadata, asked.timeout = metadata or {}, timeout
        asked.channel_key, asked.write_to_channel = channel_key, write_to_channel
        return ask(self, self._wait(), asked, handler)

    def request_approval(
        self, prompt: str, metadata: dict[str, Any] | None = None, timeout: float = 180.0, **further: Any
    ) -> bool:
        """Asks for a yes or no, as `request_feedback` does."""
        return bool(self.request_feedback("approval", prompt, None, metadata, timeout, **further).approved)

    def request_text_input(
        self, prompt: str, metadata: dict[str, Any] | None = None, timeout: float = 180.0, **further: Any
    ) -> str:
        """Asks for a text, as `request_feedback` does."""
        return self.request_feedback("text", prompt, None, metadata, timeout, **further).text or ""

    def request_selection(
        self,
        prompt: str,
        options: list[str],
        metadata: dict[str, Any] | None = None,
        timeout: float = 180.0,
        **further: Any,
    ) -> str:
        """Lets a person choose one of the options, as `request_feedback` does."""
        return (
            self.request_feedback("selection", prompt, options, metadata, timeout, **further).selected or ""
        )

    def __getattr__(self, name: str) -> NoReturn:
        refuse_later(self, name)
        super().__getattr__(name)


class _BoundTask:
    """What a handler executes: a task with the arguments of this execution."""

    handler_type: str

    def __init__(
        self, context: TaskExecutionContext, settings: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self._context = context
        self._settings = settings
        self._arguments = (args, kwargs)
        self.task_id = context.task_id
        self.handler_type = settings.handler
        self.func = settings.function
        self.__name__ = getattr(settings.function, "__name__", context.task_id)

    def run(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the function; arguments given here come first."""
        own, keywords = self._arguments
        return self._context.call(self._settings, args or own, {**keywords, **kwargs})

    __call__ = run

    def __repr__(self) -> str:
        return f"TaskWrapper({self.task_id})"
