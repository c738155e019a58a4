"""Section 1: the old import paths, and what importing `taskloom.graflow` does to a process."""

import importlib
import sys

import pytest

import taskloom
import taskloom.graflow
from scripts import run_python, run_source

NAMES = {
    "graflow": "__version__ task workflow chain parallel RetryPolicy TaskExecutionContext",
    "graflow.core.decorators": "task",
    "graflow.core.task": "Executable Task TaskWrapper SequentialTask ParallelGroup chain parallel",
    "graflow.core.workflow": "workflow WorkflowContext get_current_workflow_context current_workflow_context "
    "require_workflow_context set_current_workflow_context clear_workflow_context",
    "graflow.core.context": "ExecutionContext TaskExecutionContext create_execution_context "
    "execute_with_cycles",
    "graflow.core.engine": "WorkflowEngine",
    "graflow.core.graph": "TaskGraph",
    "graflow.core.cycle": "CycleController",
    "graflow.core.retry": "RetryPolicy RetryController",
    "graflow.core.handler": "TaskHandler TaskResult",
    "graflow.core.handlers": "",
    "graflow.core.handlers.direct": "DirectTaskHandler",
    "graflow.core.handlers.group_policy": "GroupExecutionPolicy StrictGroupPolicy BestEffortGroupPolicy "
    "CriticalGroupPolicy AtLeastNGroupPolicy POLICY_REGISTRY canonicalize_group_policy resolve_group_policy",
    "graflow.channels.base": "Channel",
    "graflow.channels.memory_channel": "MemoryChannel",
    "graflow.channels.typed": "TypedChannel ChannelTypeRegistry",
    "graflow.channels.schemas": "TaskResultMessage TaskProgressMessage TaskErrorMessage WorkflowStateMessage "
    "DataTransferMessage CycleNotificationMessage",
    "graflow.channels.factory": "ChannelFactory",
    "graflow.queue.base": "TaskQueue TaskSpec TaskStatus",
    "graflow.queue.local": "LocalTaskQueue",
    "graflow.coordination.coordinator": "CoordinationBackend TaskCoordinator",
    "graflow.trace": "Tracer NoopTracer",
    "graflow.trace.noop": "NoopTracer",
    "graflow.utils.graph": "build_graph draw_ascii draw_mermaid draw_mermaid_png draw_dot draw_png "
    "create_agraph draw_task_graph visualize_dependencies show_graph_info",
    "graflow.core.checkpoint": "CheckpointManager CheckpointMetadata",
    "graflow.hitl.handler": "FeedbackHandler",
    "graflow.hitl.manager": "FeedbackManager",
    "graflow.hitl.types": "FeedbackRequest FeedbackResponse FeedbackType FeedbackTimeoutError",
    "graflow.exceptions": "GraflowError GraflowRuntimeError CycleLimitExceededError RetryLimitExceededError "
    "TaskError GraphCompilationError DuplicateTaskError ConfigError ParallelGroupError "
    "GraflowWorkflowCanceledError as_runtime_error",
}

LATER = [
    "graflow.api",
    "graflow.channels.redis_channel",
    "graflow.coordination.redis_coordinator",
    "graflow.core.handlers.docker",
    "graflow.hitl.backend.filesystem",
    "graflow.llm",
    "graflow.llm.agents",
    "graflow.prompts",
    "graflow.prompts.factory",
    "graflow.queue.distributed",
    "graflow.worker.worker",
]


@pytest.mark.parametrize("path", NAMES)
def test_1_2_each_name_is_at_its_old_path(path):
    module = importlib.import_module(path)
    assert module is sys.modules["taskloom." + path]
    assert module.__name__ == "taskloom." + path == module.__spec__.name
    for name in NAMES[path].split():
        assert hasattr(module, name), name
    assert module.__doc__


@pytest.mark.parametrize("path", LATER)
def test_1_2_what_is_not_there_yet_is_an_import_error_that_says_so(path):
    for name in (path, f"taskloom.{path}"):
        with pytest.raises(
            ImportError, match=r"^(taskloom\.)?graflow\..* is not implemented yet in Taskloom$"
        ):
            importlib.import_module(name)


