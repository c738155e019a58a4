"""Task instances: a definition plus bound arguments, under a task id."""

from __future__ import annotations

import sys
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from . import _native, _places
from ._current import current_workflow
from ._options import Options, options_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._retry import RetryPolicy
    from ._task import Task

__all__ = ["Instance", "make"]

R_co = TypeVar("R_co", covariant=True)

_OPEN = _native.OPEN


class Instance(_native.Instance, Generic[R_co]):
    """A task definition with bound arguments, which runs once in a workflow that it is part of.

    It never changes, and may be part of any number of workflows and runs. Calling it makes a further
    instance that keeps what is bound here (its id does not carry over).
    """

    __slots__ = ()

    @property
    def fn(self) -> Callable[..., Any]:
        """The plain function."""
        return self.definition.fn

    @property
    def options(self) -> Options:
        """Its options: its own, or its definition's."""
        own = self.own_options
        return self.definition._options if own is None else own

    @property
    def max_retries(self) -> int:
        """How many further attempts a failed execution gets."""
        return self.options.max_retries

    def run(self, /, *args: Any, **kwargs: Any) -> Any:
        """Runs the function here and now with what is bound, for tests: without an engine."""
        from ._task import run_function

        definition: Task[..., Any] = self.definition
        signature = definition._signature
        bound = self.arguments(signature.bind(args, kwargs), _OPEN)
        positional: list[Any] = []
        keywords: dict[str, Any] = {}
        for number, ((name, _, _), value) in enumerate(zip(signature.parameters, bound, strict=True)):
            if value is _OPEN:
                continue
            if number < signature.positional:
                positional.append(value)
            elif number == signature.collects_positional:
                positional = [v for v in bound[:number] if v is not _OPEN] + list(value)
                keywords = {}
            elif number == signature.collects_keywords:
                keywords.update(value)
            else:
                keywords[name] = value
        return run_function(definition, tuple(positional), keywords)

    def with_options(
        self,
        *,
        max_retries: int | None = None,
        retry_policy: RetryPolicy | None = None,
        timeout: float | None = None,
        max_cycles: int | None = None,
        run_when: str | None = None,
    ) -> Instance[R_co]:
        """The same instance with other options than its definition's; the id stays. See `task`."""
        options = options_of(
            self.options,
            max_retries=max_retries,
            retry_policy=retry_policy,
            timeout=timeout,
            max_cycles=max_cycles,
            run_when=run_when,
        )
        task_id = self.task_id if self.has_given_id else None
        open_ = [_OPEN] * len(self.definition._signature.parameters)
        return make(self.definition, self, task_id, open_, sys._getframe(1), options)

    def __call__(self, /, *args: Any, task_id: str | None = None, **kwargs: Any) -> Instance[R_co]:
        definition = self.definition
        return make(definition, self, task_id, definition._signature.bind(args, kwargs), sys._getframe(1))

    def __repr__(self) -> str:
        task_id = self.fixed_task_id
        shown = repr(task_id) if task_id is not None else "unnamed"
        return f"Instance({shown} of {self.definition.id!r})"


def make(
    definition: Any,
    base: Instance[Any] | None,
    task_id: str | None,
    values: list[Any],
    frame: FrameType,
    options: Options | None = None,
    *,
    mapping: Any = None,
    cls: type[Any] | None = None,
) -> Any:
    """Makes an instance on the line that a frame is at, and refuses a repeated id there (rule I-5)."""
    if task_id is not None and type(task_id) is not str:
        task_id = _text(task_id)
    made_as: type[Any] = cls or (definition._instance_class if base is None else type(base))
    instance: Instance[Any] = made_as(
        definition, task_id, values, frame.f_code, frame.f_lasti, base, options, mapping
    )
    workflow = current_workflow.get()
    if workflow is not None:
        workflow.note_instance(instance, base)
    elif instance.repeats and not (base is not None and base.fixed_task_id == task_id):
        # One that is derived under the same id replaces what it is derived from (rule I-7).
        _refuse_repeated(instance, frame)
    return instance


def _text(task_id: object) -> str:
    if isinstance(task_id, str):
        return str(task_id)
    raise TypeError(f"task_id is a text, not {task_id!r}")


def _refuse_repeated(instance: Instance[Any], frame: FrameType) -> None:
    """Another instance with this id is alive. It is a mistake to make this one if both are made by one code
    object or cell, the other on an earlier line, and the other has joined no workflow and is still held by a
    variable here: that is, if the same few lines make both for the same workflow."""
    assigned = _places.assigned_names(frame)
    for name, value in frame.f_locals.items():
        if (
            isinstance(value, _native.Instance)
            and name not in assigned
            and _is_of_same_source(value.code, frame)
            and value.fixed_task_id == instance.task_id
            and not value.has_joined
            and value.line < instance.line
        ):
            value.refuse_conflict(instance)


def _is_of_same_source(code: CodeType, frame: FrameType) -> bool:
    """Whether a frame runs this code, or that of another statement in the same cell of a notebook."""
    here = frame.f_code
    if code is here:
        return True
    # A cell has a file name of its own, which is made from its text; other texts have none, or share it.
    is_top = code.co_name == here.co_name == "<module>" and frame.f_locals is frame.f_globals
    is_cell = is_top and "get_ipython" in frame.f_globals
    return (
        is_cell and code.co_filename == here.co_filename and here.co_filename not in ("<string>", "<stdin>")
    )
