"""Rule R-9: `next_task` takes one task."""

import pytest

from taskloom import TaskExecutionContext, task, workflow


@task
def step(n=0):
    return n


COMPOSITIONS = {
    "Chain": lambda: step(task_id="x") >> step(task_id="y"),
    "Group": lambda: step(task_id="x") | step(task_id="y"),
    "Workflow": lambda: workflow("part").add(step),
}


@pytest.mark.parametrize("kind", COMPOSITIONS)
@pytest.mark.parametrize("goto", [False, True])
def test_r_09_a_composition_is_refused_and_the_error_says_what_to_do(kind, goto):
    @task
    def begin(ctx: TaskExecutionContext):
        with pytest.raises(
            TypeError, match=f"takes one task, and this is a {kind}\n  hint: ask for each task"
        ):
            ctx.next_task(COMPOSITIONS[kind](), goto)
        return "done"

    run = workflow("w").add(begin).run()
    assert run.outputs == {"begin": "done"}


def test_r_09_what_the_hint_says_works():
    @task
    def begin(ctx: TaskExecutionContext):
        ctx.next_task(step(task_id="x", n=1))
        ctx.next_task(step(task_id="y", n=2))
        return workflow("part").add(step(task_id="a", n=3) >> step(task_id="b", n=4)).execute()

    run = workflow("w").add(begin).run()
    assert run.outputs == {"begin": 4, "x": 1, "y": 2}
