"""Looks at a workflow and at what it did: pictures, where values come from, and a recorder for tests."""

from taskloom import task, workflow
from taskloom.testing import Recorder


@task
def fetch(city: str) -> str:
    return f"Weather for {city}"


@task
def translate(text: str, language: str = "en") -> str:
    return f"{text} ({language})"


with workflow("weather") as wf:
    fetch(task_id="tokyo", city="Tokyo") >> translate(task_id="tokyo_en")
    fetch(task_id="paris", city="Paris") >> translate(task_id="paris_en")

# Also `to_dot()`, and `to_svg()`, which a notebook shows by itself.
print(wf.to_ascii())
print(wf.to_mermaid())
# What follows each task, and where the value of each open parameter comes from.
wf.show_info()

recorder = Recorder()
run = wf.run(max_concurrency=1, observe=recorder)
recorder.assert_order(["tokyo", "paris", "tokyo_en", "paris_en"])
recorder.assert_before("tokyo", "tokyo_en")
print(recorder.arguments("tokyo_en"))

# Only what can be reached from one task.
run = wf.run(start_node="paris")
print(run.outputs)
