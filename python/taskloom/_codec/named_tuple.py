"""The form of named tuples."""

from __future__ import annotations

from typing import Any

from .decode import Decoder
from .encode import Encoder
from .form import Form, check_names

__all__ = ["NamedTupleForm", "is_named_tuple"]


def is_named_tuple(cls: type) -> bool:
    """Whether `NamedTuple` or `collections.namedtuple` has made it, or what it inherits from."""
    return issubclass(cls, tuple) and hasattr(cls, "_fields") and hasattr(cls, "_field_defaults")


class NamedTupleForm(Form):
    """The fields. No constructor is called: a tuple is nothing but its elements."""

    def _encode(self, encoder: Encoder, value: Any) -> dict[str, Any]:
        return {"fields": encoder.fields(zip(self.cls._fields, value, strict=True))}

    def _decode(self, decoder: Decoder, tree: dict[str, Any]) -> Any:
        fields = decoder.fields(tree["fields"])
        names, defaults = self.cls._fields, self.cls._field_defaults
        check_names(self, fields, names, set(names).difference(defaults))
        return tuple.__new__(self.cls, [fields[name] if name in fields else defaults[name] for name in names])
