"""Maps: one execution for each element of a list (I-11, S-11)."""

import asyncio

import pytest

import taskloom
from taskloom import TaskExecutionContext, policies, task, unmapped, workflow
from taskloom.errors import BindingError, ParallelGroupError, TaskError


@task
def fetch_weather(city: str, unit: str = "C") -> str:
    return f"{city} in {unit}"


@task
def double(value: int) -> int:
    return value * 2


@task
def even(value: int) -> int:
    if value % 2:
        raise ValueError(f"{value} is odd")
    return value


@task
def numbers(count: int) -> list[int]:
    return list(range(count))


@task
def total(values):
    return sum(values.values())


def test_i_11_one_execution_for_each_element_keyed_by_it():
    run = workflow("w").add(fetch_weather.map(city=["Tokyo", "Paris"], unit="F")).run()
    assert run.value == {"fetch_weather[Tokyo]": "Tokyo in F", "fetch_weather[Paris]": "Paris in F"}
    assert list(run.value) == ["fetch_weather[Tokyo]", "fetch_weather[Paris]"]
    assert run.output("fetch_weather[Paris]") == "Paris in F"
    assert run.tasks["fetch_weather[Paris]"].attempts == 1
    assert list(run.tasks) == ["fetch_weather"]
    assert run.outputs == {"fetch_weather": run.value}


def test_i_11_product_and_zip():
    product = fetch_weather.product(city=["a", "b"], unit=["C", "F"], task_id="p")
    pairs = fetch_weather.zip(city=("a", "b"), unit=("C", "F"), task_id="z")
    run = workflow("w").add(product >> pairs).run()
    assert list(run.output("p")) == ["p[a, C]", "p[a, F]", "p[b, C]", "p[b, F]"]
    assert run.output(pairs) == {"z[a, C]": "a in C", "z[b, F]": "b in F"}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: fetch_weather.map(), "goes over one list, and 0 were given"),
        (lambda: fetch_weather.map(city=["a"], unit=["C"]), "goes over one list, and 2 were given"),
        (lambda: fetch_weather.zip(city="a"), "goes over lists, and none was given"),
        (lambda: fetch_weather.map(town=["a"]), "has no parameter `town`"),
        (lambda: fetch_weather.map(city=["a", 7]), "takes a `str` for `city`, and 7 is a `int`"),
        (lambda: fetch_weather.map(city=["a"], unit=7), "takes a `str` for `unit`"),
        (lambda: fetch_weather.map(city=["a"]).run(), "only a workflow runs"),
    ],
)
def test_i_03_mistakes_are_told_at_the_call(wrong, message):
    with pytest.raises(BindingError, match=message):
        wrong()


def test_i_11_lists_of_a_zip_are_equally_long():
    wf = workflow("w").add(fetch_weather.zip(city=["a", "b"], unit=["C"]))
    with pytest.raises(TaskError, match="not equally long: `city` has 2, `unit` has 1"):
        wf.execute()


def test_i_11_unmapped_holds_a_list():
    @task
    def count(word, words):
        return words.count(word)

    run = workflow("w").add(count.map(word=("a", "b"), words=unmapped(["a", "b", "a"]))).run()
    assert run.value == {"count[a]": 2, "count[b]": 1}
    assert repr(unmapped([1])) == "unmapped([1])"


def test_i_11_the_list_may_be_known_only_at_run_time():
    source = numbers(count=4)
    run = workflow("w").add(double.map(value=source) >> total).run()
    assert run.value == 12
    assert run.output("double") == {f"double[{n}]": n * 2 for n in range(4)}


def test_i_11_an_upstream_output_that_is_no_list():
    @task
    def text():
        return "abc"

    with pytest.raises(TaskError, match="cannot go over what `value` is bound to: it is a str, not a list"):
        workflow("w").add(double.map(value=text(task_id="text"))).execute()


