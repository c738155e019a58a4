"""The examples print what is written beside them, and the README's program prints what the README says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(program: Path, directory: Path) -> str:
    done = subprocess.run(
        [sys.executable, program], cwd=directory, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "program", sorted((ROOT / "examples" / "python").glob("*.py")), ids=lambda path: path.stem
)
def test_an_example_prints_what_is_written_beside_it(program: Path) -> None:
    assert run(program, ROOT) == program.with_suffix(".out").read_text()


def test_r_12_the_readme_program_prints_what_the_readme_says(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text()
    blocks = dict(re.findall(r"```(python|text)\n(.*?)```", readme, flags=re.DOTALL))
    program = tmp_path / "w.py"
    program.write_text(blocks["python"])
    assert run(program, tmp_path) == blocks["text"]
    assert list(tmp_path.iterdir()) == [program]


def links(document: Path) -> list[Path]:
    """The files that a document links to."""
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)|^\[[^]]+\]: (\S+)", document.read_text(), flags=re.MULTILINE)
    return [document.parent / (a or b) for a, b in targets if "://" not in (a or b)]


@pytest.mark.parametrize(
    "document", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]), ids=lambda path: path.name
)
def test_what_a_document_links_to_is_there(document: Path) -> None:
    assert [str(each) for each in links(document) if not each.exists()] == []


def test_the_readme_leads_to_every_example() -> None:
    examples = {each for each in (ROOT / "examples").glob("*/*") if each.suffix in (".py", ".rs")}
    # The one that it shows.
    examples.remove(ROOT / "examples" / "rust" / "weather.rs")
    assert examples - set(links(ROOT / "README.md")) == set()
