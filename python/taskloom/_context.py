"""What a task's body can know about its own execution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from ._channel import Channel
from .errors import TaskloomError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from ._logger import TaskLogger
    from ._typed_channel import TypedChannel
    from ._waiting import Waiting

__all__ = ["TaskExecutionContext"]

_LATER = frozenset({"channel"})


class TaskExecutionContext:
    """The context of one execution of a task: what it can know of its run, and ask for.

    A parameter annotated with this class is injected; with `@task(inject_context=True)` it is the first one.

    What is asked for takes effect when the attempt succeeds; that of a failed attempt is dropped. If an
    attempt asks for more than one thing, cancelling comes before terminating, before a further iteration,
    before jumps.
    """

    __slots__ = ("_control", "_waiting", "attempt", "cycle_count", "task_id")

    def __init__(self, task_id: str, iteration: int, attempt: int, control: Any) -> None:
        self.task_id = task_id
        """The id of the running task."""
        self.cycle_count = iteration
        """Which execution of the task in this run this is: each pass of a loop, each jump to it and each
        iteration adds one. The first is 1."""
        self.attempt = attempt
        """The attempt of this execution; the first is 1."""
        self._control = control
        self._waiting: Waiting | None = None

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

    @property
    def idempotency_key(self) -> str:
        """The same for every attempt of this execution, and for no other: to pass to what must not do a thing
        twice."""
        return f"{self.run_id}/{self.task_id}/{self.cycle_count}"

    def step(
        self, name: str, function: Callable[..., Any], *args: Any, returns: Any = None, **kwargs: Any
    ) -> Any:
        """Runs a part of the task once for all attempts of this execution, and gives its value.

        In a durable run the value is recorded before this returns, with what the part has written to the
        channel, and a further attempt, or one in another process, gets it from there. A crash between the
        effect of the part and its record repeats it. `returns` names the class of the value, where no
        annotation of the workflow does.

        In an async task the call is awaited, and the function may be a coroutine function.

        >>> from taskloom import TaskExecutionContext, task, workflow
        >>> @task
        ... def pay(ctx: TaskExecutionContext, amount: int):
        ...     return ctx.step("charge", lambda: f"charged {amount}")
        >>> workflow("shop").add(pay(amount=3)).execute()
        'charged 3'
        """
        waiting = self._wait()
        if self._control.is_async:
            return waiting.step_async(name, function, args, kwargs, returns)
        return waiting.step(name, function, args, kwargs, returns)

    def sleep(self, until: float | timedelta | datetime, *, key: str | None = None) -> Any:
        """Waits for so many seconds, or until a time; in an async task it is awaited.

        It takes no place among the running tasks. In a durable run a wait that is longer than `suspend_after`
        leaves the body, and the task runs again from its beginning once the time has come: then this returns
        at once.
        """
        waiting = self._wait()
        return waiting.sleep_async(until, key) if self._control.is_async else waiting.sleep(until, key)

    def checkpoint(self, metadata: Any = None) -> None:
        """Notes how far the task is. In a durable run all that has completed is recorded anyway, so this adds
        only its metadata, once for all attempts of this execution. It is not awaited.

        Raises `TaskloomError` if the run is kept nowhere.
        """
        if not self._control.is_durable:
            raise TaskloomError(
                f"`{self.task_id}` asks for a checkpoint, and its run is kept nowhere\n"
                "  hint: execute(store='runs.db', run_id=…) records each task that completes, and the same "
                "call goes on from there"
            )
        self._wait().checkpoint(metadata)

    def request_feedback(
        self,
        feedback_type: str,
        prompt: str,
        options: list[str] | None = None,
        *,
        timeout: float | None = None,
        key: str | None = None,
    ) -> Any:
        """Asks a person, and gives the answer as a `FeedbackResponse`; in an async task it is awaited.

        - `feedback_type`: `approval`, `text`, `selection`, `multi_selection` or `custom`.
        - `options`: what there is to choose from.
        - `timeout`: for how many seconds the answer is waited for in the process, in a durable run; by
          default `suspend_after`. After that the body is left, and the task runs again from its beginning
          once there is an answer: then this returns at once.
        - `key`: what the question is remembered under; by default its place among the questions of the task.

        The answer comes from `store.answer(…)`, in any process, or from `handle.answer(…)`.
        """
        waiting = self._wait()
        if self._control.is_async:
            return waiting.ask_async(feedback_type, prompt, options, timeout, key)
        return waiting.ask(feedback_type, prompt, options, timeout, key)

    def request_approval(self, prompt: str, *, timeout: float | None = None, key: str | None = None) -> Any:
        """Asks a person for a yes or no, as `request_feedback` does; gives a bool."""
        return self._value(self.request_feedback("approval", prompt, timeout=timeout, key=key))

    def request_text_input(self, prompt: str, *, timeout: float | None = None, key: str | None = None) -> Any:
        """Asks a person for a text, as `request_feedback` does."""
        return self._value(self.request_feedback("text", prompt, timeout=timeout, key=key))

    def request_selection(
        self, prompt: str, options: list[str], *, timeout: float | None = None, key: str | None = None
    ) -> Any:
        """Lets a person choose one of the options, as `request_feedback` does."""
        return self._value(self.request_feedback("selection", prompt, options, timeout=timeout, key=key))

    def _value(self, asked: Any) -> Any:
        if not self._control.is_async:
            return asked.value

        async def value() -> Any:
            return (await asked).value

        return value()

    def _wait(self) -> Waiting:
        if self._waiting is None:
            from ._waiting import Waiting

            self._waiting = Waiting(self._control.waits(), self.task_id)
        return self._waiting

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
