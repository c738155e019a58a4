"""What a store says of runs, without their programs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import _native

__all__ = [
    "DueRun",
    "Question",
    "RunInfo",
    "StoredEvent",
    "StoredRun",
    "StoredTask",
    "due_of",
    "info_of",
    "question_of",
    "run_of",
]


@dataclass(frozen=True)
class RunInfo:
    """What is known of a run in a store, without its program."""

    run_id: str
    workflow: str
    status: str
    """`running`, `suspended`, `succeeded`, `terminated`, `failed` or `cancelled`. One that is `running` and
    that no process drives waits for somebody to execute it again."""
    begun: datetime
    changed: datetime
    """When something was last recorded of it."""
    pid: int | None = field(default=None, kw_only=True)
    """The process that drives it now, if one does."""


@dataclass(frozen=True)
class DueRun(RunInfo):
    """A run that could go on, if somebody executed it."""

    reason: str
    """`abandoned`: the process that drove it is gone. `answered`: it was suspended, and has had an answer
    since. `time`: it was suspended until a time that has come."""


@dataclass(frozen=True)
class Question:
    """A question that a task has asked a person."""

    feedback_id: str
    run_id: str
    key: str
    feedback_type: str
    prompt: str
    options: list[str]
    asked: datetime
    answered: datetime | None
    answer: Any


@dataclass(frozen=True)
class StoredTask:
    """What is recorded of one task of a run."""

    task_id: str
    """One without an id of the user's goes by its definition, a digest of its arguments and its number among
    equals; one of these that a task has added, by its definition and its number."""
    state: str
    """`waiting`, `ready`, `running`, `backing off`, `suspended`, `succeeded`, `failed`, `skipped`,
    `cancelled` or `not run`. That an attempt is running says only that nothing is recorded of its end.
    Whether a task that has not begun is ready is not recorded: it is `waiting`, and once the run has ended
    `not run`, or `skipped` if the run has succeeded."""
    iterations: int
    """How many executions have begun."""
    attempts: int
    """How many attempts of the last execution have begun."""
    started: datetime | None
    """When the last attempt began."""
    ended: datetime | None
    error: str | None
    """The text of the error of the last attempt, if that has failed."""
    json: str | None
    """The value as it is recorded."""
    element_of: str | None
    """The map that it is an element of, if it is one."""

    @property
    def value(self) -> Any:
        """The value of the last execution that has succeeded, or None. An object of a class, which only the
        program can bring back, is an `Opaque(type, data)`. A map has no value of its own: its elements do."""
        if self.json is None:
            return None
        from ._codec import Codecs

        return Codecs(()).decode_opaque(self.json)


@dataclass(frozen=True)
class StoredEvent:
    """Something that has happened in a run, as it is recorded."""

    at: datetime
    kind: str
    """`started`, `succeeded`, `failed`, …; also what a newer version has written."""
    task_id: str | None
    iteration: int | None
    attempt: int | None
    text: str
    """What there is to say: an error, a value as JSON text, a question, the names of what was published."""

    def __str__(self) -> str:
        task = "" if self.task_id is None else f"{self.task_id} "
        return f"{task}{self.kind}{': ' if self.text else ''}{self.text}"


@dataclass(frozen=True)
class StoredRun(RunInfo):
    """A run in a store, as it was when it was looked up.

    >>> import os, tempfile
    >>> from taskloom import Store, task, workflow
    >>> @task
    ... def fetch():
    ...     return "sunny"
    >>> store = Store(os.path.join(tempfile.mkdtemp(), "runs.db"))
    >>> weather = workflow("weather").add(fetch)
    >>> weather.execute(store=store, run_id="nightly")
    'sunny'
    >>> run = store.run("nightly")
    >>> run.status, run.tasks["fetch"].value
    ('succeeded', 'sunny')
    >>> for event in run.events():
    ...     print(event)
    fetch started
    fetch succeeded: "sunny"
    finished: succeeded
    """

    message: str | None
    """What the task said that has ended the run from inside, if one has."""
    tasks: dict[str, StoredTask]
    """The tasks by their ids: those of the plan, those that tasks have added, and the elements of maps."""
    questions: list[Question]
    """The questions that had no answer."""
    _native: _native.Store = field(repr=False, compare=False)
    _options: str = field(repr=False, compare=False)

    @property
    def duration(self) -> timedelta:
        """How long the run had taken when something was last recorded of it."""
        return self.changed - self.begun

    def settings(self) -> dict[str, Any]:
        """What `execute` was told when the run began: `start_node`, `max_steps`, and `channel`, what the
        channel held."""
        import json

        options = json.loads(self._options)
        channel = {key: _held(content) for key, content in options.get("channel", ())}
        return {
            "start_node": options.get("start_node"),
            "max_steps": options.get("max_steps"),
            "channel": channel,
        }

    def events(self) -> list[StoredEvent]:
        """What has happened in the run by now, in order."""
        return [
            StoredEvent(
                _time(event["at"]),
                event["kind"],
                event["task_id"],
                event["iteration"],
                event["attempt"],
                event["text"],
            )
            for event in self._native.events(self.run_id)
        ]


def info_of(run: dict[str, Any]) -> RunInfo:
    """A run in short, as the native module has it."""
    return RunInfo(**_info(run))


def due_of(run: dict[str, Any]) -> DueRun:
    """A run that is due, as the native module has it."""
    return DueRun(**_info(run), reason=run["reason"])


def run_of(store: _native.Store, run: dict[str, Any]) -> StoredRun:
    """A run, as the native module has it."""
    tasks = {task["task_id"]: _task(task) for task in run["tasks"]}
    questions = [question_of(question) for question in run["questions"]]
    return StoredRun(
        **_info(run),
        message=run["message"],
        tasks=tasks,
        questions=questions,
        _native=store,
        _options=run["options"],
    )


def question_of(question: dict[str, Any]) -> Question:
    """A question, as the native module has it."""
    from ._codec import Codecs

    return Question(
        question["feedback_id"],
        question["run_id"],
        question["key"].partition(":")[2],
        question["feedback_type"],
        question["prompt"],
        question["options"],
        _time(question["asked"]),
        None if question["answered"] is None else _time(question["answered"]),
        None if question["answer"] is None else Codecs(()).decode_opaque(question["answer"]),
    )


def _info(run: dict[str, Any]) -> dict[str, Any]:
    return {
        "run_id": run["run_id"],
        "workflow": run["workflow"],
        "status": run["status"],
        "begun": _time(run["begun"]),
        "changed": _time(run["changed"]),
        "pid": run["pid"],
    }


def _task(task: dict[str, Any]) -> StoredTask:
    started, ended = (None if task[key] is None else _time(task[key]) for key in ("started", "ended"))
    return StoredTask(**{**task, "started": started, "ended": ended})


def _held(content: dict[str, Any]) -> Any:
    """What a key of a channel holds, as it is recorded."""
    import json
    import struct

    from ._codec import Codecs

    codecs = Codecs(())
    match content:
        case {"number": {"int": number}}:
            return number
        case {"number": {"float": bits}}:
            return struct.unpack("<d", struct.pack("<Q", bits))[0]
        case {"list": items}:
            return [codecs.decode(json.dumps(item["value"])) for item in items]
        case _:
            return codecs.decode(json.dumps(content["item"]["value"]))


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
