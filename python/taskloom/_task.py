"""Task definitions: the decorator `task` and the class `Task`."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Coroutine
from types import FrameType
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, overload

from . import _native
from ._context import TaskExecutionContext
from ._current import current_workflow
from ._instance import Instance, make
from ._signature import Signature
from .errors import BindingError

__all__ = ["AsyncTask", "Task", "task"]

P = ParamSpec("P")
R = TypeVar("R")


class Task(_native.Definition, Generic[P, R]):
    """A task definition: a function and its options.

    Calling it never runs the function. It makes an instance, with its own id and bound arguments:

    >>> from taskloom import task
    >>> @task
    ... def fetch(city: str) -> str:
    ...     return f"Weather for {city}"
    >>> tokyo = fetch(task_id="tokyo", city="Tokyo")
    >>> tokyo.task_id
    'tokyo'
    >>> fetch.run(city="Oslo")
    'Weather for Oslo'
    """

    _fn: Callable[P, R]
    _signature: Signature
    _max_retries: int

    @property
    def fn(self) -> Callable[P, R]:
        """The plain function."""
        return self._fn

    # The first overload is what an editor completes, the second what may leave parameters open.
    @overload
    def __call__(self, /, *args: P.args, **kwargs: P.kwargs) -> Instance[R]: ...
    @overload
    def __call__(self, /, *args: Any, task_id: str | None = None, **kwargs: Any) -> Instance[R]: ...
    def __call__(self, /, *args: Any, task_id: str | None = None, **kwargs: Any) -> Instance[R]:
        return make(self, None, task_id, self._signature.bind(args, kwargs), sys._getframe(1))

    def run(self, /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs the function here and now, for tests: without an engine, and without side effects of one."""
        return run_function(self, args, kwargs)

    def map(self, *args: Any, **kwargs: Any) -> Any:
        """Not implemented yet."""
        raise NotImplementedError("Task.map is not implemented yet")

    def product(self, *args: Any, **kwargs: Any) -> Any:
        """Not implemented yet."""
        raise NotImplementedError("Task.product is not implemented yet")

    def zip(self, *args: Any, **kwargs: Any) -> Any:
        """Not implemented yet."""
        raise NotImplementedError("Task.zip is not implemented yet")

    def __repr__(self) -> str:
        return f"Task({self.id!r})"


class AsyncTask(Task[P, R]):
    """The definition of an async task: its function gives a coroutine, its instances what that returns."""

    @property
    def fn(self) -> Callable[P, Coroutine[Any, Any, R]]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The plain function."""
        return self._fn  # pyright: ignore[reportReturnType]

    def run(self, /, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, R]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Calls the function here and now, for tests; await what it gives."""
        return run_function(self, args, kwargs)