def test_1_2_what_never_was_there_is_not_found():
    for name in ("graflow.nonsense", "graflow.core.nonsense"):
        with pytest.raises(ModuleNotFoundError, match=name):
            importlib.import_module(name)


def test_1_2_imports_of_all_forms_give_the_same_object():
    import graflow.core.task as by_module
    from graflow.core import task as by_package
    from graflow.core.task import chain

    assert by_module is by_package
    assert chain is taskloom.graflow.chain


def test_1_2_the_real_one_that_was_imported_before_is_refused_with_a_way_out(tmp_path):
    (tmp_path / "graflow.py").write_text("REAL = True\n")
    source = """
import graflow
try:
    import taskloom.graflow
except ImportError as error:
    print(error)
print(graflow.REAL)
"""
    text = run_source(source, tmp_path).stdout
    assert "taskloom.graflow cannot stand for `graflow`, which has been imported from" in text
    assert "hint: import taskloom.graflow before everything" in text
    assert text.endswith("True\n")


def test_1_2_one_that_is_merely_installed_gives_way(tmp_path):
    (tmp_path / "graflow.py").write_text("raise RuntimeError('the real one')\n")
    source = "import taskloom.graflow\nimport graflow\nprint(graflow is taskloom.graflow)\n"
    assert run_source(source, tmp_path).stdout == "True\n"


def test_1_2_without_the_import_there_is_no_graflow(tmp_path):
    done = run_source("import taskloom\nimport graflow\n", tmp_path)
    assert "ModuleNotFoundError: No module named 'graflow'" in done.stderr


def test_r_12_the_program_around_a_library_that_uses_it_stays_as_it_is(tmp_path):
    (tmp_path / "library.py").write_text("""
import taskloom.graflow
from graflow import task, workflow

@task
def inner():
    return "from the library"

def run():
    with workflow("inside") as wf:
        inner >> inner(task_id="again")
    return wf.execute()
""")
    source = """
import library
from taskloom import task, workflow

@task
def outer(value="from the program"):
    return value

print(type(outer()).__name__, library.run(), library.inner())
workflow("w").add(outer(task_id="a") >> outer(task_id="b", value=library.run())).execute()
"""
    done = run_source(source, tmp_path)
    assert done.stdout.splitlines() == [
        "Instance from the library from the library",
        "from the program",
        "from the library",
    ], done.stderr


def test_r_12_definitions_of_both_compose_and_run_together():
    from graflow import task as graflow_task
    from graflow import workflow as graflow_workflow

    @taskloom.task
    def ours():
        return 20

    @graflow_task
    def theirs(ours):
        return ours + 1

    assert taskloom.workflow("w").add(ours >> theirs).execute() == 21
    with graflow_workflow("g") as wf:
        ours >> theirs
    assert wf.execute() == 21
    assert taskloom.workflow("v").add(taskloom.chain(ours, theirs(task_id="x"))).execute() == 21


def test_r_13_the_module_runs_a_script_as_the_interpreter_does(tmp_path):
    script = tmp_path / "program.py"
    (tmp_path / "beside.py").write_text("VALUE = 3\n")
    script.write_text("""
import sys
import beside
from graflow import task, workflow

@task
def step():
    return beside.VALUE

if __name__ == "__main__":
    with workflow("w") as wf:
        step >> step(task_id="again")
    wf.execute("step")
    print(sys.argv[0].endswith("program.py"), sys.argv[1:], wf.execute("step"))
""")
    cwd = tmp_path / "empty"
    cwd.mkdir()
    done = run_python("-m", "taskloom.graflow", script, "an", "--argument", cwd=cwd)
    assert (done.stdout, done.stderr) == ("True ['an', '--argument'] 3\n", "")
    assert list(cwd.iterdir()) == [], "W-41: nothing is left behind"
    script.write_text("import sys\nsys.exit(7)\n")
    assert run_python("-m", "taskloom.graflow", script, cwd=cwd).returncode == 7
    assert "usage" in run_python("-m", "taskloom.graflow", cwd=cwd).stderr
