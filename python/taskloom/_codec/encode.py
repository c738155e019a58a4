"""Walks through a value and makes the tree of plain JSON that stands for it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from .refusal import Refusal, key_step
from .text import INT_MAX, INT_MIN, is_flat, is_unicode

__all__ = ["DEEPEST", "Encoder", "Handler", "no_room", "no_unicode", "too_deep"]

DEEPEST = 128
"""How many levels of containers and objects a value may have. It is the same in Rust."""


class Encoder:
    """One walk. `careful` looks at each text, to find the one that is no Unicode."""

    __slots__ = ("_active", "_careful", "_handlers", "_other")

    def __init__(
        self, handlers: Mapping[type, Handler], other: Callable[[Any], Any], careful: bool = False
    ) -> None:
        self._handlers = handlers
        self._other = other
        self._careful = careful
        # What the walk is inside of, by its id.
        self._active: set[int] = set()

    def tree(self, value: Any) -> Any:
        """What stands for a value. Only its exact type counts."""
        kind = type(value)
        if kind is str:
            return self.text(value)
        if kind is bool or value is None:
            return value
        if kind is int:
            return value if INT_MIN <= value <= INT_MAX else {"$int": hex(value)}
        if kind is float:
            return value if math.isfinite(value) else {"$float": str(value)}
        handler = self._handlers.get(kind)
        return self._other(value) if handler is None else handler(self, value)

    def text(self, value: str) -> str:
        """The text itself, if it is one."""
        if self._careful and not is_unicode(value):
            raise no_unicode()
        return value

    def is_flat(self, values: list[Any]) -> bool:
        """Whether these are all scalars that stand for themselves, and may be at this depth."""
        return not self._careful and len(self._active) < DEEPEST and is_flat(values)

    def enter(self, value: Any) -> None:
        """Goes one level down, into a value."""
        if id(value) in self._active:
            raise Refusal(
                f"this `{type(value).__name__}` contains itself", "record something without cycles", "cycle"
            )
        if len(self._active) >= DEEPEST:
            raise too_deep()
        self._active.add(id(value))

    def leave(self, value: Any) -> None:
        """Comes up again. A walk that was refused does not."""
        self._active.remove(id(value))

    def items(self, values: Iterable[Any]) -> list[Any]:
        """What stands for elements that have an order."""
        trees: list[Any] = []
        try:
            for value in values:
                trees.append(self.tree(value))  # noqa: PERF401 - its length says which was refused
        except Refusal as refusal:
            refusal.steps.append(f"[{len(trees)}]")
            raise
        return trees

    def elements(self, values: Iterable[Any]) -> list[Any]:
        """What stands for elements without an order."""
        try:
            return [self.tree(value) for value in values]
        except Refusal as refusal:
            refusal.steps.append(".<element>")
            raise

    def entries(self, entries: Iterable[tuple[str, Any]]) -> dict[str, Any]:
        """What stands for entries whose keys are texts."""
        trees: dict[str, Any] = {}
        key = ""
        try:
            for key, value in entries:
                self.text(key)
                trees[key] = self.tree(value)
        except Refusal as refusal:
            refusal.steps.append(key_step(key))
            raise
        return trees

    def pairs(self, entries: Iterable[tuple[Any, Any]]) -> list[list[Any]]:
        """What stands for entries with any keys."""
        trees: list[list[Any]] = []
        for key, value in entries:
            try:
                tree = self.tree(key)
            except Refusal as refusal:
                refusal.steps.append(f".<key {len(trees)}>")
                raise
            try:
                trees.append([tree, self.tree(value)])
            except Refusal as refusal:
                refusal.steps.append(key_step(key))
                raise
        return trees

    def fields(self, fields: Iterable[tuple[str, Any]]) -> dict[str, Any]:
        """What stands for an object's fields."""
        trees: dict[str, Any] = {}
        name = ""
        try:
            for name, value in fields:
                trees[name] = self.tree(value)
        except Refusal as refusal:
            refusal.steps.append(f".{name}")
            raise
        return trees


Handler: TypeAlias = Callable[[Encoder, Any], Any]
"""Makes the tree for the values of one type."""


def no_unicode() -> Refusal:
    """Some text is none."""
    return Refusal(
        "it has lone surrogates, which are half a character",
        "decode the bytes that it was made of in another way, or record them as `bytes`, for instance by "
        "`os.fsencode`",
        "str",
    )


def too_deep() -> Refusal:
    """The value has too many levels."""
    return Refusal(
        f"it has more than {DEEPEST} levels",
        "record something flatter: a list of nodes that name each other by their numbers, for instance",
        "depth",
    )


def no_room() -> Refusal:
    """Whoever asked has used up what Python allows."""
    return Refusal(
        "Python's recursion limit was reached on the way through it",
        "record something flatter, or raise the limit with `sys.setrecursionlimit`",
        "depth",
    )
