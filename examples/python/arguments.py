"""What a task's argument can be: a value, the output of another task, a list of outputs, a group, and what a
workflow that is part of this one gives."""

from typing import Any

from taskloom import parallel, task, workflow


@task
def measure(station: str, offset: float = 0.0) -> float:
    return {"harbour": 11.5, "hill": 8.0, "airport": 10.5}[station] + offset


@task
async def correct(degrees: float, by: float) -> float:
    return degrees + by


@task
def mean(readings: list[float] | dict[str, float]) -> float:
    values = list(readings.values() if isinstance(readings, dict) else readings)
    return sum(values) / len(values)


@task
def report(readings: dict[str, Any], title: str) -> str:
    return f"{title}: {mean.fn(readings)} degrees at {', '.join(readings)}"


@task
def publish(text: str, copies: int = 1) -> str:
    return f"{copies} x {text}"


def station(name: str):
    return measure(task_id=name, station=name)


# An instance binds its output, and makes the edge: nothing else has to be composed.
hill = station("hill")
run = workflow("output").add(correct(task_id="corrected", degrees=hill, by=0.5)).run()
print("output:", run.value)

# A list of instances binds the list of their outputs, in its order.
stations = [station(name) for name in ("harbour", "hill", "airport")]
run = workflow("list").add(mean(readings=stations)).run()
print("list:", run.value, "from", len(run.tasks), "tasks")

# A group binds the dict of its values, as its policy lets it pass: what has failed is not in it.
group = parallel(station("harbour"), station("moon"), station("hill")).with_execution(policy="best_effort")
run = workflow("group").add(mean(readings=group)).run()
print(
    "group:", run.value, "without", *(each.task_id for each in run.tasks.values() if each.state == "failed")
)

# A workflow that is an operand is one step of a larger one: its tasks go by its name, and `publish` takes its
# value.
weather = workflow("weather").add(report(task_id="report", readings=parallel(*stations), title="today"))
run = workflow("morning").add(weather >> publish(task_id="publish", copies=3)).run()
print("operand:", run.value)
print("        ", *run.tasks)

# A task is a function: to try one, no workflow is needed.
print("run:", measure(station="airport").run(offset=-0.5), measure.fn("hill"))
