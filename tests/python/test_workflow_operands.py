"""C-11: a workflow is an operand."""

import pytest

from taskloom import Instance, TaskExecutionContext, chain, parallel, policies, task, workflow
from taskloom.errors import (
    DuplicateTaskError,
    GraphCompilationError,
    ParallelGroupError,
    RetryLimitExceededError,
    UnknownTaskError,
)


@task
def fetch(city="nowhere"):
    return f"Weather for {city}"


@task
def shout(text):
    return text.upper()


@task
def clean(fetch):
    return f"clean {fetch}"


@task
def fail():
    raise ValueError("broken")


def pair(name="a"):
    with workflow(name) as wf:
        fetch >> clean
    return wf


def ids(wf):
    return wf.plan().ids()


@pytest.mark.parametrize(
    "compose",
    [
        lambda wf, x: wf >> x,
        lambda wf, x: x << wf,
        lambda wf, x: chain(wf, x),
        lambda wf, x: chain(chain(wf), x),
    ],
)
def test_c_11_its_tasks_join_under_ids_that_begin_with_its_name(compose):
    wf = workflow("main").add(compose(pair(), shout))
    assert ids(wf) == ["a/fetch", "a/clean", "shout"]
    assert wf.execute() == "CLEAN WEATHER FOR NOWHERE"


def test_c_11_before_it_and_in_a_block():
    @task
    def first():
        return "first"

    with workflow("main") as wf:
        first >> pair() >> shout
    assert ids(wf) == ["first", "a/fetch", "a/clean", "shout"]
    assert wf.execute() == "CLEAN WEATHER FOR NOWHERE"


def test_c_11_it_is_one_branch():
    wf = workflow("main").add(pair("a") | pair("b"))
    assert wf.execute() == {"a/clean": "clean Weather for nowhere", "b/clean": "clean Weather for nowhere"}
    wf = workflow("main").add(parallel(pair("a"), fetch) >> shout(text="x"))
    assert wf.execute() == "X"
    assert ids(workflow("main").add([pair("a"), pair("b")]))[:2] == ["a/fetch", "a/clean"]


def test_c_11_adding_it_alone():
    assert ids(workflow("main").add(pair())) == ["a/fetch", "a/clean"]


def test_c_11_names_are_looked_for_inside_first():
    # `clean` takes the result of `fetch`: its own, and not the one around.
    wf = workflow("main").add(fetch(task_id="fetch", city="outside") >> pair())
    assert wf.execute() == "clean Weather for nowhere"
    with workflow("a") as part:
        part.add(clean)
    wf = workflow("main").add(fetch(task_id="fetch", city="outside") >> part)
    assert wf.execute() == "clean Weather for outside"


def test_c_11_a_body_finds_the_tasks_of_its_own_workflow():
    @task
    def look(ctx: TaskExecutionContext):
        return ctx.get_result("fetch"), ctx.task_id, ctx.get_result("main_task", "?")

    part = workflow("a").add(fetch >> look)
    main = fetch(task_id="main_task", city="main")
    expected = ("Weather for nowhere", "a/look", "Weather for main")
    assert workflow("main").add(main >> part).execute() == expected


def test_c_11_bound_outputs_are_those_inside():
    tokyo = fetch(task_id="tokyo", city="Tokyo")
    group = fetch(task_id="p", city="P") | fetch(task_id="q", city="Q")

    @task
    def report(one, several, all):
        return one, several, sorted(all)

    part = workflow("a").add(report(one=tokyo, several=[tokyo, tokyo], all=group))
    wf = workflow("main").add(part)
    assert wf.execute() == ("Weather for Tokyo", ["Weather for Tokyo"] * 2, ["p", "q"])
    assert all(task_id.startswith("a/") for task_id in ids(wf))


def test_c_11_the_output_of_an_instance():
    tokyo = fetch(task_id="tokyo", city="Tokyo")
    a, b = workflow("a").add(tokyo), workflow("b").add(tokyo)
    assert workflow("main").add(a).run().output(tokyo) == "Weather for Tokyo"
    run = workflow("main").add(a | b).run()
    assert run.output("a/tokyo") == run.output("b/tokyo")
    with pytest.raises(
        UnknownTaskError, match=r"`tokyo` is in workflow `main` as `a/tokyo` and as `b/tokyo`"
    ):
        run.output(tokyo)


def test_c_11_what_is_bound_to_an_instance_of_a_part():
    tokyo = fetch(task_id="tokyo", city="Tokyo")
    with workflow("main") as wf:
        workflow("a").add(tokyo) >> shout(text=tokyo)
    assert wf.execute() == "WEATHER FOR TOKYO"
    assert len(wf.plan()) == 2


