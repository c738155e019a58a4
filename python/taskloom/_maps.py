"""Maps: one execution of a task for each element of a list."""

from __future__ import annotations

from collections.abc import Iterable
from types import FrameType
from typing import Any, NoReturn, TypeVar

from . import _native
from ._instance import Instance, make
from .errors import BindingError

__all__ = ["MapInstance", "map_over", "unmapped"]

R = TypeVar("R")

Settings = tuple[tuple[list[int], str] | None, int | None, Any, bool | None]
"""Parameters and how their lists come together, `max_concurrency`, `policy`, `fail_fast`."""


class unmapped:
    """Holds an argument of a map fixed that would be gone over: a list that every execution takes as it is.

    >>> from taskloom import task, unmapped, workflow
    >>> @task
    ... def count(word: str, words: list[str]) -> int:
    ...     return words.count(word)
    >>> words = ["a", "b", "a"]
    >>> workflow("w").add(count.map(word=["a", "b"], words=unmapped(words))).execute()
    {'count[a]': 2, 'count[b]': 1}
    """

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"unmapped({self.value!r})"


class MapInstance(Instance[dict[str, R]]):
    """A task that runs once for each element of the lists that are bound to it.

    Its value is the dict of the results by the executions' ids, in the order of the elements.
    """

    __slots__ = ()

    def with_execution(
        self, *, max_concurrency: int | None = None, policy: Any = None, fail_fast: bool | None = None
    ) -> MapInstance[R]:
        """The same map with other settings; the id stays.

        - `max_concurrency`: how many elements are under way at the same time, at most. One that waits for its
          next attempt keeps its place.
        - `policy`: when the map has succeeded, as for a group; all elements run to their end then. Without it
          the map fails with the first element that does, and starts no further.
        - `fail_fast`: whether it stops as soon as the policy's verdict is certain.
        """
        import sys

        task_id = self.task_id if self.has_given_id else None
        open_ = [_native.OPEN] * len(self.definition._signature.parameters)
        settings: Settings = (None, max_concurrency, policy, fail_fast)
        return make(
            self.definition, self, task_id, open_, sys._getframe(1), mapping=settings, cls=MapInstance
        )

    def run(self, /, *_args: Any, **_kwargs: Any) -> NoReturn:
        """A map runs in a workflow."""
        hint = "run its definition instead"
        raise BindingError(f"{self!r} is a map, which only a workflow runs\n  hint: {hint}")


def map_over(
    definition: Any, over: str, task_id: str | None, kwargs: dict[str, Any], frame: FrameType
) -> MapInstance[Any]:
    """Makes a map: a list, tuple, range, set or other iterable is gone over, an instance for its output;
    everything else all executions take."""
    signature = definition._signature
    lists: dict[str, Any] = {}
    fixed: dict[str, Any] = {}
    for name, value in kwargs.items():
        if type(value) is unmapped:
            fixed[name] = value.value
        elif isinstance(value, _native.Instance | _native.Definition | _native.Group):
            lists[name] = value
        elif isinstance(value, str | bytes | bytearray | dict) or not isinstance(value, Iterable):
            fixed[name] = value
        else:
            lists[name] = list(value)
    values = signature.bind((), {**fixed, **{name: unmapped(value) for name, value in lists.items()}})
    numbers: list[int] = []
    for name, value in lists.items():
        number = signature.number(name)
        if isinstance(value, list):
            signature.check_each(number, value)
        values[number] = value
        numbers.append(number)
    if over == "map" and len(numbers) != 1:
        hint = (
            "`product()` goes over all combinations of lists, `zip()` over their elements side by side"
            if numbers
            else "bind a parameter to a list of arguments"
        )
        raise BindingError(
            f"`{definition.id}.map()` goes over one list, and {len(numbers)} were given\n  hint: {hint}"
        )
    if not numbers:
        raise BindingError(f"`{definition.id}.{over}()` goes over lists, and none was given")
    settings: Settings = ((numbers, over), None, None, None)
    return make(definition, None, task_id, values, frame, mapping=settings, cls=MapInstance)
