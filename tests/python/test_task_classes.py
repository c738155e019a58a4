"""Definitions that are objects of a class with a method `run`."""

import re
import weakref

import pytest

from taskloom import Task, TaskExecutionContext, task, workflow
from taskloom.errors import BindingError


class Fetch(Task):
    def __init__(self, unit="°C"):
        self.unit = unit

    def run(self, city: str) -> str:
        return f"{city} in {self.unit}"


def test_i_01_its_objects_are_definitions_and_calling_one_makes_an_instance():
    fetch = Fetch()
    tokyo, paris = fetch(task_id="tokyo", city="Tokyo"), fetch("Paris", task_id="paris")
    with workflow("w") as wf:
        tokyo >> paris
    assert wf.run().outputs == {"tokyo": "Tokyo in °C", "paris": "Paris in °C"}


def test_i_01_two_objects_have_each_its_own_attributes():
    celsius, kelvin = Fetch(), Fetch("K")
    run = workflow("w").add(celsius(task_id="c", city="Oslo") | kelvin(task_id="k", city="Oslo")).run()
    assert run.outputs == {"c": "Oslo in °C", "k": "Oslo in K"}


def test_i_01_the_id_is_the_name_of_the_class_or_the_one_it_is_given():
    class Named(Task, id="fetch"):
        def run(self):
            return 1

    class Derived(Named):
        pass

    assert Fetch().id == "Fetch"
    assert Named().id == "fetch"
    assert Derived().id == "Derived"
    assert workflow("w").add(Named()).run().outputs == {"fetch": 1}
    assert re.fullmatch("Fetch_[0-9a-f]{8}", Fetch()(city="Tokyo").task_id)


def test_i_03_binding_is_checked_and_the_error_names_the_line_of_run():
    line = Fetch.run.__code__.co_firstlineno
    with pytest.raises(BindingError, match=rf"no parameter `town`.*test_task_classes.py:{line}"):
        Fetch()(town="Tokyo")
    with pytest.raises(BindingError, match="takes a `str` for `city`"):
        Fetch()(city=1)
    with pytest.raises(BindingError, match="no parameter `self`"):
        Fetch()(self=1)


def test_i_09_run_is_the_method_itself_and_async_works():
    class Slow(Task):
        async def run(self, city):
            return city

    assert Fetch("K").run("Oslo") == "Oslo in K"
    assert Fetch("K")(city="Oslo").run() == "Oslo in K"
    assert Fetch("K").fn("Oslo") == "Oslo in K"
    assert workflow("w").add(Slow()(task_id="s", city="Oslo")).execute() == "Oslo"


def test_i_09_a_generator_is_refused():
    class Many(Task):
        def run(self):
            yield 1

    with pytest.raises(BindingError, match="`run` is a generator"):
        Many()


def test_i_02_the_context_is_injected_where_it_is_annotated():
    class Who(Task):
        def run(self, ctx: TaskExecutionContext, suffix="!"):
            return ctx.task_id + suffix

    assert workflow("w").add(Who()(task_id="me")).execute() == "me!"


def test_r_07_options_are_keywords_of_the_class_and_are_inherited():
    class Flaky(Task, max_retries=2):
        def __init__(self):
            self.attempts = 0

        def run(self):
            self.attempts += 1
            if self.attempts < 3:
                raise OSError
            return self.attempts

    class Derived(Flaky):
        pass

    assert workflow("w").add(Flaky()).execute() == 3
    assert workflow("w").add(Derived()).execute() == 3
    with pytest.raises(TypeError, match="no option 'retries'"):

        class _Wrong(Task, retries=2):
            def run(self): ...


def test_r_03_parameters_are_resolved_as_those_of_a_function():
    @task
    def city():
        return "Tokyo"

    assert workflow("w").add(city >> Fetch()).execute() == "Tokyo in °C"


def test_c_06_an_object_made_in_a_block_runs_if_nothing_is_composed():
    with workflow("w") as wf:
        Fetch()
    assert wf.execute(initial_channel={"city": "Oslo"}) == "Oslo in °C"


def test_r_07_its_own_super_class_may_have_slots_and_properties():
    class Base:
        __slots__ = ()

        @property
        def doubled(self):
            return 2 * self.n

    class Doubles(Base, Task):
        def __init__(self, n):
            self.n = n

        def run(self):
            return self.doubled

    doubles = Doubles(4)
    assert workflow("w").add(doubles).execute() == 8
    assert weakref.ref(doubles)() is doubles
