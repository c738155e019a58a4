"""Tasks in processes.

A worker thread of the run that takes such a task calls a `Call` instead of its function. This takes a process
from the pool (`pool`), or starts one (`worker`), sends function and arguments, and answers what the task asks
of its context until it has ended. In the process `child` runs functions one after another; `remote` stands
there for the run's control and channel. `transfer` says how objects cross, `failure` how exceptions do.
"""

from __future__ import annotations

__all__ = ["Status", "status"]


class Status:
    """What this process is."""

    __slots__ = ("imports_script", "is_ours")

    def __init__(self) -> None:
        self.is_ours = False
        """Whether another one has started it to run tasks."""
        self.imports_script = False
        """Whether it is one, and imports the script, to find a function of it."""


status = Status()
