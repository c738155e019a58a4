"""The script that the first process runs, and others import when they need something of it."""

from __future__ import annotations

import os
import sys
from multiprocessing import spawn
from types import FunctionType

from . import status

__all__ = ["SCRIPT_NAMES", "import_later", "import_script", "is_importable", "script"]

SCRIPT_NAMES = frozenset({"__main__", "__mp_main__"})
"""What it is called here, and in processes that import it."""

_later: dict[str, str] = {}


def script() -> dict[str, str]:
    """How another process imports the script of this one, as `multiprocessing.spawn.prepare` takes it; empty
    if there is none, since this is a prompt or a notebook."""
    if _later:
        # Not needed here so far, and perhaps by a process that this one starts.
        return _later
    main = sys.modules["__main__"]
    name = getattr(getattr(main, "__spec__", None), "name", None)
    if name is not None:
        return {"init_main_from_name": name}
    path = getattr(main, "__file__", None)
    if path is None:
        return {}
    return {"init_main_from_path": os.path.abspath(path)}


def is_importable(value: FunctionType | type) -> bool:
    """Whether another process can import the module that this is from: no prompt and no notebook."""
    if value.__module__ != "__main__":
        return True
    typed = isinstance(value, FunctionType) and value.__code__.co_filename.startswith("<")
    return bool(script()) and not typed


def import_later(script: dict[str, str]) -> None:
    """Says what `import_script` imports in this process, which was started by ours."""
    global _later
    _later = script


def import_script() -> None:
    """Imports the script, if this is a process of ours and has not done so: as `__mp_main__`."""
    global _later
    if not _later:
        return
    status.imports_script = True
    try:
        spawn.prepare(_later)
    finally:
        status.imports_script = False
    _later = {}
