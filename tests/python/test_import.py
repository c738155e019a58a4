"""What importing the package costs: nothing that only some programs need is imported with it (R-13)."""

from scripts import run_source

# Each takes from 2 to 20 ms. `inspect` is needed where the first task is defined, `asyncio` where the first
# async task runs or somebody waits, `logging` where there is something to log.
ON_DEMAND = {
    "ast",
    "asyncio",
    "concurrent",
    "dataclasses",
    "difflib",
    "dis",
    "doctest",
    "inspect",
    "json",
    "logging",
    "multiprocessing",
    "pickle",
    "random",
    "socket",
    "ssl",
    "subprocess",
    "tempfile",
    "tokenize",
    "traceback",
    "unittest",
    "uuid",
}


def test_r_13_nothing_is_imported_that_only_some_need(tmp_path):
    # What an environment loads at start, before any import of ours, is not ours.
    source = """
import sys
before = set(sys.modules)
import taskloom
print(*sorted(set(sys.modules) - before))
"""
    done = run_source(source, tmp_path)
    imported = {name.partition(".")[0] for name in done.stdout.split()}
    assert "taskloom" in imported
    assert imported & ON_DEMAND == set()
