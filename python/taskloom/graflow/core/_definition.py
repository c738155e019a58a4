"""Task definitions and instances as Graflow has them, and how their functions are called."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from ... import _native
from ..._instance import Instance, make
from ..._options import Options
from ..._signature import Signature
from ..._task import Task as TaskloomTask
from ..exceptions import graflow_errors
from ._operators import Executable
from ._running import running_task
from ._task_context import UNLIMITED_CYCLES, TaskExecutionContext

__all__ = ["TaskWrapper", "define_from_object", "define_task", "task"]


class TaskWrapper(Executable):
    """A task: what the decorator `task` makes, and its instances.

    A call without any argument runs the function. One with keywords makes an instance, whatever ran before:
    `task_id` names it, the others bind parameters.
    """

    __slots__ = ()

    def __new__(
        cls,
        task_id: str,
        func: Callable[..., Any],
        inject_context: bool = False,
        inject_llm_client: bool = False,
        inject_llm_agent: str | None = None,
        register_to_context: bool = True,  # noqa: ARG004
        handler_type: str | None = None,
        resolve_keyword_args: bool = True,
        max_cycles: int | None = None,
        max_retries: int | None = None,
        retry_policy: Any = None,
    ) -> Any:
        return define_task(
            func,
            sys._getframe(1),
            id=task_id,
            inject_context=inject_context,
            inject_llm_client=inject_llm_client,
            inject_llm_agent=inject_llm_agent,
            handler=handler_type,
            resolve_keyword_args=resolve_keyword_args,
            max_cycles=max_cycles,
            max_retries=max_retries,
            retry_policy=retry_policy,
        )

    def __taskloom_operand__(self) -> Any:
        """Itself: Taskloom composes it as it is."""
        return self

    # What follows is read from the definition, which an instance shares.

    @property
    def func(self) -> Callable[..., Any]:
        """The plain function."""
        return _settings(self).function

    @property
    def inject_context(self) -> bool:
        """Whether the context is passed as the first argument."""
        return _settings(self).inject_context

    @property
    def handler_type(self) -> str:
        """The name of its handler."""
        return _settings(self).handler

    @property
    def resolve_keyword_args(self) -> bool:
        """Whether open parameters are looked for in the run."""
        return _settings(self).resolve_keyword_args

    @property
    def max_cycles(self) -> int | None:
        """How often it may be executed in one run, if that is limited."""
        limit = _options(self).max_cycles
        return None if limit == UNLIMITED_CYCLES else limit

    @property
    def max_retries(self) -> int:
        """How many further attempts a failed execution gets."""
        return _options(self).max_retries

    def __repr__(self) -> str:
        return f"TaskWrapper({self.task_id})"


class _Settings:
    """What the drop-in knows of a definition beside Taskloom."""

    __slots__ = ("function", "handler", "inject_context", "resolve_keyword_args")

    def __init__(self, function: Any, inject_context: bool, handler: str, resolve_keyword_args: bool) -> None:
        self.function = function
        self.inject_context = inject_context
        self.handler = handler
        self.resolve_keyword_args = resolve_keyword_args


class _Instance(TaskWrapper, Instance[Any]):
    """An instance."""

    __slots__ = ()
    __new__ = _native.Instance.__new__  # pyright: ignore[reportAssignmentType]

    def __call__(self, /, *args: Any, task_id: str | None = None, **kwargs: Any) -> Any:
        if not args and not kwargs and task_id is None:
            return self.run()
        return _make(self.definition, self, task_id, args, kwargs, sys._getframe(1))

    def run(self, /, *args: Any, **kwargs: Any) -> Any:
        """Runs the function here and now, with what is bound."""
        return Instance.run(self, *args, **kwargs)

    @property
    def task_id(self) -> str:
        """Its id."""
        return _native.Instance.task_id.__get__(self)

    @property
    def fn(self) -> Callable[..., Any]:
        """The plain function."""
        return self.func


class _Definition(TaskWrapper, TaskloomTask[..., Any]):
    """A definition."""

    __new__ = _native.Definition.__new__  # pyright: ignore[reportAssignmentType]
    _instance_class = _Instance
    _settings: _Settings

    def __call__(self, /, *args: Any, task_id: str | None = None, **kwargs: Any) -> Any:
        if not args and not kwargs and task_id is None:
            return self.run()
        return _make(self, None, task_id, args, kwargs, sys._getframe(1))

    def run(self, /, *args: Any, **kwargs: Any) -> Any:
        """Runs the function here and now."""
        return TaskloomTask.run(self, *args, **kwargs)

    @property
    def task_id(self) -> str:
        """Its id."""
        return self.id

    @property
    def fn(self) -> Callable[..., Any]:
        """The plain function."""
        return self.func


def _settings(wrapper: Any) -> _Settings:
    return (wrapper if isinstance(wrapper, _Definition) else wrapper.definition)._settings


def _options(wrapper: Any) -> Options:
    return wrapper._options if isinstance(wrapper, _Definition) else wrapper.options


def _make(
    definition: Any,
    base: _Instance | None,
    task_id: str | None,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    frame: FrameType,
) -> Any:
    with graflow_errors():
        return make(definition, base, task_id, definition._signature.bind(args, kwargs), frame)


class _Signature(Signature):
    """Binds values of any type, as Graflow does: only names and numbers of arguments are checked."""

    __slots__ = ("_strict",)

    def __init__(self, id: str, function: Callable[..., Any], inject_context: bool) -> None:
        super().__init__(id, function, inject_context)
        self._strict = Signature(id, function, inject_context)

    def _resolve(self) -> list[frozenset[type] | None]:
        unchecked: list[frozenset[type] | None] = [None] * self._size
        self._allowed = unchecked
        return unchecked

    def fits(self, number: int, value: Any) -> bool:
        """Whether a predecessor's whole value may become the argument (rule R-3)."""
        return self._strict.fits(number, value)


