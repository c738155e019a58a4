"""Calls the hooks of a run."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from contextvars import Context
from typing import TYPE_CHECKING, Any, TypeAlias

from . import hooks as registry
from .hooks import Attempt, Hooks, RunInfo

if TYPE_CHECKING:
    from . import _native

__all__ = ["Observe", "Observers", "observers_of"]

Observe: TypeAlias = Hooks | Sequence[Hooks] | None
"""What `execute(observe=…)` takes."""


def observers_of(observe: Observe, execution: _native.Execution) -> Observers | None:
    """Those who observe a run, if somebody does."""
    given = (observe,) if isinstance(observe, Hooks) else tuple(observe or ())
    for hooks in given:
        if not isinstance(hooks, Hooks):
            raise TypeError(
                f"observe= takes hooks, of a class derived from taskloom.hooks.Hooks, not {hooks!r}"
            )
    observers = (*registry._added, *given)
    return Observers(observers, RunInfo(execution)) if observers else None


class Observers:
    """The hooks that hear of one run: in their order at each beginning, in the opposite one at each end."""

    __slots__ = ("_ended", "_ending", "_hooks", "_run")

    def __init__(self, hooks: tuple[Hooks, ...], run: RunInfo) -> None:
        self._hooks = hooks
        self._run = run
        self._ending = threading.RLock()
        self._ended = False

    def run_starts(self, context: Context) -> None:
        """The run is about to begin."""
        context.run(_call, self._hooks, "on_run_start", self._run)
        self._run._execution = None

    def run_ended(self, context: Context, status: str) -> None:
        """The run has ended. Whoever comes second waits for the hooks of who came first."""
        with self._ending:
            if not self._ended:
                self._ended = True
                context.run(_call, reversed(self._hooks), "on_run_end", self._run, status)

    def begin(self, context: Context, execution: tuple[str, int, int], call: tuple[Any, Any]) -> Attempt:
        """A task's function is about to be called, in this context."""
        attempt = Attempt(self._run, *execution, call)
        context.run(_call, self._hooks, "on_task_start", attempt)
        return attempt

    def end(self, context: Context, attempt: Attempt | None, error: BaseException | None) -> None:
        """The function has ended; there is no attempt if it was interrupted before it began."""
        if attempt is not None:
            context.run(_call, reversed(self._hooks), "on_task_end", attempt, error)


def _call(observers: Iterable[Hooks], name: str, *arguments: Any) -> None:
    for hooks in observers:
        try:
            getattr(hooks, name)(*arguments)
        except Exception:
            import logging

            logging.getLogger("taskloom.hooks").exception("%s.%s failed", type(hooks).__name__, name)
