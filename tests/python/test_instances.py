"""Rules I-1 and I-6: calling a definition makes an independent instance, always."""

import gc
import weakref

import pytest

import taskloom
from taskloom import Instance, Task, task, workflow
from taskloom.errors import UnknownTaskError


@task
def fetch(city: str = "Oslo", seen: list | None = None) -> str:
    """Fetches the weather."""
    if seen is not None:
        seen.append(city)
    return city


def execute(*operands):
    wf = workflow("w")
    for operand in operands:
        wf.add(operand)
    return wf.execute()


def test_i_01_calling_a_definition_makes_an_instance():
    for instance in (fetch(task_id="tokyo", city="Tokyo"), fetch(city="Tokyo"), fetch(), fetch("Tokyo")):
        assert isinstance(instance, Instance)
        assert instance.definition is fetch


def test_i_01_calling_never_runs_the_function():
    ran = []

    @task
    def body():
        ran.append(1)

    body()
    body(task_id="x")
    assert ran == []


def test_i_01_also_after_a_run_and_inside_one():
    inner = []

    @task
    def outer():
        inner.append(fetch(task_id="inner", city="Paris"))
        return "outer"

    assert execute(outer()) == "outer"
    assert isinstance(inner[0], Instance)
    assert isinstance(fetch(city="Tokyo"), Instance)
    assert execute(inner[0]) == "Paris"


def test_i_01_a_definition_keeps_the_names_of_its_function():
    assert isinstance(fetch, Task)
    assert (fetch.__name__, fetch.__qualname__, fetch.__module__) == ("fetch", "fetch", __name__)
    assert fetch.__doc__ == "Fetches the weather."
    assert fetch.__wrapped__ is fetch.fn


@pytest.mark.parametrize(
    ("define", "expected"),
    [
        (lambda f: task(f), "function"),
        (lambda f: task()(f), "function"),
        (lambda f: task("given")(f), "given"),
        (lambda f: task(id="given")(f), "given"),
        (lambda f: task("given", max_retries=2)(f), "given"),
    ],
)
def test_i_01_the_definition_id(define, expected):
    def function():
        pass

    assert define(function).id == expected


def test_i_01_two_ids_for_one_definition():
    with pytest.raises(TypeError, match="two ids"):
        task("a", id="b")


def test_i_01_an_unknown_option():
    with pytest.raises(TypeError, match="no option 'retries'"):
        task(retries=3)


def test_i_01_definitions_may_share_an_id():
    @task("shared")
    def one():
        return 1

    @task("shared")
    def two():
        return 2

    with workflow("w") as wf:
        one(task_id="a") >> two(task_id="b")
    assert wf.run().outputs == {"a": 1, "b": 2}


def test_i_01_what_is_no_function_is_refused():
    with pytest.raises(TypeError, match="@task is for functions"):
        task(5)
    with pytest.raises(TypeError, match="is a task already"):
        task(fetch)


def test_i_01_methods_and_lambdas_and_callables():
    class Service:
        def __init__(self, name):
            self.name = name

        def call(self, city):
            return f"{self.name} {city}"

        def __call__(self, city):
            return f"{self.name}! {city}"

    service = Service("s")
    assert execute(task(service.call)(city="Tokyo")) == "s Tokyo"
    assert execute(task(service)(city="Tokyo")) == "s! Tokyo"
    assert execute(task(lambda city: city * 2)(city="ab")) == "abab"


def test_i_01_in_any_number_of_workflows():
    tokyo = fetch(task_id="tokyo", city="Tokyo")
    assert [execute(tokyo) for _ in range(3)] == ["Tokyo"] * 3


def test_i_06_each_instance_has_its_own_arguments():
    instances = [fetch(task_id=f"t{number}", city=str(number)) for number in range(100)]
    with workflow("w") as wf:
        taskloom.parallel(*instances)
    assert wf.execute() == {f"t{number}": str(number) for number in range(100)}


def test_i_06_a_bound_list_is_the_callers_object():
    seen = []
    with workflow("w") as wf:
        fetch(task_id="a", city="a", seen=seen) >> fetch(task_id="b", city="b", seen=seen)
    wf.execute()
    assert seen == ["a", "b"]


def test_i_06_a_bound_object_is_passed_by_identity():
    thing = object()

    @task
    def identity(value):
        return value

    assert execute(identity(value=thing)) is thing


def test_i_06_instances_do_not_share_keyword_arguments():
    @task
    def collect(**more):
        more["added"] = True
        return more

    first, second = collect(task_id="a", x=1), collect(task_id="b", x=1)
    for _ in range(2):
        assert execute(first) == {"x": 1, "added": True}
    assert execute(second) == {"x": 1, "added": True}


def test_i_06_an_instance_is_immutable():
    tokyo = fetch(task_id="tokyo")
    with pytest.raises(AttributeError):
        tokyo.task_id = "kyoto"
    with pytest.raises(AttributeError):
        tokyo.anything = 1


def test_i_06_an_instance_lets_go_of_its_arguments():
    class Thing:
        pass

    @task
    def identity(value):
        return 1

    thing = Thing()
    gone = weakref.ref(thing)
    instance = identity(value=thing)
    assert execute(instance) == 1
    del thing, instance
    gc.collect()
    assert gone() is None


def test_i_01_shown_by_id():
    assert repr(fetch) == "Task('fetch')"
    assert repr(fetch(task_id="tokyo")) == "Instance('tokyo' of 'fetch')"
    assert repr(fetch()) == "Instance(unnamed of 'fetch')"


def test_i_01_an_id_that_the_run_does_not_have():
    with workflow("w") as wf:
        fetch(task_id="tokyo")
    run = wf.run()
    with pytest.raises(UnknownTaskError, match="did you mean `tokyo`"):
        run.output("tokio")
    with pytest.raises(UnknownTaskError, match="kyoto"):
        run.output(fetch(task_id="kyoto"))