def define_task(
    function: Any,
    frame: FrameType,
    *,
    id: str | None = None,
    inject_context: bool = False,
    inject_llm_client: bool = False,
    inject_llm_agent: str | None = None,
    handler: str | None = None,
    resolve_keyword_args: bool = True,
    max_cycles: int | None = None,
    max_retries: int | None = None,
    retry_policy: Any = None,
) -> Any:
    """Makes the definition of a function."""
    from ..._define import define

    if inject_llm_client or inject_llm_agent is not None:
        raise NotImplementedError("task(inject_llm_client=…, inject_llm_agent=…) is not implemented yet")
    settings = _Settings(function, inject_context, handler or "direct", resolve_keyword_args)
    with graflow_errors():
        made = define(
            _body(settings),
            frame,
            id if id is not None else getattr(function, "__name__", None),
            inject_context=True,
            resolve_keyword_args=resolve_keyword_args,
            plain_class=_Definition,
            async_class=_Definition,
            signature_class=_Signature,
            # Graflow limits iterations alone, which the context does.
            max_cycles=UNLIMITED_CYCLES if max_cycles is None else max_cycles,
            max_retries=max_retries if retry_policy is None else None,
            retry_policy=retry_policy,
        )
    functools.update_wrapper(made, function, updated=())
    made._settings = settings
    return made


def define_from_object(task: Any) -> Any:
    """Makes the definition of an object's method `run`; options are attributes of the object."""

    def run() -> Any:
        return task.run()

    run.__name__, run.__doc__ = task.task_id, task.run.__doc__
    return define_task(
        run,
        sys._getframe(1),
        id=task.task_id,
        handler=task.handler_type,
        max_cycles=getattr(task, "max_cycles", None),
        max_retries=getattr(task, "max_retries", None),
        retry_policy=getattr(task, "retry_policy", None),
    )


def _body(settings: _Settings) -> Any:
    """What the engine calls: the function, with Graflow's context around it."""
    from ..._define import plain_function

    function = settings.function
    is_async = inspect.iscoroutinefunction(plain_function(function))
    if is_async and settings.handler != "direct":
        raise NotImplementedError(f"a handler ({settings.handler!r}) of an async task is not implemented yet")

    def body(context: Any, /, *args: Any, **kwargs: Any) -> Any:
        own = TaskExecutionContext.around(context)
        token = running_task.set(own)
        try:
            return own.execute(settings, args, kwargs)
        finally:
            running_task.reset(token)

    async def async_body(context: Any, /, *args: Any, **kwargs: Any) -> Any:
        own = TaskExecutionContext.around(context)
        token = running_task.set(own)
        try:
            return own.ended(await own.call(settings, args, kwargs))
        finally:
            running_task.reset(token)

    wrapped: Any = async_body if is_async else body
    functools.update_wrapper(wrapped, function)
    try:
        signature = inspect.signature(function)
    except ValueError as error:
        raise TypeError(f"the signature of {function!r} cannot be read, so it is no task: {error}") from error
    if not settings.inject_context:
        context = inspect.Parameter("__taskloom_context", inspect.Parameter.POSITIONAL_ONLY)
        signature = signature.replace(parameters=[context, *signature.parameters.values()])
    wrapped.__signature__ = signature
    return wrapped


def task(
    id_or_func: Any = None,
    *,
    id: str | None = None,
    inject_context: bool = False,
    inject_llm_client: bool = False,
    inject_llm_agent: str | None = None,
    handler: str | None = None,
    resolve_keyword_args: bool = True,
    max_cycles: int | None = None,
    max_retries: int | None = None,
    retry_policy: Any = None,
) -> Any:
    """Makes a function a task: `@task`, `@task("id")`, `@task(id="id", max_retries=3)`.

    - `id`: its id; by default the function's name.
    - `inject_context`: pass the `TaskExecutionContext` as the first argument.
    - `handler`: the name of a handler that is registered with the engine.
    - `resolve_keyword_args`: look for open parameters in the run: results of tasks of that name, the channel.
    - `max_cycles`: how often it may be executed in one run; by default iterations lead to 10 at most.
    - `max_retries`, `retry_policy`: which further attempts a failed execution gets; a policy comes first.
    """
    name = id_or_func if isinstance(id_or_func, str) else id

    def decorate(function: Any, frame: FrameType) -> Any:
        return define_task(
            function,
            frame,
            id=name,
            inject_context=inject_context,
            inject_llm_client=inject_llm_client,
            inject_llm_agent=inject_llm_agent,
            handler=handler,
            resolve_keyword_args=resolve_keyword_args,
            max_cycles=max_cycles,
            max_retries=max_retries,
            retry_policy=retry_policy,
        )

    if id_or_func is None or isinstance(id_or_func, str):
        return lambda function: decorate(function, sys._getframe(1))
    return decorate(id_or_func, sys._getframe(1))
