"""Lines of the user's source, found only when somebody asks.

An instance keeps the code object and the instruction that made it. To turn these into a line takes time
that grows with the length of the file, so it happens in errors and conflicts alone.
"""

from __future__ import annotations

import opcode
import os
from collections.abc import Iterator
from itertools import islice
from types import CodeType, FrameType

__all__ = ["assigned_names", "describe", "discards_value", "line"]

_CACHE = opcode.opmap.get("CACHE", 0)
_END_SEND = opcode.opmap.get("END_SEND", _CACHE)
_EXTENDED_ARG = opcode.opmap["EXTENDED_ARG"]
_JUMP_FORWARD = opcode.opmap["JUMP_FORWARD"]
_SEND = opcode.opmap["SEND"]

_BETWEEN_STORES = frozenset({"COPY", "SWAP", "UNPACK_SEQUENCE", "UNPACK_EX"})
"""What comes between the variables of one statement."""

_ENDS = frozenset(
    {"POP_TOP", "STORE_ATTR", "STORE_SUBSCR", "STORE_FAST_LOAD_FAST", "RAISE_VARARGS", "FOR_ITER"}
)
"""What a statement ends with that assigns to no further variable."""

_LONGEST_STATEMENT = 10_000


def line(code: CodeType, instruction: int) -> int:
    """The number of the line that an instruction belongs to."""
    position = next(islice(code.co_positions(), instruction // 2, None), None)
    found = position[0] if position else None
    return code.co_firstlineno if found is None else found


def describe(code: CodeType, instruction: int) -> str:
    """The place as `file:line`, with a path relative to the working directory if the file is in it."""
    path = code.co_filename
    if os.path.isabs(path):
        try:
            relative = os.path.relpath(path)
        except (OSError, ValueError):
            relative = path
        if not relative.startswith(os.pardir):
            path = relative
    return f"{path}:{line(code, instruction)}"


def _following(frame: FrameType) -> Iterator[tuple[str, int]]:
    """Name and argument of each instruction after the call, or the `await`, that a frame is in."""
    code = frame.f_code.co_code
    at = begin = frame.f_lasti
    while code[begin] == _CACHE and begin > 0:
        # Some versions of Python are at the end of the instruction then.
        begin -= 2
    at += 2
    if code[begin] == _SEND:
        # An `await` goes on where the value has come.
        while code[at] == _CACHE:
            at += 2
        at += 2 * code[begin + 1]
    argument = 0
    while at + 1 < len(code):
        operation, argument = code[at], argument << 8 | code[at + 1]
        at += 2
        if operation == _EXTENDED_ARG:
            continue
        if operation == _JUMP_FORWARD:
            at += 2 * argument
        elif operation not in (_CACHE, _END_SEND):
            yield opcode.opname[operation], argument
        argument = 0


def discards_value(frame: FrameType) -> bool:
    """Whether the value of the call that a frame is in is thrown away at once."""
    return next(_following(frame), ("", 0))[0] == "POP_TOP"


def assigned_names(frame: FrameType) -> set[str]:
    """The variables that are assigned to by the statement with the call that a frame is in."""
    names: set[str] = set()
    for operation, argument in islice(_following(frame), _LONGEST_STATEMENT):
        stored = _stored(frame.f_code, operation, argument)
        names.update(stored)
        if (names and not stored and operation not in _BETWEEN_STORES) or _ends_statement(operation):
            break
    return names


def _stored(code: CodeType, operation: str, argument: int) -> tuple[str, ...]:
    match operation:
        case "STORE_NAME" | "STORE_GLOBAL":
            return (code.co_names[argument],)
        case "STORE_FAST":
            return (code.co_varnames[argument],)
        # Since 3.13: two instructions in one.
        case "STORE_FAST_LOAD_FAST":
            return (code.co_varnames[argument >> 4],)
        case "STORE_FAST_STORE_FAST":
            return (code.co_varnames[argument >> 4], code.co_varnames[argument & 15])
        case "STORE_DEREF":
            # Since 3.11 the argument counts all local variables; cells that are no arguments come last.
            names = code.co_varnames + tuple(
                name for name in code.co_cellvars if name not in code.co_varnames
            )
            names += code.co_freevars
            return names[argument : argument + 1]
        case _:
            return ()


def _ends_statement(operation: str) -> bool:
    return operation in _ENDS or "JUMP" in operation or operation.startswith(("RETURN", "DELETE", "YIELD"))
