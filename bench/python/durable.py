"""Measures runs in a store beside peers that keep theirs in SQLite, in one run.

    cargo xtask bench durable

Prints a Markdown table: microseconds per task of a chain and of a fan-out of tasks that do nothing, each
recorded when it has ended. The fastest of three rounds counts. `--quick` only shows in seconds that
everything still runs.

`full` waits for the disk at each commit. The peers leave SQLite's `synchronous` as it is, or set it to
`NORMAL` with a journal in WAL mode, so they stand beside `normal` rather.
"""

from __future__ import annotations

import operator
import os
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Annotated, Any, TypedDict

import taskloom

os.environ["LANGSMITH_TRACING"] = "false"

ROUNDS = 3

Measure = Callable[[int, str], float]


@taskloom.task
def noop(value: int) -> int:
    return value


def ours(compose: Any, durability: str) -> Measure:
    def measure(n: int, folder: str) -> float:
        store = taskloom.Store(os.path.join(folder, f"{durability}.db"), durability=durability)
        workflow = taskloom.workflow("w").add(compose(*[noop(task_id=f"t{i}", value=i) for i in range(n)]))
        begun = time.perf_counter()
        workflow.execute(store=store)
        return time.perf_counter() - begun

    return measure


def dbos() -> Measure:
    # A workflow is defined once for the process.
    steps = _define_dbos()

    def measure(n: int, folder: str) -> float:
        from dbos import DBOS

        _launch_dbos(folder)
        begun = time.perf_counter()
        assert steps(n) == n
        took = time.perf_counter() - begun
        DBOS.destroy()
        return took

    return measure


def _launch_dbos(folder: str) -> None:
    from dbos import DBOS, DBOSConfig

    config: DBOSConfig = {
        "name": "bench",
        "system_database_url": f"sqlite:///{os.path.join(folder, 'dbos.db')}",
        "run_admin_server": False,
        "log_level": "ERROR",
    }
    DBOS(config=config)
    DBOS.launch()


def _define_dbos() -> Callable[[int], int]:
    from dbos import DBOS

    @DBOS.step()
    def step(value: int) -> int:
        return value

    @DBOS.workflow()
    def steps(n: int) -> int:
        for i in range(n):
            step(i)
        return n

    return steps


def langgraph(compose: str) -> Measure:
    def measure(n: int, folder: str) -> float:
        from langgraph.checkpoint.sqlite import SqliteSaver
        from langgraph.graph import END, START, StateGraph

        class State(TypedDict):
            total: Annotated[int, operator.add]

        graph = StateGraph(State)
        for i in range(n):
            graph.add_node(f"t{i}", lambda _state: {"total": 1})
            graph.add_edge(START if compose == "parallel" or i == 0 else f"t{i - 1}", f"t{i}")
            if compose == "parallel" or i == n - 1:
                graph.add_edge(f"t{i}", END)
        with SqliteSaver.from_conn_string(os.path.join(folder, "langgraph.db")) as saver:
            app = graph.compile(checkpointer=saver)
            config: Any = {"configurable": {"thread_id": str(time.time_ns())}, "recursion_limit": n + 2}
            begun = time.perf_counter()
            assert app.invoke({"total": 0}, config)["total"] == n
            return time.perf_counter() - begun

    return measure


def main() -> None:
    quick = "--quick" in sys.argv
    n = 10 if quick else 200
    rows: list[tuple[str, Measure | None, Measure | None]] = [
        ("Taskloom, normal", ours(taskloom.chain, "normal"), ours(taskloom.parallel, "normal")),
        ("Taskloom, full", ours(taskloom.chain, "full"), ours(taskloom.parallel, "full")),
        ("DBOS, steps of a workflow", dbos(), None),
        ("LangGraph, SqliteSaver", langgraph("chain"), langgraph("parallel")),
    ]
    print(f"{n} tasks; µs per task, fastest of {ROUNDS}\n\n| | chain | fan-out |\n|---|---:|---:|")
    for name, *measures in rows:
        cells = []
        for measure in measures:
            if measure is None:
                cells.append("–")  # noqa: RUF001
                continue
            with tempfile.TemporaryDirectory(dir=".") as folder:
                cells.append(f"{min(measure(n, folder) for _ in range(ROUNDS)) / n * 1e6:.1f}")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
