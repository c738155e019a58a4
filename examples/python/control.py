"""What a task can ask for while it runs: new tasks, jumps, iterations, the end, and a workflow of its own."""

from taskloom import TaskExecutionContext, task, workflow


@task
def page(number: int) -> str:
    return f"page {number}"


@task
def index(ctx: TaskExecutionContext) -> None:
    """Adds tasks to the run. The workflow stays as it is."""
    for number in (1, 2, 3):
        ctx.next_task(page(task_id=f"page_{number}", number=number))


@task
def write(ctx: TaskExecutionContext) -> int:
    return ctx.cycle_count


@task
def review(ctx: TaskExecutionContext, draft: int) -> int:
    """Goes back to the writer until it is content."""
    if draft < 3:
        ctx.next_task("write", goto=True)
    return draft


@task
def publish(draft: int) -> str:
    return f"draft {draft} is published"


@task
def halve(ctx: TaskExecutionContext, value: int) -> int:
    """Runs again with other data; what follows waits for the last time."""
    if value > 1 and ctx.can_iterate():
        ctx.next_iteration(value // 2)
    return value


@task
def search(ctx: TaskExecutionContext) -> str:
    """Ends the run as a success."""
    ctx.terminate_workflow("no need to look further")
    return "found"


@task
def look_further() -> None: ...


@task
def factorial(n: int) -> int:
    """A workflow inside of a task: whoever waits for a run works for it, so this needs no further thread."""
    return n * workflow("inner").add(factorial(n=n - 1)).execute(max_concurrency=1) if n > 0 else 1


run = workflow("added").add(index).run(max_concurrency=1)
print(run.outputs)

draft = write(task_id="write")
reviewed = review(task_id="review", draft=draft)
run = workflow("goto").add(draft >> reviewed >> publish(task_id="publish", draft=reviewed)).run()
print(f"{run.value}, once: {run.tasks['publish'].iterations == 1}")

run = workflow("iterate").add(halve(task_id="halve", value=40)).run()
print(f"40 is {run.value} after {run.tasks['halve'].iterations} executions")

run = workflow("end").add(search >> look_further).run()
print(f"{run.status}: {run.message}, {run.value}")

run = workflow("nested").add(factorial(n=10)).run(max_concurrency=1)
print("10! =", run.value)
