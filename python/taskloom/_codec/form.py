"""What the forms of classes have in common."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

from .decode import Decoder
from .encode import Encoder
from .refusal import Refusal, type_name

__all__ = ["BUILT_IN", "Form", "check_names", "name_of"]

BUILT_IN = (str, int, float, complex, bytes, bytearray, list, tuple, dict, set, frozenset)
"""Types with content of their own, which the fields of a subclass do not have."""


class Form(ABC):
    """How the values of one class that the program has named are recorded and made again."""

    tag = "$object"

    def __init__(self, cls: Any, problem: tuple[str, str] | None = None) -> None:
        self.cls = cls
        self.name = name_of(cls)
        self.problem = problem
        """Why none can be recorded, and the way out."""

    def encode(self, encoder: Encoder, value: Any) -> dict[str, Any]:
        """The tree that stands for a value."""
        self._check()
        encoder.enter(value)
        tree = self._encode(encoder, value)
        encoder.leave(value)
        return {self.tag: self.name, **tree}

    def decode(self, decoder: Decoder, tree: dict[str, Any]) -> Any:
        """The value that a tree stands for."""
        self._check()
        return self._decode(decoder, tree)

    def refuse(self, problem: str, hint: str) -> Refusal:
        """A refusal of one value."""
        return Refusal(problem, hint, type_name(self.cls))

    def _check(self) -> None:
        if self.problem is not None:
            raise self.refuse(*self.problem)

    @abstractmethod
    def _encode(self, encoder: Encoder, value: Any) -> dict[str, Any]: ...

    @abstractmethod
    def _decode(self, decoder: Decoder, tree: dict[str, Any]) -> Any: ...


def name_of(cls: type) -> str:
    """`module:Name`, with the real name of what runs as `__main__`, where it has one (`python -m`)."""
    module = cls.__module__
    if module == "__main__":
        spec = getattr(sys.modules["__main__"], "__spec__", None)
        module = getattr(spec, "name", None) or module
    return f"{module}:{cls.__qualname__}"


def check_names(form: Form, names: Iterable[str], known: Iterable[str], required: Iterable[str]) -> None:
    """Refuses recorded fields that the class does not have, and what it cannot do without."""
    names = set(names)
    hint = "the class has changed since then: go on with the program that wrote it, or run anew"
    unknown = sorted(names.difference(known))
    if unknown:
        raise form.refuse(f"`{form.name}` has no field `{unknown[0]}`, which is recorded", hint)
    missing = sorted(set(required).difference(names))
    if missing:
        raise form.refuse(
            f"`{form.name}` needs the field `{missing[0]}`, which is not recorded",
            f"{hint}; or give the field a default",
        )
