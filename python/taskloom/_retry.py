"""Further attempts of executions that failed."""

from __future__ import annotations

from typing import NamedTuple

from .errors import BindingError

__all__ = ["RetryPolicy"]


class _Fields(NamedTuple):
    max_retries: int
    initial_interval: float
    backoff_factor: float
    max_interval: float
    jitter: bool
    retry_on: type[BaseException] | tuple[type[BaseException], ...] | None


class RetryPolicy(_Fields):
    """How many further attempts a failed execution gets, after which waits, and for which exceptions.

    The wait before retry number n, counted from 0, is `initial_interval * backoff_factor ** n` seconds, at
    most `max_interval`; with `jitter` it is multiplied by a random number from 0.5 to 1.5 and cut to
    `max_interval` again. Without `retry_on` every exception is retried.

    >>> from taskloom import RetryPolicy, task
    >>> @task(retry_policy=RetryPolicy(max_retries=3, jitter=True, retry_on=(OSError, TimeoutError)))
    ... def fetch(url: str) -> bytes: ...
    """

    __slots__ = ()

    def __new__(
        cls,
        max_retries: int = 0,
        initial_interval: float = 1.0,
        backoff_factor: float = 2.0,
        max_interval: float = 60.0,
        jitter: bool = False,
        retry_on: type[BaseException] | tuple[type[BaseException], ...] | None = None,
    ) -> RetryPolicy:
        if type(max_retries) is not int or not 0 <= max_retries < 2**32:
            raise BindingError(f"max_retries is a whole number from 0 on, not {max_retries!r}")
        times = (
            ("initial_interval", initial_interval),
            ("backoff_factor", backoff_factor),
            ("max_interval", max_interval),
        )
        for name, value in times:
            if type(value) not in (int, float) or not value >= 0:
                raise BindingError(f"{name} is a number from 0 on, not {value!r}")
        classes = retry_on if isinstance(retry_on, tuple) else (retry_on,)
        if retry_on is not None and not all(_is_exception(each) for each in classes):
            raise BindingError(f"retry_on is an exception class or a tuple of them, not {retry_on!r}")
        return super().__new__(
            cls,
            max_retries,
            float(initial_interval),
            float(backoff_factor),
            float(max_interval),
            jitter,
            retry_on,
        )

    def accepts(self, exception: BaseException) -> bool:
        """Whether an exception is worth a further attempt."""
        return self.retry_on is None or isinstance(exception, self.retry_on)


def _is_exception(candidate: object) -> bool:
    return isinstance(candidate, type) and issubclass(candidate, BaseException)
