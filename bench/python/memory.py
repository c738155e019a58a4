"""How much memory a subject takes at its peak, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from rounds import Round

STATUS = Path("/proc/self/status")

LONGEST_SECONDS = 120


def peak() -> int:
    """The most bytes that this process has had in memory.

    Not from `getrusage`: that begins with what the process had that started this one.
    """
    (line,) = (line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def report(measure: Round, n: int) -> None:
    """Runs a round and says by how many bytes the peak has grown."""
    measure(10)
    before = peak()
    measure(n)
    print(peak() - before)


def bytes_for(program: str, name: str, shape: str, n: int) -> int | None:
    """Lets a process `report`; None if that took too long, or could not be done."""
    command = [sys.executable, program, "--memory", name, shape, str(n)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_SECONDS)
    except subprocess.TimeoutExpired:
        return None
    return int(done.stdout.split()[-1]) if done.returncode == 0 else None
