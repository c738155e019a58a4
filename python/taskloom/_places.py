"""Lines of the user's source, found only when somebody asks.

An instance keeps the code object and the instruction that made it. To turn these into a line takes time
that grows with the length of the file, so it happens in errors and conflicts alone.
"""

from __future__ import annotations

import opcode
import os
from itertools import islice
from types import CodeType, FrameType

__all__ = ["assigned_name", "describe", "discards_value", "line"]

_CACHE = opcode.opmap.get("CACHE", 0)
_END_SEND = opcode.opmap.get("END_SEND", _CACHE)
_EXTENDED_ARG = opcode.opmap["EXTENDED_ARG"]
_POP_TOP = opcode.opmap["POP_TOP"]
_SEND = opcode.opmap["SEND"]
_STORES = {
    opcode.opmap[name]: name
    for name in (
        "STORE_NAME",
        "STORE_GLOBAL",
        "STORE_FAST",
        "STORE_DEREF",
        # Since 3.13 two instructions in one; the variable of the first is in the high half of the argument.
        "STORE_FAST_LOAD_FAST",
        "STORE_FAST_STORE_FAST",
    )
    if name in opcode.opmap
}


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


def _next_instruction(frame: FrameType) -> tuple[int, int]:
    """Operation and argument of what comes after the call, or the `await`, that a frame is in."""
    code = frame.f_code.co_code
    at = frame.f_lasti + 2
    if code[at - 2] == _SEND:
        # An `await` goes on where the value has come.
        distance = 2 * code[at - 1]
        while code[at] == _CACHE:
            at += 2
        at += distance
    argument = 0
    while at + 1 < len(code):
        operation, argument = code[at], argument << 8 | code[at + 1]
        if operation == _EXTENDED_ARG:
            at += 2
            continue
        if operation not in (_CACHE, _END_SEND):
            return operation, argument
        at, argument = at + 2, 0
    return _CACHE, 0


def discards_value(frame: FrameType) -> bool:
    """Whether the value of the call that a frame is in is thrown away at once."""
    return _next_instruction(frame)[0] == _POP_TOP


def assigned_name(frame: FrameType) -> str | None:
    """The variable that the value of the call that a frame is in is assigned to at once."""
    operation, argument = _next_instruction(frame)
    code = frame.f_code
    match _STORES.get(operation):
        case "STORE_NAME" | "STORE_GLOBAL":
            return code.co_names[argument]
        case "STORE_FAST":
            return code.co_varnames[argument]
        case "STORE_FAST_LOAD_FAST" | "STORE_FAST_STORE_FAST":
            return code.co_varnames[argument >> 4]
        case "STORE_DEREF":
            # Since 3.11 the argument counts all local variables; cells that are no arguments come last.
            names = code.co_varnames + tuple(
                name for name in code.co_cellvars if name not in code.co_varnames
            )
            names += code.co_freevars
            return names[argument] if argument < len(names) else None
        case _:
            return None
