"""Section 2: definitions, instances and calls, with the faults W-19 to W-27 mended."""

import asyncio
import functools
import re

import pytest
from graflow.core.task import Task, TaskWrapper
from graflow.exceptions import DuplicateTaskError, GraflowError

from graflow import TaskExecutionContext, task, workflow
from taskloom.errors import TaskloomError


@task
def fetch(city):
    return f"Weather for {city}"


def test_2_1_all_forms_of_the_decorator():
    def f():
        return 1

    wrappers = [
        task(f),
        task()(f),
        task("i")(f),
        task("i", max_retries=1)(f),
        task(id="i")(f),
        task(f, id="i"),
    ]
    assert all(isinstance(wrapper, TaskWrapper) for wrapper in wrappers)
    assert [wrapper.task_id for wrapper in wrappers] == ["f", "f", "i", "i", "i", "i"]
    assert task("first", id="second")(f).task_id == "first"
    assert task(lambda: 1).task_id == "<lambda>"
    assert TaskWrapper("w", f).run() == 1
    assert (wrappers[0].__name__, wrappers[0].func, repr(wrappers[2])) == ("f", f, "TaskWrapper(i)")


def test_2_1_what_is_no_function_is_refused():
    with pytest.raises(TypeError, match="not for a int"):
        task(5)
    with pytest.raises(TypeError, match="is a task already"):
        task(task(lambda: 1))


def test_2_1_a_callable_without_a_name():
    assert task(functools.partial(pow, 2), id="power").run(3) == 8
    with pytest.raises(TypeError, match=r"signature of .* cannot be read"):
        task(functools.partial(max, 2), id="largest")


def test_a_05_a_call_without_any_argument_runs_the_function():
    @task
    def one():
        return 1

    assert one() == 1
    assert fetch(task_id="t", city="X")() == "Weather for X"
    with pytest.raises(TypeError, match="city"):
        fetch()


def test_a_01_a_call_with_keywords_makes_an_instance():
    instance = fetch(task_id="t", city="X")
    assert isinstance(instance, TaskWrapper)
    assert instance.task_id == "t"
    assert instance.run() == instance() == "Weather for X"
    assert fetch(task_id="only").run(city="Y") == "Weather for Y"


def test_w_23_automatic_ids_have_the_definition_id_and_are_unique():
    @task("named")
    def f(x):
        return x

    assert re.fullmatch("named_[0-9a-f]{8}", f(x=1).task_id)
    assert len({f(x=1).task_id for _ in range(1000)}) == 1000


def test_19_2_positional_arguments_bind_by_the_signature():
    assert fetch("Oslo").run() == "Weather for Oslo"
    with pytest.raises(TypeError, match="takes 1 arguments by position, 2 were given"):
        fetch("Oslo", "Rome")


def test_a_06_run_takes_arguments_either_way():
    assert fetch.run("X") == fetch.run(city="X") == "Weather for X"
    bound = fetch(task_id="b", city="bound")
    assert bound.run(city="given") == "Weather for given"


def test_w_19_the_meaning_of_a_call_does_not_change_after_a_run():
    with workflow("w") as wf:
        node = fetch(task_id="node", city="X")
        node >> fetch(task_id="other", city="Y")
    wf.execute()
    assert isinstance(node(task_id="again", city="Z"), TaskWrapper)
    assert isinstance(fetch(city="Z"), TaskWrapper)
    assert node() == "Weather for X"


def test_a_25_a_call_with_keywords_in_a_body_makes_an_instance():
    @task
    def body():
        return type(fetch(city="inside"))

    with workflow("w") as wf:
        body >> body(task_id="last")
    assert issubclass(wf.execute(), TaskWrapper)


def test_w_20_equal_ids_are_an_error_wherever_they_meet():
    first = fetch(task_id="same", city="a")
    with pytest.raises(
        DuplicateTaskError, match=r"`same` already exists: first made at .*:\d+, again at .*:\d+"
    ):
        fetch(task_id="same", city="b")

    def make(city):
        return fetch(task_id="same", city=city)

    pair = [make("a"), make("b")]
    with pytest.raises(DuplicateTaskError):
        pair[0] >> pair[1]
    with pytest.raises(DuplicateTaskError):
        pair[0] | pair[1]
    with workflow("w"):
        make("a")
        with pytest.raises(DuplicateTaskError):
            make("b")
    assert first.task_id == "same"


def test_w_26_the_error_has_the_id():
    with workflow("w"):
        fetch(task_id="x", city="a")
        with pytest.raises(DuplicateTaskError) as caught:
            fetch(task_id="x", city="b")
    assert caught.value.task_id == "x"
    assert isinstance(caught.value, GraflowError)
    assert isinstance(caught.value, TaskloomError)


