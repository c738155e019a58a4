"""For tests of programs that use workflows: what ran, in which order, with which arguments.

>>> from taskloom import task, workflow
>>> from taskloom.testing import Recorder
>>> @task
... def fetch(city: str, days: int = 3) -> str:
...     return f"{days} days in {city}"
>>> recorder = Recorder()
>>> wf = workflow("weather").add(fetch(task_id="tokyo", city="Tokyo") >> fetch(task_id="paris", city="Paris"))
>>> wf.execute(observe=recorder)
'3 days in Paris'
>>> recorder.started()
['tokyo', 'paris']
>>> recorder.arguments("tokyo")
{'city': 'Tokyo', 'days': 3}
>>> recorder.assert_before("tokyo", "paris")
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from ._events import Event, Events
from .hooks import Attempt, Hooks, RunInfo

__all__ = ["Recorder"]


class Recorder(Hooks):
    """Notes down what happens in the runs that observe it: `wf.execute(observe=recorder)`.

    What it tells is complete for runs that have ended; of several runs, the one that was begun first
    comes first.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: list[tuple[Events, list[Event]]] = []
        self._arguments: dict[str, dict[str, Any]] = {}

    def on_run_start(self, run: RunInfo) -> None:
        self._runs.append((run.events(), []))

    def on_task_start(self, attempt: Attempt) -> None:
        self._arguments[attempt.task_id] = attempt.arguments

    def events(self) -> list[Event]:
        """All events so far."""
        with self._lock:
            for events, seen in self._runs:
                seen += events._there()
            return [event for _, seen in self._runs for event in seen]

    def started(self) -> list[str]:
        """The ids of the tasks in the order in which they started, once for each attempt."""
        return self._ids("started")

    def order(self) -> list[str]:
        """The ids of the tasks in the order in which they succeeded, once for each success."""
        return self._ids("succeeded")

    def skipped(self) -> list[str]:
        """The ids of the tasks that were skipped, in order."""
        return self._ids("skipped")

    def arguments(self, task_id: str) -> dict[str, Any]:
        """The arguments with which a task was called last, by the names of the parameters, defaults included.

        They are the objects themselves. Empty if it was not called.
        """
        return dict(self._arguments.get(task_id, {}))

    def assert_order(self, task_ids: Sequence[str]) -> None:
        """Checks that these tasks, and no others, succeeded in this order."""
        order = self.order()
        if order != list(task_ids):
            raise AssertionError(
                f"expected tasks to succeed in the order {list(task_ids)}, not {order}\n{self}"
            )

    def assert_before(self, first: str, then: str) -> None:
        """Checks that a task succeeded before another one started, each for the first time."""
        seen = [(event.kind, event.task_id) for event in self.events()]
        ended, started = ("succeeded", first), ("started", then)
        if ended not in seen or started not in seen or seen.index(ended) > seen.index(started):
            raise AssertionError(f"expected {first!r} to succeed before {then!r} starts\n{self}")

    def _ids(self, kind: str) -> list[str]:
        return [event.task_id for event in self.events() if event.kind == kind and event.task_id is not None]

    def __str__(self) -> str:
        return "\n  ".join(["what happened:", *map(str, self.events())])