def run_function(definition: Task[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Calls the plain function, with a context of its own if it takes one."""
    where = definition._signature.context
    if where is not None:
        context = TaskExecutionContext(definition.id, 1, definition._max_retries, "", {})
        if where is True:
            args = (context, *args)
        elif isinstance(where, str) and where not in kwargs:
            kwargs = {**kwargs, where: context}
    return definition._fn(*args, **kwargs)


class _Decorator(Protocol):
    """What `task(…)` with options gives. A first parameter for the context is no parameter of the task."""

    @overload
    def __call__(
        self, function: Callable[Concatenate[TaskExecutionContext, P], Coroutine[Any, Any, R]], /
    ) -> AsyncTask[P, R]: ...
    @overload
    def __call__(self, function: Callable[Concatenate[TaskExecutionContext, P], R], /) -> Task[P, R]: ...
    @overload
    def __call__(self, function: Callable[P, Coroutine[Any, Any, R]], /) -> AsyncTask[P, R]: ...
    @overload
    def __call__(self, function: Callable[P, R], /) -> Task[P, R]: ...


@overload
def task(
    function: Callable[Concatenate[TaskExecutionContext, P], Coroutine[Any, Any, R]], /
) -> AsyncTask[P, R]: ...
@overload
def task(function: Callable[Concatenate[TaskExecutionContext, P], R], /) -> Task[P, R]: ...
@overload
def task(function: Callable[P, Coroutine[Any, Any, R]], /) -> AsyncTask[P, R]: ...
@overload
def task(function: Callable[P, R], /) -> Task[P, R]: ...
@overload
def task(id: str, /, *, inject_context: bool = False, max_retries: int = 0, **later: Any) -> _Decorator: ...
@overload
def task(
    *, id: str | None = None, inject_context: bool = False, max_retries: int = 0, **later: Any
) -> _Decorator: ...
def task(id_or_function: Any = None, /, **options: Any) -> Any:
    """Makes a function a task definition: `@task`, `@task("id")`, `@task(id="id", max_retries=3)`.

    - `id`: the definition id; by default the function's name.
    - `inject_context`: pass the `TaskExecutionContext` as the first argument. A parameter that is annotated
      with it gets it anyway.
    - `max_retries`: how many further attempts a failed execution gets; by default none.
    """
    if isinstance(id_or_function, str):
        if options.setdefault("id", id_or_function) != id_or_function:
            raise TypeError(f"task() got two ids: {id_or_function!r} and {options['id']!r}")
        id_or_function = None
    _check_options(options)
    if id_or_function is None:
        return lambda function: _define(function, sys._getframe(1), **options)
    return _define(id_or_function, sys._getframe(1), **options)


_LATER = {
    "handler",
    "inject_llm_agent",
    "inject_llm_client",
    "max_cycles",
    "resolve_keyword_args",
    "retry_policy",
    "run_when",
    "timeout",
}


def _check_options(options: dict[str, Any]) -> None:
    for name in options:
        if name in _LATER:
            raise NotImplementedError(f"task({name}=…) is not implemented yet")
        if name not in ("id", "inject_context", "max_retries"):
            raise TypeError(f"task() has no option {name!r}; there are id, inject_context and max_retries")


def check_retries(max_retries: object) -> int:
    """A number of retries that can be counted."""
    if type(max_retries) is not int or not 0 <= max_retries < 2**32:
        raise BindingError(f"max_retries is a whole number from 0 on, not {max_retries!r}")
    return max_retries


def _define(
    function: Any, frame: FrameType, id: str | None = None, inject_context: bool = False, max_retries: int = 0
) -> Task[..., Any]:
    if not callable(function):
        raise TypeError(f"@task is for functions, not for a {type(function).__name__}")
    if isinstance(function, _native.Operand):
        raise TypeError(f"{function!r} is a task already")
    plain = _plain_function(function)
    # A decorator may well make a list of what its generator gives.
    is_bare = not hasattr(function, "__wrapped__")
    if is_bare and (inspect.isgeneratorfunction(plain) or inspect.isasyncgenfunction(plain)):
        raise BindingError(
            f"`{plain.__name__}` is a generator, and a task returns one value\n  hint: return a list"
        )
    name = id if id is not None else getattr(function, "__name__", None) or type(function).__name__
    signature = Signature(name, function, inject_context)
    code = getattr(plain, "__code__", None)
    is_async = inspect.iscoroutinefunction(plain)
    made = (AsyncTask if is_async else Task)(
        name,
        function,
        is_async,
        signature,
        check_retries(max_retries),
        frame.f_code if code is None else code,
        frame.f_lasti if code is None else 0,
    )
    functools.update_wrapper(made, function, updated=())
    made._fn = function
    made._signature = signature
    made._max_retries = max_retries
    workflow = current_workflow.get()
    if workflow is not None:
        workflow.note_definition(made)
    return made


def _plain_function(function: Any) -> Any:
    """The function inside of decorators, partials and callable objects, which says what kind it is."""
    plain = inspect.unwrap(function)
    while isinstance(plain, functools.partial):
        plain = plain.func
    if not inspect.isroutine(plain) and not inspect.isclass(plain):
        plain = type(plain).__call__
    return plain
