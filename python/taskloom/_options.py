"""What a definition, or one of its instances, asks of the engine."""

from __future__ import annotations

from .errors import BindingError

__all__ = ["MAX_CYCLES", "Options", "options_of"]

MAX_CYCLES = 100
"""How often a task may be executed in one run, if nothing else is said."""

Options = tuple[int, int | None, bool]
"""`(max_retries, max_cycles, always)`, as the engine takes them."""


def options_of(
    base: Options, max_retries: object = None, max_cycles: object = None, run_when: object = None
) -> Options:
    """The options that `base` becomes with what is given."""
    retries, cycles, always = base
    if max_retries is not None:
        retries = _count("max_retries", max_retries, 0)
    if max_cycles is not None:
        cycles = _count("max_cycles", max_cycles, 1)
    if run_when is not None:
        if run_when not in ("success", "always"):
            raise BindingError(f'run_when is "success" or "always", not {run_when!r}')
        always = run_when == "always"
    return retries, cycles, always


def _count(name: str, value: object, least: int) -> int:
    if type(value) is not int or not least <= value < 2**32:
        raise BindingError(f"{name} is a whole number from {least} on, not {value!r}")
    return value
