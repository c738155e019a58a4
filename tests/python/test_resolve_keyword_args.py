"""Rule R-3 with `resolve_keyword_args=False`: what is not bound is not looked for in the run."""

import pytest

from taskloom import Task, TaskExecutionContext, task, workflow
from taskloom.errors import GraphCompilationError


@task
def data():
    return "result"


@task(resolve_keyword_args=False)
def use(data="default"):
    return data


@task(resolve_keyword_args=False)
def need(data: str):
    return data


@task
def look_up(data="default"):
    return data


def test_r_03_neither_results_nor_the_channel_are_looked_up():
    wf = workflow("w").add(data >> use)
    assert wf.execute(initial_channel={"data": "channel"}) == "default"
    # The same with the option's default.
    assert workflow("w").add(data >> look_up).execute(initial_channel={"data": "channel"}) == "result"


def test_r_03_nor_does_the_predecessor_fill_a_parameter():
    with pytest.raises(
        GraphCompilationError, match="`need` has no value for `data`: it is not bound, it has no"
    ):
        workflow("w").add(look_up >> need).execute()


def test_r_03_what_can_never_be_found_is_an_error_when_planning():
    wf = workflow("w").add(need)
    with pytest.raises(GraphCompilationError, match="not looked for in the run") as caught:
        wf.plan()
    assert "hint: bind `data` when the instance is made" in str(caught.value)
    assert caught.value.task_id == "need"


def test_r_03_what_is_bound_and_what_is_injected_is_passed():
    @task(resolve_keyword_args=False)
    def both(ctx: TaskExecutionContext, value, other="default"):
        return (ctx.task_id, value, other)

    assert workflow("w").add(both(task_id="t", value=data)).execute() == ("t", "result", "default")


def test_r_03_of_a_class():
    class Use(Task, resolve_keyword_args=False):
        def run(self, data="default"):
            return data

    assert workflow("w").add(data >> Use()).execute() == "default"


def test_r_03_of_a_task_that_is_added():
    @task
    def begin(ctx: TaskExecutionContext):
        ctx.next_task(use)
        with pytest.raises(
            GraphCompilationError, match="`need` has no value for `data`: it is not bound, and it is"
        ):
            ctx.next_task(need)

    assert workflow("w").add(begin).run(initial_channel={"data": 1}).output("use") == "default"
