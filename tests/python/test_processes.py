"""Rule R-13: tasks in processes: where they run, what is refused, and what crosses."""

import asyncio
import functools
import importlib
import math
import os
import subprocess
import sys
import threading
import traceback

import pytest

import process_bodies as bodies
from scripts import run_source
from taskloom import CoordinationBackend, parallel, task, workflow
from taskloom.errors import BindingError, GraphCompilationError, RemoteTaskError
from taskloom.testing import Recorder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="not implemented there")


def run(*members, **options):
    return workflow("w").add(parallel(*members).with_execution(backend="process")).run(**options)


def value(member):
    (value,) = run(member).value.values()
    return value


def failure(member):
    with pytest.raises(Exception, match="x") as caught:
        run(member(task_id="x"))
    return caught.value.run.tasks["x"].error


# Where tasks run


@pytest.mark.parametrize("backend", [CoordinationBackend.PROCESS, "process", "PROCESS"])
def test_r_13_tasks_of_a_group_run_in_processes(backend):
    group = parallel(bodies.pid(task_id="a"), bodies.pid(task_id="b")).with_execution(backend=backend)
    pids = workflow("w").add(group >> bodies.pid(task_id="after")).run().outputs
    assert pids["after"] == os.getpid()
    assert os.getpid() not in (pids["a"], pids["b"])


def test_r_13_processes_are_used_again_and_not_more_than_processors():
    seen = set()
    for _ in range(3):
        seen |= set(run(*[bodies.pid(task_id=f"t{n}") for n in range(50)]).outputs.values())
    assert len(seen) <= os.cpu_count()


def test_r_13_the_innermost_group_decides():
    pid = bodies.pid
    threads = parallel(pid(task_id="t1"), pid(task_id="t2")).with_execution(backend="threading")
    silent = parallel(pid(task_id="s1"), pid(task_id="s2"))
    outputs = run(pid(task_id="p") >> threads, silent >> pid(task_id="last")).outputs
    assert {name for name in outputs if outputs[name] == os.getpid()} == {"t1", "t2"}
    assert set(outputs) == {"p", "t1", "t2", "s1", "s2", "last"}


def test_r_13_the_default_is_threads():
    group = parallel(bodies.pid(task_id="a"), bodies.pid(task_id="b")).with_execution(policy="best_effort")
    assert set(workflow("w").add(group).execute().values()) == {os.getpid()}


def test_r_13_a_backend_stays_when_other_settings_come():
    group = parallel(bodies.fail_plainly(task_id="a"), bodies.pid(task_id="b")).with_execution(
        backend="process"
    )
    pids = workflow("w").add(group.with_execution(policy="best_effort")).execute()
    assert list(pids) == ["b"]
    assert pids["b"] != os.getpid()


@pytest.mark.parametrize("wrong", ["redis", "", 7])
def test_e_01_there_is_no_other_backend(wrong):
    group = parallel(bodies.pid(task_id="a"), bodies.pid(task_id="b"))
    with pytest.raises(
        ValueError, match=f'no backend {wrong!r}: there are "threading", "process" and "direct"'
    ):
        group.with_execution(backend=wrong)


def test_r_13_a_thousand_small_tasks():
    values = run(*[bodies.double(task_id=f"t{n}", n=n) for n in range(1000)]).value
    assert values == {f"t{n}": 2 * n for n in range(1000)}


def test_r_13_async_functions_run_in_processes():
    values = run(*[bodies.double_async(task_id=f"t{n}", n=n) for n in range(20)]).value
    assert values == {f"t{n}": 2 * n for n in range(20)}


def test_r_13_processes_under_a_running_loop():
    group = parallel(bodies.double(task_id="a", n=4), bodies.double_async(task_id="b", n=5))
    wf = workflow("w").add(group.with_execution(backend="process"))
    assert asyncio.run(wf.execute_async()) == {"a": 8, "b": 10}


def test_r_14_a_task_in_a_process_executes_a_workflow_with_processes():
    assert value(bodies.nested(3)) == {"d0": 0, "d1": 2, "d2": 4}


CALLABLES = {
    "builtin": (math.factorial, 120),
    "partial": (functools.partial(bodies.twice), 10),
    "plain function": (bodies.twice, 10),
    "method": (bodies.Adder(3).add, 8),
    "partial of a task's function": (functools.partial(bodies.double.fn), 10),
}


@pytest.mark.parametrize(("function", "expected"), CALLABLES.values(), ids=CALLABLES)
def test_r_13_whatever_pickle_takes_can_be_a_function(function, expected):
    assert value(task(id="t")(function)(5)) == expected


def test_r_13_a_function_decorated_by_a_class():
    assert value(bodies.decorated(5)) == 10


# What cannot be found is refused when planning


@task
def shadowed():
    return 1


first = shadowed


@task
def shadowed():
    return 2


@task
def in_test():
    return 1


def _nested():
    @task
    def nested():
        return 1

    return nested


