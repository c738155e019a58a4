"""Workflows: what is composed, and how it is executed."""

from __future__ import annotations

import os
import sys
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Self

from . import _native
from ._current import Block, current_workflow
from ._echo import echo as echo_results
from ._echo import wants_echo
from ._execution import GRACE_SECONDS, SUSPEND_SECONDS, Host, Limits, RunHandle, run_blocking, succeeded
from ._graph import Graph
from ._observe import Observe
from ._run import ExecutionContext, Run
from .errors import TaskloomError

if TYPE_CHECKING:
    from ._durable import Keep
    from ._store import Store

__all__ = ["Workflow", "workflow"]


class Workflow(_native.Workflow):
    """A set of instances and the edges between them.

    In a `with` block an operator expression joins the workflow at once; elsewhere `add` does it. It can be
    executed any number of times, also at the same time, and executing never changes it.
    """

    def __new__(cls, name: str, *, echo: bool | None = None) -> Self:  # noqa: ARG004
        if not isinstance(name, str):
            raise TypeError(f"a workflow's name is a text, not {name!r}")
        return super().__new__(cls, str(name))

    def __init__(self, name: str, *, echo: bool | None = None) -> None:  # noqa: ARG002
        self._echo = echo
        self._blocks: list[Block] = []

    def __enter__(self) -> Workflow:
        self._blocks.append(current_workflow.enter(self))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        current_workflow.leave(self, self._blocks)
        if not self._blocks:
            self.end_block()

    def add(self, *operands: Any) -> Workflow:
        """Adds instances or compositions; gives the workflow itself."""
        for operand in operands:
            self.join(operand)
        return self

    def execute(
        self,
        start_node: str | None = None,
        *,
        ret_context: bool = False,
        initial_channel: dict[str, Any] | None = None,
        max_concurrency: int | None = None,
        max_steps: int | None = None,
        observe: Observe = None,
        timeout: float | None = None,
        grace: float = GRACE_SECONDS,
        store: Store | str | os.PathLike[str] | None = None,
        run_id: str | None = None,
        on_busy: str = "raise",
        on_change: str = "refuse",
        suspend_after: float = SUSPEND_SECONDS,
        **later: Any,
    ) -> Any:
        """Runs the workflow and gives its value: that of the last task or group that nothing follows.

        - `start_node`: the id of the task or group to start at; only what can be reached from it runs.
        - `ret_context`: give `(value, context)`; `context.get_result(id)` gives each task's result.
        - `initial_channel`: values for open parameters, by name.
        - `max_concurrency`: how many tasks run at the same time, at most; with 1 a run is deterministic.
        - `max_steps`: end the run with an error when a further execution would start after so many.
        - `timeout`: cancel the run after so many seconds, with `RunTimeoutError`, which keeps the run with
          all that was done. This thread runs no plain functions then.
        - `grace`: for how many seconds tasks are waited for that run when the run, or their group, is
          cancelled. `ctx.cancelled` tells plain functions, `CancelledError` async ones. One that has not
          ended by then is abandoned: the run ends without it, and what it returns is dropped. A plain
          function is listed in the run's `abandoned`, and its context raises; of an async one a warning is
          logged.
        - `store`: keeps the run in this store, or in the SQLite file at this path: what has happened survives
          the death of the process, and the same call with the same `run_id` goes on from there.
        - `run_id`: which run of the store this is; without one each call is a run of its own. A run that has
          ended gives its recorded result.
        - `on_busy`: what to do if another process drives the run: `"raise"` a `RunBusyError`, or `"wait"`.
        - `on_change`: what to do if the run began with another workflow: `"refuse"`, or `"adapt"`: go on as
          far as it fits. What has succeeded is kept where neither the task (its definition, parameters,
          arguments and options) nor anything before it has changed; the rest runs again, and what is
          recorded of that is dropped.
        - `suspend_after`: for how many seconds a task of a run in a store waits in the process for a person
          or for time before its body is left. When nothing goes on but such waits, the run ends with
          `RunSuspended`.
        - `observe`: hooks, or a list of them, that hear of this run: a `taskloom.testing.Recorder`, for
          instance.

        Raises `TaskError` if a task fails, with the task's own exception as its `__cause__`.
        """
        limits = Limits(max_concurrency, max_steps, timeout, grace)
        keep = keep_in(store, run_id, on_busy, on_change, suspend_after)
        run = succeeded(
            self._run(sys._getframe(1), start_node, initial_channel, limits, observe, keep, later)
        )
        return (run.value, ExecutionContext(run)) if ret_context else run.value

    def run(
        self,
        start_node: str | None = None,
        *,
        initial_channel: dict[str, Any] | None = None,
        max_concurrency: int | None = None,
        max_steps: int | None = None,
        observe: Observe = None,
        timeout: float | None = None,
        grace: float = GRACE_SECONDS,
        store: Store | str | os.PathLike[str] | None = None,
        run_id: str | None = None,
        on_busy: str = "raise",
        on_change: str = "refuse",
        suspend_after: float = SUSPEND_SECONDS,
        **later: Any,
    ) -> Run:
        """Runs the workflow like `execute`, and gives the record of the run."""
        limits = Limits(max_concurrency, max_steps, timeout, grace)
        keep = keep_in(store, run_id, on_busy, on_change, suspend_after)
        return succeeded(
            self._run(sys._getframe(1), start_node, initial_channel, limits, observe, keep, later)
        )

    async def execute_async(
        self,
        start_node: str | None = None,
        *,
        ret_context: bool = False,
        initial_channel: dict[str, Any] | None = None,
        max_concurrency: int | None = None,
        max_steps: int | None = None,
        observe: Observe = None,
        timeout: float | None = None,
        grace: float = GRACE_SECONDS,
        store: Store | str | os.PathLike[str] | None = None,
        run_id: str | None = None,
        on_busy: str = "raise",
        on_change: str = "refuse",
        suspend_after: float = SUSPEND_SECONDS,
        **later: Any,
    ) -> Any:
        """Like `execute`, on the running event loop: async tasks run there, plain functions in threads."""
        wanted = wants_echo(self._echo, sys._getframe(1))
        limits = Limits(max_concurrency, max_steps, timeout, grace)
        keep = keep_in(store, run_id, on_busy, on_change, suspend_after)
        run = succeeded(
            await self._run_async(wanted, start_node, initial_channel, limits, observe, keep, later)
        )
        return (run.value, ExecutionContext(run)) if ret_context else run.value

    async def run_async(
        self,
        start_node: str | None = None,
        *,
        initial_channel: dict[str, Any] | None = None,
        max_concurrency: int | None = None,
        max_steps: int | None = None,
        observe: Observe = None,
        timeout: float | None = None,
        grace: float = GRACE_SECONDS,
        store: Store | str | os.PathLike[str] | None = None,
        run_id: str | None = None,
        on_busy: str = "raise",
        on_change: str = "refuse",
        suspend_after: float = SUSPEND_SECONDS,
        **later: Any,
    ) -> Run:
        """Like `run`, on the running event loop."""
        wanted = wants_echo(self._echo, sys._getframe(1))
        limits = Limits(max_concurrency, max_steps, timeout, grace)
        keep = keep_in(store, run_id, on_busy, on_change, suspend_after)
        return succeeded(
            await self._run_async(wanted, start_node, initial_channel, limits, observe, keep, later)
        )

    def start(
        self,
        start_node: str | None = None,
        *,
        initial_channel: dict[str, Any] | None = None,
        max_concurrency: int | None = None,
        max_steps: int | None = None,
        observe: Observe = None,
        timeout: float | None = None,
        grace: float = GRACE_SECONDS,
        store: Store | str | os.PathLike[str] | None = None,
        run_id: str | None = None,
        on_busy: str = "raise",
        on_change: str = "refuse",
        suspend_after: float = SUSPEND_SECONDS,
        **later: Any,
    ) -> RunHandle:
        """Starts a run in the background and returns at once."""
        limits = Limits(max_concurrency, max_steps, timeout, grace)
        keep = keep_in(store, run_id, on_busy, on_change, suspend_after)
        _check(later, start_node, limits)
        plan = self.plan(start_node)
        return RunHandle(
            Host(plan, initial_channel or {}, limits, observe=observe, keep=keep, start_node=start_node)
        )

    def plan(self, start_node: str | None = None) -> _native.Plan:
        """What would run now; raises what is wrong with it."""
        plan = super().plan(start_node)
        if tasks := plan.in_processes():
            from ._process.plan import refuse_unreachable

            refuse_unreachable(tasks)
        return plan

    def show_info(self) -> None:
        """Prints the tasks, what follows each, and where the value of each open parameter would come from."""
        print(self.plan(), end="")

    def to_mermaid(self) -> str:
        """The workflow as a Mermaid flowchart, which GitHub, JupyterLab and many editors show.

        A task is a box with its id, and the id of its definition where that differs. A group is a frame with
        its name, and its policy if it is not strict. Edges that close a loop are dashed. A group that cannot
        have a frame (it shares tasks with another, a task in it leads to it, or it is nested more than 50
        levels deep) is drawn as two round nodes, where it begins and where it ends.

        >>> from taskloom import task, workflow
        >>> @task
        ... def fetch(city):
        ...     return f"Weather for {city}"
        >>> with workflow("weather") as wf:
        ...     _ = fetch(task_id="tokyo", city="Tokyo") >> fetch(task_id="paris", city="Paris")
        >>> print(wf.to_mermaid(), end="")
        flowchart TD
            n0["tokyo<br>fetch"]
            n1["paris<br>fetch"]
            n0 --> n1
        """
        return self.plan().to_mermaid()

    def to_dot(self) -> str:
        """The workflow in the language of Graphviz: `dot -Tsvg` makes a picture of it.

        It shows what `to_mermaid` shows.

        >>> from taskloom import task, workflow
        >>> @task
        ... def fetch():
        ...     return 1
        >>> print(workflow("weather").add(fetch).to_dot(), end="")
        digraph "weather" {
            compound=true;
            node [shape=box];
            n0 [label="fetch"];
        }
        """
        return self.plan().to_dot()

    def to_ascii(self) -> str:
        """The workflow as a listing for a terminal.

        Each task has a line with what follows it, in topological order, and each group is a block. `↺` marks
        an edge that closes a loop. After 200 lines the listing is cut.

        >>> from taskloom import task, workflow
        >>> @task
        ... def fetch(city):
        ...     return f"Weather for {city}"
        >>> @task
        ... def report():
        ...     return "done"
        >>> cities = fetch(task_id="tokyo", city="Tokyo") | fetch(task_id="paris", city="Paris")
        >>> wf = workflow("weather").add(cities.set_group_name("cities") >> report)
        >>> print(wf.to_ascii(), end="")
        workflow `weather`: 3 tasks, 1 group
        ├─ cities ─▶ report
        │  ├─ tokyo (fetch)
        │  └─ paris (fetch)
        └─ report
        """
        return self.plan().to_ascii()

    def to_svg(self) -> str:
        """The workflow as a picture in SVG; a notebook shows it for the workflow itself.

        It needs no other program and no network, and shows what `to_mermaid` shows. A longer text is cut; a
        pointer on it shows the whole. A workflow with more than 300 tasks and groups, or 1,000 edges, fewer
        if they are long, gets a summary: how many tasks there are of each definition.

        >>> from taskloom import task, workflow
        >>> @task
        ... def fetch():
        ...     return 1
        >>> workflow("weather").add(fetch).to_svg()[:5]
        '<svg '
        """
        return self.plan().to_svg()

    @property
    def graph(self) -> Graph:
        """The tasks, edges and groups of the workflow as it is now, to look at."""
        return Graph(self.plan())

    def visualize_dependencies(self) -> None:
        """Prints a line for each task and group, with what follows it."""
        graph = self.graph
        for node in graph:
            followers = ", ".join(graph.successors(node))
            print(f"{node} >> {followers}" if followers else f"{node} (nothing follows)")

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        try:
            return {"text/plain": self.to_ascii(), "image/svg+xml": self.to_svg()}
        except TaskloomError:
            # What cannot be planned yet can still be looked at.
            return {"text/plain": repr(self)}

    def _run(
        self,
        frame: FrameType,
        start_node: str | None,
        channel: dict[str, Any] | None,
        limits: Limits,
        observe: Observe,
        keep: Keep | None,
        later: dict[str, Any],
    ) -> Run:
        _check(later, start_node, limits)
        wanted = wants_echo(self._echo, frame)
        # The frames of the tasks lead to this one, so it must not hold the run, which holds their exceptions.
        return _echoed(
            run_blocking(self.plan(start_node), channel or {}, limits, observe, keep, start_node), wanted
        )

    async def _run_async(
        self,
        wanted: bool,
        start_node: str | None,
        channel: dict[str, Any] | None,
        limits: Limits,
        observe: Observe,
        keep: Keep | None,
        later: dict[str, Any],
    ) -> Run:
        _check(later, start_node, limits)
        from ._loop import open_host, run_on_loop

        host = await open_host(self.plan(start_node), channel or {}, limits, observe, keep, start_node)
        return _echoed(await run_on_loop(host), wanted)

    def __repr__(self) -> str:
        return f"Workflow({self.name!r})"