def test_c_11_groups_and_options_come_along():
    good = fetch(task_id="good")
    best = parallel(fail, good).set_group_name("g").with_execution(policy=policies.Critical(["good"]))
    part = workflow("a").add(best)
    assert workflow("main").add(part).execute() == {"a/good": "Weather for nowhere"}
    assert "a/g" in ids(workflow("main").add(part))

    part = workflow("a").add(fail(task_id="f").with_options(max_retries=1))
    with pytest.raises(RetryLimitExceededError) as caught:
        workflow("main").add(part).execute()
    assert caught.value.task_id == "a/f"


def test_c_11_several_ends_are_a_group_of_its_name():
    with workflow("a") as part:
        fetch >> shout(task_id="one", text="one")
        fetch >> shout(task_id="two", text="two")
    wf = workflow("main").add(part)
    assert wf.execute() == {"a/one": "ONE", "a/two": "TWO"}
    assert wf.run().output("a") == {"a/one": "ONE", "a/two": "TWO"}

    part = workflow("a").add(fail).add(fetch)
    with pytest.raises(ParallelGroupError) as caught:
        workflow("main").add(part).execute()
    assert caught.value.group_id == "a"
    assert [task_id for task_id, _ in caught.value.failed_tasks] == ["a/fail"]
    assert caught.value.successful_tasks == ["a/fetch"]


def test_c_11_a_workflow_of_which_nothing_is_composed():
    with workflow("a") as part:
        fetch(task_id="x")
        fetch(task_id="y")
    assert ids(workflow("main").add(part)) == ["a/x", "a/y", "a"]


def test_c_11_it_is_taken_as_it_is_when_it_is_composed():
    part = workflow("a").add(fetch)
    flow = part >> shout
    part.add(fetch(task_id="later"))
    assert ids(workflow("main").add(flow)) == ["a/fetch", "shout"]
    assert ids(part) == ["fetch", "later"]


def test_c_11_parts_of_parts():
    outer = workflow("outer").add(pair("inner") >> shout)
    assert ids(workflow("main").add(outer)) == ["outer/inner/fetch", "outer/inner/clean", "outer/shout"]
    assert workflow("main").add(outer).execute() == "CLEAN WEATHER FOR NOWHERE"


def test_i_05_twice_in_one_is_an_error():
    part = pair()
    with pytest.raises(
        DuplicateTaskError, match=r"`a/fetch` already exists(.|\n)*hint: a workflow `a` is a part"
    ):
        workflow("main").add(part >> shout(text="x")).add(part)
    once = chain(part)
    wf = workflow("main").add(once >> shout(task_id="x")).add(once >> shout(task_id="y"))
    assert ids(wf) == ["a/fetch", "a/clean", "x", "y"]


def test_c_11_a_workflow_is_no_part_of_itself():
    wf = workflow("w").add(fetch)
    with pytest.raises(GraphCompilationError, match="`w` cannot be a part of itself"):
        wf.add(wf)
    with wf, pytest.raises(GraphCompilationError, match="`w` cannot be a part of itself"):
        wf >> shout
    assert ids(wf) == ["fetch"]


def test_i_10_a_workflow_is_no_argument():
    with pytest.raises(TypeError, match="workflow `a` is no argument"):
        shout(text=pair())


def test_c_07_a_run_can_start_inside():
    wf = workflow("main").add(pair() >> shout)
    run = wf.run(start_node="a/clean", initial_channel={"fetch": "given"})
    assert list(run.tasks) == ["a/clean", "shout"]
    assert run.value == "CLEAN GIVEN"


def test_r_09_a_jump_goes_to_the_own_workflow():
    @task
    def again(ctx: TaskExecutionContext):
        if ctx.cycle_count < 3:
            ctx.next_task("fetch", goto=True)
        return ctx.cycle_count

    assert (
        workflow("main").add(fetch >> workflow("a").add(fetch >> again)).run().tasks["a/fetch"].iterations
        == 3
    )


def test_c_11_drawings():
    text = workflow("main").add(pair() >> shout).to_ascii()
    assert "├─ a/fetch (fetch) ─▶ a/clean\n├─ a/clean (clean) ─▶ shout\n" in text


def test_c_11_a_workflow_can_still_run_itself():
    part = pair()
    workflow("main").add(part >> shout).execute()
    assert part.execute() == "clean Weather for nowhere"
    assert not isinstance(part, Instance)
