"""Follows a run as it goes on: what starts, what fails and is tried again, what is skipped."""

from taskloom import RetryPolicy, TaskExecutionContext, task, workflow


@task(retry_policy=RetryPolicy(max_retries=1, initial_interval=0.01))
def fetch(ctx: TaskExecutionContext, city: str) -> str:
    if ctx.attempt == 1 and city == "Paris":
        raise ConnectionError("no network")
    return f"Weather for {city}"


@task
def check(ctx: TaskExecutionContext) -> None:
    ctx.next_task("publish", goto=True)


@task
def translate() -> None: ...


@task
def publish() -> str:
    return "done"


with workflow("weather") as wf:
    cities = (fetch(task_id="tokyo", city="Tokyo") | fetch(task_id="paris", city="Paris")).set_group_name(
        "cities"
    )
    cities >> check >> translate >> publish

handle = wf.start(max_concurrency=1)
failures = 0
for event in handle.events():
    print(event)
    failures += event.kind == "failed"
print(f"{failures} failed attempt, value: {handle.result().value}")
