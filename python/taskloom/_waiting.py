"""What takes time in a task, or is remembered across its attempts: steps, sleeps, questions."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ._suspended import Suspended
from .errors import EncodingError, RunCancelledError, TaskloomError

if TYPE_CHECKING:
    from . import _native

__all__ = ["FeedbackResponse", "Waiting"]

_OVER, _LEAVE, _CANCELLED, _BESIDE = -1.0, -2.0, -3.0, -4.0

_LOOK_SECONDS = 0.05
"""How often a wait is looked at: a signal may have come, or an answer from another process."""

_TYPES = ("approval", "text", "selection", "multi_selection", "custom")


@dataclass(frozen=True)
class FeedbackResponse:
    """The answer to a question."""

    key: str
    """What the question is remembered under: its key, or `#` and its place among those of the task."""
    response_type: str
    """`approval`, `text`, `selection`, `multi_selection` or `custom`."""
    value: Any
    """The answer, whatever its type."""

    @property
    def approved(self) -> bool | None:
        """The answer to an approval."""
        return self.value if self.response_type == "approval" else None

    @property
    def text(self) -> str | None:
        """The answer to a question for a text."""
        return self.value if self.response_type == "text" else None

    @property
    def selected(self) -> str | None:
        """The answer to a selection."""
        return self.value if self.response_type == "selection" else None

    @property
    def selected_multiple(self) -> list[str] | None:
        """The answer to a selection of several."""
        return self.value if self.response_type == "multi_selection" else None

    @property
    def custom_data(self) -> Any:
        """The answer to a custom question."""
        return self.value if self.response_type == "custom" else None


class Waiting:
    """The waits and steps of one attempt."""

    __slots__ = ("_counts", "_task_id", "_used", "_waits")

    def __init__(self, waits: _native.Waits, task_id: str) -> None:
        self._waits = waits
        self._task_id = task_id
        self._used: set[str] = set()
        self._counts: dict[str, int] = {}

    # Steps.

    def step(self, name: str, function: Callable[..., Any], args: Any, kwargs: Any, returns: Any) -> Any:
        """Runs a part of the task, unless it has been recorded."""
        key = self._step_key(name)
        self._learn(returns)
        found, value = self._waits.recall(key)
        if found:
            return value
        if inspect.iscoroutinefunction(function):
            raise TaskloomError(
                f"step {name!r} of `{self._task_id}` is a coroutine function, and the task is not async"
            )
        self._waits.begin_step()
        try:
            value = function(*args, **kwargs)
        except BaseException:
            self._waits.fail_step()
            raise
        self._end_step(key, value)
        return value

    async def step_async(
        self, name: str, function: Callable[..., Any], args: Any, kwargs: Any, returns: Any
    ) -> Any:
        """The same in an async task; the part may be a coroutine function."""
        key = self._step_key(name)
        self._learn(returns)
        found, value = self._waits.recall(key)
        if found:
            return value
        self._waits.begin_step()
        try:
            value = function(*args, **kwargs)
            if inspect.isawaitable(value):
                value = await value
        except BaseException:
            self._waits.fail_step()
            raise
        from ._loop import writers

        await asyncio.get_running_loop().run_in_executor(writers(), self._end_step, key, value)
        return value

    def _end_step(self, key: str, value: Any) -> None:
        try:
            self._waits.end_step(key, value)
        except EncodingError as error:
            what = f"what {key.replace(':', ' ')} of `{self._task_id}` gives cannot be recorded"
            raise EncodingError(f"{what}: {error}", error.path, error.type_name) from error.__cause__

    def _step_key(self, name: str) -> str:
        if not isinstance(name, str) or not name:
            raise TypeError(f"a step has a name, a text that is not empty, not {name!r}")
        return self._key("step", name)

    def _learn(self, returns: Any) -> None:
        if returns is not None:
            self._waits.learn(returns)

    def checkpoint(self, metadata: Any) -> None:
        """Records what a task says about how far it is."""
        key = self._key("checkpoint", None)
        found, _ = self._waits.recall(key)
        if not found:
            self._waits.begin_step()
            self._end_step(key, metadata)

    # Sleeps.

    def sleep(self, until: float | timedelta | datetime, key: str | None) -> None:
        """Waits for a time."""
        self._wait(self._waits.sleep(self._key("sleep", key), _seconds(until)))

    async def sleep_async(self, until: float | timedelta | datetime, key: str | None) -> None:
        """The same in an async task."""
        await self._wait_async(self._waits.sleep(self._key("sleep", key), _seconds(until)))

    # Questions.

    def ask(
        self,
        kind: str,
        prompt: str,
        options: list[str] | None,
        timeout: float | None,
        key: str | None,
        asked: Callable[[str], object] | None = None,
    ) -> FeedbackResponse:
        """Waits for a person. `asked` hears the id of the question when it is asked for the first time."""
        key = self._ask(kind, prompt, options, timeout, key)
        if asked is not None and (feedback_id := self._waits.pose(key, kind, prompt, options or [])):
            asked(feedback_id)
        self._wait(self._waits.ask(key, kind, prompt, options or [], timeout))
        return self._response(key, kind)

    async def ask_async(
        self, kind: str, prompt: str, options: list[str] | None, timeout: float | None, key: str | None
    ) -> FeedbackResponse:
        """The same in an async task."""
        key = self._ask(kind, prompt, options, timeout, key)
        await self._wait_async(self._waits.ask(key, kind, prompt, options or [], timeout))
        return self._response(key, kind)

    def _ask(
        self, kind: str, prompt: str, options: list[str] | None, timeout: float | None, key: str | None
    ) -> str:
        if kind not in _TYPES:
            raise ValueError(f"feedback_type is one of {', '.join(_TYPES)}, not {kind!r}")
        if not isinstance(prompt, str):
            raise TypeError(f"prompt is a text, not {prompt!r}")
        if kind in ("selection", "multi_selection") and not options:
            raise ValueError(f"a {kind} needs options to choose from")
        if options is not None and not all(isinstance(option, str) for option in options):
            raise TypeError("options are texts")
        if timeout is not None and (type(timeout) not in (int, float) or not timeout >= 0):
            raise ValueError(f"timeout is a number of seconds from 0 on, not {timeout!r}")
        return self._key("ask", key)

    def _response(self, key: str, kind: str) -> FeedbackResponse:
        _, value = self._waits.recall(key)
        return FeedbackResponse(key.partition(":")[2], kind, value)

    def _key(self, kind: str, name: str | None) -> str:
        """What something is remembered under: its name, or its place among those of its kind."""
        if name is None:
            place = self._counts[kind] = self._counts.get(kind, 0) + 1
            return f"{kind}:#{place}"
        key = f"{kind}:{name}"
        if key in self._used:
            raise TaskloomError(
                f"`{self._task_id}` has two things called {name!r} ({kind}) in one execution\n"
                "  hint: give each a name of its own; in a loop, put a counter into it"
            )
        self._used.add(key)
        return key

    # How a wait stands.

    def _wait(self, stands: float) -> None:
        # Only the main thread hears of signals, and only between two looks.
        most = _LOOK_SECONDS if threading.current_thread() is threading.main_thread() else 2 * _LOOK_SECONDS
        while stands >= 0.0:
            self._waits.wait_for_change(min(stands, most))
            stands = self._waits.look()
        self._finish(stands)

    async def _wait_async(self, stands: float) -> None:
        while stands >= 0.0:
            await asyncio.sleep(min(stands, _LOOK_SECONDS))
            stands = self._waits.look()
        self._finish(stands)

    def _finish(self, stands: float) -> None:
        if stands == _LEAVE:
            raise Suspended
        if stands == _CANCELLED:
            raise RunCancelledError(f"`{self._task_id}` is to end, so it waits no longer", self._task_id)
        if stands == _BESIDE:
            raise TaskloomError(
                f"`{self._task_id}` waits for two things at once\n"
                "  hint: wait for one after the other, or let each have a task of its own"
            )


def _seconds(until: float | timedelta | datetime) -> float:
    """How long a wait is."""
    if isinstance(until, timedelta):
        return until.total_seconds()
    if isinstance(until, datetime):
        # One without a time zone is local time.
        return (until.astimezone(UTC) - datetime.now(UTC)).total_seconds()
    # That which is not equal to itself is no number.
    if isinstance(until, (int, float)) and not isinstance(until, bool) and until == until:
        return float(until)
    raise TypeError(f"sleep() takes seconds, a timedelta or a datetime, not {until!r}")
