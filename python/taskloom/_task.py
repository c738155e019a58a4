"""Task definitions: the decorator `task` and the class `Task`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine
from types import FrameType
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Concatenate,
    Generic,
    ParamSpec,
    Protocol,
    Self,
    TypeVar,
    overload,
)

from . import _native
from ._alone import Alone
from ._context import TaskExecutionContext
from ._instance import Instance, make
from ._options import MAX_CYCLES, Options

if TYPE_CHECKING:
    from ._maps import MapInstance
    from ._retry import RetryPolicy
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

    A subclass with a method `run` is another way to write one, for tasks that need something to work with.
    Its objects are definitions, and live as long as the process. Their id is the name of the class, if the
    class is not given one; other options of `task` are keywords of the class as well.

    >>> from taskloom import Task
    >>> class Fetch(Task, max_retries=3):
    ...     def __init__(self, unit: str) -> None:
    ...         self.unit = unit
    ...     def run(self, city: str) -> str:
    ...         return f"Weather for {city} in {self.unit}"
    >>> fetch = Fetch("°C")
    >>> oslo = fetch(task_id="oslo", city="Oslo")
    >>> oslo.run()
    'Weather for Oslo in °C'
    """

    _fn: Callable[P, R]
    _signature: Signature
    _options: Options
    _class_options: ClassVar[dict[str, Any]] = {}
    _instance_class: ClassVar[type[Instance[Any]]] = Instance

    if TYPE_CHECKING:
        # The arguments are for the `__init__` of a subclass.
        def __new__(cls, *args: Any, **kwargs: Any) -> Self: ...

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__()
        if "run" in cls.__dict__ and "__new__" not in cls.__dict__:
            cls.__new__ = _new_of_class
        if options:
            _check_options(options)
        cls._class_options = {**{k: v for k, v in cls._class_options.items() if k != "id"}, **options}

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

    def map(self, /, *, task_id: str | None = None, **kwargs: Any) -> MapInstance[R]:
        """One execution for each element of the list that one parameter is bound to.

        A list, tuple, range, set or other iterable is gone over, and so is the output of an instance that is
        bound, which has to be a list, tuple, range or set. Everything else all executions take; `unmapped`
        holds a list. The value is a dict in the order of the elements. Its keys are the executions' ids: the
        map's, with the element in brackets if that is a number or a text of at most 32 characters (a
        repeated one with `#2`, …), and else its number. The map's id is the definition's, if none is given
        and that one is free.

        >>> from taskloom import task, workflow
        >>> @task
        ... def fetch_weather(city: str, unit: str = "C") -> str:
        ...     return f"{city} in {unit}"
        >>> workflow("w").add(fetch_weather.map(city=["Tokyo", "Paris"], unit="F")).execute()
        {'fetch_weather[Tokyo]': 'Tokyo in F', 'fetch_weather[Paris]': 'Paris in F'}
        """
        return self._map_over("map", task_id, kwargs, sys._getframe(1))

    def product(self, /, *, task_id: str | None = None, **kwargs: Any) -> MapInstance[R]:
        """Like `map`, over all combinations of the elements of several lists; the last list turns fastest."""
        return self._map_over("product", task_id, kwargs, sys._getframe(1))

    def zip(self, /, *, task_id: str | None = None, **kwargs: Any) -> MapInstance[R]:
        """Like `map`, over the first elements of several lists, then the second, and so on; they are equally
        long."""
        return self._map_over("zip", task_id, kwargs, sys._getframe(1))

    def _map_over(
        self, over: str, task_id: str | None, kwargs: dict[str, Any], frame: FrameType
    ) -> MapInstance[R]:
        from ._maps import map_over

        return map_over(self, over, task_id, kwargs, frame)

    def __repr__(self) -> str:
        return f"Task({self.id!r})"


def _new_of_class(cls: type[Any], *_args: Any, **_kwargs: Any) -> Any:
    """Makes an object of a subclass of `Task` with a method `run`; the arguments are for its `__init__`."""
    from ._define import define_from_class

    return define_from_class(cls, sys._getframe(1), dict(cls._class_options))


class AsyncTask(Task[P, R]):
    """The definition of an async task: its function gives a coroutine, its instances what that returns."""

    __new__ = _native.Definition.__new__

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
        is_async = isinstance(definition, AsyncTask)
        alone = Alone(options.max_retries, options.max_cycles or MAX_CYCLES, is_async)
        context = TaskExecutionContext(definition.id, 1, 1, alone)
        if where is True:
            args = (context, *args)
        elif isinstance(where, str) and where not in kwargs:
            kwargs = {**kwargs, where: context}
    return definition._fn(*map(_bare, args), **{name: _bare(value) for name, value in kwargs.items()})


def _bare(value: Any) -> Any:
    """What a function gets for an argument: of a secret, what it hides."""
    secrets = sys.modules.get("taskloom._secret")
    return value.reveal() if secrets is not None and type(value) is secrets.Secret else value


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
    resolve_keyword_args: bool = True,
    max_retries: int = 0,
    retry_policy: RetryPolicy | None = None,
    timeout: float | None = None,
    max_cycles: int | None = None,
    run_when: str = "success",
) -> _Decorator: ...
@overload
def task(
    *,
    id: str | None = None,
    inject_context: bool = False,
    resolve_keyword_args: bool = True,
    max_retries: int = 0,
    retry_policy: RetryPolicy | None = None,
    timeout: float | None = None,
    max_cycles: int | None = None,
    run_when: str = "success",
) -> _Decorator: ...
def task(id_or_function: Any = None, /, **options: Any) -> Any:
    """Makes a function a task definition: `@task`, `@task("id")`, `@task(id="id", max_retries=3)`.

    - `id`: the definition id; by default the function's name.
    - `inject_context`: pass the `TaskExecutionContext` as the first argument. A parameter that is annotated
      with it gets it anyway.
    - `resolve_keyword_args`: whether open parameters are looked for in the run: among the results of tasks by
      their names, in the channel, and in the value of the only direct predecessor. With `False` what is not
      bound takes its default; a parameter without one has to be bound.
    - `max_retries`: how many further attempts a failed execution gets; by default none.
    - `retry_policy`: a `RetryPolicy`, with waits between the attempts and a filter for exceptions.
    - `timeout`: how long an attempt may take, in seconds. An async task that takes longer is cancelled, and
      abandoned if it has not ended after the grace time (see `Workflow.execute`). A plain function cannot be
      stopped: it is abandoned, which means that its result does not count, its context says that it is
      cancelled, and another thread takes its place. A process that runs one is ended.
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


_OPTIONS = (
    "id",
    "inject_context",
    "resolve_keyword_args",
    "max_retries",
    "retry_policy",
    "timeout",
    "max_cycles",
    "run_when",
)

_LATER = {"inject_llm_agent", "inject_llm_client"}


def _check_options(options: dict[str, Any]) -> None:
    for name in options:
        if name in _LATER:
            raise NotImplementedError(f"task({name}=…) is not implemented yet")
        if name == "handler":
            raise TypeError(
                "task() has no option 'handler': handlers belong to Graflow's engine, in `taskloom.graflow`\n"
                "  hint: let a decorator below @task do what the handler does, or run the task in a process: "
                'with_execution(backend="process")'
            )
        if name not in _OPTIONS:
            raise TypeError(f"task() has no option {name!r}; there are {', '.join(_OPTIONS)}")


def _defined(function: Any, frame: FrameType, options: dict[str, Any]) -> Task[..., Any]:
    # To look into functions takes `inspect`, whose import takes longer than that of the rest of the package.
    from ._define import define

    return define(function, frame, **options)
