"""A body waits for one thing at a time: D-5, E-1."""

from __future__ import annotations

import asyncio

import pytest

from taskloom import TaskExecutionContext, task, workflow
from taskloom.errors import TaskError


@task
async def twice(ctx: TaskExecutionContext):
    await asyncio.gather(ctx.sleep(0.05), ctx.sleep(0.05))


def test_e_01_two_waits_at_once_are_said_to_be() -> None:
    with pytest.raises(TaskError, match="`twice` waits for two things at once"):
        workflow("w").add(twice).execute()
