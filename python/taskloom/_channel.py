"""The channel of a run: a key-value store that its tasks share."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from .errors import TaskloomRuntimeError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from types import TracebackType

__all__ = ["Channel", "FinalChannel", "Lock", "refuse_write"]


class Native(Protocol):
    """What a channel works on: that of a run, or one of a function that is called without a run."""

    def get(self, key: str, default: Any) -> Any: ...
    def set(self, key: str, value: Any, ttl: float | None, at_once: bool) -> None: ...
    def delete(self, key: str, at_once: bool) -> bool: ...
    def exists(self, key: str) -> bool: ...
    def keys(self) -> list[str]: ...
    def push(self, key: str, value: Any, front: bool, ttl: float | None, at_once: bool) -> int: ...
    def add(self, key: str, amount: float) -> Any: ...
    def acquire(self, key: str) -> Acquire: ...
    def release(self, key: str, publish: bool) -> None: ...


class Acquire(Protocol):
    """Somebody who waits for a lock."""

    def wait(self, seconds: float | None) -> bool: ...
    def poll(self, wake: Callable[[], object]) -> bool: ...
    def close(self) -> None: ...


class Channel:
    """The channel of a run as one attempt of a task sees it.

    An attempt sees what it writes at once. Others see all of it together when the attempt completes; what a
    failed or cancelled attempt has written they never see, so a retry leaves nothing double. Sooner they see

    - what was written while a `lock` was held, when that lock is let go,
    - what was written with `at_once=True`,
    - what `atomic_add` adds.

    Publishing a key publishes everything that the attempt has written to it before. Once the attempt has
    ended, every call raises `AttemptEndedError`.

    >>> from taskloom import TaskExecutionContext, parallel, task, workflow
    >>> @task
    ... def measure(ctx: TaskExecutionContext, sensor: int):
    ...     channel = ctx.get_channel()
    ...     channel.append("values", sensor * 10)
    ...     channel.atomic_add("count")
    >>> @task
    ... def report(ctx: TaskExecutionContext):
    ...     channel = ctx.get_channel()
    ...     return channel.get("count"), max(channel.get("values"))
    >>> sensors = parallel(*[measure(task_id=f"s{n}", sensor=n) for n in (1, 2, 3)])
    >>> workflow("w").add(sensors >> report).execute()
    (3, 30)
    """

    __slots__ = ("_native",)

    def __init__(self, native: Native) -> None:
        self._native = native

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key, or the default. A list is a new one each time."""
        return self._native.get(key, default)

    def set(self, key: str, value: Any, ttl: float | None = None, *, at_once: bool = False) -> None:
        """Writes a key. With `ttl` it is absent again after so many seconds, counted from here.

        A `list` is kept by its elements: what is done to it afterwards the channel does not see.
        """
        self._native.set(key, value, ttl, at_once)

    def delete(self, key: str, *, at_once: bool = False) -> bool:
        """Deletes a key; says whether it was there."""
        return self._native.delete(key, at_once)

    def exists(self, key: str) -> bool:
        """Whether there is a key."""
        return self._native.exists(key)

    def keys(self) -> list[str]:
        """The keys that there are, in order."""
        return self._native.keys()

    def append(self, key: str, value: Any, ttl: float | None = None, *, at_once: bool = False) -> int:
        """Adds an element behind a list, which need not be there yet; gives the length that is seen then.

        What several tasks append at the same time is all there in the end. `TypeError` if the key holds
        something else than a list.
        """
        return self._native.push(key, value, False, ttl, at_once)

    def prepend(self, key: str, value: Any, ttl: float | None = None, *, at_once: bool = False) -> int:
        """Adds an element before a list; otherwise as `append`."""
        return self._native.push(key, value, True, ttl, at_once)

    def atomic_add(self, key: str, amount: float = 1) -> Any:
        """Adds to a number, at once, and gives the total; a key that is not there counts as 0.

        So n tasks that add 1 get n different totals. A retry that adds again gets the total of the attempt
        before it, and nothing is added twice; with another amount the difference is added. What a task has
        added stays, even if it fails for good. `TypeError` if the key holds something else than a number.
        """
        return self._native.add(key, amount)

    def lock(self, key: str, timeout: float | None = 10.0) -> Lock:
        """A lock, for `with` in a plain function and `async with` in an async one.

        It excludes all other tasks of the run that lock this key; it does not hinder them to read or write
        it. Tasks get it in the order in which they asked; an attempt that has it may take it again.
        `TimeoutError` if it is not there after so many seconds.

        >>> from taskloom import TaskExecutionContext, task, workflow
        >>> @task
        ... def book(ctx: TaskExecutionContext, seats: int):
        ...     channel = ctx.get_channel()
        ...     with channel.lock("free"):
        ...         if (free := channel.get("free")) >= seats:
        ...             channel.set("free", free - seats)
        ...     return free >= seats
        >>> workflow("w").add(book(seats=3)).execute(initial_channel={"free": 10})
        True
        """
        return Lock(self._native, key, timeout)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self.keys())} keys>"


class Lock:
    """A lock in a channel, taken by `with` or `async with`.

    At the end of the block it is let go, and what was written in the block is published. If an exception
    leaves the block what was written stays pending, like everything else that the attempt has written.
    """

    __slots__ = ("_key", "_native", "_timeout")

    def __init__(self, native: Native, key: str, timeout: float | None) -> None:
        self._native = native
        self._key = key
        self._timeout = timeout

    def __enter__(self) -> None:
        # Where asyncio has never been imported no loop can be running.
        events = sys.modules.get("asyncio.events")
        if events is not None and events._get_running_loop() is not None:
            raise TaskloomRuntimeError(
                f"to wait for the lock {self._key!r} would block the event loop\n"
                "  hint: write `async with` here"
            )
        if not self._native.acquire(self._key).wait(self._timeout):
            raise self._too_late()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._native.release(self._key, kind is None)

    async def __aenter__(self) -> None:
        import asyncio

        loop = asyncio.get_running_loop()
        acquire = self._native.acquire(self._key)
        try:
            async with asyncio.timeout(self._timeout):
                while True:
                    turn = loop.create_future()
                    if acquire.poll(functools.partial(_tell, loop, turn)):
                        return
                    await turn
        except TimeoutError:
            raise self._too_late() from None
        finally:
            acquire.close()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._native.release(self._key, kind is None)

    def _too_late(self) -> TimeoutError:
        return TimeoutError(f"the lock {self._key!r} was not there after {self._timeout} seconds")


def _tell(loop: asyncio.AbstractEventLoop, turn: asyncio.Future[None]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(_take_turn, turn)


def _take_turn(turn: asyncio.Future[None]) -> None:
    if not turn.done():
        turn.set_result(None)


class FinalChannel:
    """What the channel of a run held in the end; it can only be read."""

    __slots__ = ("_values",)

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key, or the default."""
        return self._values.get(key, default)

    def exists(self, key: str) -> bool:
        """Whether there is a key."""
        return key in self._values

    def keys(self) -> list[str]:
        """The keys that there are, in order."""
        return list(self._values)

    def __getattr__(self, name: str) -> NoReturn:
        refuse_write(self, name)

    def __repr__(self) -> str:
        return f"FinalChannel({self._values!r})"


_WRITING = frozenset({"append", "atomic_add", "delete", "lock", "prepend", "set"})


def refuse_write(channel: object, name: str) -> NoReturn:
    """Says why what is left of a channel does not have an attribute."""
    reason = ": the run has ended, so its channel can only be read" if name in _WRITING else ""
    raise AttributeError(f"{type(channel).__name__} has no attribute {name!r}{reason}")
