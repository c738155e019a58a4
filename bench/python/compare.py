"""Measures Taskloom beside its peers, in one run, so that a noisy machine is unfair to none.

    cargo xtask bench python

Prints Markdown tables: the median time per task in microseconds and, with each peer, how many times as long
as Taskloom that is. The tasks do nothing: what is measured is the engine. `--quick` only shows in seconds
that everything still runs.

A peer that is not installed is left out, and one whose time per task grows with the number of tasks is left
out at the sizes where it would take over a minute.
"""

from __future__ import annotations

import asyncio
import gc
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import taskloom

try:
    import graflow
except ImportError as missing:
    graflow = None
    print(f"Graflow is left out: {missing}\n")

TIMES = "×"  # noqa: RUF001

LONGEST_SECONDS = 60.0
"""A peer that is expected to need more than this for one round is left out."""

ENOUGH_SECONDS = 15.0
"""No further rounds after so much time on one subject at one size."""


class Seconds(NamedTuple):
    """What the steps of one round took; None for a step that a subject does not have."""

    make: float | None
    compose: float | None
    run: float

    @property
    def total(self) -> float:
        return (self.make or 0.0) + (self.compose or 0.0) + self.run


Round = Callable[[int], Seconds]


class Clock:
    """Measures the time since it was last asked."""

    def __init__(self) -> None:
        self._last = time.perf_counter()

    def lap(self) -> float:
        now = time.perf_counter()
        took = now - self._last
        self._last = now
        return took


# Taskloom.


@taskloom.task
def noop(value: int) -> int:
    return value


@taskloom.task(id="noop")
async def async_noop(value: int) -> int:
    return value


def ours(definition: Any, compose: Any, execute: Callable[[taskloom.Workflow], Any]) -> Round:
    def measure(n: int) -> Seconds:
        clock = Clock()
        tasks = [definition(task_id=f"t{i}", value=i) for i in range(n)]
        make = clock.lap()
        workflow = taskloom.workflow("w").add(compose(*tasks))
        workflow.plan()
        composing = clock.lap()
        value = execute(workflow)
        run = clock.lap()
        assert value == n - 1 or value[f"t{n - 1}"] == n - 1
        return Seconds(make, composing, run)

    return measure


def execute(workflow: taskloom.Workflow) -> Any:
    return workflow.execute()


def execute_async(workflow: taskloom.Workflow) -> Any:
    return asyncio.run(workflow.execute_async())


# Graflow: instances belong to the workflow in whose block they were made, and an execution has to be told
# where to begin and how many steps it may take.


def of_graflow(compose: Callable[..., Any]) -> Round:
    def measure(n: int) -> Seconds:
        @graflow.task
        def noop(value: int) -> int:
            return value

        clock = Clock()
        with graflow.workflow("w") as workflow:
            tasks = [noop(task_id=f"t{i}", value=i) for i in range(n)]
            make = clock.lap()
            composition = compose(*tasks)
            composing = clock.lap()
            _, context = workflow.execute(composition.task_id, max_steps=n + 1, ret_context=True)
            run = clock.lap()
        assert context.get_result(f"t{n - 1}") == n - 1
        return Seconds(make, composing, run)

    return measure


# What Python itself has; without ids, records or a graph.


def thread_pool(n: int) -> Seconds:
    clock = Clock()
    with ThreadPoolExecutor(64) as pool:
        futures = [pool.submit(noop.fn, i) for i in range(n)]
        values = [future.result() for future in futures]
    run = clock.lap()
    assert values[-1] == n - 1
    return Seconds(None, None, run)


def gather(n: int) -> Seconds:
    async def everything() -> list[int]:
        return await asyncio.gather(*(async_noop.fn(i) for i in range(n)))

    clock = Clock()
    values = asyncio.run(everything())
    run = clock.lap()
    assert values[-1] == n - 1
    return Seconds(None, None, run)


class Subject:
    """Somebody who is measured at all sizes."""

    def __init__(self, name: str, measure: Round) -> None:
        self.name = name
        self._measure = measure
        self._last: tuple[int, float] | None = None
        self.medians: dict[int, Seconds] = {}

    def measure(self, n: int, rounds: int) -> Iterator[None]:
        """Measures so many rounds, each when it is asked for."""
        if self._last is not None:
            smaller, seconds = self._last
            # Quadratic at worst.
            if seconds * (n / smaller) ** 2 > LONGEST_SECONDS:
                return
        measured: list[Seconds] = []
        began = time.perf_counter()
        for _ in range(rounds):
            gc.collect()
            measured.append(self._measure(n))
            if time.perf_counter() - began > ENOUGH_SECONDS:
                break
            yield
        self.medians[n] = Seconds(
            *(None if None in column else statistics.median(column) for column in zip(*measured, strict=True))
        )
        self._last = n, self.medians[n].total


