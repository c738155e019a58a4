"""How exceptions cross between processes."""

from __future__ import annotations

import pickle
import traceback

from ..errors import RemoteTaskError
from .transfer import dumps, loads

__all__ = ["pack", "unpack"]


class _RemoteTraceback(Exception):
    """The traceback of an exception in the process that raised it; shown as its cause."""

    def __str__(self) -> str:
        return f'\n"""\n{self.args[0]}"""'


def pack(error: BaseException) -> bytes:
    """The bytes of an exception, whether it survives the way itself or not."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    try:
        text = str(error)
    except Exception:
        text = "(its text cannot be made)"
    try:
        data = dumps(error)
        # Many can be sent and not received, because their classes take other arguments than they keep.
        survives = type(loads(data)) is kind
    except Exception:
        survives, data = False, b""
    return pickle.dumps((data if survives else None, name, text, "".join(traceback.format_exception(error))))


def unpack(packed: bytes) -> BaseException:
    """The exception, or a `RemoteTaskError` in its place; its traceback in that process is its cause."""
    data, name, text, trace = pickle.loads(packed)
    error: BaseException | None = None
    if data is not None:
        try:
            error = loads(data)
        except Exception:
            # Its class is only there.
            error = None
    if error is None:
        error = RemoteTaskError(name, text, trace)
    error.__cause__ = _RemoteTraceback(trace)
    return error
