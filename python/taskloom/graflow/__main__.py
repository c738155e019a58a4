"""`python -m taskloom.graflow script.py …` runs a script that was written for Graflow."""

from __future__ import annotations

import os
import runpy
import sys

__all__: list[str] = []


def _main() -> None:
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit("usage: python -m taskloom.graflow script.py [argument ...]")
    del sys.argv[0]
    # As if the interpreter had been given the script itself.
    if not sys.flags.safe_path:
        sys.path[0] = os.path.dirname(os.path.abspath(sys.argv[0]))
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    _main()
