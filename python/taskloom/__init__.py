"""Taskloom: a workflow engine with a Rust core.

A task is defined once. *Instances* of it, each with its own bound arguments and id, are composed with `>>`,
`|`, `chain` and `parallel` into a workflow:

>>> from taskloom import task, workflow
>>> @task
... def fetch_weather(city: str) -> str:
...     return f"Weather for {city}"
>>> tokyo = fetch_weather(task_id="tokyo", city="Tokyo")
>>> paris = fetch_weather(task_id="paris", city="Paris")
>>> with workflow("weather") as wf:
...     chained = tokyo >> paris
>>> wf.execute()
'Weather for Paris'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import errors, hooks, policies
from ._backend import CoordinationBackend
from ._context import TaskExecutionContext
from ._events import Event
from ._execution import RunHandle
from ._graph import Edge, Graph
from ._instance import Instance
from ._maps import MapInstance, unmapped
from ._native import Chain, Group, __version__, chain, parallel
from ._retry import RetryPolicy
from ._run import Run, TaskRecord
from ._task import Task, task
from ._workflow import Workflow, workflow

if TYPE_CHECKING:
    from ._codec import Opaque, ValueCodec
    from ._secret import secret
    from ._store import Store
    from ._stored_run import DueRun, Question, RunInfo, StoredEvent, StoredRun, StoredTask
    from ._suspended import OpenQuestion
    from ._waiting import FeedbackResponse

__all__ = [
    "Chain",
    "CoordinationBackend",
    "DueRun",
    "Edge",
    "Event",
    "FeedbackResponse",
    "Graph",
    "Group",
    "Instance",
    "MapInstance",
    "Opaque",
    "OpenQuestion",
    "Question",
    "RetryPolicy",
    "Run",
    "RunHandle",
    "RunInfo",
    "Store",
    "StoredEvent",
    "StoredRun",
    "StoredTask",
    "Task",
    "TaskExecutionContext",
    "TaskRecord",
    "ValueCodec",
    "Workflow",
    "__version__",
    "chain",
    "errors",
    "hooks",
    "parallel",
    "policies",
    "secret",
    "task",
    "unmapped",
    "workflow",
]

_LAZY = {
    "DueRun": "_stored_run",
    "FeedbackResponse": "_waiting",
    "Opaque": "_codec",
    "OpenQuestion": "_suspended",
    "Question": "_stored_run",
    "RunInfo": "_stored_run",
    "Store": "_store",
    "StoredEvent": "_stored_run",
    "StoredRun": "_stored_run",
    "StoredTask": "_stored_run",
    "ValueCodec": "_codec",
    "secret": "_secret",
}
"""What only durable runs need, by module."""

_LATER = {"Temporal"}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module(f".{_LAZY[name]}", __name__), name)
    if name in _LATER:
        raise NotImplementedError(f"taskloom.{name} is not implemented yet")
    raise AttributeError(f"module 'taskloom' has no attribute {name!r}")
