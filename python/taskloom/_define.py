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

__all__ = ["define", "define_from_class", "plain_function"]


def define(
    function: Any,
    frame: FrameType,
    id: str | None = None,
    inject_context: bool = False,
    resolve_keyword_args: bool = True,
    *,
    plain_class: type[Any] = Task,
    async_class: type[Any] = AsyncTask,
    signature_class: type[Signature] = Signature,
    **options: Any,
) -> Any:
    """Makes the definition of a function that was decorated on the line that a frame is at."""
    plain = plain_function(function)
    name = id if id is not None else getattr(function, "__name__", None) or type(function).__name__
    signature = signature_class(name, function, inject_context)
    signature.looks_up = resolve_keyword_args
    code = getattr(inspect.unwrap(plain), "__code__", None)
    is_async = inspect.iscoroutinefunction(plain)
    chosen = options_of(Options(), **options)
    kind = async_class if is_async else plain_class
    made = _native.Definition.__new__(
        kind,
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


def define_from_class(kind: type[Any], frame: FrameType, options: dict[str, Any]) -> Any:
    """Makes the definition whose function is the method `run` of a subclass of `Task`."""
    run = kind.run
    _refuse_generator(run)
    made: Any = None

    async def run_async(*args: Any, **kwargs: Any) -> Any:
        return await run(made, *args, **kwargs)

    def run_plain(*args: Any, **kwargs: Any) -> Any:
        return run(made, *args, **kwargs)

    function: Any = run_async if inspect.iscoroutinefunction(run) else run_plain
    functools.update_wrapper(function, run)
    function.__name__, function.__qualname__, function.__doc__ = (
        kind.__name__,
        kind.__qualname__,
        kind.__doc__,
    )
    signature = inspect.signature(run)
    function.__signature__ = signature.replace(parameters=list(signature.parameters.values())[1:])
    made = define(function, frame, plain_class=kind, async_class=kind, **options)
    return made


def _refuse_generator(function: Any) -> None:
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise BindingError(
            f"`{function.__name__}` is a generator, and a task returns one value\n  hint: return a list"
        )


def plain_function(function: Any) -> Any:
    """The function inside of partials and callable objects, which can be that of a task.

    What it is called as says what kind it is: a decorator may well make a list of what a generator gives, or
    run a coroutine to its end.
    """
    if not callable(function):
        raise TypeError(f"@task is for functions, not for a {type(function).__name__}")
    if isinstance(function, _native.Operand):
        raise TypeError(f"{function!r} is a task already")
    plain = function
    while isinstance(plain, functools.partial):
        plain = plain.func
    if not inspect.isroutine(plain) and not inspect.isclass(plain):
        plain = type(plain).__call__
    _refuse_generator(plain)
    return plain
