"""What happens in a run, as it happens."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Self

from ._channel import _tell

if TYPE_CHECKING:
    from . import _native

__all__ = ["Event", "Events"]

_WAKE_SECONDS = 0.05
"""How long a waiting thread sleeps before it looks for signals."""


class Event(NamedTuple):
    """Something that has happened in a run; as a text it is one line, such as `tokyo succeeded`."""

    text: str
    """All but the time, as a text."""
    kind: str
    """What has happened.

    To the run: `run started` (the first event) and `run ended` (the last).

    To an attempt: `started`, `succeeded`, `failed`, `cancelled` (ended in the middle, since the run or
    its group is being cancelled), `abandoned` (a plain function has outrun its timeout, and its thread is
    not waited for; that it has failed is the next event), `retry due` (the wait before this attempt is
    over).

    What an attempt that has succeeded asks for: `jump`, `add` (tasks to the run), `iterate`, `terminate`,
    `cancel`. A run that is ending follows no wish.

    To a task: `skipped`. To a group: `group ended`, when all branches have ended and its policy has
    judged them. To a map: `expanded`, when it is known which elements it has, and `group ended`.
    """
    at: float
    """When it happened, in seconds since the run began."""
    task_id: str | None
    """The id of the task, or the name of the group; `None` if it happened to the run."""
    iteration: int
    """Which execution of the task it is about; the first is 1. 0 if it is about none."""
    attempt: int
    """Which attempt of that execution it is about; the first is 1. 0 if it is about none."""
    error: str | None
    """The text of the error of a `failed` attempt."""
    retry_after: float | None
    """The wait before the attempt that follows a `failed` one, in seconds; `None` if none follows."""
    status: str | None
    """How the run or group has ended: as `Run.status`; `succeeded`, `failed` or `skipped`."""
    targets: list[str]
    """The ids of the tasks that a `jump` leads to, or an `add` adds."""
    message: str | None
    """What the task says that ends or cancels the run."""

    def __str__(self) -> str:
        return self.text


class Events:
    """The events of a run in their order, for `for` in a thread that may block, and `async for` on an
    event loop.

    They wait here until they are taken. A slow listener neither holds up the run nor misses anything:
    what it has not taken takes up memory, some 100 bytes for each event. An event is given once, whoever
    asks.
    """

    __slots__ = ("_native", "_taken")

    def __init__(self, native: _native.Events) -> None:
        self._native = native
        self._taken: deque[Event] = deque()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Event:
        while True:
            try:
                return self._taken.popleft()
            except IndexError:
                if not self._take(_WAKE_SECONDS):
                    raise StopIteration from None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        import asyncio

        loop = asyncio.get_running_loop()
        while True:
            try:
                return self._taken.popleft()
            except IndexError:
                turn = loop.create_future()
                taken = self._native.poll(partial(_tell, loop, turn))
                if taken is None:
                    raise StopAsyncIteration from None
                self._taken.extend(map(Event._make, taken))
                if not taken:
                    await turn

    def _take(self, seconds: float) -> bool:
        """Waits for events; says whether there may be more."""
        taken = self._native.take(seconds)
        if taken is not None:
            self._taken.extend(map(Event._make, taken))
        return taken is not None

    def _there(self) -> list[Event]:
        """All events that are there now; it does not wait."""
        while self._take(0.0):
            pass
        there = list(self._taken)
        self._taken.clear()
        return there
