"""`ctx.logger`: a standard logger that knows where it is (E-1)."""

import logging

from taskloom import TaskExecutionContext, task, workflow


def test_e_01_a_record_says_which_run_and_task_it_comes_from(caplog):
    @task
    def body(ctx: TaskExecutionContext):
        ctx.logger.info("%s rows", 3, extra={"table": "t"})
        return ctx.run_id

    with caplog.at_level(logging.INFO, logger="taskloom.task"):
        run_id = workflow("w").add(body(task_id="load")).execute()
    (record,) = caplog.records
    assert (record.name, record.getMessage(), record.table) == ("taskloom.task", "3 rows", "t")
    assert (record.run_id, record.workflow_name, record.task_id) == (run_id, "w", "load")
    assert (record.iteration, record.attempt) == (1, 1)


def test_i_09_there_is_a_logger_without_a_run(caplog):
    @task
    def body(ctx: TaskExecutionContext):
        ctx.logger.warning("alone")

    body.run()
    assert caplog.records[0].run_id == ""
