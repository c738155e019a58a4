"""The form of pydantic's models (version 2)."""

from __future__ import annotations

import sys
from typing import Any

from .decode import Decoder
from .encode import Encoder
from .form import Form, check_names

__all__ = ["ModelForm", "is_model"]


def is_model(cls: type) -> bool:
    """Whether a class is a model. Nobody has one as long as pydantic is not imported."""
    base = getattr(sys.modules.get("pydantic.main"), "BaseModel", None)
    return base is not None and issubclass(cls, base) and hasattr(cls, "model_fields")


class ModelForm(Form):
    """What a model says of itself for pickle: fields, which of them were set, extra and private attributes.

    It is restored in the same way, without validation, which need not accept, or leave alone, what it has
    made.
    """

    def _encode(self, encoder: Encoder, value: Any) -> dict[str, Any]:
        state = value.__getstate__()
        # What `cached_property` keeps is beside the fields.
        names = self.cls.model_fields
        fields = [(name, item) for name, item in state["__dict__"].items() if name in names]
        missing = set(self._required()).difference(name for name, _ in fields)
        if missing:
            raise self.refuse(
                f"its field `{min(missing)}` has no value", "`model_construct` leaves it out: give it one"
            )
        tree: dict[str, Any] = {"fields": encoder.fields(fields)}
        fields_set = state["__pydantic_fields_set__"]
        if fields_set != {name for name, _ in fields}:
            tree["set"] = sorted(fields_set)
        for entry, attribute in _FURTHER.items():
            if state.get(attribute):
                tree[entry] = encoder.tree(state[attribute])
        return tree

    def _decode(self, decoder: Decoder, tree: dict[str, Any]) -> Any:
        names = self.cls.model_fields
        fields = decoder.fields(tree["fields"])
        fields_set = set(decoder.items(tree["set"])) if "set" in tree else set(fields)
        check_names(self, fields, names, self._required())
        for name, field in names.items():
            if name not in fields:
                # A factory that looks at the other fields.
                takes_fields = getattr(field, "default_factory_takes_validated_data", False)
                options = {"validated_data": fields} if takes_fields else {}
                fields[name] = field.get_default(call_default_factory=True, **options)
        value = self.cls.__new__(self.cls)
        further = {key: decoder.value(tree[entry]) for entry, key in _FURTHER.items() if entry in tree}
        # An instance of a class that allows no extra attributes has `None`, of one that does a dict.
        allows_extra = self.cls.model_config.get("extra") == "allow"
        has_private = bool(self.cls.__private_attributes__)
        value.__setstate__(
            {
                "__dict__": fields,
                "__pydantic_fields_set__": fields_set,
                "__pydantic_extra__": {} if allows_extra else None,
                "__pydantic_private__": {} if has_private else None,
                **further,
            }
        )
        return value

    def _required(self) -> list[str]:
        return [name for name, field in self.cls.model_fields.items() if field.is_required()]


_FURTHER = {"extra": "__pydantic_extra__", "private": "__pydantic_private__"}
