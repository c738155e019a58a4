"""Reads annotations, each with the names that it was written with."""

from __future__ import annotations

import inspect
import sys
import typing
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["annotations_of", "evaluate"]


def annotations_of(owner: type | Callable[..., Any]) -> list[tuple[object, Mapping[str, Any]]]:
    """The annotations of a function, or of a class and those that it inherits from."""
    if not isinstance(owner, type):
        owner = inspect.unwrap(owner)
        namespace = _names_of_function(owner)
        return [(annotation, namespace) for annotation in _own(owner).values()]
    parts: list[tuple[object, Mapping[str, Any]]] = []
    for base in owner.__mro__:
        # What pydantic's own classes are annotated with is not the program's.
        if base is not object and base.__module__.partition(".")[0] != "pydantic":
            namespace = _names_of_class(base)
            parts += [(annotation, namespace) for annotation in _own(base).values()]
    return parts


def evaluate(annotation: object, namespace: Mapping[str, Any]) -> object:
    """The annotation, or what its text says. Raises what the text raises where that is nothing."""
    if isinstance(annotation, typing.ForwardRef):
        module = sys.modules.get(getattr(annotation, "__forward_module__", None) or "")
        if module is not None:
            namespace = {**vars(module), **namespace}
        annotation = annotation.__forward_arg__
    return eval(annotation, dict(namespace)) if isinstance(annotation, str) else annotation


def _own(owner: Any) -> dict[str, object]:
    if sys.version_info >= (3, 14):
        import annotationlib

        # What is not there yet is a reference then, and the others are what they are.
        return annotationlib.get_annotations(owner, format=annotationlib.Format.FORWARDREF)
    return inspect.get_annotations(owner)


def _names_of_function(function: Any) -> Mapping[str, Any]:
    namespace = dict(getattr(function, "__globals__", {}))
    code = getattr(function, "__code__", None)
    cells = getattr(function, "__closure__", None) or ()
    for name, cell in zip(getattr(code, "co_freevars", ()), cells, strict=False):
        try:
            namespace[name] = cell.cell_contents
        except ValueError:
            continue
    return namespace


def _names_of_class(cls: type) -> Mapping[str, Any]:
    module = sys.modules.get(cls.__module__)
    names = dict(vars(module)) if module is not None else {}
    # Itself, for one that is defined in a function.
    return {**names, cls.__name__: cls, **vars(cls)}
