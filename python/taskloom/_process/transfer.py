"""How objects cross between processes: by pickle, where functions of tasks are found by their import path."""

from __future__ import annotations

import importlib
import io
import operator
import pickle
import sys
from collections.abc import Callable
from types import FunctionType
from typing import Any

from .._context import TaskExecutionContext
from .._task import Task
from .script import SCRIPT_NAMES, import_script, is_importable

__all__ = ["UnimportableError", "dumps", "loads", "sendable"]


class UnimportableError(pickle.PicklingError):
    """A class or function is where no other process can import it from."""


def dumps(value: Any) -> bytes:
    """The bytes that another process makes the value of. Raises what pickle raises."""
    buffer = io.BytesIO()
    _Pickler(buffer, pickle.HIGHEST_PROTOCOL).dump(value)
    return buffer.getvalue()


def loads(data: bytes) -> Any:
    """The value that another process has made bytes of. Raises what pickle, or an import, raises."""
    return _Unpickler(io.BytesIO(data)).load()


def sendable(function: Callable[..., Any]) -> Any:
    """What to send of a task's function: where the task is found, or else the function as pickle takes it."""
    if not isinstance(function, FunctionType):
        path = _task_path(function)
        if path is not None:
            return _Behind(path)
    return function


class _Behind:
    """The function behind the task at an import path: any callable, which need not cross itself."""

    def __init__(self, path: tuple[str, str]) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return _function_behind, self._path


def _task_path(function: Any) -> tuple[str, str] | None:
    """The import path of the task whose function this is, if it is at the path that the function names."""
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str) or "<" in name:
        return None
    try:
        found = operator.attrgetter(name)(sys.modules[module])
    except (AttributeError, KeyError):
        return None
    return (module, name) if isinstance(found, Task) and found.fn is function else None


def _function_behind(module: str, name: str) -> Callable[..., Any]:
    if module in SCRIPT_NAMES:
        import_script()
    return operator.attrgetter(name)(importlib.import_module(module)).fn


def _context(task_id: str, iteration: int, attempt: int) -> TaskExecutionContext:
    from .child import control_of_this_process

    return TaskExecutionContext(task_id, iteration, attempt, control_of_this_process())


class _Pickler(pickle.Pickler):
    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, TaskExecutionContext):
            return _context, (value.task_id, value.cycle_count, value.attempt)
        if isinstance(value, (FunctionType, type)) and not is_importable(value):
            raise UnimportableError(f"`{value.__qualname__}` was defined at a prompt or in a notebook")
        if isinstance(value, FunctionType):
            path = _task_path(value)
            if path is not None:
                return _function_behind, path
        return NotImplemented


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if module in SCRIPT_NAMES:
            import_script()
        return super().find_class(module, name)
