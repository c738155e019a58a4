"""Runs in a store: what a call of `execute` says about that, and how the values of a program are written."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

from ._execution import SUSPEND_SECONDS
from .errors import EncodingError, InvalidRunIdError, TaskloomError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from . import _native
    from ._codec import Codecs, ValueCodec
    from ._store import Store

__all__ = ["Durably", "Keep", "Program"]


class Keep(NamedTuple):
    """What a call says about where its run is kept."""

    store: Store | str | os.PathLike[str] | None = None
    run_id: str | None = None
    on_busy: str = "raise"
    suspend_after: float = SUSPEND_SECONDS
    on_change: str = "refuse"
    look: Callable[[], object] | None = None
    """Called now and then while somebody else drives the run; what it raises ends the wait."""

    def check(self) -> None:
        """Refuses what makes no sense."""
        if self.on_busy not in ("raise", "wait"):
            raise TaskloomError(f"on_busy is 'raise' or 'wait', not {self.on_busy!r}")
        if self.on_change not in ("refuse", "adapt"):
            raise TaskloomError(f"on_change is 'refuse' or 'adapt', not {self.on_change!r}")
        if type(self.suspend_after) not in (int, float) or not self.suspend_after >= 0:
            raise TaskloomError(f"suspend_after is a number of seconds from 0 on, not {self.suspend_after!r}")
        if self.store is not None and not hasattr(self.store, "_native"):
            try:
                os.fspath(self.store)  # type: ignore[call-overload]
            except TypeError:
                raise TypeError(f"store is the path of a file, or a Store, not {self.store!r}") from None
        if self.run_id is not None and not isinstance(self.run_id, str):
            raise TypeError(f"run_id is a text, not {self.run_id!r}")
        if self.run_id is not None and not _is_text(self.run_id):
            raise InvalidRunIdError(f"run_id has characters that are no text: {self.run_id!r}")
        if self.run_id is not None and self.store is None:
            raise TaskloomError(
                "a run with a run_id is kept in a store, and there is none\n"
                "  hint: execute(store='runs.db', run_id=…)"
            )

    def open(self, plan: _native.Plan) -> Durably | None:
        """What the engine needs for a run that is kept."""
        if self.store is None:
            return None
        from ._store import Store

        store = self.store if isinstance(self.store, Store) else Store(self.store)
        run_id = self.run_id if self.run_id is not None else os.urandom(16).hex()
        program = Program(plan.functions(), store.codecs, store.pickle)
        return Durably(
            store._native, run_id, self.on_busy == "wait", self.on_change == "adapt", program, self.look
        )


class Durably(NamedTuple):
    """The same as the native module takes it."""

    store: _native.Store
    run_id: str
    waits: bool
    adapts: bool
    codec: Program
    look: Callable[[], object] | None


class Program:
    """How the values of a program are written, and where its functions are."""

    def __init__(
        self, annotations: Iterable[object], codecs: Sequence[ValueCodec[Any]], pickle: bool
    ) -> None:
        self._annotations = list(annotations)
        self._registered = codecs
        self._pickle = pickle
        self._lock = threading.Lock()
        self._codecs = self._collect()

    def _collect(self) -> Codecs:
        from ._codec import Codecs

        return Codecs(self._annotations, self._registered, self._pickle)

    def learn(self, annotation: object) -> None:
        """Adds the classes that an annotation names."""
        with self._lock:
            if not any(annotation is known for known in self._annotations):
                self._annotations.append(annotation)
                self._codecs = self._collect()

    # What the engine calls.

    def encode(self, value: object) -> str:
        """A value as text."""
        return self._codecs.encode(value)

    def decode(self, text: str) -> object:
        """A value from its text."""
        return self._codecs.decode(text)

    def name_function(self, function: Any) -> str:
        """The import path of a function that a task adds to its run; one that has none is refused."""
        module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", "")
        if module == "__main__":
            spec = getattr(sys.modules.get("__main__"), "__spec__", None)
            module = spec.name if spec is not None and spec.name != "__main__" else module
        if module is None or "<" in name or _function(_at(module, name)) is not function:
            raise EncodingError(
                f"a durable run finds a task that it adds by its definition, and `{name}` is not there when "
                "the run goes on: it is a nested function, or a lambda\n"
                "  hint: define it at the top level of a module, or in the workflow's `with` block"
            )
        return f"{module}:{name}"

    def find_definition(self, name: str) -> Any:
        """The definition at an import path, in a module that the program has imported."""
        from ._task import Task

        module, _, qualname = name.partition(":")
        found = _at(module, qualname)
        if isinstance(found, Task):
            return found
        raise EncodingError(
            f"the run has got a task of the definition `{name}`, which this program does not have\n"
            f"  hint: import the module `{module}` before the run is executed again"
        )


def _is_text(text: str) -> bool:
    """Whether a text has no lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _at(module: str, qualname: str) -> Any:
    """What a module that is imported has under a name."""
    found: Any = sys.modules.get(module)
    if (
        found is None
        and getattr(getattr(sys.modules.get("__main__"), "__spec__", None), "name", None) == module
    ):
        found = sys.modules["__main__"]
    for part in qualname.split("."):
        found = getattr(found, part, None)
    return found


def _function(found: Any) -> Any:
    return getattr(found, "fn", found)