def test_i_11_any_iterable_and_outputs_of_instances():
    assert workflow("w").add(double.map(value=(n for n in range(3)))).execute() == {
        f"double[{n}]": 2 * n for n in range(3)
    }
    outputs = [double(task_id="a", value=1), double(task_id="b", value=2)]
    assert workflow("w").add(double.map(value=outputs)).execute() == {"double[2]": 4, "double[4]": 8}


def test_s_11_keys():
    long = "x" * 33
    values = ["a", "a", long, 1.5, True, None, "a", "new\nline", ""]

    @task
    def same(value):
        return value

    run = workflow("w").add(same.map(value=values, task_id="m")).run()
    keys = ["a", "a#2", "2", "1.5", "True", "5", "a#3", "7", "8"]
    assert list(run.value.items()) == [(f"m[{key}]", value) for key, value in zip(keys, values, strict=True)]


def test_s_11_a_map_over_nothing():
    assert workflow("w").add(double.map(value=[]) >> total).execute() == 0


def test_s_11_a_failing_element_fails_the_map():
    wf = workflow("w").add(even.map(value=range(10_000)) >> total)
    with pytest.raises(
        TaskError, match=r"task `even\[1\]` failed at attempt 1 of 1: ValueError: 1 is odd"
    ) as caught:
        wf.execute(max_concurrency=1)
    assert isinstance(caught.value.__cause__, ValueError)
    tasks = caught.value.run.tasks
    states = [tasks[id].state for id in ("even[0]", "even[1]", "even[2]", "even[9999]", "even", "total")]
    assert states == ["succeeded", "failed", "not run", "not run", "failed", "not run"]


def test_s_11_a_policy_judges_all_elements():
    halves = even.map(value=range(4))
    assert workflow("w").add(halves.with_execution(policy="best_effort")).execute() == {
        "even[0]": 0,
        "even[2]": 2,
    }
    with pytest.raises(ParallelGroupError, match="map `even` failed: 2 of its elements failed"):
        workflow("w").add(halves.with_execution(policy=policies.AtLeastN(3))).execute()


def test_s_11_retries_are_each_elements_own():
    @task(max_retries=1)
    def flaky(value, ctx: TaskExecutionContext):
        if value == 1 and ctx.attempt == 1:
            raise OSError
        return ctx.task_id, ctx.attempt

    run = workflow("w").add(flaky.map(value=[0, 1])).run()
    assert run.value == {"flaky[0]": ("flaky[0]", 1), "flaky[1]": ("flaky[1]", 2)}


def test_i_07_options_and_derived_maps():
    base = fetch_weather.map(city=["a"])
    derived = base(unit="F").with_options(max_retries=2)
    assert isinstance(derived, taskloom.MapInstance)
    assert workflow("w").add(derived).execute() == {"fetch_weather[a]": "a in F"}
    assert derived.max_retries == 2


def test_s_11_async_elements_and_their_cap():
    running, most = 0, 0

    @task
    async def work(value):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return value

    wf = workflow("w").add(work.map(value=range(50)).with_execution(max_concurrency=3))
    assert list(wf.execute().values()) == list(range(50))
    assert most == 3


def test_s_11_a_hundred_thousand_elements():
    assert workflow("w").add(double.map(value=range(100_000)) >> total).execute() == 9_999_900_000


def test_r_09_an_added_map():
    @task
    def begin(ctx: TaskExecutionContext):
        ctx.next_task(double.map(value=[1, 2], task_id="m"))

    assert workflow("w").add(begin).run().output("m") == {"m[1]": 2, "m[2]": 4}


def test_s_11_events():
    handle = workflow("w").add(even.map(value=[0])).start(max_concurrency=1)
    assert [str(event) for event in handle.events()] == [
        "run started",
        "even started",
        "even has 1 elements",
        "even[0] started",
        "even[0] succeeded",
        "even ended: succeeded",
        "run ended: succeeded",
    ]
