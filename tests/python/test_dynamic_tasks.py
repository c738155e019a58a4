"""Tasks that a run adds to itself (R-8, R-9, R-11), and templates that are reached by their id (C-6)."""

import pytest

from taskloom import TaskExecutionContext, task, workflow
from taskloom.errors import DuplicateTaskError, ParallelGroupError, TaskError


@task
def page(number=0):
    return number * 10


@task
def after(begin):
    return ("after", begin)


def test_r_09_a_new_task_runs_beside_what_follows():
    @task
    def begin(ctx: TaskExecutionContext):
        ctx.next_task(page(task_id="page", number=2))
        return 1

    run = workflow("w").add(begin >> after).run()
    assert run.outputs == {"begin": 1, "page": 20, "after": ("after", 1)}
    assert run.tasks["page"].state == "succeeded"


def test_r_09_goto_of_a_new_task_skips_what_follows():
    @task
    def begin(ctx: TaskExecutionContext):
        ctx.next_task(page(task_id="page", number=2), goto=True)

    run = workflow("w").add(begin >> after).run()
    assert run.tasks["after"].state == "skipped"
    assert run.value == 20


def test_r_03_the_task_that_adds_another_is_its_predecessor_and_an_ancestor():
    @task
    def first():
        return "one"

    @task
    def begin(ctx: TaskExecutionContext):
        ctx.next_task(by_value(task_id="by_value"))
        ctx.next_task(by_name(task_id="by_name"))
        return "two"

    @task
    def by_value(anything):
        return anything

    @task
    def by_name(first, begin, nowhere="default"):
        return (first, begin, nowhere)

    run = workflow("w").add(first >> begin).run()
    assert run.output("by_value") == "two"
    assert run.output("by_name") == ("one", "two", "default")


def test_i_10_an_added_task_takes_the_output_of_one_that_the_run_has():
    @task
    def add(ctx: TaskExecutionContext):
        ctx.next_task(after(task_id="added", begin=source))

    source = page(task_id="source", number=3)
    assert workflow("w").add(source >> add).run().output("added") == ("after", 30)


def test_i_10_an_added_task_that_takes_what_the_run_does_not_have():
    @task
    def add(ctx: TaskExecutionContext):
        ctx.next_task(after(task_id="added", begin=page(task_id="elsewhere")))

    with pytest.raises(TaskError, match="`added` has no value for `begin`: this run does not have"):
        workflow("w").add(add).execute()


def test_r_09_a_definition_stands_for_its_one_instance():
    @task
    def begin(ctx: TaskExecutionContext):
        ctx.next_task(page)

    assert workflow("w").add(begin).run().output("page") == 0


def test_c_06_a_template_is_reached_by_its_id():
    with workflow("w") as wf:

        @task
        def begin(ctx: TaskExecutionContext):
            ctx.next_task("fallback", goto=True)

        @task
        def fallback():
            return "fallback"

        page(task_id="other", number=5)
        begin >> page(task_id="normal")

    run = wf.run()
    assert run.outputs == {"begin": None, "fallback": "fallback"}
    assert run.tasks["normal"].state == "skipped"


def test_c_06_a_template_instance_is_reached_by_its_id():
    @task
    def begin(ctx: TaskExecutionContext):
        ctx.next_task("spare")

    with workflow("w") as wf:
        page(task_id="spare", number=5)
        begin >> page(task_id="normal")

    assert wf.run().outputs == {"begin": None, "normal": 0, "spare": 50}


def test_i_01_a_look_up_by_id_refuses_an_ambiguous_one():
    with workflow("w") as wf:

        @task
        def begin(ctx: TaskExecutionContext):
            ctx.next_task("twice")

        @task("twice")
        def one(): ...

        @task("twice")
        def two(): ...

        begin >> page

    with pytest.raises(TaskError, match=r"`twice` is made at .* and at .*: which of them") as caught:
        wf.execute()
    assert isinstance(caught.value.__cause__, DuplicateTaskError)


def test_r_11_a_run_adds_nothing_to_the_workflow():
    @task
    def begin(ctx: TaskExecutionContext):
        ctx.next_task(page(task_id="page", number=2))

    wf = workflow("w").add(begin)
    for _ in range(3):
        assert list(wf.run().tasks) == ["begin", "page"]


def test_i_05_an_added_task_needs_an_id_of_its_own():
    @task
    def begin(ctx: TaskExecutionContext):
        ctx.next_task(page(task_id="begin"))

    with pytest.raises(TaskError, match="`begin` already exists: first made at") as caught:
        workflow("w").add(begin).execute()
    assert isinstance(caught.value.__cause__, DuplicateTaskError)


def test_r_08_a_group_waits_for_what_its_branches_add_and_fails_with_it():
    @task
    def add(ctx: TaskExecutionContext, what):
        ctx.next_task(page(task_id=f"page_{what}", number=what))

    @task
    def end(ctx: TaskExecutionContext):
        return [ctx.get_result(f"page_{n}") for n in (1, 2)]

    group = add(task_id="a", what=1) | add(task_id="b", what=2)
    assert workflow("w").add(group >> end).execute() == [10, 20]

    broken = add(task_id="a", what="x") | add(task_id="b", what=None)
    with pytest.raises(ParallelGroupError, match="`page_None`"):
        workflow("w").add(broken).execute()


def test_r_09_an_async_task_adds_tasks():
    @task
    async def begin(ctx: TaskExecutionContext):
        ctx.next_task(page(task_id="page", number=1))

    assert workflow("w").add(begin).run().output("page") == 10


def test_r_09_what_is_no_task():
    @task
    def begin(ctx: TaskExecutionContext):
        ctx.next_task(7)

    with pytest.raises(TaskError, match="takes a task's id, an instance or a definition, not int"):
        workflow("w").add(begin).execute()
