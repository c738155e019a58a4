"""One warning names the tasks that keep all workers busy while others are ready (R-13)."""

import logging
import queue
import threading

import pytest

from taskloom import _execution, task, workflow


@pytest.fixture
def warnings(monkeypatch):
    """What is logged, as it comes."""
    monkeypatch.setattr(_execution, "_PATIENCE_SECONDS", 0.05)
    records = queue.SimpleQueue()
    handler = logging.Handler()
    handler.emit = records.put
    logger = logging.getLogger("taskloom")
    logger.addHandler(handler)
    yield records
    logger.removeHandler(handler)


def test_r_13_one_warning_names_who_keeps_all_workers_busy(warnings):
    go = threading.Event()
    waits = task(lambda: go.wait(20), id="waits")
    wf = workflow("w").add(waits(task_id="a") | waits(task_id="b") | waits(task_id="c"))
    handle = wf.start(max_concurrency=2)
    record = warnings.get(timeout=20)
    assert (record.name, record.levelname) == ("taskloom", "WARNING")
    assert "workflow `w`: no worker has been free for" in record.getMessage()
    assert "while `c` is ready; all are in `a`, `b`" in record.getMessage()
    # There is one, however long it takes: a second run comes to its own meanwhile.
    again = workflow("again").add(waits(task_id="a") | waits(task_id="b")).start(max_concurrency=1)
    assert "workflow `again`" in warnings.get(timeout=20).getMessage()
    go.set()
    handle.result()
    again.result()
    assert warnings.empty()


def test_r_13_the_caller_counts_among_the_workers(warnings):
    @task
    def waits():
        return warnings.get(timeout=20).getMessage()

    @task
    def quick():
        pass

    run = workflow("w").add(waits | quick).run(max_concurrency=1)
    assert "while `quick` is ready; all are in `waits`" in run.output("waits")
