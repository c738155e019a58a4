"""The forms of built-in values with parts."""

from __future__ import annotations

from typing import Any

from .decode import Decoder, Reader
from .encode import Encoder, Handler
from .text import dumps

__all__ = ["HANDLERS", "READERS"]


def _list(encoder: Encoder, value: list[Any]) -> list[Any]:
    if encoder.is_flat(value):
        return value
    encoder.enter(value)
    trees = encoder.items(value)
    encoder.leave(value)
    return trees


def _tuple(encoder: Encoder, value: tuple[Any, ...]) -> dict[str, Any]:
    encoder.enter(value)
    trees = encoder.items(value)
    encoder.leave(value)
    return {"$tuple": trees}


def _dict(encoder: Encoder, value: dict[Any, Any]) -> dict[str, Any]:
    encoder.enter(value)
    # A copy: what another thread adds meanwhile does not come into the middle.
    entries = list(value.items())
    if all(type(key) is str and key[:1] != "$" for key, _ in entries):
        trees = encoder.entries(entries)
    else:
        trees = {"$dict": encoder.pairs(entries)}
    encoder.leave(value)
    return trees


def _elements(encoder: Encoder, value: set[Any] | frozenset[Any]) -> list[Any]:
    encoder.enter(value)
    # In the order of their texts: the order of a set differs from process to process.
    trees = sorted(encoder.elements(list(value)), key=dumps)
    encoder.leave(value)
    return trees


def _read_dict(decoder: Decoder, tree: dict[str, Any]) -> dict[Any, Any]:
    return {key: value for key, value in decoder.items(tree["$dict"])}  # noqa: C416 - `dict` takes "ab" for a pair


HANDLERS: dict[type, Handler] = {
    list: _list,
    tuple: _tuple,
    dict: _dict,
    set: lambda encoder, value: {"$set": _elements(encoder, value)},
    frozenset: lambda encoder, value: {"$frozenset": _elements(encoder, value)},
}

READERS: dict[str, Reader] = {
    "$tuple": lambda decoder, tree: tuple(decoder.items(tree["$tuple"])),
    "$set": lambda decoder, tree: set(decoder.items(tree["$set"])),
    "$frozenset": lambda decoder, tree: frozenset(decoder.items(tree["$frozenset"])),
    "$dict": _read_dict,
    # Rust's, for what would otherwise read as nothing: an option that has nothing in an option.
    "$some": lambda decoder, tree: decoder.value(tree["$some"]),
}
