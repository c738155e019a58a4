"""Lets the old import paths lead here: `graflow.core.task` is `taskloom.graflow.core.task`.

A process has one `graflow`. Importing `taskloom.graflow` makes it this one, also where the real one is
installed; it is refused if the real one has been imported before, since a program with classes of both would
go wrong in ways that nobody could explain.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

__all__ = ["install"]

_HERE = __name__.rpartition(".")[0]

_LATER = {
    "api": "the HTTP API",
    "channels.redis_channel": "Redis",
    "coordination.executor": "executors of groups",
    "coordination.graph_store": "Redis",
    "coordination.records": "Redis",
    "coordination.redis_coordinator": "Redis",
    "coordination.threading_coordinator": "coordinators of groups",
    "core.handlers.docker": "the Docker handler",
    "core.serialization": "serialization by pickle",
    "debug": "debugging helpers",
    "hitl.backend": "backends for questions of its own",
    "llm": "LLM integration",
    "prompts": "prompts",
    "queue.distributed": "Redis",
    "trace.console": "tracers that show something",
    "trace.langfuse": "tracers that show something",
    "utils.cache": "helpers of its own",
    "utils.dotenv": "helpers of its own",
    "utils.redis_utils": "Redis",
    "worker": "Redis workers",
}


class _Finder(MetaPathFinder):
    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        for root in ("graflow", _HERE):
            if fullname.startswith(f"{root}."):
                _refuse_later(fullname, fullname.removeprefix(f"{root}."))
        if fullname != "graflow" and not fullname.startswith("graflow."):
            return None
        try:
            found = importlib.util.find_spec(_here(fullname))
        except ModuleNotFoundError:
            return None
        return None if found is None else ModuleSpec(fullname, _Alias(), is_package=True)


class _Alias(Loader):
    def exec_module(self, module: ModuleType) -> None:
        # What has just been made for the old path gives way to the module itself.
        sys.modules[module.__name__] = importlib.import_module(_here(module.__name__))


def _here(fullname: str) -> str:
    return _HERE + fullname.removeprefix("graflow")


def _refuse_later(fullname: str, name: str) -> None:
    for later, what in _LATER.items():
        if name == later or name.startswith(f"{later}."):
            raise ImportError(
                f"{fullname}: {what} of Graflow is not implemented yet in Taskloom", name=fullname
            )


def install() -> None:
    """Makes this package the process's `graflow`.

    Raises `ImportError` if the real one has been imported.
    """
    present = sys.modules.get("graflow")
    if present is not None and present is not sys.modules[_HERE]:
        raise ImportError(
            f"{_HERE} cannot stand for `graflow`, which has been imported from {present.__file__} already\n"
            f"  hint: import {_HERE} before everything that imports `graflow`, or run the script with "
            f"`python -m {_HERE}`",
            name=_HERE,
        )
    sys.modules["graflow"] = sys.modules[_HERE]
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
