"""What importing the codec costs and needs (rules D-3 and R-13), and its examples."""

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

import taskloom
import taskloom._codec
from scripts import run_source

MODULES = [f"taskloom._codec.{module.name}" for module in pkgutil.iter_modules(taskloom._codec.__path__)]


def test_r_13_the_codec_is_imported_by_durable_runs_only(tmp_path):
    source = """
import sys
import taskloom
from taskloom import task, workflow

@task
def step():
    return 1

value = workflow("w").add(step).execute()
print([name for name in sys.modules if name.startswith("taskloom._codec") or name in ("zoneinfo", "decimal")])
"""
    assert run_source(source, tmp_path).stdout == "[]\n"


def test_d_03_the_codec_needs_no_native_module_and_imports_no_pydantic(tmp_path):
    source = f"""
import sys, types
package = types.ModuleType("taskloom")
package.__path__ = [{str(Path(taskloom.__file__).parent)!r}]
sys.modules["taskloom"] = package
sys.modules["taskloom._native"] = None
from taskloom._codec import Codecs
print(Codecs([]).decode(Codecs([]).encode((1, 2))), "pydantic" in sys.modules)
"""
    done = run_source(source, tmp_path)
    assert (done.stdout, done.stderr) == ("(1, 2) False\n", "")


@pytest.mark.parametrize("name", MODULES)
def test_e_01_modules_are_documented_and_their_examples_run(name):
    module = importlib.import_module(name)
    assert module.__doc__
    assert all(hasattr(module, public) for public in module.__all__)
    assert doctest.testmod(module).failed == 0


def test_d_03_the_examples_of_the_guide_run():
    guide = Path(__file__).parents[2] / "docs" / "values.md"
    results = doctest.testfile(str(guide), module_relative=False)
    assert results.attempted > 5
    assert results.failed == 0
