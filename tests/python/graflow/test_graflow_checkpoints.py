"""Section 9: checkpoints, as views on a store."""

import gc
import json

import pytest
from graflow.core.checkpoint import CheckpointManager, CheckpointMetadata
from graflow.core.context import ExecutionContext
from graflow.core.engine import WorkflowEngine
from graflow.exceptions import GraflowError, GraflowRuntimeError

from graflow import TaskExecutionContext, task, workflow
from scripts import run_python
from taskloom import Store


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "runs.db")


def make(ran):
    @task
    def first():
        ran.append("first")
        return 1

    @task(inject_context=True)
    def second(ctx: TaskExecutionContext):
        ran.append("second")
        ctx.checkpoint({"part": 2})
        assert ctx.request_approval("Go?", timeout=0)
        return ctx.get_channel().get("start") + ctx.get_result("first")

    with workflow("w") as wf:
        first >> second
    return wf


def test_9_3_a_checkpoint_is_resumed_and_nothing_that_had_completed_runs_again(store):
    ran = []
    wf = make(ran)
    value, context = wf.execute(store=store, initial_channel={"start": 40}, ret_context=True)
    # As there: `None`, and the path says why.
    assert value is None
    assert context.last_checkpoint_path == f"{store.path}#{context.session_id}"
    (request,) = context.feedback_manager.list_pending_requests(context.session_id)
    store.answer(request.feedback_id, True)

    resumed, metadata = CheckpointManager.resume_from_checkpoint(context.last_checkpoint_path)
    assert (resumed.session_id, resumed.completed_tasks, resumed.steps) == (context.session_id, ["first"], 1)
    assert (metadata.session_id, metadata.steps) == (context.session_id, 1)
    assert WorkflowEngine().execute(resumed) == 41
    assert ran == ["first", "second", "second"]
    assert resumed.completed_tasks == ["first", "second"]


def test_9_1_metadata(store, tmp_path):
    wf = make([])
    context = ExecutionContext(wf.graph, session_id="s", store=store)
    path, metadata = CheckpointManager.create_checkpoint(
        context, path=str(tmp_path / "here.json"), metadata={"part": 1}
    )
    assert json.loads((tmp_path / "here.json").read_text())["run"] == f"{store.path}#s"
    assert path == str(tmp_path / "here.json") == context.last_checkpoint_path
    assert metadata.user_metadata == {"part": 1}
    assert CheckpointMetadata.from_dict(metadata.to_dict()) == metadata
    assert metadata.checkpoint_id.startswith("s_0_")


def test_9_1_a_file_that_names_the_run(store, tmp_path):
    @task(inject_context=True)
    def note(ctx: TaskExecutionContext):
        ctx.checkpoint({"part": 1}, path=str(tmp_path / "here.json"))
        return "noted"

    wf = workflow("noting")
    wf.add_node("note", note)
    _, context = wf.execute(store=store, ret_context=True)
    assert context.last_checkpoint_path == str(tmp_path / "here.json")
    resumed, _ = CheckpointManager.resume_from_checkpoint(context.last_checkpoint_path)
    assert WorkflowEngine().execute(resumed) == "noted"


@pytest.mark.parametrize("path", ["nothing.pkl", "runs.db#nothing", "{store}#nothing"])
def test_9_1_a_missing_checkpoint(path, store):
    with pytest.raises(FileNotFoundError, match="there is no checkpoint"):
        CheckpointManager.resume_from_checkpoint(path.replace("{store}", store.path))


def test_9_3_the_program_has_to_have_made_the_workflow(store):
    make([]).execute(store=store, session_id="s", initial_channel={"start": 1})
    with workflow("w") as other:
        pass
    del other
    gc.collect()
    with pytest.raises(GraflowRuntimeError, match=r"of the workflow `w`, which this program has not made"):
        CheckpointManager.resume_from_checkpoint(f"{store.path}#s")


def test_d_04_a_run_that_is_kept_nowhere_says_what_to_do():
    wf = make([])
    with pytest.raises(GraflowError, match=r"kept nowhere(?s:.*)hint: execute\(store="):
        wf.execute(initial_channel={"start": 1})
    with pytest.raises(GraflowError, match="kept nowhere"):
        CheckpointManager.create_checkpoint(ExecutionContext(wf.graph))


PROGRAM = """
import sys
from graflow.core.checkpoint import CheckpointManager
from graflow.core.decorators import task
from graflow.core.engine import WorkflowEngine
from graflow.core.workflow import workflow
from graflow.hitl.manager import FeedbackManager
from graflow.hitl.types import FeedbackResponse

with workflow("w") as wf:
    @task
    def first():
        print("first")
        return 1

    @task(inject_context=True)
    def second(ctx):
        return ctx.request_text_input("Why?", timeout=0)

    first >> second

if len(sys.argv) == 1:
    value, context = wf.execute(store="runs.db", ret_context=True)
    print(value, context.last_checkpoint_path)
else:
    manager = FeedbackManager("runs.db")
    for request in manager.list_pending_requests():
        response = FeedbackResponse(request.feedback_id, "text", text="so")
        print(manager.provide_feedback(request.feedback_id, response))
    context, metadata = CheckpointManager.resume_from_checkpoint(sys.argv[1])
    print(WorkflowEngine().execute(context), metadata.steps)
"""


def test_9_3_in_another_process(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)

    def run(*arguments):
        done = run_python("-m", "taskloom.graflow", "program.py", *arguments, cwd=tmp_path)
        assert done.stderr == ""
        return done.stdout.split()

    first, none, path = run()
    assert (first, none) == ("first", "None")
    assert run(path) == ["True", "so", "1"]
