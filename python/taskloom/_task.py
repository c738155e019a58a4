"""Task definitions: the decorator `task` and the class `Task`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine
from types import FrameType
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, overload

from . import _native
from ._alone import Alone
from ._context import TaskExecutionContext
from ._instance import Instance, make
from ._options import MAX_CYCLES, Options

if TYPE_CHECKING:
    from ._signature import Signature

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
    _options: Options

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
        options = definition._options
        alone = Alone(options.max_retries, options.max_cycles or MAX_CYCLES)
        context = TaskExecutionContext(definition.id, 1, 1, alone)
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
def task(
    id: str,
    /,
    *,
    inject_context: bool = False,
    max_retries: int = 0,
    max_cycles: int | None = None,
    run_when: str = "success",
    **later: Any,
) -> _Decorator: ...
@overload
def task(
    *,
    id: str | None = None,
    inject_context: bool = False,
    max_retries: int = 0,
    max_cycles: int | None = None,
    run_when: str = "success",
    **later: Any,
) -> _Decorator: ...
def task(id_or_function: Any = None, /, **options: Any) -> Any:
    """Makes a function a task definition: `@task`, `@task("id")`, `@task(id="id", max_retries=3)`.

    - `id`: the definition id; by default the function's name.
    - `inject_context`: pass the `TaskExecutionContext` as the first argument. A parameter that is annotated
      with it gets it anyway.
    - `max_retries`: how many further attempts a failed execution gets; by default none.
    - `retry_policy`: a `RetryPolicy`, with waits between the attempts and a filter for exceptions.
    - `timeout`: how long an attempt may take, in seconds. An async task that takes longer is cancelled. A
      plain function cannot be stopped: it is abandoned, which means that its result does not count, its
      context says that it is cancelled, and another thread takes its place. A process that runs one is ended.
    - `max_cycles`: how often a task may be executed in one run, in loops, by jumps and iterations; by default
      100 times.
    - `run_when`: `"always"` makes a clean-up, which runs once all before it has ended or can no longer run,
      also in a run that has failed or was cancelled.
    """
    if options.get("id") is not None and not isinstance(options["id"], str):
        raise TypeError(f"task(id=…) takes a text, not {options['id']!r}")
    if isinstance(id_or_function, str):
        if options.setdefault("id", id_or_function) != id_or_function:
            raise TypeError(f"task() got two ids: {id_or_function!r} and {options['id']!r}")
        id_or_function = None
    _check_options(options)
    if id_or_function is None:
        return lambda function: _defined(function, sys._getframe(1), options)
    return _defined(id_or_function, sys._getframe(1), options)


_LATER = {
    "handler",
    "inject_llm_agent",
    "inject_llm_client",
    "resolve_keyword_args",
}


_OPTIONS = ("id", "inject_context", "max_retries", "retry_policy", "timeout", "max_cycles", "run_when")


def _check_options(options: dict[str, Any]) -> None:
    for name in options:
        if name in _LATER:
            raise NotImplementedError(f"task({name}=…) is not implemented yet")
        if name not in _OPTIONS:
            raise TypeError(f"task() has no option {name!r}; there are {', '.join(_OPTIONS)}")


def _defined(function: Any, frame: FrameType, options: dict[str, Any]) -> Task[..., Any]:
    # To look into functions takes `inspect`, whose import takes longer than that of the rest of the package.
    from ._define import define

    return define(function, frame, **options)
