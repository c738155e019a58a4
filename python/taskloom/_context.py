"""What a task's body can know about its own execution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from ._channel import Channel

if TYPE_CHECKING:
    from ._logger import TaskLogger
    from ._typed_channel import TypedChannel

__all__ = ["TaskExecutionContext"]

_LATER = frozenset(
    {
        "channel",
        "checkpoint",
        "idempotency_key",
        "request_approval",
        "request_feedback",
        "sleep",
        "step",
    }
)


class TaskExecutionContext:
    """The context of one execution of a task: what it can know of its run, and ask for.

    A parameter annotated with this class is injected; with `@task(inject_context=True)` it is the first one.

    What is asked for takes effect when the attempt succeeds; that of a failed attempt is dropped. If an
    attempt asks for more than one thing, cancelling comes before terminating, before a further iteration,
    before jumps.
    """

    __slots__ = ("_control", "attempt", "cycle_count", "task_id")

    def __init__(self, task_id: str, iteration: int, attempt: int, control: Any) -> None:
        self.task_id = task_id
        """The id of the running task."""
        self.cycle_count = iteration
        """Which execution of the task in this run this is: each pass of a loop, each jump to it and each
        iteration adds one. The first is 1."""
        self.attempt = attempt
        """The attempt of this execution; the first is 1."""
        self._control = control

    @property
    def run_id(self) -> str:
        """The id of the run: 32 hexadecimal digits."""
        return self._control.run_id

    @property
    def logger(self) -> TaskLogger:
        """A standard logger, `taskloom.task`, whose records say where they come from: they have the
        attributes `run_id`, `workflow_name`, `task_id`, `iteration` and `attempt`, for a format such as
        `%(task_id)s: %(message)s`."""
        from ._logger import logger_of

        return logger_of(self)

    @property
    def workflow_name(self) -> str:
        """The name of the workflow."""
        return self._control.workflow_name

    @property
    def retry_count(self) -> int:
        """How many attempts of this execution have failed before."""
        return self.attempt - 1

    @property
    def max_retries(self) -> int:
        """How many further attempts a failed execution gets."""
        return self._control.max_retries

    @property
    def max_cycles(self) -> int:
        """How often the task may be executed in one run."""
        return self._control.max_cycles

    @property
    def cancelled(self) -> bool:
        """Whether this execution is to end, since the run or its group is being cancelled."""
        return self._control.cancelled

    def can_iterate(self) -> bool:
        """Whether the task may be executed once more."""
        return self.cycle_count < self.max_cycles

    def get_result(self, task_id: str, default: Any = None) -> Any:
        """The result that a task of this run has at the moment, its latest success, or the default."""
        return self._control.get(task_id, default)

    def get_channel(self) -> Channel:
        """The run's channel, as this attempt sees it."""
        return Channel(self._control.channel())

    def get_typed_channel(self, schema: type) -> TypedChannel:
        """The run's channel under a schema: a `TypedDict` that says which keys there are, and their types."""
        from ._typed_channel import TypedChannel

        return TypedChannel(self.get_channel(), schema)

    def next_task(self, task: Any, goto: bool = False) -> None:
        """Runs another task when this attempt succeeds: one of the run, by id or instance, or a new one.

        A task that the run has is jumped to, and so is any with `goto`: what follows this task in the
        composition is skipped, unless the target lies before it. A target that has ended runs again, and so
        does what follows it.

        Any other instance, or definition, is added to this run, not to the workflow, and runs beside what
        follows this task, which is its direct predecessor. One added from inside a group's branch belongs to
        that branch.

        It takes one task: a chain or group is refused. Several can be asked for one after another, and each
        can ask for what follows it; or the task executes a workflow of its own.
        """
        self._control.next(task, goto)

    def next_iteration(self, data: Any = None) -> None:
        """Runs this task again before anything behind it runs, with `data` as its first argument after the
        context."""
        self._control.iterate(data)

    def terminate_workflow(self, message: str = "") -> None:
        """Ends the run as a success: nothing new starts, what is running may end."""
        self._control.terminate(message)

    def cancel_workflow(self, message: str = "") -> None:
        """Cancels the run: it ends with `RunCancelledError`."""
        self._control.cancel(message)

    def __getattr__(self, name: str) -> NoReturn:
        if name in _LATER:
            raise NotImplementedError(f"TaskExecutionContext.{name} is not implemented yet")
        raise AttributeError(f"TaskExecutionContext has no attribute {name!r}")

    def __repr__(self) -> str:
        return f"TaskExecutionContext({self.task_id!r}, cycle={self.cycle_count}, attempt={self.attempt})"
