"""Hooks around runs and the calls of tasks, for exporters of traces and metrics.

Derive a class from `Hooks` and override what you need. `add` makes it hear of all runs of the process
from then on; `wf.execute(observe=hooks)` of one.

The hooks of a task are called on the thread that runs it and in its context: what they put into a context
variable the task's function sees, also an `async` one. What `on_run_start` puts there all tasks of the
run see. So an OpenTelemetry exporter can attach a span in `on_run_start` and `on_task_start`, and detach
it in the hook of the end.

An exception in a hook never changes a run: it is logged, by the logger `taskloom.hooks`.

>>> from taskloom import hooks, task, workflow
>>> class Printer(hooks.Hooks):
...     def on_task_start(self, attempt):
...         print("begin", attempt.task_id, attempt.arguments)
...     def on_task_end(self, attempt, error):
...         print("end", attempt.task_id, error)
>>> @task
... def fetch(city: str, days: int = 3) -> str:
...     return f"{days} days in {city}"
>>> workflow("weather").add(fetch(task_id="tokyo", city="Tokyo")).execute(observe=Printer())
begin tokyo {'city': 'Tokyo', 'days': 3}
end tokyo None
'3 days in Tokyo'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._events import Events
from .errors import TaskloomError

if TYPE_CHECKING:
    from . import _native

__all__ = ["Attempt", "Hooks", "RunInfo", "add", "remove"]


class RunInfo:
    """What hooks are told of a run."""

    __slots__ = ("_execution", "run_id", "workflow_name")

    def __init__(self, execution: _native.Execution) -> None:
        self.run_id: str = execution.run_id
        """The id of the run: 32 hexadecimal digits."""
        self.workflow_name: str = execution.workflow_name
        """The name of the workflow."""
        self._execution: _native.Execution | None = execution

    def events(self) -> Events:
        """The events of the run, from its beginning; to be asked for in `on_run_start`, or some would be
        missed."""
        if self._execution is None:
            raise TaskloomError("the run has begun: ask for its events in on_run_start")
        return Events(self._execution.listen())

    def __repr__(self) -> str:
        return f"<RunInfo {self.run_id} of {self.workflow_name!r}>"


class Attempt:
    """What hooks are told of one attempt to run a task."""

    __slots__ = ("_call", "attempt", "iteration", "run", "task_id")

    def __init__(
        self, run: RunInfo, task_id: str, iteration: int, attempt: int, call: tuple[Any, Any]
    ) -> None:
        self.run = run
        """The run."""
        self.task_id = task_id
        """The id of the task."""
        self.iteration = iteration
        """Which execution of the task in this run this is; the first is 1."""
        self.attempt = attempt
        """The attempt of this execution; the first is 1."""
        self._call = call

    @property
    def arguments(self) -> dict[str, Any]:
        """What the function is called with, by the names of its parameters, defaults included, without the
        context."""
        import inspect

        from ._context import TaskExecutionContext

        (function, *positional), keywords = self._call
        try:
            bound = inspect.signature(function).bind(*positional, **keywords)
        except (TypeError, ValueError):
            # A callable without a signature.
            return dict(keywords)
        bound.apply_defaults()
        arguments = bound.arguments.items()
        return {name: value for name, value in arguments if not isinstance(value, TaskExecutionContext)}

    def __repr__(self) -> str:
        return f"<Attempt {self.attempt} of {self.task_id!r}, iteration {self.iteration}>"


class Hooks:
    """Hears of runs and of the calls of tasks; each method does nothing unless it is overridden."""

    def on_run_start(self, run: RunInfo) -> None:
        """A run begins. Called on the thread that begins it, in a copy of its context that all tasks
        inherit."""

    def on_run_end(self, run: RunInfo, status: str) -> None:
        """A run has ended: `succeeded`, `terminated`, `failed` or `cancelled`.

        Called in the context of `on_run_start`, by whoever has ended the run, before its caller hears of it.
        """

    def on_task_start(self, attempt: Attempt) -> None:
        """A task's function is about to be called."""

    def on_task_end(self, attempt: Attempt, error: BaseException | None) -> None:
        """A task's function has returned (`None`), raised this error or been cancelled.

        A plain function that has outrun its timeout comes here when it returns, as what it does then.
        """


_added: tuple[Hooks, ...] = ()


def add(hooks: Hooks) -> None:
    """Lets hooks hear of all runs that begin from now on."""
    global _added
    if not isinstance(hooks, Hooks):
        raise TypeError(f"hooks are an object of a class derived from taskloom.hooks.Hooks, not {hooks!r}")
    _added = (*_added, hooks)


def remove(hooks: Hooks) -> None:
    """Lets hooks hear of no further runs; those under way go on with them."""
    global _added
    _added = tuple(added for added in _added if added is not hooks)
