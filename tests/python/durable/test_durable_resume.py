"""D-1: a process that dies loses no completed task, and the next one runs only what had not completed."""

import pytest
from programs import Program

SOURCE = """
KIND, WAY = sys.argv[1:]

def define(name, is_async):
    def body(value):
        log(name)
        if name == "c" and once("c"):
            die()
        return f"{value}{name}"

    async def body_async(value):
        await asyncio.sleep(0)
        return body(value)

    return task(body_async if is_async else body, id=name)

tasks = [define(name, KIND == "async" or (KIND == "mixed" and name in "bc")) for name in "abcd"]
wf = workflow("w").add(chain(tasks[0](task_id="a", value=""), *tasks[1:]))
keep = {"store": "runs.db", "run_id": "r"}

async def on_loop(how):
    if how == "execute_async":
        return await wf.execute_async(**keep)
    if how == "run_async":
        return (await wf.run_async(**keep)).value
    return wf.execute(**keep)

match WAY:
    case "execute":
        value = wf.execute(**keep)
    case "run":
        value = wf.run(**keep).value
    case "start":
        value = wf.start(**keep).result().value
    case _:
        value = asyncio.run(on_loop(WAY))
print(value)
"""

WAYS = ["execute", "run", "start", "execute_async", "run_async", "execute inside of a loop"]


@pytest.mark.parametrize(
    ("kind", "way"),
    [("sync", "execute"), ("async", "execute"), *(("mixed", way) for way in WAYS), ("async", "run_async")],
)
def test_d_01_a_run_goes_on_in_the_next_process(kind, way, tmp_path):
    program = Program(tmp_path, SOURCE)
    assert program.dies(kind, way) == ""
    assert program.log() == ["a", "b", "c"]
    assert program.run(kind, way) == "abcd\n"
    assert program.log() == ["a", "b", "c", "c", "d"]
    # It has ended: the third process only reads it.
    assert program.run(kind, way) == "abcd\n"
    assert program.log() == ["a", "b", "c", "c", "d"]


GROUP = """
@task
def branch(n: int):
    log(f"branch{n}")
    if n == 2 and once("branch"):
        die()
    return n

@task
def total(values: dict):
    log("total")
    return sum(values.values())

group = parallel(*[branch(task_id=f"b{n}", n=n) for n in range(4)])
# One at a time, and each begins when what came before is recorded.
print(workflow("w").add(group >> total).execute(store="runs.db", run_id="r", max_concurrency=1))
"""


def test_d_01_branches_that_have_completed_are_not_run_again(tmp_path):
    program = Program(tmp_path, GROUP)
    program.dies()
    assert program.log() == ["branch0", "branch1", "branch2"]
    assert program.run() == "6\n"
    assert program.log()[3:] == ["branch2", "branch3", "total"]


MAP = """
@task
def square(n: int):
    log(f"n{n}")
    if n == 50 and once("n"):
        die()
    return n * n

squares = square.map(n=range(100))
wf = workflow("w").add(squares)
value = wf.execute(store="runs.db", run_id="r", max_concurrency=1)
print(sum(value.values() if isinstance(value, dict) else value))
"""


def test_d_01_a_map_goes_on_in_its_middle(tmp_path):
    program = Program(tmp_path, MAP)
    program.dies()
    assert program.log() == [f"n{n}" for n in range(51)]
    assert program.run() == f"{sum(n * n for n in range(100))}\n"
    assert program.log()[51:] == [f"n{n}" for n in range(50, 100)]


CONTROL = """
@task
def count(ctx: TaskExecutionContext, n: int = 0):
    log(f"count{n}")
    if n == 2 and once("count"):
        die()
    if n < 4:
        ctx.next_iteration(n + 1)
    return n

print(workflow("w").add(count).execute(store="runs.db", run_id="r"))
"""


def test_r_09_iterations_go_on_with_their_data(tmp_path):
    program = Program(tmp_path, CONTROL)
    program.dies()
    assert program.run() == "4\n"
    assert program.log() == ["count0", "count1", "count2", "count2", "count3", "count4"]


KEYS = """
@task(retry_policy=RetryPolicy(max_retries=2, initial_interval=0))
def pay(ctx: TaskExecutionContext):
    log(f"{ctx.idempotency_key}:{ctx.attempt}:{ctx.retry_count}")
    if once("fails"):
        raise OSError("no line")
    if once("dies"):
        die()
    return ctx.idempotency_key

print(workflow("w").add(pay(task_id="pay")).execute(store="runs.db", run_id="r"))
"""


def test_d_01_every_attempt_has_the_same_idempotency_key(tmp_path):
    program = Program(tmp_path, KEYS)
    program.dies()
    key = program.run().strip()
    # A lost attempt goes on under its number.
    assert program.log() == [f"{key}:1:0", f"{key}:2:1", f"{key}:2:1"]
    assert key == "r/pay/1"