def compare(sizes: list[int], subjects: list[Subject]) -> None:
    """Measures everybody in turns, so that a change in the machine's speed meets each of them."""
    for subject in subjects:
        for _ in subject.measure(sizes[0] // 10, 2):
            pass
        subject.medians.clear()
    for n in sizes:
        rounds = {1_000: 31, 10_000: 15}.get(n, 7)
        waiting = [subject.measure(n, rounds) for subject in subjects]
        while waiting:
            waiting = [each for each in waiting if next(each, waiting) is None]


def table(title: str, step: str, sizes: list[int], subjects: list[Subject]) -> None:
    """Prints one step of everybody who has it; the first is what the others are compared with."""

    def cell(subject: Subject, n: int) -> str:
        if n not in subject.medians:
            return "not run: quadratic"
        seconds = getattr(subject.medians[n], step)
        text = f"{seconds * 1e6 / n:.2f}"
        if subject.name.startswith("taskloom"):
            return text
        return f"{text} ({seconds / getattr(subjects[0].medians[n], step):.1f}{TIMES})"

    shown = [s for s in subjects if getattr(next(iter(s.medians.values())), step) is not None]
    markdown([[title, *(f"{n:,}" for n in sizes)], *([s.name, *(cell(s, n) for n in sizes)] for s in shown)])


def markdown(rows: list[list[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for number, row in enumerate(rows):
        cells = (
            f"{cell:<{width}}" if column == 0 else f"{cell:>{width}}"
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("|", " | ".join(cells), "|")
        if number == 0:
            lines = ["-" * (widths[0] + 2), *("-" * (width + 1) + ":" for width in widths[1:])]
            print(f"|{'|'.join(lines)}|")
    print(flush=True)


def import_times() -> None:
    """Times imports in processes of their own; what the bare interpreter needs is subtracted."""
    modules = ["taskloom", *(["graflow"] if graflow else [])]
    programs = {"": "", **{module: f"import {module}" for module in modules}}
    times: dict[str, list[float]] = {module: [] for module in programs}
    for _ in range(8):
        for module, program in programs.items():
            clock = Clock()
            subprocess.run([sys.executable, "-c", program], check=True)
            times[module].append(clock.lap())
    # The first of each fills the caches.
    medians = {module: statistics.median(each[1:]) * 1e3 for module, each in times.items()}
    took = {module: medians[module] - medians[""] for module in modules}
    rows = [
        [module, f"{took[module]:.1f}", f"{took[module] / took['taskloom']:.1f}{TIMES}"] for module in modules
    ]
    markdown([["import", "ms", "ratio"], *rows])


def main() -> None:
    if sys.argv[1:] not in ([], ["--quick"]):
        sys.exit("usage: compare.py [--quick]")
    sizes = [100, 1_000] if sys.argv[1:] else [1_000, 10_000, 100_000]
    print(f"Python {platform.python_version()}, taskloom {taskloom.__version__}\n", flush=True)
    import_times()

    chains = [Subject("taskloom", ours(noop, taskloom.chain, execute))]
    fans = [Subject("taskloom", ours(noop, taskloom.parallel, execute))]
    if graflow:
        chains.append(Subject("graflow", of_graflow(graflow.chain)))
        fans.append(Subject("graflow", of_graflow(graflow.parallel)))
    fans.append(Subject("ThreadPoolExecutor(64)", thread_pool))
    compare(sizes, chains)
    table("Making instances", "make", sizes, chains)
    table("Composing a chain (taskloom: and planning)", "compose", sizes, chains)
    table("A chain, run", "run", sizes, chains)
    table("A chain, all of it", "total", sizes, chains)
    compare(sizes, fans)
    table("Composing a fan-out (taskloom: and planning)", "compose", sizes, fans)
    table("A fan-out, run", "run", sizes, fans)
    table("A fan-out, all of it", "total", sizes, fans)

    asynchronous = [
        Subject("taskloom, execute_async()", ours(async_noop, taskloom.parallel, execute_async)),
        Subject("taskloom, execute()", ours(async_noop, taskloom.parallel, execute)),
        Subject("asyncio.gather()", gather),
    ]
    compare(sizes, asynchronous)
    table("A fan-out of async tasks, run", "run", sizes, asynchronous)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        # Graflow leaves files where it runs.
        os.chdir(directory)
        main()
