"""What is not there yet says so in one sentence, with its name."""

import pytest

import taskloom
from taskloom import TaskExecutionContext, task, workflow


@task
def step(name="step"):
    return name


def not_yet(name):
    return pytest.raises(NotImplementedError, match=rf"^[^\n]*{name}[^\n]*not implemented yet[^\n]*$")


@pytest.mark.parametrize("name", ["Temporal"])
def test_e_01_names_of_the_package(name):
    with not_yet(f"taskloom.{name}"):
        getattr(taskloom, name)
    assert name not in taskloom.__all__


def test_e_01_a_name_that_never_will_be():
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        taskloom.nonsense
    with pytest.raises(ImportError):
        from taskloom import nonsense  # noqa: F401


@pytest.mark.parametrize("option", ["inject_llm_client", "inject_llm_agent"])
def test_e_01_options_of_a_definition(option):
    with not_yet(option):
        task(**{option: 1})


def test_e_01_a_handler_is_graflows():
    with pytest.raises(TypeError, match=r"handlers belong to Graflow's engine.*\n  hint: let a decorator"):
        task(handler="docker")


@pytest.mark.parametrize("argument", ["on"])
@pytest.mark.parametrize("method", ["execute", "run", "start"])
def test_e_01_arguments_of_execute(method, argument):
    with not_yet(argument):
        getattr(workflow("w").add(step), method)(**{argument: 1})


@pytest.mark.parametrize("method", ["execute", "run", "start"])
def test_e_01_an_argument_that_never_will_be(method):
    with pytest.raises(TypeError, match="no argument 'nonsense'"):
        getattr(workflow("w").add(step), method)(nonsense=1)


CONTROL = ["channel"]


@pytest.mark.parametrize("name", CONTROL)
def test_e_01_control_verbs(name):
    @task
    def body(ctx: TaskExecutionContext):
        with not_yet(name):
            getattr(ctx, name)
        return "done"

    assert workflow("w").add(body).execute() == "done"


def test_e_01_a_verb_that_never_will_be():
    @task
    def body(ctx: TaskExecutionContext):
        with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
            ctx.nonsense
        return "done"

    assert workflow("w").add(body).execute() == "done"
