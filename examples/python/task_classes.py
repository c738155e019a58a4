"""A task as a class: for work that needs something to work with, here a table of temperatures."""

from taskloom import Task, task, workflow


# `Task[[str], float]` says what `run` takes and gives; without it instances give `Any` to a type checker.
class Measure(Task[[str], float], max_retries=2):
    """The temperature of a city in °C."""

    def __init__(self, table: dict[str, float]) -> None:
        self.table = table

    def run(self, city: str) -> float:
        return self.table[city]


@task
def warmest(values: list[float]) -> float:
    return max(values)


measure = Measure({"Tokyo": 21.5, "Paris": 14.0})
tokyo = measure(task_id="tokyo", city="Tokyo")
paris = measure(task_id="paris", city="Paris")

with workflow("weather") as wf:
    wf.add(warmest(values=[tokyo, paris]))
    run = wf.run()

degrees: float = run.output(tokyo)
print(degrees, run.value)
