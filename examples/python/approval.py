"""A run that waits for a person: the process may end meanwhile, and another one goes on with the answer."""

import tempfile
import time
from pathlib import Path

from taskloom import Store, TaskExecutionContext, task, workflow
from taskloom.errors import RunSuspended


@task
def write() -> str:
    return "Sales are up"


@task
def publish(ctx: TaskExecutionContext, text: str) -> str:
    if not ctx.request_approval(f'Publish "{text}"?', key="publish"):
        return "not published"
    title = ctx.request_text_input("Under which title?", key="title")
    return f'published "{title}": {text}'


with workflow("report") as wf:
    _ = write >> publish

answers = {"publish": True, "title": "May"}

with tempfile.TemporaryDirectory() as directory:
    store = Store(Path(directory) / "runs.db")
    while True:
        try:
            print(wf.execute(store=store, run_id="may", suspend_after=0))
            break
        except RunSuspended as suspended:
            for question in suspended.questions:
                print(question.task_id, "asks:", question.prompt)
                # Anybody who can open the store can answer.
                print(" ", answers[question.key])
                store.answer(question.feedback_id, answers[question.key])

# Without a store a run waits in its process, and its handle takes the answers.
handle = wf.start()
for key in ("publish", "title"):
    while not (questions := handle.questions()):
        time.sleep(0.01)
    handle.answer(questions[0].feedback_id, answers[key])
print(handle.result().value)
