"""What type checkers say: each line that is marked with an error has that error, and no other has one."""
# pyright: standard, reportUnusedExpression=false, reportUnnecessaryTypeIgnoreComment=true

from collections.abc import Callable, Coroutine
from typing import Any, assert_type

from taskloom import (
    Chain,
    Group,
    Instance,
    RetryPolicy,
    TaskExecutionContext,
    chain,
    parallel,
    task,
    workflow,
)


@task
def fetch(city: str, unit: str = "C") -> str:
    return f"{city} in {unit}"


@task
def count(ctx: TaskExecutionContext, numbers: list[int]) -> int:
    return len(numbers) + ctx.cycle_count


@task(max_retries=3)
async def upload(data: bytes) -> bool:
    return bool(data)


@task("named", inject_context=True)
def with_context(ctx: TaskExecutionContext, text: str) -> None:
    ctx.cycle_count + text  # error: reportOperatorIssue


tokyo = fetch(task_id="tokyo", city="Tokyo")
counted = count(numbers=[1])
uploaded = upload(data=b"")

# What an instance gives.
assert_type(tokyo, Instance[str])
assert_type(fetch(), Instance[str])
assert_type(fetch("Tokyo", task_id="x"), Instance[str])
assert_type(tokyo(unit="F"), Instance[str])
assert_type(tokyo.with_options(max_retries=1), Instance[str])
assert_type(counted, Instance[int])
assert_type(uploaded, Instance[bool])
assert_type(tokyo, Instance[int])  # error: reportAssertTypeFailure
wrong_instance: Instance[int] = tokyo  # error: reportAssignmentType
tokyo.with_options(max_retry=1)  # error: reportCallIssue
tokyo.with_options(timeout="5s")  # error: reportArgumentType
tokyo.task_id = "paris"  # error: reportAttributeAccessIssue

# Results.
wf = workflow("w")
run = wf.run()
assert_type(run.output(tokyo), str)
assert_type(run.output(counted), int)
assert_type(run.output(uploaded), bool)
assert_type(run.output("tokyo"), Any)
run.output(tokyo) + 1  # error: reportOperatorIssue
wrong: int = run.output(tokyo)  # error: reportAssignmentType
run.output(counted).upper()  # error: reportAttributeAccessIssue
run.output(5)  # error: reportCallIssue, reportArgumentType
run.status = "failed"  # error: reportAttributeAccessIssue
run.tasks["tokyo"].state = "failed"  # error: reportAttributeAccessIssue

# Operators.
assert_type(tokyo >> counted, Chain)
assert_type(tokyo | counted, Group)
assert_type(tokyo >> [counted, uploaded], Chain)
assert_type([tokyo, counted] >> uploaded, Chain)
assert_type(fetch >> counted << upload, Chain)
assert_type((tokyo | counted).set_group_name("g"), Group)
assert_type(chain(tokyo, [counted, fetch]), Chain)
assert_type(parallel(tokyo, counted >> uploaded), Group)
tokyo >> 5  # error: reportOperatorIssue
5 | tokyo  # error: reportOperatorIssue
tokyo >> "paris"  # error: reportOperatorIssue
tokyo | print  # error: reportOperatorIssue
tokyo & counted  # error: reportOperatorIssue
[tokyo] >> [counted]  # error: reportOperatorIssue
(tokyo >> counted).set_group_name("g")  # error: reportAttributeAccessIssue
(tokyo | counted).set_group_name(5)  # error: reportArgumentType
chain(tokyo, 5)  # error: reportArgumentType

# The plain function, and running it here and now.
assert_type(fetch.fn("Tokyo"), str)
assert_type(fetch.run("Tokyo", unit="F"), str)
assert_type(count.run([1, 2]), int)
assert_type(with_context.run("text"), None)
to_await: Coroutine[Any, Any, bool] = upload.run(b"")
to_await_as_well: Coroutine[Any, Any, bool] = upload.fn(b"")
wrong_to_await: Coroutine[Any, Any, str] = upload.fn(b"")  # error: reportAssignmentType
function: Callable[[str], str] = fetch.fn
fetch.fn(5)  # error: reportArgumentType
fetch.fn()  # error: reportCallIssue
fetch.fn("Tokyo", planet="Earth")  # error: reportCallIssue
fetch.run(city=5)  # error: reportArgumentType
fetch.run()  # error: reportCallIssue
count.run(["one"])  # error: reportArgumentType
upload.run(b"").upper()  # error: reportAttributeAccessIssue
wrong_function: Callable[[int], str] = fetch.fn  # error: reportAssignmentType

# Workflows.
wf.execute(5)  # error: reportArgumentType
wf.execute(max_concurrency="many")  # error: reportArgumentType
wf.start().value  # error: reportAttributeAccessIssue
assert_type(wf.graph.successors("tokyo"), tuple[str, ...])

# Options of a definition.
patient = task(retry_policy=RetryPolicy(max_retries=2), timeout=5, resolve_keyword_args=False)(len)
assert_type(patient([]), Instance[int])
task(max_retires=3)  # error: reportCallIssue
task("id", timeout="5s")  # error: reportArgumentType
