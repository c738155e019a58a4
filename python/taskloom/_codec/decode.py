"""Walks through a tree of plain JSON and makes the value that it stands for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from .refusal import Refusal, key_step

__all__ = ["Decoder", "Reader"]

Reader: TypeAlias = Callable[["Decoder", dict[str, Any]], Any]
"""Makes the value of an object with one tag. It is given the object."""


class Decoder:
    """One walk. It knows only the tags that it is given, and calls nothing that their readers do not call."""

    __slots__ = ("_readers",)

    def __init__(self, readers: Mapping[str, Reader]) -> None:
        self._readers = readers

    def value(self, tree: Any) -> Any:
        """The value that a tree stands for."""
        kind = type(tree)
        if kind is list:
            return self.items(tree)
        if kind is not dict:
            return tree
        for key in tree:
            if key[:1] == "$":
                return self._tagged(tree)
        return self.entries(tree)

    def items(self, trees: list[Any]) -> list[Any]:
        """The values of elements. Anything but a list is refused."""
        if type(trees) is not list:
            raise TypeError(f"a list was expected, not a {type(trees).__name__}")
        values: list[Any] = []
        try:
            for tree in trees:
                values.append(self.value(tree))  # noqa: PERF401 - its length says which was refused
        except Refusal as refusal:
            refusal.steps.append(f"[{len(values)}]")
            raise
        return values

    def entries(self, trees: dict[str, Any]) -> dict[str, Any]:
        """The values of a dict's entries."""
        values: dict[str, Any] = {}
        key = ""
        try:
            for key, tree in trees.items():
                values[key] = self.value(tree)
        except Refusal as refusal:
            refusal.steps.append(key_step(key))
            raise
        return values

    def fields(self, trees: Any) -> dict[str, Any]:
        """The values of an object's fields. Anything but a dict is refused."""
        if type(trees) is not dict:
            raise TypeError(f"fields were expected, not a {type(trees).__name__}")
        values: dict[str, Any] = {}
        name = ""
        try:
            for name, tree in trees.items():
                values[name] = self.value(tree)
        except Refusal as refusal:
            refusal.steps.append(f".{name}")
            raise
        return values

    def _tagged(self, tree: dict[str, Any]) -> Any:
        tag = next(iter(tree))
        reader = self._readers.get(tag)
        if reader is None or sum(key[:1] == "$" for key in tree) > 1:
            found = next(key for key in tree if key[:1] == "$") if tag[:1] != "$" else tag
            raise Refusal(
                f"`{found}` says nothing here to this version of Taskloom",
                "read it with the version that wrote it, or a later one",
                found,
            )
        try:
            return reader(self, tree)
        except (Refusal, RecursionError):
            raise
        except Exception as error:
            raise Refusal(
                f"what is written as `{tag}` has not the form of one ({type(error).__name__}: {error})",
                "the journal was not written by Taskloom, or is damaged",
                tag,
            ) from error
