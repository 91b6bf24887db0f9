"""HTTP/1.1 as uvicorn speaks it, for clients that are slow on purpose as well.

A connection is cut whose request's head does not come in time, and one whose client does not take
what it is sent. Both are seen here only: no request exists yet, or its answer has been written.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


class GuardedProtocol(H11Protocol):
    """One connection, with limits in seconds; `make` gives classes with other ones."""

    header_seconds = 10.0
    write_seconds = 60.0

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self._head: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        """Take bytes; a head that has begun has to end in time."""
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            if self._head is None:
                self._wait_for_head()
        elif self._head is not None:
            self._head.cancel()
            self._head = None

    def pause_writing(self) -> None:
        """Give a client that does not read some time."""
        super().pause_writing()
        self._unread = self.loop.call_later(self.write_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Forget that time: the client reads again."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the times."""
        for timer in (self._head, self._unread):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        self._head = self.loop.call_later(self.header_seconds, self.transport.abort)


def make(header_seconds: float, write_seconds: float) -> type[GuardedProtocol]:
    """Return the protocol with these limits."""
    return type(
        "Protocol",
        (GuardedProtocol,),
        {"header_seconds": header_seconds, "write_seconds": write_seconds},
    )
