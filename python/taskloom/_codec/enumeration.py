"""The form of enums."""

from __future__ import annotations

from enum import Flag
from typing import Any

from .decode import Decoder
from .encode import Encoder
from .form import Form
from .scalars import text_of

__all__ = ["EnumForm"]


class EnumForm(Form):
    """The name of the member, which is looked up. Of combined flags, which are no member, the value too."""

    tag = "$enum"

    def _encode(self, encoder: Encoder, value: Any) -> dict[str, Any]:
        # Not `name` and `value`, which a class may give another meaning.
        name = value._name_
        if self.cls.__members__.get(name) is value:
            return {"name": encoder.text(name)}
        if isinstance(value, Flag):
            return {"name": name or "", "value": encoder.tree(value._value_)}
        raise self.refuse("it is no member of its class any more", "register a codec for it")

    def _decode(self, decoder: Decoder, tree: dict[str, Any]) -> Any:
        if "value" in tree and issubclass(self.cls, Flag):
            return self.cls(decoder.value(tree["value"]))
        name = text_of(tree, "name")
        member = self.cls.__members__.get(name)
        if member is None:
            raise self.refuse(
                f"`{self.name}` has no member `{name}`, which is recorded",
                "the class has changed since then: go on with the program that wrote it, or run anew",
            )
        return member