UNREACHABLE = {
    "lambda": (task(id="short")(lambda: 1), "it is a lambda"),
    "nested": (_nested(), "`nested` is defined inside of `_nested`"),
    "shadowed": (first, "not the same object"),
    "of a class": (bodies.of_class, "it is an object of the class `OfClass`"),
}


@pytest.mark.parametrize(("definition", "why"), UNREACHABLE.values(), ids=UNREACHABLE)
@pytest.mark.parametrize("method", ["execute", "run", "start", "show_info", "to_mermaid"])
def test_r_13_a_function_that_no_process_finds_is_refused_when_planning(definition, why, method):
    group = parallel(definition(task_id="x"), bodies.pid).with_execution(backend="process")
    with pytest.raises(
        GraphCompilationError, match=f"`x` is to run in a process.*{why}.*\n  hint: "
    ) as caught:
        getattr(workflow("w").add(bodies.pid(task_id="before") >> group), method)()
    assert caught.value.task_id == "x"


def test_r_13_a_group_in_threads_takes_any_function():
    inner = parallel(UNREACHABLE["lambda"][0](task_id="x")).with_execution(backend="threading")
    assert run(inner, bodies.double(task_id="y", n=1)).outputs == {"x": 1, "y": 2}


PROMPTS = {
    "prompt": ("-c", "{}"),
    "prompt after a script": ("script", "exec(compile('''{}''', '<stdin>', 'exec'))"),
}


@pytest.mark.parametrize("prompt", PROMPTS)
def test_r_13_functions_of_a_prompt_are_refused(prompt, tmp_path):
    typed = "from taskloom import parallel, task, workflow\n@task\ndef typed():\n    return 1\n"
    source = PROMPTS[prompt][1].format(typed) + (
        "\nworkflow('w').add(parallel(typed).with_execution(backend='process')).execute()\n"
    )
    if prompt == "prompt":
        done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=50)
    else:
        done = run_source(source, tmp_path)
    assert "GraphCompilationError: task `typed` is to run in a process" in done.stderr
    assert "`typed` was defined at a prompt or in a notebook\n  hint: define it in a module" in done.stderr


# What crosses


def test_r_13_an_argument_that_cannot_be_sent():
    error = failure(bodies.double(n=threading.Lock()))
    assert isinstance(error, BindingError)
    assert "argument `n` of `x` is a `lock` that cannot be sent to a process: " in str(error)


def test_r_13_a_result_that_cannot_be_sent():
    error = failure(bodies.give_lock)
    assert isinstance(error, TypeError)
    assert "returned a `lock` that cannot be sent from its process: " in str(error)


def test_r_13_an_exception_comes_as_itself_with_its_traceback_and_notes():
    error = failure(bodies.fail_plainly)
    assert type(error) is bodies.PlainError
    assert error.args == ("as it is", 7)
    assert error.__notes__ == ["with a note"]
    shown = str(error.__cause__)
    assert "in fail_plainly" in shown
    assert "child.py" not in shown
    assert "in fail_plainly" in "".join(traceback.format_exception(error))


@pytest.mark.parametrize(
    ("body", "name", "text"),
    [
        (bodies.fail_oddly, "process_bodies.OwnError", "odd (7)"),
        (bodies.fail_locally, "process_bodies.fail_locally.<locals>.LocalError", "local"),
    ],
)
def test_r_13_an_exception_that_does_not_survive(body, name, text):
    error = failure(body)
    assert type(error) is RemoteTaskError
    assert (error.type_name, error.text, str(error)) == (name, text, f"{name}: {text}")
    assert f"in {body.id}" in error.traceback
    assert f"in {body.id}" in str(error.__cause__)


@pytest.mark.parametrize(("kind", "raised"), [("exit", SystemExit), ("interrupt", KeyboardInterrupt)])
def test_r_10_an_interruption_in_a_process_is_one_of_the_run(kind, raised):
    with pytest.raises(raised):
        run(bodies.leave(kind=kind))


def test_r_13_values_of_context_variables_do_not_come_along():
    token = bodies.variable.set("here")
    try:
        assert value(bodies.see_variable()) == "default"
    finally:
        bodies.variable.reset(token)


def test_r_13_a_coroutine_that_nobody_awaits_is_an_error():
    assert "which nobody awaits" in str(failure(bodies.forgotten_await))


def test_r_03_hooks_see_the_arguments_of_tasks_in_processes():
    recorder = Recorder()
    run(bodies.double(task_id="x", n=3), observe=recorder)
    assert recorder.arguments("x") == {"n": 3}


def test_r_13_processes_find_what_this_one_has_come_to_find(tmp_path, monkeypatch):
    run(*[bodies.pid(task_id=f"t{n}") for n in range(20)])
    name = f"module_of_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text("from taskloom import task\n@task\ndef f():\n    return 'found'\n")
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module(name)
    values = run(*[module.f(task_id=f"t{n}") for n in range(20)]).value
    assert set(values.values()) == {"found"}
