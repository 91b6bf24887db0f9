"""What happens to jobs, told to whoever listens: always the latest, never a growing queue."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Events:
    """Listeners by job; any thread may tell, each listener waits in its own event loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: defaultdict[str, set[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = (
            defaultdict(set)
        )

    def tell(self, job: str) -> None:
        """Wake those who listen to a job."""
        with self._lock:
            listeners = tuple(self._listeners.get(job, ()))
        for loop, event in listeners:
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)

    def tell_all(self) -> None:
        """Wake everybody: the service ends."""
        with self._lock:
            jobs = tuple(self._listeners)
        for job in jobs:
            self.tell(job)

    @contextmanager
    def listening(self, job: str) -> Iterator[asyncio.Event]:
        """Give an event that is set when something happens to the job."""
        listener = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._listeners[job].add(listener)
        try:
            yield listener[1]
        finally:
            with self._lock:
                self._listeners[job].discard(listener)
                if not self._listeners[job]:
                    del self._listeners[job]
