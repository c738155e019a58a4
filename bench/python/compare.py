"""Measures Taskloom beside its peers, in one run, so that a noisy machine is unfair to none.

    cargo xtask bench python

Prints Markdown tables: the median time per task in microseconds and, with each peer, how many times as long
as Taskloom that is. The tasks do nothing: what is measured is the engine. `--quick` only shows in seconds
that everything still runs.

A peer that is not installed is left out, and one whose time per task grows with the number of tasks is left
out at the sizes where it would take over a minute. What the peers do is in `peers.py`.
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
from typing import Any

import memory
from peers import PEERS, thread_pool
from rounds import Clock, Round, Seconds

import taskloom

TIMES = "×"  # noqa: RUF001

LONGEST_SECONDS = 60.0
"""A peer that is expected to need more than this for one round is left out."""

ENOUGH_SECONDS = 15.0
"""No further rounds after so much time on one subject at one size."""


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
        self.refusals: dict[int, str] = {}
        self.medians: dict[int, Seconds] = {}

    def measure(self, n: int, rounds: int) -> Iterator[None]:
        """Measures so many rounds, each when it is asked for."""
        if self._last is not None:
            smaller, seconds = self._last
            # Quadratic at worst.
            if seconds * (n / smaller) ** 2 > LONGEST_SECONDS:
                self.refusals[n] = "not run: too slow"
                return
        measured: list[Seconds] = []
        began = time.perf_counter()
        for _ in range(rounds):
            gc.collect()
            try:
                measured.append(self._measure(n))
            except RecursionError:
                self.refusals[n] = "RecursionError"
                return
            if time.perf_counter() - began > ENOUGH_SECONDS:
                break
            yield
        self.medians[n] = Seconds(
            *(None if None in column else statistics.median(column) for column in zip(*measured, strict=True))
        )
        self._last = n, self.medians[n].total


def compare(sizes: list[int], subjects: list[Subject], most_rounds: int) -> None:
    """Measures everybody in turns, so that a change in the machine's speed meets each of them."""
    for subject in subjects:
        for _ in subject.measure(sizes[0] // 10, 2):
            pass
        subject.medians.clear()
    for n in sizes:
        rounds = min({1_000: 31, 10_000: 15}.get(n, 7), most_rounds)
        waiting = [subject.measure(n, rounds) for subject in subjects]
        while waiting:
            waiting = [each for each in waiting if next(each, waiting) is None]


def table(title: str, step: str, sizes: list[int], subjects: list[Subject]) -> None:
    """Prints one step of everybody who has it; the first is what the others are compared with."""

    def cell(subject: Subject, n: int) -> str:
        if n not in subject.medians:
            return subject.refusals.get(n, "not run")
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
    modules = ["taskloom", *(peer.module for peer in PEERS if peer.is_installed)]
    programs = {"": "", **{module: f"import {module}" for module in modules}}
    times: dict[str, list[float]] = {module: [] for module in programs}
    # As a package is installed: compiled once.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for _ in range(8):
        for module, program in programs.items():
            clock = Clock()
            subprocess.run([sys.executable, "-c", program], check=True, env=environment)
            times[module].append(clock.lap())
    # The first of each fills the caches.
    medians = {module: statistics.median(each[1:]) * 1e3 for module, each in times.items()}
    took = {module: medians[module] - medians[""] for module in modules}
    rows = [
        [module, f"{took[module]:.1f}", f"{took[module] / took['taskloom']:.1f}{TIMES}"] for module in modules
    ]
    markdown([["import", "ms", "ratio"], *rows])


def subjects_of(shape: str) -> dict[str, Callable[[], Round]]:
    """Who makes and runs a chain or a fan-out; Taskloom is the first."""
    compose = taskloom.chain if shape == "chain" else taskloom.parallel
    subjects: dict[str, Callable[[], Round]] = {"taskloom": lambda: ours(noop, compose, execute)}
    for peer in PEERS:
        if peer.is_installed:
            subjects[peer.name] = peer.chain if shape == "chain" else peer.fan_out
    if shape == "fan-out":
        subjects["ThreadPoolExecutor(64)"] = lambda: thread_pool
    return subjects


def memory_table(n: int) -> None:
    """The bytes for each task at the peak, while `n` of them are made and run."""
    if not memory.STATUS.exists():
        print("This system does not say how much memory a process has had.\n")
        return
    taken = {
        shape: {name: memory.bytes_for(__file__, name, shape, n) for name in subjects_of(shape)}
        for shape in ("chain", "fan-out")
    }

    def cell(shape: str, name: str) -> str:
        if name not in taken[shape]:
            return "-"
        count, own = taken[shape][name], taken[shape]["taskloom"]
        if count is None:
            return "failed"
        ratio = "" if name == "taskloom" or not own else f" ({count / own:.1f}{TIMES})"
        return f"{count / n:,.0f}{ratio}"

    names = list(taken["fan-out"])
    rows = [[name, cell("chain", name), cell("fan-out", name)] for name in names]
    markdown([[f"Bytes per task at the peak, {n:,} tasks", "chain", "fan-out"], *rows])


def main(quick: bool) -> None:
    sizes = [100, 1_000] if quick else [1_000, 10_000, 100_000]
    rounds = 3 if quick else 31
    print(f"Python {platform.python_version()}, taskloom {taskloom.__version__}\n", flush=True)
    for peer in PEERS:
        if not peer.is_installed:
            print(f"{peer.name} is left out: it is not installed\n", flush=True)
    import_times()
    memory_table(sizes[1])

    chains = [Subject(name, measured()) for name, measured in subjects_of("chain").items()]
    compare(sizes, chains, rounds)
    table("Making instances", "make", sizes, chains)
    table("Composing a chain (taskloom: and planning)", "compose", sizes, chains)
    table("A chain, run", "run", sizes, chains)
    table("A chain, all of it", "total", sizes, chains)
    fans = [Subject(name, measured()) for name, measured in subjects_of("fan-out").items()]
    compare(sizes, fans, rounds)
    table("Composing a fan-out (taskloom: and planning)", "compose", sizes, fans)
    table("A fan-out, run", "run", sizes, fans)
    table("A fan-out, all of it", "total", sizes, fans)

    asynchronous = [
        Subject("taskloom, execute_async()", ours(async_noop, taskloom.parallel, execute_async)),
        Subject("taskloom, execute()", ours(async_noop, taskloom.parallel, execute)),
        Subject("asyncio.gather()", gather),
    ]
    compare(sizes, asynchronous, rounds)
    table("A fan-out of async tasks, run", "run", sizes, asynchronous)


if __name__ == "__main__":
    match sys.argv[1:]:
        case [] | ["--quick"] as arguments:
            with tempfile.TemporaryDirectory() as directory:
                # Graflow leaves files where it runs.
                os.chdir(directory)
                main(bool(arguments))
        case ["--memory", name, shape, n]:
            memory.report(subjects_of(shape)[name](), int(n))
        case _:
            sys.exit("usage: compare.py [--quick]")
