"""The page "Task instances": many instances from one task definition."""

from taskloom import chain, parallel, task, workflow
from taskloom.errors import DuplicateTaskError


@task
def fetch_weather(city: str) -> str:
    return f"Weather for {city}"


# Create instances with different parameters
tokyo = fetch_weather(task_id="tokyo", city="Tokyo")
paris = fetch_weather(task_id="paris", city="Paris")
london = fetch_weather(task_id="london", city="London")

with workflow("weather") as wf:
    # Use instances in workflow
    tokyo >> paris >> london
    wf.execute()


# Without `task_id` an instance names itself.
@task
async def process(value: int) -> int:
    return value * 2


task1 = process(value=10)
task2 = process(value=20)
task3 = process(value=30)

with workflow("auto_ids") as wf:
    task1 >> task2 >> task3
    run = wf.run()

for each in (task1, task2, task3):
    print(each.task_id, "=", run.output(each))

# Each instance must have a unique id.
first = fetch_weather(task_id="fetch", city="Tokyo")
try:
    second = fetch_weather(task_id="fetch", city="Paris")
except DuplicateTaskError as error:
    print(error)


# Instances made from lists.
@task
def process_batch(batch_id: int, data: list) -> dict:
    return {"batch_id": batch_id, "count": len(data)}


cities = ["Tokyo", "Paris", "London", "NYC"]
fetch_tasks = [fetch_weather(task_id=f"fetch_{city.lower()}", city=city) for city in cities]
process_tasks = [process_batch(task_id=f"batch_{i}", batch_id=i, data=[]) for i in (1, 2, 3)]

with workflow("dynamic") as wf:
    all_fetches = parallel(*fetch_tasks)
    all_batches = chain(*process_tasks)
    all_fetches >> all_batches
    print("the value is", wf.execute())
