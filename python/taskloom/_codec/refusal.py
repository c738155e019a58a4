"""How a refusal deep inside of a value comes to name where it is."""

from __future__ import annotations

__all__ = ["Refusal", "key_step", "type_name"]

_LONGEST_KEY = 40


class Refusal(Exception):
    """What is wrong, and the way out. It gathers the steps of the path on its way up, from the innermost on:
    a value that is not refused pays nothing for them."""

    def __init__(self, problem: str, hint: str, type: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint
        self.type = type
        self.steps: list[str] = []

    @property
    def path(self) -> str:
        """Where it is, as an expression."""
        return "value" + "".join(reversed(self.steps))


def key_step(key: object) -> str:
    """The step to a dict's entry. No code of the user's is asked how a key looks."""
    kind = type(key)
    if kind is str:
        text = str(key)
        short = text if len(text) <= _LONGEST_KEY else f"{text[:_LONGEST_KEY]}…"
        # Escaped, since it may have lone surrogates, which no terminal prints.
        return '["' + short.encode("utf-8", "backslashreplace").decode() + '"]'
    if kind in (bool, float, type(None)) or (kind is int and -(10**18) < key < 10**18):  # pyright: ignore[reportOperatorIssue]
        return f"[{key!r}]"
    return f"[<{kind.__name__}>]"


def type_name(kind: type) -> str:
    """A class with its module, as messages show it."""
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
