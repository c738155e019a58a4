"""Runs programs as a user does: `python file`, in a directory of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parent / "page"


def run_python(
    *arguments: str | Path, cwd: Path, env: dict[str, str] | None = None, **options: object
) -> subprocess.CompletedProcess[str]:
    """Runs the interpreter; `env` changes the environment."""
    environment = {k: v for k, v in os.environ.items() if k != "TASKLOOM_ECHO"}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1"} | (env or {})
    options = {"capture_output": True, "text": True, "encoding": "utf-8", "timeout": 50} | options
    return subprocess.run([sys.executable, *arguments], cwd=cwd, env=environment, **options)


def run_source(source: str, directory: Path, **options: object) -> subprocess.CompletedProcess[str]:
    """Runs a script with this text, which lies outside of the directory that it runs in."""
    script = directory / "script.py"
    script.write_text(source, encoding="utf-8")
    cwd = directory / "empty"
    cwd.mkdir(exist_ok=True)
    done = run_python(script, cwd=cwd, **options)
    assert list(cwd.iterdir()) == []
    return done
