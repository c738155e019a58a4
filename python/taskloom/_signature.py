"""A task's signature, made ready to bind arguments quickly and to say precisely what is wrong with them."""

from __future__ import annotations

import difflib
import inspect
import reprlib
from collections.abc import Callable
from typing import Any

from . import _places
from ._annotations import BUILTINS, allowed_types, resolve
from ._context import TaskExecutionContext
from ._native import OPEN
from .errors import BindingError

__all__ = ["Signature"]

_EMPTY = inspect.Parameter.empty


class Signature:
    """What can be bound to a task, and how its function is called."""

    __slots__ = (
        "_allowed",
        "_annotations",
        "_function",
        "_has_default_none",
        "_id",
        "_index",
        "_size",
        "collects_keywords",
        "collects_positional",
        "context",
        "looks_up",
        "parameters",
        "positional",
    )

    def __init__(self, id: str, function: Callable[..., Any], inject_context: bool) -> None:
        self._id = id
        self._function = function
        self.positional = 0
        self.collects_positional: int | None = None
        self.collects_keywords: int | None = None
        self.context: str | bool | None = None
        self.looks_up = True
        self.parameters: list[tuple[str, str, bool]] = []
        self._annotations: list[object] = []
        self._has_default_none: list[bool] = []
        try:
            declared = list(inspect.signature(function).parameters.values())
        except (TypeError, ValueError) as error:
            raise BindingError(
                f"the signature of {function!r} cannot be read, so it is no task: {error}"
            ) from error
        if inject_context:
            if not declared or declared[0].kind is inspect.Parameter.KEYWORD_ONLY:
                raise BindingError(f"`{id}` has inject_context=True but no first parameter for the context")
            declared = declared[1:]
            self.context = True
        for parameter in declared:
            self._add(parameter)
        self._index = {name: number for number, (name, _, _) in enumerate(self.parameters)}
        self._size = len(self.parameters)
        self._allowed: list[frozenset[type] | None] | None = None

    def _add(self, parameter: inspect.Parameter) -> None:
        number = len(self.parameters)
        if parameter.name == "task_id":
            raise BindingError(
                f"`{self._id}` has a parameter called `task_id`, which names the instance\n"
                "  hint: give the parameter another name, `id` for instance"
            )
        if self.context is None and self._is_context(parameter.annotation):
            self.context = parameter.name
            return
        match parameter.kind:
            case inspect.Parameter.POSITIONAL_ONLY:
                self.positional = number + 1
            case inspect.Parameter.VAR_POSITIONAL:
                self.collects_positional = number
            case inspect.Parameter.VAR_KEYWORD:
                self.collects_keywords = number
        collects = parameter.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        text = "" if parameter.annotation is _EMPTY else inspect.formatannotation(parameter.annotation)
        self.parameters.append((parameter.name, text, collects or parameter.default is not _EMPTY))
        self._annotations.append(Any if collects else parameter.annotation)
        self._has_default_none.append(parameter.default is None)

    def _is_context(self, annotation: object) -> bool:
        if isinstance(annotation, str) and not annotation.rpartition(".")[2].startswith(
            "TaskExecutionContext"
        ):
            return False
        return resolve(self._function, annotation) is TaskExecutionContext

    def bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
        """One value for each parameter, `OPEN` where there is none."""
        slots: list[Any] = [OPEN] * self._size
        if args:
            self._bind_positional(args, slots)
        allowed = self._allowed
        if allowed is None:
            allowed = self._resolve()
        index = self._index
        for name, value in kwargs.items():
            number = index.get(name)
            if number is None or number == self.collects_keywords or number == self.collects_positional:
                self._bind_further(name, value, slots)
                continue
            if number < self.positional or slots[number] is not OPEN:
                self._refuse_repeated(name, number)
            kind = type(value)
            types = allowed[number]
            if types is not None and kind in BUILTINS and kind not in types:
                self._refuse_type(number, value)
            slots[number] = value
        return slots

    def number(self, name: str) -> int:
        """The number of a parameter that can be bound to a list to go over."""
        number = self._index.get(name)
        if number is None or number == self.collects_keywords or number == self.collects_positional:
            raise self._error(f"cannot go over `{name}`, which is no parameter of its own")
        return number

    def check_each(self, number: int, values: list[Any]) -> None:
        """Refuses a list with an element that the parameter excludes."""
        types = (self._allowed or self._resolve())[number]
        if types is not None:
            for value in values:
                if type(value) in BUILTINS and type(value) not in types:
                    self._refuse_type(number, value)

    def _bind_positional(self, args: tuple[Any, ...], slots: list[Any]) -> None:
        allowed = self._allowed or self._resolve()
        limit = self.collects_positional
        fixed = self._positional_count() if limit is None else limit
        for number, value in enumerate(args[:fixed]):
            types = allowed[number]
            if types is not None and type(value) in BUILTINS and type(value) not in types:
                self._refuse_type(number, value)
            slots[number] = value
        if len(args) > fixed:
            if limit is None:
                raise self._error(f"takes {fixed} arguments by position, {len(args)} were given")
            slots[limit] = args[fixed:]

    def _positional_count(self) -> int:
        kinds = {
            parameter.name: parameter.kind
            for parameter in inspect.signature(self._function).parameters.values()
        }
        by_position = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        return sum(kinds[name] in by_position for name, _, _ in self.parameters)

    def _bind_further(self, name: str, value: Any, slots: list[Any]) -> None:
        at = self.collects_keywords
        if at is None:
            names = [name for name, _, _ in self.parameters]
            close = difflib.get_close_matches(name, names, n=1)
            hint = (
                f"did you mean `{close[0]}`?"
                if close
                else f"its parameters are: {', '.join(names) or 'none'}"
            )
            raise self._error(f"has no parameter `{name}`", hint)
        if slots[at] is OPEN:
            slots[at] = {}
        slots[at][name] = value

    def _refuse_repeated(self, name: str, number: int) -> None:
        if number < self.positional:
            raise self._error(f"takes `{name}` by position only")
        raise self._error(f"got two values for `{name}`")

    def _refuse_type(self, number: int, value: Any) -> None:
        name, annotation, _ = self.parameters[number]
        raise self._error(
            f"takes a `{annotation}` for `{name}`, and {reprlib.repr(value)} is a `{type(value).__name__}`"
        )

    def _error(self, message: str, hint: str | None = None) -> BindingError:
        code = getattr(inspect.unwrap(self._function), "__code__", None)
        place = f", defined at {_places.describe(code, 0)}" if code is not None else ""
        return BindingError(
            f"`{self._id}` {message} (task `{self._id}`{place})" + (f"\n  hint: {hint}" if hint else "")
        )

    def _resolve(self) -> list[frozenset[type] | None]:
        """Resolves the annotations, each by itself: at the first binding, when all names are there."""
        allowed: list[frozenset[type] | None] = []
        for annotation, default_none in zip(self._annotations, self._has_default_none, strict=True):
            if annotation is _EMPTY:
                allowed.append(None)
                continue
            types = allowed_types(resolve(self._function, annotation))
            allowed.append(types | {type(None)} if types is not None and default_none else types)
        self._allowed = allowed
        return allowed

    def fits(self, number: int, value: Any) -> bool:
        """Whether a predecessor's whole value may become the argument (rule R-3)."""
        # What lies behind those of the function is an output that `**kwargs` collects.
        if number >= self._size or self._annotations[number] is _EMPTY:
            return True
        types = (self._allowed or self._resolve())[number]
        kind = type(value)
        if types is None:
            return kind is not dict
        return kind not in BUILTINS or kind in types
