"""The form of dataclasses."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

from .decode import Decoder
from .encode import Encoder
from .form import BUILT_IN, Form, check_names

__all__ = ["DataclassForm"]

_ABSENT = object()


class DataclassForm(Form):
    """The fields. The constructor makes the object again, so that `__post_init__` can set up what is no
    field; then every field is what was recorded, whatever the constructor has made of it."""

    def __init__(self, cls: Any) -> None:
        fields = dataclasses.fields(cls)
        self._names = tuple(field.name for field in fields)
        self._initial = frozenset(field.name for field in fields if field.init)
        self._required = frozenset(
            field.name
            for field in fields
            if field.init
            and field.default is dataclasses.MISSING
            and field.default_factory is dataclasses.MISSING
        )
        super().__init__(cls, _problem(cls, self._initial))

    def _encode(self, encoder: Encoder, value: Any) -> dict[str, Any]:
        present = [(name, getattr(value, name, _ABSENT)) for name in self._names]
        for name, item in present:
            if item is _ABSENT and name in self._initial:
                raise self.refuse(
                    f"its field `{name}` has no value", "set it, or declare it with `init=False`"
                )
        return {"fields": encoder.fields(pair for pair in present if pair[1] is not _ABSENT)}

    def _decode(self, decoder: Decoder, tree: dict[str, Any]) -> Any:
        fields = decoder.fields(tree["fields"])
        check_names(self, fields, self._names, self._required)
        try:
            value = self.cls(**{name: item for name, item in fields.items() if name in self._initial})
        except Exception as error:
            raise self.refuse(
                f"the constructor of `{self.name}` refuses these fields ({type(error).__name__}: {error})",
                "let it accept what it has made, or register a codec for the class",
            ) from error
        for name, item in fields.items():
            if getattr(value, name, _ABSENT) is not item:
                # Past what makes it frozen.
                object.__setattr__(value, name, item)
        return value


def _problem(cls: type, initial: frozenset[str]) -> tuple[str, str] | None:
    """Why values of the class could not be made again, if so."""
    ways_out = "register a codec for it"
    if issubclass(cls, BUILT_IN):
        return (
            "it is a dataclass and a built-in type at the same time, and has more to it than fields",
            ways_out,
        )
    parameters = list(inspect.signature(cls).parameters.values())
    takes_all = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
    by_keyword = {
        parameter.name
        for parameter in parameters
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    }
    for name in sorted(initial - by_keyword):
        if not takes_all:
            return f"its constructor does not take the field `{name}` by its name", ways_out
    for parameter in parameters:
        variadic = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        if parameter.default is parameter.empty and not variadic and parameter.name not in initial:
            return (
                f"its constructor needs `{parameter.name}`, which is no field, so nothing keeps it",
                f"give `{parameter.name}` a default, or {ways_out}",
            )
    return None
