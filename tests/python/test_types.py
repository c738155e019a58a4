"""What users' type checkers see: results, operators, `.run` and `.fn` are exact."""

import json
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROGRAM = HERE / "types" / "right_and_wrong.py"


def expected():
    """The line numbers that are marked, each with the rules that it breaks."""
    lines = enumerate(PROGRAM.read_text().splitlines(), 1)
    marks = ((number, re.search("# error: (.*)", line)) for number, line in lines)
    return {number: set(mark[1].split(", ")) for number, mark in marks if mark}


def test_each_marked_line_has_its_error_and_no_other_has_one():
    done = subprocess.run(
        [sys.executable, "-m", "basedpyright", "--outputjson", "--pythonpath", sys.executable, str(PROGRAM)],
        cwd=HERE.parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    found = {}
    for diagnostic in json.loads(done.stdout)["generalDiagnostics"]:
        number = diagnostic["range"]["start"]["line"] + 1
        found.setdefault(number, set()).add(diagnostic.get("rule", diagnostic["message"]))
    assert found == expected()
