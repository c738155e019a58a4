"""Maps: one execution of a task for each element of a list."""

from taskloom import policies, task, unmapped, workflow
from taskloom.errors import TaskError


@task
def cities(country: str) -> list[str]:
    return {"Japan": ["Tokyo", "Kyoto"]}.get(country, [])


@task
def fetch_weather(city: str, unit: str = "C") -> str:
    return f"{city} in °{unit}"


@task
def count(texts: dict[str, str]) -> int:
    return len(texts)


@task
def find(word: str, words: list[str]) -> int:
    return words.index(word)


# The list may be a task's output, the result another one's argument; what is no list goes to all.
japan = cities(task_id="japan", country="Japan")
weather = fetch_weather.map(task_id="weather", city=japan, unit="C").with_execution(max_concurrency=8)
run = workflow("map").add(count(task_id="count", texts=weather)).run()
print(run.output(weather), run.output("count"))
# Each element is a task with an id of its own.
print(run.output("weather[Kyoto]"))

# All combinations, and side by side.
product = fetch_weather.product(task_id="product", city=["Oslo", "Rome"], unit=["C", "F"])
zipped = fetch_weather.zip(task_id="zip", city=["Oslo", "Rome"], unit=["C", "F"])
run = workflow("lists").add(product >> zipped).run()
print(run.output(product))
print(run.output(zipped))

# `unmapped` holds a list that each execution takes as it is.
found = find.map(task_id="found", word=["b", "x", "a"], words=unmapped(["a", "b"]))
# The map fails with the first element that does, unless a policy judges all of them.
try:
    workflow("strict").add(found).run(max_concurrency=1)
except TaskError as error:
    print(str(error).splitlines()[0])
print(workflow("most").add(found.with_execution(policy=policies.AtLeastN(2))).run().value)
