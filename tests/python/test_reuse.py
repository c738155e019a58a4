"""Rule R-5: one workflow may be executed many times, also at the same time; runs never share state."""

import asyncio
import threading

from taskloom import parallel, task, workflow


@task
def first(number):
    return number


@task
def double(first):
    return first * 2


@task
async def negate(first):
    await asyncio.sleep(0)
    return -first


@task
def both(double, negate):
    return double, negate


def build():
    """Takes `number` from the channel, so that runs differ."""
    with workflow("w") as wf:
        first >> parallel(double, negate) >> both
    return wf


def expected(number):
    return number * 2, -number


def test_r_05_many_times():
    wf = build()
    for number in range(100):
        assert wf.execute(initial_channel={"number": number}) == expected(number)


def test_r_05_from_eight_threads_at_once():
    wf = build()
    barrier = threading.Barrier(8)
    results = []

    def work(thread):
        barrier.wait(20)
        numbers = range(thread, 400, 8)
        results.extend([(number, wf.execute(initial_channel={"number": number})) for number in numbers])

    threads = [threading.Thread(target=work, args=(thread,)) for thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(40)
    assert len(results) == 400
    assert all(value == expected(number) for number, value in results)


def test_r_05_gathered_on_one_loop():
    wf = build()

    async def main():
        runs = [wf.execute_async(initial_channel={"number": number}) for number in range(200)]
        return await asyncio.gather(*runs)

    assert asyncio.run(main()) == [expected(number) for number in range(200)]


def test_r_05_on_several_loops_at_once():
    wf = build()
    results = []

    def work():
        async def main():
            return await asyncio.gather(*[wf.execute_async(initial_channel={"number": n}) for n in range(20)])

        results.append(asyncio.run(main()))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(40)
    assert results == [[expected(n) for n in range(20)]] * 4


def test_r_05_the_runs_are_under_way_at_the_same_time():
    meeting = threading.Barrier(3)

    @task
    def meet():
        meeting.wait(20)
        return "met"

    wf = workflow("w").add(meet)
    handles = [wf.start() for _ in range(3)]
    assert [handle.result(20).value for handle in handles] == ["met"] * 3


def test_r_05_running_changes_nothing():
    wf = build()
    before = str(wf.plan())
    wf.execute(initial_channel={"number": 1})
    assert str(wf.plan()) == before
    assert len(wf) == 4


def test_r_05_a_workflow_that_grows_between_runs():
    @task
    def end(both):
        return "end", both

    wf = build()
    handle = wf.start(initial_channel={"number": 1})
    with wf:
        both >> end
    assert handle.result(20).value == expected(1)
    assert wf.execute(initial_channel={"number": 2}) == ("end", expected(2))


def test_r_05_one_instance_in_two_workflows_at_once():
    meeting = threading.Barrier(2)

    @task
    def meet(name):
        meeting.wait(20)
        return name

    shared = meet(task_id="shared", name="shared")
    handles = [workflow(name).add(shared).start() for name in ("one", "two")]
    assert [handle.result(20).value for handle in handles] == ["shared", "shared"]


def test_r_05_attempts_are_those_of_one_run():
    @task(max_retries=1, inject_context=True)
    def flaky(ctx):
        if ctx.attempt == 1:
            raise ValueError
        return ctx.attempt

    wf = workflow("w").add(flaky)
    for _ in range(5):
        run = wf.run()
        assert (run.value, run.tasks["flaky"].attempts) == (2, 2)


def test_r_05_a_run_stays_as_it_was():
    wf = build()
    one = wf.run(initial_channel={"number": 1})
    two = wf.run(initial_channel={"number": 2})
    assert (one.value, two.value) == (expected(1), expected(2))
    assert (one.output("first"), two.output("first")) == (1, 2)
