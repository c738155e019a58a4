"""The package itself: what it promises to tools, and what importing it does (rules E-1, E-2 and R-13)."""

import doctest
import importlib
import importlib.metadata
import inspect
import pkgutil
from pathlib import Path

import pytest

import taskloom
from scripts import run_source
from taskloom import errors

MODULES = ["taskloom", *(f"taskloom.{module.name}" for module in pkgutil.iter_modules(taskloom.__path__))]


def test_e_02_the_package_is_typed():
    assert (Path(taskloom.__file__).parent / "py.typed").is_file()


def test_e_02_the_package_has_no_dependencies():
    assert not importlib.metadata.requires("taskloom")


def test_e_02_the_version_is_that_of_the_distribution():
    assert taskloom.__version__ == importlib.metadata.version("taskloom")


@pytest.mark.parametrize("name", taskloom.__all__)
def test_e_01_public_names_exist_and_are_documented(name):
    value = getattr(taskloom, name)
    assert name.startswith("__") or inspect.getdoc(value)


@pytest.mark.parametrize(
    "name", ["Task", "Instance", "Workflow", "Run", "RunHandle", "TaskRecord", "TaskExecutionContext"]
)
def test_e_01_public_methods_are_documented(name):
    for member, value in vars(getattr(taskloom, name)).items():
        if not member.startswith("_") and (inspect.isroutine(value) or isinstance(value, property)):
            assert inspect.getdoc(value), f"{name}.{member}"


@pytest.mark.parametrize("name", errors.__all__)
def test_e_01_exceptions_are_in_one_tree_and_documented(name):
    exception = getattr(errors, name)
    assert issubclass(exception, errors.TaskloomError)
    assert not issubclass(exception, KeyError)
    assert exception.__doc__


@pytest.mark.parametrize("name", MODULES)
def test_e_01_modules_are_documented_and_their_names_exist(name):
    module = importlib.import_module(name)
    for public in getattr(module, "__all__", []):
        assert hasattr(module, public)
    if name != "taskloom._native":
        assert module.__doc__


@pytest.mark.parametrize("name", [name for name in MODULES if name != "taskloom._native"])
def test_e_01_the_examples_in_docstrings(name):
    results = doctest.testmod(importlib.import_module(name))
    assert results.failed == 0


def test_e_01_there_are_examples_in_docstrings():
    finder = doctest.DocTestFinder()
    assert (
        sum(len(test.examples) for name in MODULES for test in finder.find(importlib.import_module(name)))
        >= 5
    )


def test_r_13_importing_and_composing_start_no_thread_and_import_nothing_foreign(tmp_path):
    source = """
import sys, threading
import taskloom
from taskloom import chain, parallel, task, workflow

@task
async def step(name="step"):
    return name

with workflow("w") as wf:
    chain(step(name="a"), parallel(step(name="b"), step(name="c")))
wf.plan()
assert threading.active_count() == 1, threading.enumerate()
foreign = {
    name.partition(".")[0]
    for name in sys.modules
    if not name.startswith(("_", "taskloom")) and name.partition(".")[0] not in sys.stdlib_module_names
}
# What an environment loads at start, before any import of ours, is not ours.
print(sorted(foreign - set(before)))
"""
    before = "import sys\nbefore = {name.partition('.')[0] for name in sys.modules}\n"
    done = run_source(before + source, tmp_path)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_r_13_a_run_of_one_plain_task_starts_no_thread(tmp_path):
    source = """
import threading
from taskloom import task, workflow

@task
def step():
    return threading.active_count()

print(workflow("w").add(step).execute(), threading.active_count())
"""
    assert run_source(source, tmp_path).stdout == "1 1\n"


def test_e_02_a_program_leaves_nothing_behind(tmp_path):
    source = """
import os
from taskloom import task, workflow

@task
def step(name="step"):
    return name

@task
def fails():
    raise ValueError

value = workflow("w").add(step(task_id="a") >> step(task_id="b")).execute()
try:
    workflow("w").add(fails).execute()
except Exception:
    pass
print(os.listdir())
"""
    assert run_source(source, tmp_path).stdout == "[]\n"
