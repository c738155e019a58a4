"""The corpus: workflows whose plan and run are the same through both front ends. See corpus/README.md."""

import tomllib
from pathlib import Path

import pytest

from taskloom import TaskExecutionContext, policies, task, workflow
from taskloom.errors import TaskloomRuntimeError

CORPUS = Path(__file__).resolve().parent.parent.parent / "corpus"

TASK_KEYS = {
    *("id", "returns", "passes_on", "input", "reads", "fails", "asks"),
    *("max_retries", "max_cycles", "always"),
}
GROUP_KEYS = {"name", "of", "best_effort", "at_least", "critical", "fail_fast"}


class Failure(Exception):
    """What a task of the corpus raises."""


@task
def play(ctx: TaskExecutionContext, input="nothing", part=None):
    return perform(ctx, input, part)


@task
def takes(ctx: TaskExecutionContext, input, part=None):
    return perform(ctx, input, part)


def perform(ctx, value, part):
    fails = part.get("fails", [])
    if ctx.attempt <= len(fails):
        raise Failure(fails[ctx.attempt - 1])
    asks = part.get("asks", [])[ctx.cycle_count - 1 : ctx.cycle_count]
    match asks[0].split(" ", 1) if asks and asks[0] else []:
        case ["goto", target]:
            ctx.next_task(target, goto=True)
        case ["iterate", data]:
            ctx.next_iteration(int(data))
        case ["terminate", message]:
            ctx.terminate_workflow(message)
        case ["cancel", message]:
            ctx.cancel_workflow(message)
        case [*other]:
            assert not other, f"no task can ask for {other}"
    if "reads" in part:
        return "+".join(str(ctx.get_result(task_id, "-")) for task_id in part["reads"])
    return value if part.get("passes_on") else part.get("returns", part["id"])


def made(part, operands):
    assert part.keys() <= TASK_KEYS
    match part.get("input"):
        case None:
            instance = play(task_id=part["id"], part=part)
        case "open":
            instance = takes(task_id=part["id"], part=part)
        case source:
            instance = play(task_id=part["id"], part=part, input=operands[source])
    return instance.with_options(
        max_retries=part.get("max_retries"),
        max_cycles=part.get("max_cycles"),
        run_when="always" if part.get("always") else None,
    )


def grouped(settings, operands):
    assert settings.keys() <= GROUP_KEYS
    policy = None
    if "at_least" in settings:
        policy = policies.AtLeastN(settings["at_least"])
    elif "critical" in settings:
        policy = policies.Critical(settings["critical"])
    elif settings.get("best_effort"):
        policy = "best_effort"
    group = eval(settings["of"], operands).set_group_name(settings["name"])
    return group.with_execution(policy=policy, fail_fast=settings.get("fail_fast"))


def workflow_of(case):
    operands = {}
    for part in case["tasks"]:
        operands[part["id"]] = made(part, operands)
    for settings in case.get("groups", []):
        operands[settings["name"]] = grouped(settings, operands)
    return workflow("w").add(*[eval(expression, operands) for expression in case["compose"]])


def plan_of(wf):
    graph = wf.graph
    edges = {"edges": [], "loops": []}
    for edge in graph.edges:
        edges["loops" if edge.closes_loop else "edges"].append(f"{edge.source} >> {edge.target}")
    groups = {name: list(branches) for name, branches in graph.groups.items()}
    return {kind: sorted(listed) for kind, listed in edges.items()} | {"groups": groups}


def run_of(wf, options):
    handle = wf.start(max_concurrency=1, **options)
    events = [str(event).replace("Failure: ", "") for event in handle.events()]
    seen = {"events": events}
    try:
        run = handle.result()
    except TaskloomRuntimeError as error:
        run = error.run
        kind = (
            "TaskFailed"
            if type(error).__name__ == "TaskError"
            else type(error).__name__.removesuffix("Error")
        )
        at = getattr(error, "task_id", None) or getattr(error, "group_id", None)
        seen["error"] = f"{kind} at {at}"
    if run.value is not None:
        seen["value"] = run.value
    return seen | {
        "status": run.status,
        "states": {task_id: record.state for task_id, record in run.tasks.items()},
        "values": run.outputs,
        "executions": {
            name: record.iterations for name, record in run.tasks.items() if record.iterations > 1
        },
    }


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.toml")), ids=lambda path: path.stem)
def test_corpus(path):
    case = tomllib.loads(path.read_text())
    assert case.keys() <= {"rule", "says", "compose", "tasks", "groups", "run", "expect"}
    wf = workflow_of(case)
    expected = {"edges": [], "loops": [], "groups": {}, "values": {}, "executions": {}} | case["expect"]
    assert plan_of(wf) | run_of(wf, case.get("run", {})) == expected
