"""What a definition, or one of its instances, asks of the engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ._retry import RetryPolicy
from .errors import BindingError

__all__ = ["MAX_CYCLES", "Options", "options_of"]

MAX_CYCLES = 100
"""How often a task may be executed in one run, if nothing else is said."""


class Options(NamedTuple):
    """The options in the order in which the engine takes them; times in seconds."""

    max_retries: int = 0
    initial_interval: float = 0.0
    backoff_factor: float = 1.0
    max_interval: float = 0.0
    jitter: bool = False
    retry_on: Callable[[BaseException], bool] | None = None
    timeout: float | None = None
    max_cycles: int | None = None
    always: bool = False


def options_of(
    base: Options,
    *,
    max_retries: object = None,
    retry_policy: object = None,
    timeout: float | None = None,
    max_cycles: object = None,
    run_when: object = None,
) -> Options:
    """The options that `base` becomes with what is given. With a policy, `max_retries` overrides its own."""
    options = base
    if retry_policy is not None:
        if not isinstance(retry_policy, RetryPolicy):
            raise BindingError(f"retry_policy is a RetryPolicy, not {retry_policy!r}")
        options = options._replace(
            max_retries=retry_policy.max_retries,
            initial_interval=retry_policy.initial_interval,
            backoff_factor=retry_policy.backoff_factor,
            max_interval=retry_policy.max_interval,
            jitter=retry_policy.jitter,
            retry_on=retry_policy.accepts if retry_policy.retry_on is not None else None,
        )
    if max_retries is not None:
        options = options._replace(max_retries=_count("max_retries", max_retries, 0))
    if timeout is not None:
        if type(timeout) not in (int, float) or not timeout > 0:
            raise BindingError(f"timeout is a number of seconds above 0, not {timeout!r}")
        options = options._replace(timeout=float(timeout))
    if max_cycles is not None:
        options = options._replace(max_cycles=_count("max_cycles", max_cycles, 1))
    if run_when is not None:
        if run_when not in ("success", "always"):
            raise BindingError(f'run_when is "success" or "always", not {run_when!r}')
        options = options._replace(always=run_when == "always")
    return options


def _count(name: str, value: object, least: int) -> int:
    if type(value) is not int or not least <= value < 2**32:
        raise BindingError(f"{name} is a whole number from {least} on, not {value!r}")
    return value
