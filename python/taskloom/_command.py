"""The command `python -m taskloom`."""

from __future__ import annotations

import argparse
import difflib
import json
import os
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .errors import RunNotFoundError, StoreError, TaskloomError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ._store import Store
    from ._stored_run import Question, RunInfo, StoredEvent, StoredRun, StoredTask

__all__ = ["main"]

LONGEST = 200
"""How many characters of a value or text are shown, unless it is asked for as JSON."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Does what the arguments say, and gives the exit status: 0, or 1 if it could not be done."""
    options = _parser().parse_args(arguments)
    try:
        options.act(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever reads has had enough. At its exit the interpreter must not find anything left to write.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (TaskloomError, OSError) as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        print(f"taskloom: {_plain('; '.join(lines))}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m taskloom", description="Look into a store of runs, and answer the questions of tasks."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, act: Any, summary: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=summary, description=summary)
        added.set_defaults(act=act)
        added.add_argument("store", metavar="STORE", help="the store's file, such as runs.db")
        return added

    runs = command("runs", _runs, "List the runs of a store.")
    show = command("show", _show, "Show how a run and its tasks stand.")
    events = command("events", _events, "Show what has happened in a run.")
    for looks in (show, events):
        looks.add_argument("run", metavar="RUN", help="the run's id")
    for looks in (runs, show, events):
        looks.add_argument("--json", action="store_true", help="as JSON, nothing cut")
    answer = command(
        "answer", _answer, "Answer a question. To go on with the run, execute its program again."
    )
    answer.add_argument("feedback", metavar="FEEDBACK", help="the question's id, as `show` has it")
    answer.add_argument("value", metavar="VALUE", help="the answer: JSON, or else a text")
    return parser


def _open(options: argparse.Namespace) -> Store:
    from ._store import Store

    # A store is made where there is none, which nobody wants who looks into it.
    if not os.path.isfile(options.store):
        raise StoreError(f"there is no store at {options.store}")
    return Store(options.store)


def _find(options: argparse.Namespace) -> StoredRun:
    store = _open(options)
    run = store.run(options.run)
    if run is not None:
        return run
    near = difflib.get_close_matches(options.run, [run.run_id for run in store.runs()])
    hint = f"did you mean {' or '.join(near)}?" if near else "`runs` lists those there are"
    raise RunNotFoundError(f"the store {options.store} has no run `{options.run}`\n{hint}")


def _runs(options: argparse.Namespace) -> None:
    runs = _open(options).runs()
    if options.json:
        return _print_json([_info_json(run) for run in runs])
    rows = [(run.run_id, run.workflow, _status(run), _time(run.begun), _time(run.changed)) for run in runs]
    return _print_table(("RUN", "WORKFLOW", "STATUS", "BEGUN", "CHANGED"), rows)


def _show(options: argparse.Namespace) -> None:
    run = _find(options)
    if options.json:
        shown = _info_json(run)
        shown["message"] = run.message
        shown["tasks"] = [_task_json(task) for task in run.tasks.values()]
        shown["questions"] = [_question_json(question) for question in run.questions]
        return _print_json(shown)
    print(f"run       {_plain(run.run_id)}")
    print(f"workflow  {_plain(run.workflow)}")
    print(f"status    {_status(run)}")
    print(f"begun     {_time(run.begun)}")
    print(f"changed   {_time(run.changed)}, after {run.duration.total_seconds():.3f} s")
    if run.message is not None:
        print(f"message   {_cut(run.message)}")
    print()
    rows = [
        (task.task_id, task.state, _attempts(task), _seconds(task), _value(task))
        for task in run.tasks.values()
    ]
    _print_table(("TASK", "STATE", "ATTEMPTS", "SECONDS", "VALUE OR ERROR"), rows)
    if run.questions:
        print()
        rows = [
            (question.feedback_id, question.feedback_type, question.prompt, ", ".join(question.options))
            for question in run.questions
        ]
        _print_table(("QUESTION", "TYPE", "PROMPT", "OPTIONS"), rows)
    return None


def _events(options: argparse.Namespace) -> None:
    events = _find(options).events()
    if options.json:
        return _print_json([_event_json(event) for event in events])
    rows = [
        (
            _time(event.at),
            event.kind,
            event.task_id or "",
            "" if event.attempt is None else f"{event.iteration}.{event.attempt}",
            event.text,
        )
        for event in events
    ]
    return _print_table(("TIME", "EVENT", "TASK", "ATTEMPT", "TEXT"), rows)


def _answer(options: argparse.Namespace) -> None:
    store = _open(options)
    question = next((one for one in store.questions() if one.feedback_id == options.feedback), None)
    store.answer(options.feedback, _parsed(options.value, question))
    if question is not None:
        print(f"answered; to go on, execute run {_plain(question.run_id)} again")


def _parsed(text: str, question: Question | None) -> Any:
    """An answer: JSON if it is that, unless a text is asked for and it is no text in JSON."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    wants_text = question is not None and question.feedback_type in ("text", "selection")
    return text if wants_text and not isinstance(value, str) else value


def _status(run: RunInfo) -> str:
    if run.status != "running":
        return run.status
    return "running, driven by nobody" if run.pid is None else f"running, driven by process {run.pid}"


def _attempts(task: StoredTask) -> str:
    return f"{task.iterations}.{task.attempts}" if task.iterations > 1 else str(task.attempts or "")


def _seconds(task: StoredTask) -> str:
    if task.started is None or task.ended is None:
        return ""
    return f"{(task.ended - task.started).total_seconds():.3f}"


def _value(task: StoredTask) -> str:
    return task.error or task.json or ""


def _info_json(run: RunInfo) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "workflow": run.workflow,
        "status": run.status,
        "begun": run.begun.isoformat(),
        "changed": run.changed.isoformat(),
        "pid": run.pid,
    }


def _task_json(task: StoredTask) -> dict[str, Any]:
    return {
        "task_id": task.task_id,
        "state": task.state,
        "iterations": task.iterations,
        "attempts": task.attempts,
        "started": _iso(task.started),
        "ended": _iso(task.ended),
        "error": task.error,
        "value": None if task.json is None else json.loads(task.json),
        "element_of": task.element_of,
    }


def _question_json(question: Question) -> dict[str, Any]:
    return {
        "feedback_id": question.feedback_id,
        "key": question.key,
        "feedback_type": question.feedback_type,
        "prompt": question.prompt,
        "options": question.options,
        "asked": question.asked.isoformat(),
    }


def _event_json(event: StoredEvent) -> dict[str, Any]:
    return {
        "at": event.at.isoformat(),
        "kind": event.kind,
        "task_id": event.task_id,
        "iteration": event.iteration,
        "attempt": event.attempt,
        "text": event.text,
    }


def _iso(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()


def _time(time: datetime) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + "Z"


def _cut(text: str) -> str:
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}… ({len(text)} characters)"
    return _plain(text)


def _plain(text: str) -> str:
    """A text of one line that a terminal only shows, whatever is in it."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _print_json(shown: Any) -> None:
    print(json.dumps(shown, indent=2))


def _print_table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    table = [head, *(tuple(_cut(cell) for cell in row) for row in rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(head) - 1)]
    for row in table:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        print("  ".join([*cells, row[-1]]).rstrip())
