"""Why a value has no form, and the ways out."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from enum import Enum
from typing import Any

from .form import BUILT_IN, name_of
from .model import is_model
from .named_tuple import is_named_tuple
from .refusal import Refusal, type_name

__all__ = ["refusal_of"]

_PICKLE = "or allow pickle, for a store that nobody else can write to (`pickle=True`)"


def refusal_of(value: Any, unresolved: Sequence[str]) -> Refusal:
    """Says what is missing for a value of this type."""
    cls = type(value)
    kind = type_name(cls)
    codec = f"register a codec for it, `ValueCodec(name, {cls.__name__}, encode, decode)`"
    if _is_nameable(cls):
        known = ""
        if unresolved:
            known = f" (what could not be resolved: {', '.join(f'`{text}`' for text in unresolved[:3])})"
        return Refusal(
            f"no annotation names the class `{name_of(cls)}`, so it could not be read again",
            f"name it in an annotation of a task (`-> {cls.__name__}`), or in a step with "
            f"`returns={cls.__name__}`{known}; or {codec}; {_PICKLE}",
            kind,
        )
    if dataclasses.is_dataclass(cls):
        return Refusal(
            f"`{kind}` inherits from a dataclass and is none itself",
            f"decorate it with `@dataclass`; or {codec}; {_PICKLE}",
            kind,
        )
    base = next((base for base in BUILT_IN if issubclass(cls, base) and cls is not base), None)
    if base is not None:
        return Refusal(
            f"`{kind}` is not exactly `{base.__name__}`, and would come back as one",
            f"convert it to `{base.__name__}`; or {codec}; {_PICKLE}",
            kind,
        )
    return Refusal(f"there is no form for the type `{kind}`", f"{codec}; {_PICKLE}", kind)


def _is_nameable(cls: type) -> bool:
    is_dataclass = "__dataclass_fields__" in vars(cls)
    return is_dataclass or issubclass(cls, Enum) or is_named_tuple(cls) or is_model(cls)
