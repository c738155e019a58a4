"""Rule R-4: what a run gives."""

import threading

import pytest

from taskloom import Run, RunHandle, chain, parallel, task, workflow
from taskloom.errors import RunCancelledError, TaskError, UnknownTaskError


@task
def step(name: str = "step"):
    return name


@task
def nothing():
    return None


@task
def fails():
    raise ValueError("broken")


def steps(names):
    return [step(task_id=name, name=name) for name in names]


def test_r_04_the_value_of_the_last_sink():
    a, b, c, d = steps("abcd")
    with workflow("w") as wf:
        a >> b
        a >> c
        d >> b
    assert wf.execute() == "c"


def test_r_04_the_order_of_composition_decides_not_that_of_completion():
    slow_may_end = threading.Event()

    @task
    def slow():
        assert slow_may_end.wait(20)
        return "slow"

    @task
    def fast():
        slow_may_end.set()
        return "fast"

    with workflow("w") as wf:
        wf.add(slow)
        wf.add(fast)
    run = wf.run()
    assert run.value == "fast"
    assert list(run.outputs) == ["fast", "slow"]


def test_r_04_none_is_a_value():
    with workflow("w") as wf:
        step(task_id="a") >> nothing
    assert wf.execute() is None
    assert wf.run().outputs == {"a": "step", "nothing": None}


def test_r_04_a_groups_value_is_the_dict_of_its_members_in_order():
    order = threading.Event()

    @task
    def last():
        assert order.wait(20)
        return "last"

    @task
    def first():
        order.set()
        return "first"

    with workflow("w") as wf:
        last | first | step(task_id="c")
    assert list(wf.execute().items()) == [("last", "last"), ("first", "first"), ("c", "step")]


def test_r_04_a_group_inside_a_group():
    a, b, c = steps("abc")
    with workflow("w") as wf:
        parallel(a, parallel(b, c).set_group_name("inner"))
    assert wf.execute() == {"a": "a", "inner": {"b": "b", "c": "c"}}


def test_r_04_a_group_composed_last_beats_a_task_composed_before():
    a, b, c, d = steps("abcd")
    with workflow("w") as wf:
        d >> c
        a | b
    assert wf.execute() == {"a": "a", "b": "b"}
    with workflow("w") as wf:
        a | b
        d >> c
    assert wf.execute() == "c"


def test_r_04_run_gives_the_run():
    with workflow("w") as wf:
        chain(*steps("abc"))
    run = wf.run()
    assert isinstance(run, Run)
    assert run.status == "succeeded"
    assert run.error is None
    assert run.value == "c"
    assert run.duration > 0
    run.raise_for_status()


def test_r_04_results_by_id_instance_and_group():
    a, b = steps("ab")
    with workflow("w") as wf:
        (a | b).set_group_name("pair") >> step
    run = wf.run()
    assert run.output("a") == run.output(a) == "a"
    assert run.output("pair") == {"a": "a", "b": "b"}
    assert run.output(step) == run.output("step") == "step"


def test_r_04_outputs_are_in_the_order_of_completion():
    a, b, c = steps("abc")
    with workflow("w") as wf:
        c >> b >> a
    assert list(wf.run().outputs) == ["c", "b", "a"]


def test_r_04_tasks_are_in_the_order_of_composition():
    a, b, c = steps("abc")
    with workflow("w") as wf:
        wf.add(b)
        c >> a
    tasks = wf.run().tasks
    assert list(tasks) == ["b", "c", "a"]
    assert len(tasks) == 3
    assert "b" in tasks
    assert b in tasks
    assert "x" not in tasks
    assert tasks[a] == tasks["a"]


def test_r_04_what_is_known_of_a_task():
    with workflow("w") as wf:
        step(task_id="a") >> step(task_id="b")
    tasks = wf.run().tasks
    first, second = tasks["a"], tasks["b"]
    assert (first.task_id, first.state, first.attempts, first.error) == ("a", "succeeded", 1, None)
    assert 0 <= first.started <= first.ended <= second.started <= second.ended
    assert first.duration == first.ended - first.started


def test_r_04_unknown_tasks_of_a_run():
    with workflow("w") as wf:
        step(task_id="fetch") >> step(task_id="report")
    run = wf.run()
    with pytest.raises(UnknownTaskError, match="did you mean `fetch`"):
        run.output("fetsh")
    with pytest.raises(UnknownTaskError):
        run.tasks["fetsh"]
    assert run.tasks.get("fetsh") is None


