"""The package itself: what it promises to tools (rules E-1 and R-13)."""

import doctest
import importlib
import inspect
import pkgutil

import pytest

import taskloom.graflow
from scripts import run_source

MODULES = [
    module.name
    for module in pkgutil.walk_packages(taskloom.graflow.__path__, taskloom.graflow.__name__ + ".")
]


def test_e_01_there_are_modules():
    assert len(MODULES) > 30


@pytest.mark.parametrize("name", ["taskloom.graflow", *MODULES])
def test_e_01_modules_and_their_names_are_documented(name):
    module = importlib.import_module(name)
    assert module.__doc__
    for public in module.__all__ if hasattr(module, "__all__") else ():
        value = getattr(module, public)
        if inspect.isclass(value) or inspect.isfunction(value):
            assert value.__doc__, public
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("name", MODULES)
def test_e_01_public_methods_are_documented(name):
    module = importlib.import_module(name)
    for value in vars(module).values():
        if inspect.isclass(value) and value.__module__ == name and not value.__name__.startswith("_"):
            for member, method in vars(value).items():
                if not member.startswith("_") and (
                    inspect.isfunction(method) or isinstance(method, property)
                ):
                    assert inspect.getdoc(getattr(value, member)), f"{value.__name__}.{member}"


def test_r_13_importing_it_starts_no_thread_and_imports_nothing_foreign(tmp_path):
    source = """
import sys
before = {name.partition('.')[0] for name in sys.modules}
import threading
import taskloom.graflow
import graflow.utils.graph, graflow.queue.local, graflow.channels.schemas, graflow.trace.noop
after = {name.partition('.')[0] for name in sys.modules if not name.startswith('_')}
print(sorted(after - before - sys.stdlib_module_names), threading.active_count())
"""
    assert run_source(source, tmp_path).stdout == "['graflow', 'taskloom'] 1\n"
