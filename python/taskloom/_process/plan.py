"""Refuses functions that no process can find, when a workflow is planned."""

from __future__ import annotations

import operator
import sys
from collections.abc import Sequence
from typing import Any

from .._task import Task
from ..errors import GraphCompilationError
from .transfer import UnimportableError, dumps, sendable

__all__ = ["refuse_unreachable"]


def refuse_unreachable(tasks: Sequence[tuple[str, str, Any]]) -> None:
    """Raises `GraphCompilationError` for the first of these tasks whose function cannot be sent.

    They are id, definition id and function.
    """
    if sys.platform == "win32":
        raise NotImplementedError('with_execution(backend="process") is not implemented yet on Windows')
    seen: set[int] = set()
    for task_id, definition, function in tasks:
        if id(function) in seen:
            continue
        seen.add(id(function))
        try:
            dumps(sendable(function))
        except Exception as error:
            name = getattr(function, "__qualname__", repr(function))
            raise GraphCompilationError(
                f"task `{task_id}` is to run in a process, and no process can import its function: "
                f"{_why(function, name, error)}\n  hint: {_way_out(function, name, definition, error)}",
                task_id,
            ) from error


def _is_of_class(function: Any) -> bool:
    """Whether this is the function of an object of a subclass of `Task`."""
    try:
        found = operator.attrgetter(function.__qualname__)(sys.modules[function.__module__])
    except (AttributeError, KeyError):
        return False
    return isinstance(found, type) and issubclass(found, Task)


def _why(function: Any, name: str, error: Exception) -> str:
    if _is_of_class(function):
        return f"it is an object of the class `{name}`"
    if "<lambda>" in name:
        return "it is a lambda"
    if "<locals>" in name:
        outer = name.split(".<locals>", maxsplit=1)[0]
        return f"`{name.rsplit('.', maxsplit=1)[-1]}` is defined inside of `{outer}`"
    return str(error)


def _way_out(function: Any, name: str, definition: str, error: Exception) -> str:
    if _is_of_class(function):
        return (
            'let a function, with `@task`, make what it needs; or leave it in a thread (backend="threading")'
        )
    if isinstance(error, UnimportableError):
        return 'define it in a module and import it, or leave it in a thread (backend="threading")'
    if "<lambda>" in name or "<locals>" in name:
        return f"define `{definition}` with `def` at the top level of a module"
    return "it has to be what its module has under its name: `from module import name` must give this task"
