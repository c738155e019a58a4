"""Checkpoints, as views on a store: a run in one is recorded as it goes on."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from ..._store import Store
from ..exceptions import GraflowRuntimeError
from .context import ExecutionContext, checkpoint_path

__all__ = ["CheckpointManager", "CheckpointMetadata"]


@dataclass
class CheckpointMetadata:
    """What is known of a run at a checkpoint."""

    checkpoint_id: str
    session_id: str
    created_at: str
    steps: int
    start_node: str | None
    backend: dict[str, Any] = field(default_factory=dict)
    user_metadata: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def create(cls, context: ExecutionContext, user_metadata: dict[str, Any] | None = None) -> Self:
        """That of a run as it is now."""
        return cls(
            f"{context.session_id}_{context.steps}_{int(time.time())}",
            context.session_id,
            datetime.now(UTC).isoformat(),
            context.steps,
            context.start_node,
            {"channel": "store"},
            dict(user_metadata or {}),
        )

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """What `to_dict` gave."""
        return cls(**data)


class CheckpointManager:
    """Makes and resumes checkpoints of runs that have a store."""

    @staticmethod
    def create_checkpoint(
        context: ExecutionContext,
        *,
        path: str | None = None,
        metadata: dict[str, Any] | None = None,
        resuming_task_id: str | None = None,  # noqa: ARG004
    ) -> tuple[str, CheckpointMetadata]:
        """What the run can be resumed by: all of it that has completed is in its store. With `path` a file is
        written there that names the run and has the metadata, which is recorded nowhere else."""
        where = noted(context, None, path, metadata)
        return where, CheckpointMetadata.create(context, metadata)

    @staticmethod
    def resume_from_checkpoint(path: str) -> tuple[ExecutionContext, CheckpointMetadata]:
        """The context of a run, for `WorkflowEngine().execute(context)`: what had completed is not executed
        again. The program has to have made the run's workflow, with the tasks that it had, before this.

        Raises `FileNotFoundError` if there is no such run.
        """
        from .workflow import workflow_named

        where, metadata = _read(path)
        file, _, session_id = where.rpartition("#")
        run = Store(file).run(session_id) if Path(file).is_file() else None
        if run is None:
            raise FileNotFoundError(f"there is no checkpoint {path!r}: the store has no such run")
        workflow = workflow_named(run.workflow)
        if workflow is None:
            raise GraflowRuntimeError(
                f"run `{session_id}` is of the workflow `{run.workflow}`, which this program has not made\n"
                "  hint: make it before resuming, and keep it: with workflow(…) as wf: …"
            )
        settings = run.settings()
        context = ExecutionContext(
            workflow.graph,
            settings["start_node"],
            settings["max_steps"],
            session_id=session_id,
            store=file,
        )
        for key, value in settings["channel"].items():
            context.channel.set(key, value)
        context.resumed([task.task_id for task in run.tasks.values() if task.state == "succeeded"])
        return context, CheckpointMetadata.create(context, metadata)


def noted(
    context: ExecutionContext, task_id: str | None, path: str | None, metadata: dict[str, Any] | None = None
) -> str:
    """Notes what a run is resumed by."""
    where = checkpoint_path(context)
    if path is not None:
        text = json.dumps({"run": where, "task_id": task_id, "metadata": metadata or {}})
        Path(path).write_text(text, encoding="utf-8")
        where = path
    context.last_checkpoint_path = where
    return where


def _read(path: str) -> tuple[str, dict[str, Any]]:
    if not Path(path).is_file():
        return path, {}
    noted = json.loads(Path(path).read_text(encoding="utf-8"))
    return noted["run"], noted["metadata"]
