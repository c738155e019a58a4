"""D-2: a run goes on with the program that began it; another one is refused, with what is different."""

import pytest

from taskloom import parallel, task, workflow
from taskloom.errors import RunChangedError


@task
def fetch(city="Tokyo", *, unit="C"):
    return f"{city} in {unit}"


@task
def report(fetch=None):
    return "report"


def refused(*parts):
    return pytest.raises(RunChangedError, match="(?s)" + ".*".join(parts))


def begin(wf, store, **arguments):
    return wf.execute(store=store, run_id="r", **arguments)


def of(*tasks):
    return workflow("w").add(*tasks)


def test_d_02_the_same_workflow_made_anew_goes_on(store):
    first = begin(of(fetch(city="Paris") >> report), store)
    assert begin(of(fetch(city="Paris") >> report), store) == first


def test_d_02_another_argument_is_refused_and_named(store):
    begin(of(fetch(task_id="a", city="Paris")), store)
    with refused("run `r` began with another workflow", "- ", "a", r"\+ ", "city", "hint"):
        begin(of(fetch(task_id="a", city="Oslo")), store)


def test_d_02_another_task_is_refused_and_named(store):
    begin(of(fetch(task_id="a")), store)
    with refused(r"\+ ", "report"):
        begin(of(fetch(task_id="a"), report), store)


def test_d_02_another_edge_is_refused_and_named(store):
    begin(of(fetch(task_id="a"), report(task_id="b")), store)
    with refused("a", "b"):
        begin(of(fetch(task_id="a") >> report(task_id="b")), store)


def test_d_02_other_settings_of_a_group_are_refused(store):
    def members():
        return parallel(fetch(task_id="a"), report(task_id="b")).set_group_name("g")

    begin(of(members()), store)
    with refused("g"):
        begin(of(members().with_execution(policy="best_effort")), store)


def test_d_02_other_options_are_refused(store):
    begin(of(fetch(task_id="a")), store)
    with refused("- .*a", r"\+ .*retries=3"):
        begin(of(fetch(task_id="a").with_options(max_retries=3)), store)


def test_d_02_other_code_goes_on(store):
    @task(id="fetch")
    def other(city="Tokyo", *, unit="C"):
        return "other code"

    first = begin(of(fetch(task_id="a")), store)
    assert begin(of(other(task_id="a")), store) == first


def test_d_02_an_argument_without_a_form_is_taken_from_the_program_again(store):
    pool = object()

    @task
    def use(pool):
        return "used"

    assert begin(of(use(task_id="u", pool=pool)), store) == "used"
    assert begin(of(use(task_id="u", pool=object())), store) == "used"


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("initial_channel", {"fetch": 1}, {"fetch": 2}),
        ("initial_channel", {"fetch": 1}, {}),
        ("initial_channel", {}, {"fetch": 1}),
        ("max_steps", 5, 6),
        ("max_steps", 5, None),
        ("max_concurrency", 2, 3),
        ("timeout", 100, 200),
        ("start_node", "report", None),
    ],
)
def test_d_02_other_arguments_of_execute_are_refused_and_named(name, first, second, store):
    wf = of(report)
    begin(wf, store, **{name: first})
    with refused(name):
        begin(wf, store, **{name: second})
    begin(wf, store, **{name: first})


def test_d_02_what_does_not_change_the_run_may_be_another(store):
    wf = of(report)
    begin(wf, store, grace=1)
    begin(wf, store, grace=2, suspend_after=0, on_busy="wait")
