"""A run's channel under a schema: which keys there are, and what each holds."""

from __future__ import annotations

import difflib
import functools
import reprlib
import sys
import typing
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from ._annotations import BUILTINS, allowed_types
from ._channel import refuse_write
from .errors import ChannelSchemaError

if TYPE_CHECKING:
    from ._channel import Channel, FinalChannel, Lock

__all__ = ["FinalTypedChannel", "TypedChannel"]


class _Declared(NamedTuple):
    text: str
    """The annotation, for messages."""
    allowed: frozenset[type] | None
    """The built-in types that it accepts, or `None` if it is not checked."""


class _Reader:
    """What can be read of a channel under a schema."""

    __slots__ = ("_channel", "_declared", "_schema")

    def __init__(self, channel: Channel | FinalChannel, schema: type) -> None:
        if not typing.is_typeddict(schema):
            raise ValueError(f"the schema of a channel is a TypedDict, not {schema!r}")
        self._channel: Any = channel
        self._schema = schema
        self._declared = _declared(schema)

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key, or the default, which is not checked."""
        declared = self._find(key)
        value = self._channel.get(key, _MISSING)
        if value is _MISSING:
            return default
        if _excludes(declared, value):
            raise self._error(
                f"declares `{key}` as `{declared.text}`, and the channel holds {reprlib.repr(value)}, "
                f"a `{type(value).__name__}`"
            )
        return value

    def exists(self, key: str) -> bool:
        """Whether there is a key."""
        self._find(key)
        return self._channel.exists(key)

    def keys(self) -> list[str]:
        """The keys of the schema that there are, in order."""
        there = self._channel.keys()
        return [key for key in there if key in self._declared]

    def _find(self, key: str) -> _Declared:
        declared = self._declared.get(key)
        if declared is None:
            close = difflib.get_close_matches(str(key), self._declared, n=1)
            known = ", ".join(self._declared) or "none"
            hint = f"did you mean `{close[0]}`?" if close else f"its keys are: {known}"
            raise self._error(f"has no key `{key}`", hint)
        return declared

    def _error(self, message: str, hint: str | None = None) -> ChannelSchemaError:
        suffix = "" if hint is None else f"\n  hint: {hint}"
        return ChannelSchemaError(f"the schema `{self._schema.__qualname__}` {message}{suffix}")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._schema.__name__} of {len(self.keys())} keys>"


class FinalTypedChannel(_Reader):
    """What the channel of a run held in the end, under a schema; it can only be read, as `FinalChannel`.

    >>> from typing import TypedDict
    >>> from taskloom import TaskExecutionContext, task, workflow
    >>> class Shop(TypedDict):
    ...     total: int
    >>> @task
    ... def sell(ctx: TaskExecutionContext, price: int):
    ...     ctx.get_typed_channel(Shop).atomic_add("total", price)
    >>> run = workflow("w").add(sell(price=3)).run()
    >>> run.get_typed_channel(Shop).get("total")
    3
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> NoReturn:
        refuse_write(self, name)


class TypedChannel(_Reader):
    """The channel of a run under a schema, a `TypedDict` whose keys are the channel's.

    It has the verbs of `Channel`. A key that the schema does not have, and a value that its annotation
    certainly excludes, raise `ChannelSchemaError`, when written and when read; as with the arguments of a
    task, only values of built-in types are checked, and not what is inside of containers. Others may use
    the same channel without a schema.

    >>> from typing import TypedDict
    >>> from taskloom import TaskExecutionContext, task, workflow
    >>> class Shop(TypedDict):
    ...     total: int
    ...     names: list[str]
    >>> @task
    ... def sell(ctx: TaskExecutionContext, name: str, price: int):
    ...     shop = ctx.get_typed_channel(Shop)
    ...     shop.append("names", name)
    ...     return shop.atomic_add("total", price)
    >>> workflow("w").add(sell(name="tea", price=3)).execute(initial_channel={"total": 4})
    7
    """

    __slots__ = ()

    def set(self, key: str, value: Any, ttl: float | None = None, *, at_once: bool = False) -> None:
        """Writes a key, as `Channel.set`."""
        self._check(key, value)
        self._channel.set(key, value, ttl, at_once=at_once)

    def delete(self, key: str, *, at_once: bool = False) -> bool:
        """Deletes a key; says whether it was there."""
        self._find(key)
        return self._channel.delete(key, at_once=at_once)

    def append(self, key: str, value: Any, ttl: float | None = None, *, at_once: bool = False) -> int:
        """Adds an element behind a list, as `Channel.append`."""
        self._check_list(key)
        return self._channel.append(key, value, ttl, at_once=at_once)

    def prepend(self, key: str, value: Any, ttl: float | None = None, *, at_once: bool = False) -> int:
        """Adds an element before a list, as `Channel.prepend`."""
        self._check_list(key)
        return self._channel.prepend(key, value, ttl, at_once=at_once)

    def atomic_add(self, key: str, amount: float = 1) -> Any:
        """Adds to a number, at once, and gives the total, as `Channel.atomic_add`."""
        self._check(key, amount)
        return self._channel.atomic_add(key, amount)

    def lock(self, key: str, timeout: float | None = 10.0) -> Lock:
        """A lock, as `Channel.lock`."""
        self._find(key)
        return self._channel.lock(key, timeout)

    def _check(self, key: str, value: Any) -> None:
        declared = self._find(key)
        if _excludes(declared, value):
            raise self._error(
                f"declares `{key}` as `{declared.text}`, "
                f"and {reprlib.repr(value)} is a `{type(value).__name__}`"
            )

    def _check_list(self, key: str) -> None:
        declared = self._find(key)
        if declared.allowed is not None and list not in declared.allowed:
            raise self._error(f"declares `{key}` as `{declared.text}`, and only a list has elements")


_MISSING = object()


def _excludes(declared: _Declared, value: Any) -> bool:
    kind = type(value)
    return declared.allowed is not None and kind in BUILTINS and kind not in declared.allowed


@functools.lru_cache(maxsize=256)
def _declared(schema: type) -> dict[str, _Declared]:
    """What a schema says of its keys; an annotation that cannot be resolved is not checked."""
    namespace = vars(sys.modules.get(schema.__module__, typing))
    declared: dict[str, _Declared] = {}
    for key, annotation in schema.__annotations__.items():
        if isinstance(annotation, typing.ForwardRef):
            annotation = _evaluate(annotation.__forward_arg__, namespace)
        while getattr(typing.get_origin(annotation), "_name", None) in (
            "Required",
            "NotRequired",
            "ReadOnly",
        ):
            annotation = typing.get_args(annotation)[0]
        text = annotation.__name__ if isinstance(annotation, type) else str(annotation)
        if typing.get_origin(annotation) is not None:
            text = str(annotation)
        declared[key] = _Declared(text, allowed_types(annotation))
    return declared


def _evaluate(text: str, namespace: dict[str, Any]) -> Any:
    try:
        return eval(text, dict(namespace))
    except Exception:
        return Any