def keep_in(
    store: Store | str | os.PathLike[str] | None,
    run_id: str | None,
    on_busy: str,
    on_change: str,
    suspend_after: float,
) -> Keep | None:
    """Where a run is kept, if it is."""
    says = (store, run_id, on_busy, on_change, suspend_after)
    if says == (None, None, "raise", "refuse", SUSPEND_SECONDS):
        # A run that is not kept needs none of it.
        return None
    from ._durable import Keep

    keep = Keep(store, run_id, on_busy, suspend_after, on_change)
    keep.check()
    return keep


def _echoed(run: Run, wanted: bool) -> Run:
    if wanted:
        echo_results(run._record)
    return run


def workflow(name: str, *, echo: bool | None = None) -> Workflow:
    """A new workflow: `with workflow("weather") as wf: …`.

    `echo` decides whether its runs print each task's result. By default they do at the top level of a script
    or notebook cell, where the value of `execute()` is not used.
    """
    return Workflow(name, echo=echo)


_LATER = ("on", "on_change")


def _check(later: dict[str, Any], start_node: object, limits: Limits) -> None:
    if start_node is not None and not isinstance(start_node, str):
        raise TypeError(f"start_node is the id of a task or group, a text, not {start_node!r}")
    for name, value in later.items():
        if name not in _LATER:
            import difflib
            import inspect

            known = [
                known
                for known in inspect.signature(Workflow.execute).parameters
                if known not in ("self", "later")
            ]
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean `{close[0]}`?" if close else f"its arguments are: {', '.join(known)}"
            raise TypeError(f"execute() has no argument {name!r}\n  hint: {hint}")
        if value is not None:
            raise NotImplementedError(f"execute({name}=…) is not implemented yet")
    limits.check()
