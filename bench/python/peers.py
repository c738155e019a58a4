"""The peers: each makes a chain and a fan-out of tasks that do nothing, and runs it.

They are imported where they are used, so that nobody's memory counts for somebody else.
"""

from __future__ import annotations

import importlib.util
import itertools
import logging
import operator
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any, NamedTuple, TypedDict

from rounds import Clock, Round, Seconds

# Neither of them shall report that it was used.
os.environ["HAMILTON_TELEMETRY_ENABLED"] = "false"
os.environ["LANGSMITH_TRACING"] = "false"


class Peer(NamedTuple):
    """Somebody to be measured beside."""

    name: str
    module: str
    """What a program imports of it."""
    chain: Callable[[], Round]
    fan_out: Callable[[], Round]

    @property
    def is_installed(self) -> bool:
        return importlib.util.find_spec(self.module.partition(".")[0]) is not None


def graflow(compose: str) -> Round:
    # Instances belong to the workflow in whose block they were made, and an execution has to be told where to
    # begin and how many steps it may take.
    import graflow

    def measure(n: int) -> Seconds:
        @graflow.task
        def noop(value: int) -> int:
            return value

        clock = Clock()
        with graflow.workflow("w") as workflow:
            tasks = [noop(task_id=f"t{i}", value=i) for i in range(n)]
            make = clock.lap()
            composition = getattr(graflow, compose)(*tasks)
            composing = clock.lap()
            _, context = workflow.execute(composition.task_id, max_steps=n + 1, ret_context=True)
            run = clock.lap()
        assert context.get_result(f"t{n - 1}") == n - 1
        return Seconds(make, composing, run)

    return measure


class _Last(TypedDict):
    value: int


class _All(TypedDict):
    value: Annotated[list[int], operator.add]


def langgraph(is_chain: bool) -> Round:
    # A step of a graph runs what is ready, and a graph may have so many steps and no more.
    from langgraph.graph import END, START, StateGraph

    def measure(n: int) -> Seconds:
        clock = Clock()
        graph = StateGraph(_Last if is_chain else _All)
        for i in range(n):
            graph.add_node(f"t{i}", lambda _, i=i: {"value": i if is_chain else [i]})
            graph.add_edge(f"t{i - 1}" if is_chain and i else START, f"t{i}")
            if not is_chain or i == n - 1:
                graph.add_edge(f"t{i}", END)
        compiled = graph.compile()
        composing = clock.lap()
        value = compiled.invoke({"value": 0 if is_chain else []}, {"recursion_limit": n + 1})["value"]
        run = clock.lap()
        assert value == n - 1 if is_chain else len(value) == n
        return Seconds(None, composing, run)

    return measure


_modules = itertools.count()


def hamilton(is_chain: bool) -> Round:
    # Tasks are the functions of a module. All are run on one thread, which is its default.
    from hamilton import ad_hoc_utils, driver
    from hamilton.function_modifiers import parameterize, source, value

    # What it cannot do is in the table.
    logging.getLogger("hamilton").setLevel(logging.CRITICAL)

    def measure(n: int) -> Seconds:
        def noop(before: int, own: int) -> int:
            return own

        clock = Clock()
        before = [source(f"t{i - 1}") if is_chain and i else value(0) for i in range(n)]
        each = {f"t{i}": {"before": before[i], "own": value(i)} for i in range(n)}
        name = f"noops_{next(_modules)}"
        module = ad_hoc_utils.create_temporary_module(parameterize(**each)(noop), module_name=name)
        built = driver.Builder().with_modules(module).build()
        composing = clock.lap()
        last = f"t{n - 1}"
        values = built.execute([last] if is_chain else list(each))
        run = clock.lap()
        assert values[last] == n - 1
        return Seconds(None, composing, run)

    return measure


def dask(is_chain: bool) -> Round:
    import dask

    def noop(_before: Any, value: int) -> int:
        return value

    def measure(n: int) -> Seconds:
        clock = Clock()
        delayed = dask.delayed(noop)
        tasks: list[Any] = []
        for i in range(n):
            tasks.append(delayed(tasks[-1] if is_chain and i else None, i))
        last = tasks[-1] if is_chain else dask.delayed(max)(tasks)
        composing = clock.lap()
        value = last.compute(scheduler="threads")
        run = clock.lap()
        assert value == n - 1
        return Seconds(None, composing, run)

    return measure


def thread_pool(n: int) -> Seconds:
    # What Python itself has; without ids, records or a graph.
    def noop(value: int) -> int:
        return value

    clock = Clock()
    with ThreadPoolExecutor(64) as pool:
        futures = [pool.submit(noop, i) for i in range(n)]
        values = [future.result() for future in futures]
    run = clock.lap()
    assert values[-1] == n - 1
    return Seconds(None, None, run)


PEERS = [
    Peer("graflow", "graflow", lambda: graflow("chain"), lambda: graflow("parallel")),
    Peer("LangGraph", "langgraph.graph", lambda: langgraph(True), lambda: langgraph(False)),
    Peer("Hamilton", "hamilton.driver", lambda: hamilton(True), lambda: hamilton(False)),
    Peer("Dask delayed", "dask", lambda: dask(True), lambda: dask(False)),
]
