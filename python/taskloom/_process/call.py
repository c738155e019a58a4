"""What is called instead of a function that runs in a process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import BindingError
from .pool import run_in_process
from .transfer import dumps, sendable
from .worker import Order

__all__ = ["Call"]


class Call:
    """Sends a task to a process and waits until it has ended there."""

    __slots__ = ("__wrapped__", "_control", "_grace", "_is_async", "_task_id", "_timeout")

    def __init__(
        self,
        function: Callable[..., Any],
        is_async: bool,
        task_id: str,
        timeout: float | None,
        grace: float,
        control: Any,
    ) -> None:
        self.__wrapped__ = function
        """The function, whose signature is that of this."""
        self._is_async = is_async
        self._task_id = task_id
        self._timeout = timeout
        self._grace = grace
        self._control = control

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        try:
            body = dumps((sendable(self.__wrapped__), args, kwargs))
        except Exception as error:
            raise BindingError(self._refusal(args, kwargs, error)) from error
        order = Order(self._task_id, body, self._is_async, self._control, self._timeout, self._grace)
        return run_in_process(order)

    def _refusal(self, args: tuple[Any, ...], kwargs: dict[str, Any], error: Exception) -> str:
        import inspect

        try:
            bound = inspect.signature(self.__wrapped__).bind(*args, **kwargs).arguments
        except (TypeError, ValueError):
            bound = kwargs
        for name, value in bound.items():
            try:
                dumps(value)
            except Exception as reason:
                return (
                    f"argument `{name}` of `{self._task_id}` is a `{type(value).__qualname__}` "
                    f"that cannot be sent to a process: {reason}\n"
                    "  hint: pass what it is made from, and make it in the task"
                )
        return f"`{self._task_id}` cannot be sent to a process: {error}"
