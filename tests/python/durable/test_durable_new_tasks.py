"""D-7: tasks that a durable run adds to itself."""

import pytest
from programs import Program

from taskloom import TaskExecutionContext, task, workflow
from taskloom.errors import EncodingError, TaskError

MODULE = """
from taskloom import task

@task
def helper(text: str):
    with open("log", "a") as file:
        file.write(f"helper:{text}\\n")
    return f"helped {text}"
"""

SOURCE = """
from helpers import helper

@task
def own(text: str, ctx: TaskExecutionContext):
    log(f"own:{text}")
    if once("own"):
        die()
    return f"own {text}"

@task
def grow(ctx: TaskExecutionContext):
    log("grow")
    if "{how}" == "imported":
        ctx.next_task(helper(task_id="new", text="a"))
        ctx.next_task(own(task_id="own", text="b"))
    else:
        ctx.next_task(own(task_id="new", text="a"))
    return "grown"

wf = workflow("w").add(grow(task_id="grow"))
print(wf.execute(store="runs.db", run_id="r", max_concurrency=1))
"""


def program(how, directory):
    (directory / "helpers.py").write_text(MODULE)
    return Program(directory, SOURCE.replace("{how}", how))


def test_d_07_a_definition_of_an_imported_module(tmp_path):
    run = program("imported", tmp_path)
    run.dies()
    assert run.log() == ["grow", "helper:a", "own:b"]
    assert run.run() == "own b\n"
    assert run.log() == ["grow", "helper:a", "own:b", "own:b"]


def test_d_07_a_definition_of_the_script(tmp_path):
    run = program("script", tmp_path)
    run.dies()
    assert run.run() == "own a\n"
    assert run.log() == ["grow", "own:a", "own:a"]


def test_d_07_a_definition_that_is_not_there_any_more(tmp_path):
    (tmp_path / "helpers.py").write_text(MODULE)
    source = """
import helpers

@task
def grow(ctx: TaskExecutionContext):
    ctx.next_task(helpers.helper(task_id="new", text="a"))

@task
def last():
    if once("last"):
        die()

with workflow("w") as wf:
    grow >> last
if "gone" in sys.argv:
    del helpers.helper
if "never" in sys.argv:
    del sys.modules["helpers"]
try:
    print(wf.execute(store="runs.db", run_id="r", max_concurrency=1))
except RunChangedError as error:
    print(error)
"""
    run = Program(tmp_path, source)
    run.dies()
    for how in ("gone", "never"):
        text = run.run(how)
        assert "`helpers:helper`, which this program does not have" in text
        assert "hint: import the module `helpers`" in text
    run.run()


def test_d_07_a_closure_is_refused_where_it_is_added_with_the_way_out(store):
    @task
    def grow(ctx: TaskExecutionContext):
        @task
        def nested():
            raise AssertionError

        ctx.next_task(nested(task_id="new"))

    with pytest.raises(TaskError, match=r"nested(?s:.*)hint: define it at the top level") as raised:
        workflow("w").add(grow).execute(store=store)
    assert isinstance(raised.value.__cause__, EncodingError)
    # Without a store it is fine.
    ran = []

    @task
    def grow_here(ctx: TaskExecutionContext):
        ctx.next_task(task(lambda: ran.append("ran"), id="x")(task_id="new"))

    workflow("w").add(grow_here).execute()
    assert ran == ["ran"]


def test_d_07_a_definition_in_the_block_is_found_by_its_id(store):
    with workflow("w") as wf:

        @task
        def nested(text: str):
            return text

        @task
        def grow(ctx: TaskExecutionContext):
            ctx.next_task(nested(task_id="new", text="a"))

        nested(task_id="template", text="never")
        start = grow(task_id="grow")
    wf.add(start)
    assert wf.execute(store=store, run_id="r") == "a"
    assert wf.execute(store=store, run_id="r") == "a"


def test_d_07_two_definitions_with_one_id_are_an_error(store):
    @task(id="twin")
    def one(text: str):
        return text

    @task(id="twin")
    def other(text: str):
        return text

    @task
    def grow(ctx: TaskExecutionContext):
        ctx.next_task(other(task_id="new", text="a"))

    with workflow("w") as wf:
        one(task_id="one", text="a") >> grow
    with pytest.raises(TaskError, match=r"two definitions called `twin`(?s:.*)hint"):
        wf.execute(store=store)


def test_d_07_arguments_of_an_added_task_have_to_have_a_form(store):
    @task
    def grow(ctx: TaskExecutionContext):
        ctx.next_task(take(task_id="new", value=1j))

    @task
    def take(value):
        raise AssertionError

    with workflow("w") as wf:
        take(task_id="take", value=1)
        start = grow(task_id="grow")
    wf.add(start)
    with pytest.raises(TaskError, match="complex"):
        wf.execute(store=store)


def test_r_09_jumps_are_repeated_in_the_next_process(tmp_path):
    source = """
@task
def write(ctx: TaskExecutionContext):
    log(f"write{ctx.cycle_count}")
    return ctx.cycle_count

@task
def review(write, ctx: TaskExecutionContext):
    log(f"review{write}")
    if write == 2 and once("review"):
        die()
    if write < 3:
        ctx.next_task("write", goto=True)

@task
def publish(write):
    log("publish")
    return write

with workflow("w") as wf:
    write >> review >> publish
print(wf.execute(store="runs.db", run_id="r"))
"""
    run = Program(tmp_path, source)
    run.dies()
    assert run.run() == "3\n"
    assert run.log() == [
        "write1", "review1", "write2", "review2", "review2", "write3", "review3", "publish",
    ]  # fmt: skip


@pytest.mark.parametrize("verb", ["terminate", "cancel"])
def test_r_09_the_end_that_a_task_asks_for_is_recorded(verb, store):
    ran = []

    @task
    def ends(ctx: TaskExecutionContext):
        ran.append("ends")
        getattr(ctx, f"{verb}_workflow")("enough")
        return "value"

    @task
    def after():
        raise AssertionError

    with workflow("w") as wf:
        ends >> after
    for _ in range(2):
        if verb == "terminate":
            assert wf.execute(store=store, run_id="r") == "value"
        else:
            with pytest.raises(Exception, match="enough"):
                wf.execute(store=store, run_id="r")
    assert ran == ["ends"]
    assert store.runs()[0].status == {"terminate": "terminated", "cancel": "cancelled"}[verb]
