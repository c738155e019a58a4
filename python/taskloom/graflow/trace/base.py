"""The class of all tracers."""

from __future__ import annotations

__all__ = ["Tracer"]


class Tracer:
    """The class of all tracers. Only `NoopTracer` is accepted: tracers of one's own are not called yet."""

    def __init__(self, enable_runtime_graph: bool = True) -> None:
        self.enable_runtime_graph = enable_runtime_graph
