"""Rule I-9: `.run()` calls the function here and now; `.fn` is the plain function."""

import asyncio
import functools
import threading

import pytest

from taskloom import TaskExecutionContext, task, workflow
from taskloom.errors import BindingError


@task
def fetch(city: str, unit: str = "C") -> str:
    return f"{city} {unit}"


@task
async def fetch_async(city: str, unit: str = "C") -> str:
    await asyncio.sleep(0)
    return f"{city} {unit}"


def test_i_09_fn_is_the_plain_function():
    def plain(city):
        return city

    define = task(plain)
    assert define.fn is plain
    assert define(city="Tokyo").fn is plain
    assert fetch.fn("Tokyo") == "Tokyo C"


def test_i_09_run_of_a_definition():
    assert fetch.run("Tokyo") == "Tokyo C"
    assert fetch.run(city="Tokyo", unit="F") == "Tokyo F"


def test_i_09_run_is_here_and_now():
    @task
    def where():
        return threading.current_thread()

    assert where.run() is threading.current_thread()


def test_i_09_run_raises_what_the_function_raises():
    @task
    def fails():
        raise KeyError("x")

    with pytest.raises(KeyError):
        fails.run()
    with pytest.raises(KeyError):
        fails().run()


def test_i_09_run_of_an_instance_uses_what_is_bound():
    tokyo = fetch(task_id="tokyo", city="Tokyo")
    assert tokyo.run() == "Tokyo C"
    assert tokyo.run(unit="F") == "Tokyo F"
    assert tokyo.run("Paris") == "Paris C"
    assert fetch(unit="F").run("Oslo") == "Oslo F"


def test_i_09_run_without_what_is_missing():
    with pytest.raises(TypeError):
        fetch().run()


def test_i_09_run_has_no_side_effects():
    tokyo = fetch(city="Tokyo")
    with workflow("w") as wf:
        tokyo.run()
    assert "unnamed" in repr(tokyo)
    assert len(wf) == 0


def test_i_09_run_of_async_functions():
    assert asyncio.run(fetch_async.run("Tokyo")) == "Tokyo C"
    assert asyncio.run(fetch_async(city="Tokyo").run(unit="F")) == "Tokyo F"


def test_i_09_run_with_a_context():
    @task
    def annotated(city: str, ctx: TaskExecutionContext) -> str:
        return f"{ctx.task_id} {ctx.attempt} {city}"

    @task(inject_context=True)
    def injected(context, city):
        return f"{context.task_id} {context.attempt} {city}"

    assert annotated.run("Tokyo") == annotated(city="Tokyo").run() == "annotated 1 Tokyo"
    assert injected.run("Tokyo") == injected(city="Tokyo").run() == "injected 1 Tokyo"


def test_i_09_inject_context_needs_a_first_parameter():
    with pytest.raises(BindingError, match="no first parameter for the context"):

        @task(inject_context=True)
        def nothing():
            pass


def test_i_09_all_kinds_of_parameters():
    @task
    def kinds(a, b=2, /, c=3, *rest, d, e=5, **more):
        return a, b, c, rest, d, e, more

    expected = (1, 2, 3, (), 4, 5, {})
    assert kinds.run(1, d=4) == kinds(1, d=4).run() == kinds(1).run(d=4) == kinds().run(1, d=4) == expected
    full = (1, 2, 3, (7, 8), 4, 6, {"f": 9})
    assert kinds(1, 2, 3, 7, 8, d=4, e=6, f=9).run() == full
    assert kinds.run(1, 2, 3, 7, 8, d=4, e=6, f=9) == full


def test_i_09_all_kinds_of_parameters_in_a_run():
    @task
    def kinds(a, b=2, /, c=3, *rest, d, e=5, **more):
        return a, b, c, rest, d, e, more

    for instance in (kinds(1, d=4), kinds(1, 2, 3, 7, 8, d=4, e=6, f=9), kinds(1, c=0, d=4)):
        with workflow("w") as wf:
            wf.add(instance)
        assert wf.execute() == instance.run()


def test_i_09_a_bound_output_is_only_in_a_run():
    with pytest.raises(BindingError, match="`city` is bound to the output of another instance"):
        fetch(city=fetch(city="Tokyo")).run()


def test_i_09_a_generator_is_refused_at_definition():
    with pytest.raises(BindingError, match="`rows` is a generator") as caught:

        @task
        def rows():
            yield 1

    assert "hint: return a list" in str(caught.value)


def test_i_09_an_async_generator_is_refused_at_definition():
    with pytest.raises(BindingError, match="is a generator"):

        @task
        async def rows():
            yield 1


def test_i_09_a_partial_of_a_generator_is_refused():
    def rows(n):
        yield n

    with pytest.raises(BindingError, match="is a generator"):
        task("rows")(functools.partial(rows, 1))


def test_i_09_partials_are_tasks():
    def add(a, b):
        return a + b

    with workflow("w") as wf:
        wf.add(task("add")(functools.partial(add, 1))(b=2))
    assert wf.execute() == 3


def test_i_09_async_callables_are_async():
    class Service:
        async def __call__(self, city):
            await asyncio.sleep(0)
            return city

    async def add(a, b):
        await asyncio.sleep(0)
        return a + b

    for instance, expected in [
        (task("service")(Service())(city="Tokyo"), "Tokyo"),
        (task("add")(functools.partial(add, 1))(b=2), 3),
    ]:
        with workflow("w") as wf:
            wf.add(instance)
        assert wf.execute() == expected


def test_i_09_builtins_and_classes_are_tasks():
    class Point:
        def __init__(self, x):
            self.x = x

    with workflow("w") as wf:
        wf.add(task(Point)(x=3))
    assert wf.execute().x == 3
    with workflow("w") as wf:
        wf.add(task(sorted)([3, 1, 2]))
    assert wf.execute() == [1, 2, 3]


def test_i_09_a_definition_inside_of_a_decorator():
    def logged(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return "logged " + function(*args, **kwargs)

        return wrapper

    @task
    @logged
    def shout(city: str) -> str:
        return city.upper()

    assert shout.run("tokyo") == "logged TOKYO"
    with workflow("w") as wf:
        wf.add(shout(city="tokyo"))
    assert wf.execute() == "logged TOKYO"


def test_i_09_a_decorator_that_makes_a_list_of_a_generator():
    def listed(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return list(function(*args, **kwargs))

        return wrapper

    @task
    @listed
    def rows(n: int):
        yield from range(n)

    with workflow("w") as wf:
        wf.add(rows(n=3))
    assert wf.execute() == [0, 1, 2]


def test_i_09_a_decorator_that_calls_an_async_function():
    def logged(function):
        @functools.wraps(function)
        async def wrapper(*args, **kwargs):
            return "logged " + await function(*args, **kwargs)

        return wrapper

    @task
    @logged
    async def shout(city: str) -> str:
        await asyncio.sleep(0)
        return city.upper()

    with workflow("w") as wf:
        wf.add(shout(city="tokyo"))
    assert wf.execute() == "logged TOKYO"
