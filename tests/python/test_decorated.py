"""A decorator between a function and `@task` decides what kind of task it is (I-9)."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from typing import Any

import pytest

from taskloom import task, workflow
from taskloom.errors import TaskError


def finishing(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        return asyncio.run(function(*args, **kwargs))

    return run


def passing(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return call


async def answer() -> int:
    return 42


def test_i_09_a_decorator_that_runs_the_coroutine_makes_a_plain_task() -> None:
    assert workflow("w").add(task(finishing(answer))).execute() == 42


def test_i_09_a_coroutine_that_nobody_awaits_is_a_failure_that_says_so() -> None:
    with pytest.raises(TaskError, match="nobody awaits") as caught:
        workflow("w").add(task(passing(answer))).execute()
    assert isinstance(caught.value.__cause__, TypeError)
