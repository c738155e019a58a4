"""Two threads build one and the same workflow, 600 times in total."""

import threading

from taskloom import task, workflow


@task
def fetch_weather(city: str) -> str:
    return f"Weather for {city}"


@task
def report(first: str, second: str) -> str:
    return f"{first}, {second}"


def build():
    tokyo = fetch_weather(task_id="tokyo", city="Tokyo")
    paris = fetch_weather(task_id="paris", city="Paris")
    end = report(task_id="report", first=tokyo, second=paris)
    with workflow("weather") as wf:
        tokyo >> paris >> end
    return wf


def build_often(barrier, workflows, errors):
    barrier.wait(30)
    for _ in range(300):
        try:
            workflows.append(build())
        except Exception as error:
            errors.append(error)


barrier = threading.Barrier(2)
workflows, errors = [], []
threads = [threading.Thread(target=build_often, args=(barrier, workflows, errors)) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(workflows), "built,", len(errors), "errors")
print({wf.execute() for wf in workflows})