def test_w_25_an_instance_of_an_instance_keeps_what_is_bound():
    @task
    def both(a, b):
        return a, b

    assert both(a=1)(b=2).run() == (1, 2)
    assert both(a=1)(a=3, b=2).run() == (3, 2)


def test_w_25_unknown_names_are_refused_when_they_are_bound():
    with pytest.raises(TypeError, match="no parameter `town`"):
        fetch(town="X")


def test_2_5_values_of_any_type_are_bound():
    @task
    def takes(n: int, text: str = ""):
        return n, text

    assert takes(n="not a number", text=5).run() == ("not a number", 5)


def test_a_13_an_id_is_a_text():
    with pytest.raises(TypeError, match="task_id is a text"):
        fetch(task_id=5, city="X")


def test_w_27_async_works_and_generators_are_refused():
    @task
    async def slow(x=1):
        await asyncio.sleep(0)
        return x + 1

    @task(inject_context=True)
    async def after(ctx, slow):
        return ctx.task_id, slow

    with workflow("w") as wf:
        slow >> after
    assert wf.execute() == ("after", 2)

    with pytest.raises(NotImplementedError, match="handler"):
        task(slow.func, handler="custom")

    with pytest.raises(TypeError, match="is a generator"):

        @task
        def many():
            yield 1


def test_2_1_the_context_is_the_first_argument_whatever_it_is_called():
    @task(inject_context=True)
    def who(anything, x=1):
        assert isinstance(anything, TaskExecutionContext)
        return anything.task_id, x

    assert who() == ("who", 1)
    assert who.run(x=2) == ("who", 2)
    assert who(task_id="me", x=3).run() == ("who", 3)
    with workflow("w") as wf:
        wf.add(who(task_id="me", x=4))
    assert wf.execute() == ("me", 4)


def run_one(definition, channel=None, before=()):
    with workflow("w") as wf:
        wf.add(definition)
        for each in before:
            each >> definition
    return wf.execute(initial_channel=channel)


def test_2_6_parameters_come_from_results_before_the_channel_before_defaults():
    @task
    def data():
        return "result"

    @task
    def use(data="default", *, other="o"):
        return data, other

    assert run_one(use) == ("default", "o")
    assert run_one(use, {"data": "plain", "other": 1}) == ("plain", 1)
    assert run_one(use, {"data": "plain"}, [data]) == ("result", "o")
    assert run_one(use(data="bound"), {"data": "plain"}, [data]) == ("bound", "o")
    assert run_one(use, {"other": None}) == ("default", None)


def test_a_24_what_collects_is_not_filled():
    @task
    def use(*args, **kwargs):
        return args, kwargs

    assert run_one(use, {"args": 1, "kwargs": 2, "data": 3}) == ((), {})


def test_w_24_what_cannot_be_found_says_where_it_was_looked_for():
    with pytest.raises(GraflowError, match="no value for parameter `city`"):
        run_one(fetch)


def test_a_23_nothing_is_looked_for_without_resolve_keyword_args():
    @task(resolve_keyword_args=False)
    def use(data="default"):
        return data

    @task(resolve_keyword_args=False)
    def needs(data):
        return data

    assert run_one(use, {"data": "plain"}) == "default"
    assert run_one(use(data="bound")) == "bound"
    with pytest.raises(GraflowError, match="`needs` has no value for `data"):
        run_one(needs, {"data": "plain"})


def test_w_60_the_first_example_of_the_readme_passes_results_on():
    @task
    def extract():
        return {"users": 1200}

    @task
    def validate(users: int):
        return users > 1000

    with workflow("w") as wf:
        extract >> validate
    assert wf.execute() is True


def test_2_2_a_subclass_of_task():
    class Count(Task):
        max_retries = 1

        def __init__(self, task_id, fails):
            super().__init__(task_id)
            self.fails = fails

        def run(self):
            self.fails -= 1
            if self.fails >= 0:
                raise OSError
            return self.task_id

    with workflow("w") as wf:
        first, second = Count("first", 1), Count("second", 0)
        first >> second
    assert wf.execute() == "second"
    assert Task("nothing")() is None
    assert (second.__name__, second.__qualname__, repr(second)) == ("second", "Count.second", "Count(second)")


def test_2_2_one_that_is_not_composed_runs_alone():
    with workflow("w") as wf:
        Task("root")
    assert wf.execute() is None
    assert wf.execute("root") is None


def test_w_21_a_task_may_be_part_of_any_number_of_workflows():
    a, b = fetch(task_id="a", city="A"), fetch(task_id="b", city="B")
    for name in ("one", "two"):
        with workflow(name) as wf:
            a >> b
        assert wf.execute() == "Weather for B"


@pytest.mark.parametrize("option", [{"inject_llm_client": True}, {"inject_llm_agent": "x"}])
def test_2_1_language_models_are_not_there_yet(option):
    with pytest.raises(NotImplementedError, match="not implemented yet"):
        task(**option)(lambda: 1)