def test_r_04_another_instance_of_the_same_id():
    run = workflow("w").add(step(task_id="a")).run()
    with pytest.raises(UnknownTaskError, match="the task `a` of workflow `w` is another instance"):
        run.output(step(task_id="a"))


def test_r_04_a_group_has_no_attempts():
    with workflow("w") as wf:
        (step(task_id="a") | step(task_id="b")).set_group_name("pair")
    with pytest.raises(UnknownTaskError, match="`pair` is a group"):
        wf.run().tasks["pair"]


def test_r_04_ret_context():
    a, b = steps("ab")
    with workflow("w") as wf:
        (a | b).set_group_name("pair") >> step(task_id="end", name="END")
    value, context = wf.execute(ret_context=True)
    assert value == "END"
    assert context.get_result("a") == "a"
    assert context.get_result("pair") == {"a": "a", "b": "b"}
    assert context.get_result("x") is None
    assert context.get_result("x", 5) == 5
    assert context.run.outputs == {"a": "a", "b": "b", "end": "END"}


def test_r_04_a_result_that_is_not_there():
    with workflow("w") as wf:
        fails >> step(task_id="after")
    handle = wf.start()
    with pytest.raises(TaskError):
        handle.result(20)


def test_r_04_a_run_shows_itself():
    with workflow("weather") as wf:
        step(task_id="a") >> step(task_id="longer_name")
    run = wf.run()
    lines = str(run).splitlines()
    assert lines[0].startswith("succeeded: 2 tasks in ")
    assert lines[1].split()[:2] == ["a", "succeeded"]
    assert lines[2].split()[:2] == ["longer_name", "succeeded"]
    assert repr(run).startswith("<Run succeeded: 2 tasks in ")
    assert run._repr_mimebundle_()["text/plain"] == str(run)


def test_r_04_a_long_run_is_cut():
    with workflow("w") as wf:
        chain(*[step(task_id=f"t{number}") for number in range(100)])
    text = str(wf.run())
    assert len(text.splitlines()) < 30
    assert text.endswith("and 80 more")


def test_r_04_one_task_is_no_tasks():
    assert str(workflow("w").add(step(task_id="a")).run()).startswith("succeeded: 1 task in ")


# start()


def test_r_04_start_returns_at_once():
    go = threading.Event()

    @task
    def wait():
        assert go.wait(20)
        return "waited"

    with workflow("w") as wf:
        wait >> step(task_id="end")
    handle = wf.start()
    assert isinstance(handle, RunHandle)
    assert not handle.finished
    with pytest.raises(TimeoutError, match="has not ended"):
        handle.result(0.01)
    go.set()
    run = handle.result(20)
    assert isinstance(run, Run)
    assert run.outputs == {"wait": "waited", "end": "step"}
    assert handle.finished


def test_r_04_result_may_be_asked_for_again():
    handle = workflow("w").add(step(task_id="a")).start()
    assert handle.result(20).value == "step"
    assert handle.result(20).value == "step"


def test_r_04_result_raises_what_kept_the_run_from_succeeding():
    handle = workflow("w").add(fails).start()
    for _ in range(2):
        with pytest.raises(TaskError) as caught:
            handle.result(20)
        assert isinstance(caught.value.__cause__, ValueError)


def test_r_04_result_from_several_threads():
    handle = workflow("w").add(step(task_id="a")).start()
    values = []
    threads = [threading.Thread(target=lambda: values.append(handle.result(20).value)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert values == ["step"] * 8


def test_r_04_cancel():
    started, go = threading.Event(), threading.Event()

    @task
    def wait():
        started.set()
        assert go.wait(20)
        return "waited"

    with workflow("w") as wf:
        wait >> step(task_id="after")
    handle = wf.start()
    assert started.wait(20)
    handle.cancel()
    go.set()
    with pytest.raises(RunCancelledError, match="cancelled"):
        handle.result(20)


def test_r_04_cancel_of_a_run_that_has_ended_changes_nothing():
    handle = workflow("w").add(step(task_id="a")).start()
    handle.result(20)
    handle.cancel()
    assert handle.result(20).status == "succeeded"


def test_r_04_a_handle_that_nobody_keeps():
    done = threading.Event()

    @task
    def signal():
        done.set()

    workflow("w").add(signal).start()
    assert done.wait(20)


def test_r_04_many_runs_started_at_once():
    with workflow("w") as wf:
        chain(*steps("abc"))
    handles = [wf.start() for _ in range(50)]
    assert [handle.result(20).value for handle in handles] == ["c"] * 50
