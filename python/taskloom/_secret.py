"""Values that are shown nowhere and never stored."""

from __future__ import annotations

from typing import Any, Generic, NoReturn, TypeVar

__all__ = ["Secret", "secret"]

T = TypeVar("T")


class Secret(Generic[T]):
    """A value that no text shows, no journal records and pickle refuses. `secret(value)` makes one."""

    # A name that `vars()`, debuggers and loggers, which look into `__dict__`, do not find.
    __slots__ = ("__value",)

    def __init__(self, value: T) -> None:
        self.__value = value

    def reveal(self) -> T:
        """The value itself."""
        return self.__value

    def __repr__(self) -> str:
        return "Secret(...)"

    def __copy__(self) -> Secret[T]:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Secret[T]:
        return self

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError(
            "a secret is not pickled\n"
            "  hint: bind it as an argument of the task that needs it; a run that goes on takes it from the "
            "program again"
        )


def secret(value: T) -> Secret[T]:
    """Keeps a value out of every text and out of the journal: a password, a token.

    Bind it as an argument. In a durable run it is never recorded: a run that goes on takes it from the
    program again. A task cannot return one.

    >>> from taskloom._secret import secret
    >>> token = secret("swordfish")
    >>> token
    Secret(...)
    >>> token.reveal()
    'swordfish'
    """
    from . import _native

    _native.secrets_are(Secret)
    return value if isinstance(value, Secret) else Secret(value)
