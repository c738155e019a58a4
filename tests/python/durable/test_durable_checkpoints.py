"""D-4: `checkpoint` by Graflow's name."""

import pytest

from taskloom import RetryPolicy, TaskExecutionContext, task, workflow
from taskloom.errors import TaskError


def test_d_04_a_checkpoint_records_its_metadata_once(store):
    @task(retry_policy=RetryPolicy(max_retries=1, initial_interval=0))
    def work(ctx: TaskExecutionContext):
        ctx.checkpoint({"part": 1, "attempt": ctx.attempt})
        ctx.checkpoint()
        if ctx.attempt == 1:
            raise OSError
        return "done"

    assert workflow("w").add(work).execute(store=store) == "done"


def test_d_04_a_checkpoint_of_an_async_task_is_not_awaited(store):
    @task
    async def work(ctx: TaskExecutionContext):
        assert ctx.checkpoint({"part": 1}) is None
        return "done"

    assert workflow("w").add(work).execute(store=store) == "done"


def test_d_04_metadata_without_a_form_is_refused(store):
    @task
    def work(ctx: TaskExecutionContext):
        ctx.checkpoint({"part": 1j})

    with pytest.raises(TaskError, match=r'value\["part"\]'):
        workflow("w").add(work).execute(store=store)


def test_d_04_a_checkpoint_of_a_run_that_is_kept_nowhere_says_what_to_do():
    @task
    def work(ctx: TaskExecutionContext):
        ctx.checkpoint()

    with pytest.raises(TaskError, match=r"`work` asks for a checkpoint(?s:.*)hint: execute\(store="):
        workflow("w").add(work).execute()


def test_i_09_called_directly_a_checkpoint_has_no_effect():
    @task
    def work(ctx: TaskExecutionContext):
        ctx.checkpoint({"part": 1})
        return "done"

    assert work.run() == "done"
