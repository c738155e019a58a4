"""Section 6: how many members of a group run at the same time, and policies of one's own."""

import threading

import pytest
from graflow.coordination.coordinator import CoordinationBackend
from graflow.core.handlers.group_policy import GroupExecutionPolicy
from graflow.exceptions import ParallelGroupError

from graflow import parallel, task, workflow


@pytest.mark.parametrize(
    "settings",
    [
        {"backend": CoordinationBackend.DIRECT},
        {"backend": "direct"},
        {"backend": CoordinationBackend.THREADING, "backend_config": {"thread_count": 1}},
        {"max_concurrency": 1},
    ],
)
def test_w_12_members_run_one_after_another(settings):
    running, most = [], []

    @task
    def member(n):
        running.append(n)
        most.append(len(running))
        threading.Event().wait(0.005)
        running.remove(n)

    with workflow("w") as wf:
        parallel(*[member(n=n) for n in range(5)]).with_execution(**settings)
    wf.execute()
    assert most == [1] * 5


class OneMayFail(GroupExecutionPolicy):
    def on_group_finished(self, group_id, tasks, results, context):
        self._validate_group_results(group_id, tasks, results)
        successful, failed = self._partition_group_results(results)
        assert context.get_channel().get("key") == 1
        if len(failed) > 1:
            raise ParallelGroupError("too many", group_id, failed, successful)


@pytest.mark.parametrize("failures", [0, 1, 2])
def test_6_2_a_policy_of_ones_own(failures):
    @task
    def member(n):
        if n < failures:
            raise ValueError(f"{n} is broken")
        return n

    with workflow("w") as wf:
        group = parallel(*[member(task_id=f"m{n}", n=n) for n in range(3)]).with_execution(
            policy=OneMayFail()
        )
        group >> task(lambda: "after", id="after")
    if failures < 2:
        assert wf.execute(initial_channel={"key": 1}) == "after"
        return
    with pytest.raises(ParallelGroupError) as caught:
        wf.execute(initial_channel={"key": 1})
    assert caught.value.group_id == "ParallelGroup_1"
    assert sorted(task_id for task_id, _ in caught.value.failed_tasks) == ["m0", "m1"]
