"""What is measured of one round."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple


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
