"""Names of `graflow.trace`."""

from __future__ import annotations

from .base import Tracer
from .noop import NoopTracer

__all__ = ["NoopTracer", "Tracer"]
