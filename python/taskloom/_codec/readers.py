"""Reads what the program has to name: objects of classes, and what codecs and pickle have made."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from . import containers, scalars
from .decode import Decoder, Reader
from .form import Form
from .opaque import Opaque
from .pickled import read_pickle
from .refusal import Refusal
from .scalars import text_of
from .value_codec import ValueCodec

__all__ = ["readers_for"]


def readers_for(
    forms: Mapping[str, Form], codecs: Mapping[str, ValueCodec[Any]], pickle: bool, opaque: bool
) -> dict[str, Reader]:
    """The readers of all tags. What the program has not named is refused, or opaque."""

    def form_of(name: str, tag: str) -> Form | None:
        form = forms.get(name)
        if form is not None and form.tag == tag:
            return form
        if opaque:
            return None
        raise _not_named(name)

    def read_object(decoder: Decoder, tree: dict[str, Any]) -> Any:
        name = text_of(tree, "$object")
        form = form_of(name, "$object")
        if form is not None:
            return form.decode(decoder, tree)
        return Opaque(name, {**decoder.fields(tree["fields"]), **decoder.value(tree.get("extra", {}))})

    def read_enum(decoder: Decoder, tree: dict[str, Any]) -> Any:
        name = text_of(tree, "$enum")
        form = form_of(name, "$enum")
        return Opaque(name, text_of(tree, "name")) if form is None else form.decode(decoder, tree)

    def read_codec(decoder: Decoder, tree: dict[str, Any]) -> Any:
        name = text_of(tree, "$codec")
        codec = codecs.get(name)
        if codec is not None:
            return _decode(codec, decoder.value(tree["data"]))
        if opaque:
            return Opaque(name, decoder.value(tree["data"]))
        raise Refusal(f"no codec `{name}` is registered", "register the one that wrote it", name)

    def read_no_pickle(_: Decoder, tree: dict[str, Any]) -> Any:
        if opaque:
            return Opaque("pickle", base64.b64decode(text_of(tree, "$pickle"), validate=True))
        raise Refusal(
            "it is pickled, and reading that calls whatever was written there",
            "if nobody else can write to the store, open it with `pickle=True`",
            "pickle",
        )

    return {
        **containers.READERS,
        **scalars.READERS,
        "$object": read_object,
        "$enum": read_enum,
        "$codec": read_codec,
        "$pickle": read_pickle if pickle else read_no_pickle,
    }


def _decode(codec: ValueCodec[Any], data: Any) -> Any:
    try:
        return codec.decode(data)
    except Exception as error:
        raise Refusal(
            f"the codec `{codec.name}` cannot decode it ({type(error).__name__}: {error})",
            "its `decode` has to take whatever its `encode` has ever made",
            codec.name,
        ) from error


def _not_named(name: str) -> Refusal:
    short = name.rpartition(":")[2]
    return Refusal(
        f"it is a `{name}`, and nothing in this program names that class",
        f"name it in an annotation of a task (`-> {short}`), or register a codec for it; one that was "
        "renamed or moved since the run began is another class",
        name,
    )
