"""Which values an annotation excludes, where that is cheap and certain (rule I-3).

A value is refused only if its exact type is one of a few built-ins and the annotation excludes that.
Everything else passes: objects of other classes, and annotations that say nothing certain about built-ins.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable
from typing import Any

__all__ = ["BUILTINS", "allowed_types", "resolve"]

BUILTINS = frozenset({bool, int, float, str, bytes, type(None), list, dict, tuple, set})
"""The types whose values can be refused."""

_WIDENED: dict[type, frozenset[type]] = {
    int: frozenset({int, bool}),
    float: frozenset({float, int, bool}),
    complex: frozenset({float, int, bool}),
}


def resolve(function: Callable[..., Any], annotation: object) -> object:
    """The annotation itself, where it is text. `Any` if it cannot be resolved: then nothing is checked."""
    if not isinstance(annotation, str):
        return annotation
    # A decorator's own names are not those that the annotation was written with.
    function = inspect.unwrap(function)
    namespace = dict(getattr(function, "__globals__", {}))
    code = getattr(function, "__code__", None)
    for name, cell in zip(
        getattr(code, "co_freevars", ()), getattr(function, "__closure__", None) or (), strict=False
    ):
        try:
            namespace[name] = cell.cell_contents
        except ValueError:
            continue
    try:
        return eval(annotation, namespace)
    except Exception:
        return Any


def allowed_types(annotation: object) -> frozenset[type] | None:
    """The types of `BUILTINS` that an annotation accepts, or `None` if it is not checked."""
    if annotation is None:
        return frozenset({type(None)})
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return allowed_types(typing.get_args(annotation)[0])
    if origin is typing.Union or origin is types.UnionType:
        arms = [allowed_types(arm) for arm in typing.get_args(annotation)]
        return None if None in arms else frozenset().union(*(arm for arm in arms if arm is not None))
    if isinstance(annotation, typing.NewType):
        return allowed_types(annotation.__supertype__)
    if origin is not None:
        annotation = origin
    return _allowed_by_class(annotation)


def _allowed_by_class(annotation: object) -> frozenset[type] | None:
    # A metaclass can accept anything as an instance: abstract classes, protocols, enums, typed dicts.
    if type(annotation) is not type or annotation in (object, type):
        return None
    widened = _WIDENED.get(annotation)
    if widened is not None:
        return widened
    if annotation in BUILTINS:
        return frozenset({annotation})
    # A subclass of a built-in (a named tuple, a numpy number) is often given as that built-in.
    return None if issubclass(annotation, tuple(BUILTINS)) else frozenset()
