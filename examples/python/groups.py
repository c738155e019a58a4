"""Groups: when they have succeeded, and how many of their tasks run at the same time."""

import asyncio
from collections.abc import Sequence
from typing import Any

from taskloom import Group, parallel, policies, task, workflow
from taskloom.errors import ParallelGroupError


@task
def mirror(works: bool) -> int:
    if not works:
        raise ConnectionError("connection refused")
    return 7


@task
def names(mirrors: dict[str, int]) -> str:
    """A group's value is that of its branches by id; those that failed are missing."""
    return ", ".join(mirrors)


class Majority:
    """A policy of one's own: most of them."""

    def judge(self, group: str, branches: Sequence[policies.BranchRecord]) -> bool:
        return sum(branch.state == "succeeded" for branch in branches) * 2 > len(branches)


def mirrors() -> Group:
    """Three mirrors, of which b is down."""
    return parallel(*(mirror(task_id=name, works=name != "b") for name in "abc")).set_group_name("mirrors")


def run(text: str, **settings: Any) -> None:
    wf = workflow("w").add(mirrors().with_execution(**settings) >> names)
    try:
        print(f"{text}: {wf.execute(max_concurrency=1)}")
    except ParallelGroupError as error:
        c = error.run.tasks["c"].state if error.run else "unknown"
        print(f"{text}: {str(error).splitlines()[0]}; c {c}")


run("strict")
run("strict, and fail fast", policy="strict", fail_fast=True)
run("best effort", policy="best_effort")
run("at least 2", policy=policies.AtLeastN(2))
run("critical", policy=policies.Critical(["b"]))
run("the majority", policy=Majority())

printing = 0


@task
async def print_page() -> int:
    global printing
    printing += 1
    at_once = printing
    await asyncio.sleep(0)
    printing -= 1
    return at_once


# One printer; what is not in the group need not wait for it.
pages = parallel(*(print_page(task_id=f"page_{i}") for i in range(20))).with_execution(max_concurrency=1)
at_once = workflow("printer").add(pages).run().value
print(f"{max(at_once.values())} page at a time")
