"""Finds the classes that annotations name, recursively."""

from __future__ import annotations

import dataclasses
import sys
import types
import typing
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

from .annotations import annotations_of, evaluate
from .dataclass import DataclassForm
from .enumeration import EnumForm
from .form import Form
from .model import ModelForm, is_model
from .named_tuple import NamedTupleForm, is_named_tuple

__all__ = ["Collected", "collect", "form_of"]


@dataclasses.dataclass
class Collected:
    """What annotations have named."""

    forms: dict[type, Form]
    """The form of each class that has one."""
    unresolved: list[str]
    """The texts of the annotations that could not be resolved: what is missing may be there."""


def collect(annotations: Iterable[object]) -> Collected:
    """The forms of all classes that annotations name. A function stands for all annotations that it has."""
    collected = Collected({}, [])
    # By identity, since annotations need not be hashable; kept, so that no identity is used twice.
    seen: dict[int, object] = {}
    waiting: list[tuple[object, Mapping[str, Any]]] = [(annotation, {}) for annotation in annotations]
    while waiting:
        annotation, namespace = waiting.pop()
        try:
            resolved = evaluate(annotation, namespace)
            if id(resolved) not in seen:
                seen[id(resolved)] = resolved
                waiting.extend(_inside(resolved, namespace, collected))
        except Exception:
            # Annotations may be anything, and one that cannot be looked into says nothing about the others.
            collected.unresolved.append(_text(annotation))
    return collected


def _text(annotation: object) -> str:
    if type(annotation) is typing.ForwardRef:
        return annotation.__forward_arg__
    return annotation if type(annotation) is str else f"an object of `{type(annotation).__name__}`"


def _inside(
    annotation: object, namespace: Mapping[str, Any], collected: Collected
) -> list[tuple[object, Mapping[str, Any]]]:
    """What an annotation consists of, each with the names that it was written with."""
    if isinstance(annotation, (types.FunctionType, types.MethodType)):
        return annotations_of(annotation)
    if isinstance(annotation, (list, tuple)):
        # The parameters of a `Callable`.
        return [(part, namespace) for part in annotation]
    if isinstance(annotation, dataclasses.InitVar):
        return [(annotation.type, namespace)]
    if isinstance(annotation, typing.NewType):
        return [(annotation.__supertype__, namespace)]
    if isinstance(annotation, typing.TypeVar):
        return [(part, namespace) for part in (annotation.__bound__, *annotation.__constraints__)]
    if type(annotation).__name__ == "TypeAliasType":
        module = sys.modules.get(getattr(annotation, "__module__", ""))
        return [(annotation.__value__, vars(module) if module else {})]  # pyright: ignore[reportAttributeAccessIssue]
    origin = typing.get_origin(annotation)
    if origin is typing.Literal:
        return [(type(value), namespace) for value in typing.get_args(annotation)]
    if origin is typing.Annotated:
        return [(typing.get_args(annotation)[0], namespace)]
    # A model with arguments is a class, without an origin that `typing` would know.
    if origin is not None:
        return [(part, namespace) for part in (origin, *typing.get_args(annotation))]
    if isinstance(annotation, type):
        return _of_class(annotation, collected)
    return []


def _of_class(cls: type, collected: Collected) -> list[tuple[object, Mapping[str, Any]]]:
    form = form_of(cls)
    if form is not None:
        collected.forms[cls] = form
    elif not (dict in cls.__mro__ and hasattr(cls, "__total__")):
        # A typed dict has no form of its own. `typing` does not know those of `typing_extensions`.
        return []
    if isinstance(form, EnumForm):
        return []
    parts = annotations_of(cls)
    if isinstance(form, ModelForm):
        # Of a generic one, these have the arguments in the places of the variables.
        parts += [(field.annotation, {}) for field in form.cls.model_fields.values()]
    return parts


def form_of(cls: type) -> Form | None:
    """The form of a class, if it is of a kind that has one."""
    if issubclass(cls, Enum):
        return EnumForm(cls)
    # One that merely inherits from a dataclass has attributes that are no fields.
    if "__dataclass_fields__" in vars(cls):
        return DataclassForm(cls)
    if is_named_tuple(cls):
        return NamedTupleForm(cls)
    return ModelForm(cls) if is_model(cls) else None
