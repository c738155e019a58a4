"""D-4: a step is done once for all attempts of an execution."""

import asyncio
import dataclasses

import pytest
from programs import Program

from taskloom import RetryPolicy, TaskExecutionContext, task, workflow
from taskloom.errors import EncodingError, TaskError, TaskloomError

AGAIN = RetryPolicy(max_retries=3, initial_interval=0)


@dataclasses.dataclass
class Receipt:
    number: int


@pytest.fixture(params=["kept", "in memory"])
def keep(request, store):
    """The same with a store and without one."""
    return {"store": store, "run_id": "r"} if request.param == "kept" else {}


def test_d_04_a_step_is_done_once_for_all_attempts(keep):
    done = []

    @task(retry_policy=AGAIN)
    def pay(ctx: TaskExecutionContext):
        value = ctx.step("charge", lambda amount, *, to: done.append(to) or amount, 3, to="Ada")
        if ctx.attempt < 3:
            raise OSError
        return value

    assert workflow("w").add(pay).execute(**keep) == 3
    assert done == ["Ada"]


def test_d_04_a_step_that_fails_is_done_again(keep):
    done = []

    @task(retry_policy=AGAIN)
    def pay(ctx: TaskExecutionContext):
        def charge():
            done.append(ctx.attempt)
            if ctx.attempt == 1:
                raise OSError("no line")
            return "charged"

        return ctx.step("charge", charge)

    assert workflow("w").add(pay).execute(**keep) == "charged"
    assert done == [1, 2]


def test_d_04_a_step_belongs_to_its_iteration(keep):
    @task
    def count(ctx: TaskExecutionContext, n: int = 0):
        value = ctx.step("count", lambda: n)
        if n < 2:
            ctx.next_iteration(n + 1)
        return value

    assert workflow("w").add(count).execute(**keep) == 2


def test_d_04_a_name_used_twice_in_one_execution_is_an_error(keep):
    @task
    def twice(ctx: TaskExecutionContext):
        ctx.step("a", lambda: 1)
        with pytest.raises(TaskloomError, match=r"`twice` has two things called 'a'(?s:.*)hint"):
            ctx.step("a", lambda: 2)
        return ctx.step("b", lambda: 3)

    assert workflow("w").add(twice).execute(**keep) == 3


def test_d_04_steps_of_async_tasks(keep):
    done = []

    @task(retry_policy=AGAIN)
    async def pay(ctx: TaskExecutionContext):
        async def charge(amount):
            await asyncio.sleep(0)
            done.append(amount)
            return amount

        value = await ctx.step("async", charge, 3), await ctx.step("plain", lambda: done.append(4) or 4)
        if ctx.attempt == 1:
            raise OSError
        return value

    assert workflow("w").add(pay).execute(**keep) == (3, 4)
    assert done == [3, 4]


def test_d_04_several_steps_at_the_same_time(keep):
    @task
    async def many(ctx: TaskExecutionContext):
        async def part(n):
            await asyncio.sleep(0)
            return n

        return await asyncio.gather(*[ctx.step(f"part {n}", part, n) for n in range(10)])

    assert workflow("w").add(many).execute(**keep) == list(range(10))


def test_d_04_a_coroutine_function_is_refused_in_a_plain_task(keep):
    async def charge():
        raise AssertionError

    @task
    def pay(ctx: TaskExecutionContext):
        return ctx.step("charge", charge)

    with pytest.raises(TaskError, match="coroutine function, and the task is not async"):
        workflow("w").add(pay).execute(**keep)


def test_h_03_what_a_step_writes_to_the_channel_is_published_with_it(keep):
    seen = []

    @task(retry_policy=AGAIN)
    def write(ctx: TaskExecutionContext):
        channel = ctx.get_channel()
        channel.append("log", f"before {ctx.attempt}")
        ctx.step("write", lambda: channel.append("log", "step"))
        seen.append(channel.get("log"))
        if ctx.attempt < 3:
            raise OSError
        return None

    @task
    def read(ctx: TaskExecutionContext):
        return ctx.get_channel().get("log")

    with workflow("w") as wf:
        write >> read
    log = wf.execute(**keep)
    assert log.count("step") == 1
    assert sorted(log) == ["before 3", "step"] or sorted(log) == ["before 1", "before 3", "step"]


def test_d_04_returns_names_a_class(store):
    @task(retry_policy=AGAIN)
    def pay(ctx: TaskExecutionContext):
        receipt = ctx.step("charge", lambda: Receipt(5), returns=Receipt)
        if ctx.attempt == 1:
            raise OSError
        return type(receipt) is Receipt and receipt.number

    assert workflow("w").add(pay).execute(store=store) == 5


def test_d_04_a_class_that_nothing_names_is_refused_with_the_way_out(store):
    @task
    def pay(ctx: TaskExecutionContext):
        return ctx.step("charge", lambda: Receipt(5))

    with pytest.raises(TaskError, match=r"Receipt(?s:.*)hint") as raised:
        workflow("w").add(pay).execute(store=store)
    assert isinstance(raised.value.__cause__, EncodingError)


def test_d_04_what_a_step_gives_without_a_form_is_refused_before_the_body_goes_on(store):
    @task
    def pay(ctx: TaskExecutionContext):
        with pytest.raises(EncodingError, match="complex"):
            ctx.step("charge", lambda: 1j)
        return "went on"

    assert workflow("w").add(pay).execute(store=store) == "went on"


PROGRAM = """
import dataclasses

@dataclasses.dataclass
class Receipt:
    number: int

def charge():
    log("charge")
    return Receipt(5)

@task
def pay(ctx: TaskExecutionContext):
    log("pay")
    receipt = ctx.step("charge", charge, returns=Receipt)
    if once("a"):
        die()
    ctx.step("mail", lambda: log("mail"))
    if once("b"):
        die()
    return receipt

value = workflow("w").add(pay).execute(store="runs.db", run_id="r")
print(value)
"""


def test_d_04_steps_are_remembered_in_the_next_process(tmp_path):
    program = Program(tmp_path, PROGRAM.replace("def pay(ctx: TaskExecutionContext):", PAY))
    program.dies()
    program.dies()
    assert program.run() == "Receipt(number=5)\n"
    assert program.log() == ["pay", "charge", "pay", "mail", "pay"]


PAY = "def pay(ctx: TaskExecutionContext) -> Receipt:"


def test_d_04_an_async_step_is_remembered_in_the_next_process(tmp_path):
    source = """
async def charge():
    await asyncio.sleep(0)
    log("charge")
    return 5

@task
async def pay(ctx: TaskExecutionContext):
    value = await ctx.step("charge", charge)
    if once("a"):
        die()
    return value

print(workflow("w").add(pay).execute(store="runs.db", run_id="r"))
"""
    program = Program(tmp_path, source)
    program.dies()
    assert program.run() == "5\n"
    assert program.log() == ["charge"]
