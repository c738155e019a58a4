"""The forms of built-in values without parts."""

from __future__ import annotations

import base64
import math
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path, PosixPath, PurePath, PurePosixPath, PureWindowsPath, WindowsPath
from typing import Any, NoReturn
from uuid import UUID
from zoneinfo import ZoneInfo

from .._secret import Secret
from .decode import Decoder, Reader
from .encode import Encoder, Handler
from .refusal import Refusal, type_name

__all__ = ["HANDLERS", "READERS", "text_of"]


def text_of(tree: dict[str, Any], key: str) -> str:
    """An entry that has to be a text: what takes texts may take other things as well, for something else."""
    text = tree[key]
    if type(text) is not str:
        raise TypeError(f"a text was expected, not a {type(text).__name__}")
    return text


def _zoned(encoder: Encoder, tag: str, value: datetime | time) -> dict[str, Any]:
    tree: dict[str, Any] = {tag: value.isoformat()}
    if value.fold:
        tree["fold"] = 1
    zone = value.tzinfo
    if type(zone) is ZoneInfo:
        if zone.key is None:
            raise Refusal(
                "its time zone was made from a file, and has no name",
                "make it with `ZoneInfo(name)`",
                "ZoneInfo",
            )
        tree["zone"] = encoder.text(zone.key)
    elif type(zone) is timezone:
        # The arguments that it was made of: the offset, which the text has, and a name, if there is one.
        name = zone.__getinitargs__()[1:]  # pyright: ignore[reportAttributeAccessIssue]
        if name:
            tree["zone_name"] = encoder.text(name[0])
    elif zone is not None:
        raise Refusal(
            f"its time zone is a `{type_name(type(zone))}`",
            "use `zoneinfo.ZoneInfo` or `datetime.timezone`",
            type_name(type(zone)),
        )
    return tree


def _datetime(_: Decoder, tree: dict[str, Any]) -> datetime:
    value = datetime.fromisoformat(text_of(tree, "$datetime"))
    return value.replace(tzinfo=_zone(tree, value), fold=tree.get("fold", 0))


def _time(_: Decoder, tree: dict[str, Any]) -> time:
    value = time.fromisoformat(text_of(tree, "$time"))
    return value.replace(tzinfo=_zone(tree, value), fold=tree.get("fold", 0))


def _zone(tree: dict[str, Any], value: datetime | time) -> Any:
    if "zone" in tree:
        return ZoneInfo(text_of(tree, "zone"))
    offset = value.utcoffset()
    if "zone_name" in tree and offset is not None:
        return timezone(offset, text_of(tree, "zone_name"))
    return value.tzinfo


def _timedelta(_: Decoder, tree: dict[str, Any]) -> timedelta:
    days, seconds, microseconds = tree["$timedelta"]
    return timedelta(days, seconds, microseconds)


_FLOATS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}

_PURE_PATHS: dict[str, type[PurePath]] = {
    "PurePosixPath": PurePosixPath,
    "PureWindowsPath": PureWindowsPath,
}


def _pure_path(encoder: Encoder, value: PurePath) -> dict[str, Any]:
    return {"$path": encoder.text(str(value)), "class": type(value).__name__}


def _path(_: Decoder, tree: dict[str, Any]) -> PurePath:
    kind = _PURE_PATHS[text_of(tree, "class")] if "class" in tree else Path
    return kind(text_of(tree, "$path"))


def _refuse_secret(_encoder: Encoder, _secret: Any) -> NoReturn:
    raise Refusal(
        "a secret is never recorded",
        "bind it as an argument of the task that needs it; a run that goes on takes it from the program "
        "again",
        "Secret",
    )


HANDLERS: dict[type, Handler] = {
    bytes: lambda _, value: {"$bytes": base64.b64encode(value).decode()},
    datetime: lambda encoder, value: _zoned(encoder, "$datetime", value),
    time: lambda encoder, value: _zoned(encoder, "$time", value),
    date: lambda _, value: {"$date": value.isoformat()},
    timedelta: lambda _, value: {"$timedelta": [value.days, value.seconds, value.microseconds]},
    Decimal: lambda _, value: {"$decimal": str(value)},
    UUID: lambda _, value: {"$uuid": str(value)},
    PosixPath: lambda encoder, value: {"$path": encoder.text(str(value))},
    WindowsPath: lambda encoder, value: {"$path": encoder.text(str(value))},
    PurePosixPath: _pure_path,
    PureWindowsPath: _pure_path,
    Secret: _refuse_secret,
}

READERS: dict[str, Reader] = {
    "$int": lambda _, tree: int(text_of(tree, "$int"), 16),
    "$float": lambda _, tree: _FLOATS[text_of(tree, "$float")],
    "$bytes": lambda _, tree: base64.b64decode(text_of(tree, "$bytes"), validate=True),
    "$datetime": _datetime,
    "$time": _time,
    "$date": lambda _, tree: date.fromisoformat(text_of(tree, "$date")),
    "$timedelta": _timedelta,
    "$decimal": lambda _, tree: Decimal(text_of(tree, "$decimal")),
    "$uuid": lambda _, tree: UUID(text_of(tree, "$uuid")),
    "$path": _path,
}
