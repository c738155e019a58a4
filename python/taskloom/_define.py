"""Makes task definitions: looks into functions and says what is wrong with them."""

from __future__ import annotations

import functools
import inspect
from types import FrameType
from typing import Any

from . import _native
from ._current import current_workflow
from ._options import Options, options_of
from ._signature import Signature
from ._task import AsyncTask, Task
from .errors import BindingError

__all__ = ["define"]


def define(
    function: Any, frame: FrameType, id: str | None = None, inject_context: bool = False, **options: Any
) -> Task[..., Any]:
    """Makes the definition of a function that was decorated on the line that a frame is at."""
    if not callable(function):
        raise TypeError(f"@task is for functions, not for a {type(function).__name__}")
    if isinstance(function, _native.Operand):
        raise TypeError(f"{function!r} is a task already")
    # What it is called as says what kind it is: a decorator may well make a list of what a generator
    # gives, or run a coroutine to its end.
    plain = _plain_function(function)
    if inspect.isgeneratorfunction(plain) or inspect.isasyncgenfunction(plain):
        raise BindingError(
            f"`{plain.__name__}` is a generator, and a task returns one value\n  hint: return a list"
        )
    name = id if id is not None else getattr(function, "__name__", None) or type(function).__name__
    signature = Signature(name, function, inject_context)
    code = getattr(inspect.unwrap(plain), "__code__", None)
    is_async = inspect.iscoroutinefunction(plain)
    chosen = options_of(Options(), **options)
    made = (AsyncTask if is_async else Task)(
        name,
        function,
        is_async,
        signature,
        chosen,
        frame.f_code if code is None else code,
        frame.f_lasti if code is None else 0,
    )
    functools.update_wrapper(made, function, updated=())
    made._fn = function
    made._signature = signature
    made._options = chosen
    workflow = current_workflow.get()
    if workflow is not None:
        workflow.note_definition(made)
    return made


def _plain_function(function: Any) -> Any:
    """The function inside of partials and callable objects."""
    plain = function
    while isinstance(plain, functools.partial):
        plain = plain.func
    if not inspect.isroutine(plain) and not inspect.isclass(plain):
        plain = type(plain).__call__
    return plain
