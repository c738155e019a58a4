"""The echo: a workflow that is executed at the top level of a script or notebook cell, and whose value nobody
takes, prints each task's result (rule R-12). The thread that called `execute` prints; nothing here fails."""

from __future__ import annotations

import os
import sys
from types import FrameType

from . import _native, _places
from ._process import status

__all__ = ["echo", "wants_echo"]

_LONGEST_TEXT = 2000
_MOST_RESULTS = 100


def wants_echo(choice: bool | None, frame: FrameType) -> bool:
    """Whether a call of `execute` in this frame echoes; `choice` is what the workflow was told."""
    if choice is not None:
        return choice
    if status.is_ours:
        return False
    environment = os.environ.get("TASKLOOM_ECHO")
    if environment in ("0", "1"):
        return environment == "1"
    return (
        frame.f_code.co_name == "<module>"
        and frame.f_globals.get("__name__") == "__main__"
        and not frame.f_code.co_filename.startswith("<doctest ")
        and _places.discards_value(frame)
    )


def echo(record: _native.Record) -> None:
    """Prints each result that is not None, in the order of completion."""
    results = [value for value in record.completed() if value is not None]
    for value in results[:_MOST_RESULTS]:
        _print(_text(value))
    if len(results) > _MOST_RESULTS:
        _print(f"… and {len(results) - _MOST_RESULTS} more results")


def _text(value: object) -> str:
    try:
        text = str(value)
    except Exception as error:
        return f"<a {type(value).__name__} whose text cannot be made: {type(error).__name__}>"
    if len(text) > _LONGEST_TEXT:
        return f"{text[:_LONGEST_TEXT]}… ({len(text)} characters)"
    return text


def _print(text: str) -> None:
    try:
        try:
            print(text)
        except UnicodeEncodeError:
            encoding = getattr(sys.stdout, "encoding", None) or "ascii"
            print(text.encode(encoding, "backslashreplace").decode(encoding))
    except Exception:
        # The stream is closed, gone or none of Python's; the run has succeeded all the same.
        return
