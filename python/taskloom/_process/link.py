"""One end of the pipe between a process and the one that has started it."""

from __future__ import annotations

import threading
from multiprocessing.connection import Connection
from typing import Any

__all__ = ["Header", "Link"]

Header = tuple[Any, ...]
"""What a message is, and plain values that belong to it. To a process:

- `("path", directories)`: where to find modules from now on;
- `("task", is_async)`, with function, arguments and keyword arguments;
- `("answer", number, was_ok)`, with a value, or an exception as `failure.pack` makes it;
- `("cancel",)`: the task is to end.

From a process:

- `("began",)`: the task has begun;
- `("ask", number, receiver, name)`, with arguments: the task asks something of its run;
- `("ended", how)`: `"value"`, with that; `"raised"`, with an exception; `"cancelled"`.
"""


class Link:
    """Sends and receives messages: a header, and bytes that only whoever wants them looks into."""

    __slots__ = ("_connection", "_sending")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sending = threading.Lock()

    def send(self, header: Header, body: bytes = b"") -> None:
        """Sends a message, from any thread."""
        with self._sending:
            self._connection.send(header)
            self._connection.send_bytes(body)

    def is_readable(self, seconds: float) -> bool:
        """Waits for a message, or the end, for at most so long."""
        return self._connection.poll(seconds)

    def receive(self) -> tuple[Header, bytes]:
        """Waits for a message. Raises `EOFError` or `OSError` once the other end is gone."""
        return self._connection.recv(), self._connection.recv_bytes()

    def close(self) -> None:
        """Ends it."""
        self._connection.close()
