"""A store of runs: one SQLite file."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from . import _native
from ._stored_run import DueRun, Question, RunInfo, StoredRun, due_of, info_of, question_of, run_of
from .errors import StoreError

if TYPE_CHECKING:
    from ._codec import ValueCodec

__all__ = ["DueRun", "Question", "RunInfo", "Store", "StoredRun"]


class Store:
    """A store of runs: one SQLite file, with a file for locks beside it.

    Any number of threads and processes of one machine may use it at the same time; a run in it is driven by
    one of them at a time.

    - `durability`: with `"full"`, what is recorded survives a loss of power: each commit waits for the disk.
      With `"normal"` it survives the death of the process, and a loss of power may cost the last commits.
    - `codecs`: how values of further classes are written (`taskloom.ValueCodec`).
    - `pickle`: write with pickle what has no other form. Only for a store that nobody else can write to.

    >>> import os, tempfile
    >>> from taskloom import Store, task, workflow
    >>> @task
    ... def fetch():
    ...     return "sunny"
    >>> store = Store(os.path.join(tempfile.mkdtemp(), "runs.db"))
    >>> weather = workflow("weather").add(fetch)
    >>> weather.execute(store=store, run_id="nightly")
    'sunny'
    >>> [(run.run_id, run.status) for run in store.runs()]
    [('nightly', 'succeeded')]
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        durability: str = "full",
        codecs: Sequence[ValueCodec[Any]] = (),
        pickle: bool = False,
    ) -> None:
        path = os.fspath(path)
        if path == ":memory:":
            raise StoreError(
                "a store is a file, and `:memory:` is none\n  hint: a run without a store lives in memory"
            )
        self._native = _native.Store(path, durability)
        self.codecs = tuple(codecs)
        self.pickle = pickle

    @property
    def path(self) -> str:
        """The file."""
        return str(self._native.path)

    def runs(self) -> list[RunInfo]:
        """All runs, in the order in which they began."""
        return [info_of(run) for run in self._native.runs()]

    def run(self, run_id: str) -> StoredRun | None:
        """What is recorded of a run by now, or None if the store has none with this id. The run's program is
        not needed, and whoever drives the run is not disturbed."""
        found = self._native.run(run_id)
        return None if found is None else run_of(self._native, found)

    def due(self) -> list[DueRun]:
        """The runs that nobody drives and that could go on now: execute them again, with their run ids.

        Those whose process has died, and the suspended ones that have had an answer, or whose time has come.
        """
        return [due_of(run) for run in self._native.due()]

    def fork(
        self,
        run_id: str,
        from_task: str,
        arguments: Mapping[str, Mapping[str, Any]] | None = None,
        *,
        new_run_id: str | None = None,
    ) -> str:
        """Makes a run of the same workflow that keeps what has succeeded before a task of another run, and
        gives its id. The task and what comes after it run when that run is executed, by the same program.

        Kept is what has succeeded and rests on nothing that runs again, with its results and what it has
        published in the channel. The other run stays as it is; it may be under way.

        - `arguments`: `{task_id: {parameter: value}}`: what tasks that run again take instead of what they
          are bound to. It is recorded.
        - `new_run_id`: the id of the new run; by default 32 hexadecimal digits.

        >>> import os, tempfile
        >>> from taskloom import Store, task, workflow
        >>> @task
        ... def shout(text, mark):
        ...     return text + mark
        >>> store = Store(os.path.join(tempfile.mkdtemp(), "runs.db"))
        >>> with workflow("weather") as weather:
        ...     _ = shout(task_id="a", text="sun", mark="!") >> shout(task_id="b", text="rain", mark="!")
        >>> weather.execute(store=store, run_id="first")
        'rain!'
        >>> fork = store.fork("first", "b", {"b": {"mark": "?"}})
        >>> weather.execute(store=store, run_id=fork)
        'rain?'
        """
        texts = [
            (task_id, parameter, self._encode(value))
            for task_id, parameters in (arguments or {}).items()
            for parameter, value in parameters.items()
        ]
        return self._native.fork(run_id, from_task, texts, new_run_id)

    def _encode(self, value: Any) -> str:
        from ._codec import Codecs

        # Whether the task takes a value of that class, its annotations say when it runs.
        return Codecs([type(value)], self.codecs, self.pickle).encode(value)

    def questions(self, run_id: str | None = None) -> list[Question]:
        """The questions of a run, or of all, with their answers if they have some."""
        return [question_of(question) for question in self._native.questions(run_id)]

    def answer(self, feedback_id: str, value: Any) -> None:
        """Answers a question, from any process: a bool, a text, one of its options, a list of some of them,
        or anything, according to its type. The first answer counts. A run that is suspended goes on when it
        is executed again."""
        from ._codec import Codecs

        self._native.answer(feedback_id, Codecs((), self.codecs, self.pickle).encode(value))

    def prune(self, older_than: float | timedelta) -> int:
        """Deletes runs that ended so long ago; says how many these were."""
        seconds = older_than.total_seconds() if isinstance(older_than, timedelta) else older_than
        return self._native.prune(float(seconds))

    def verify(self) -> list[str]:
        """What is wrong with the file; nothing, if all is well."""
        return self._native.verify()

    def take_over(self, run_id: str) -> None:
        """Takes a run from a process that drives it and does not die but hangs."""
        self._native.take_over(run_id)

    def __repr__(self) -> str:
        return f"Store({self.path!r})"
