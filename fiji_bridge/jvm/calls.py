"""Long Java calls that show their progress and can be interrupted."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

from fiji_bridge.errors import CancelledError, FijiBridgeError, MemoryLimitError
from fiji_bridge.jvm.session import Session

#: How often the main thread looks at the ticket while Java computes.
_INTERVAL_S = 0.05


def call(
    session: Session,
    function: Callable[[Any], Any],
    progress: Callable[[int, int], None] | None = None,
    *,
    patience: float | None = None,
    brief: bool = False,
) -> Any:
    """Run a Java call that takes an ``org.fijibridge.bridge.Ticket``.

    Java runs on a thread of its own, so that Ctrl-C, or an exception raised by
    `progress`, reaches Python at once; the call is then cancelled, and waited for.

    Parameters
    ----------
    session : Session
    function : callable
        Called with the ticket.
    progress : callable, optional
        Called with (done, total) now and then.
    patience : float, optional
        How many seconds a cancelled call may take to end before it is left behind: for calls
        that do not heed the ticket, and touch no memory of Python's. Without it they are waited
        for.
    brief : bool
        Whether it takes a few milliseconds at most: it then runs on the caller's thread, as
        another one takes longer to start than that, and Ctrl-C waits for its end.

    Raises
    ------
    CancelledError
        If the ticket was cancelled from elsewhere.
    MemoryLimitError
        If the Java heap is too small.
    FijiBridgeError
        If Java throws something else; the message is Java's.
    """
    ticket = session.jclass("org.fijibridge.bridge.Ticket")()
    outcome: dict[str, Any] = {}
    finished = threading.Event()

    def work() -> None:
        try:
            session.attach()
            outcome["value"] = function(ticket)
        except BaseException as error:
            outcome["error"] = error
        finally:
            finished.set()

    if brief:
        work()
    else:
        _run_beside(work, finished, ticket, progress, patience)
    if (error := outcome.get("error")) is not None:
        raise translated(error)
    if progress is not None and (total := int(ticket.total())) > 0:
        progress(total, total)
    return outcome["value"]


def _run_beside(
    work: Callable[[], None],
    finished: threading.Event,
    ticket: Any,
    progress: Callable[[int, int], None] | None,
    patience: float | None,
) -> None:
    thread = threading.Thread(target=work, name="fiji-bridge-java", daemon=True)
    thread.start()
    try:
        while not finished.wait(_INTERVAL_S):
            if progress is not None and (total := int(ticket.total())) > 0:
                progress(int(ticket.done()), total)
    except BaseException:
        ticket.cancel()
        finished.wait(patience)
        raise
    thread.join()


@contextlib.contextmanager
def in_words() -> Iterator[None]:
    """Translate what Java throws inside the block, or in a function that this decorates."""
    try:
        yield
    except BaseException as error:
        found = translated(error)
        if found is error:
            raise
        raise found from None


def translated(error: BaseException) -> BaseException:
    """Return the exception of this package for one of Java's; any other as it is."""
    import jpype

    if not isinstance(error, jpype.JException):
        return error
    name = str(error.getClass().getName())
    if name == "java.util.concurrent.CancellationException":
        return CancelledError("cancelled; nothing was written")
    if name == "java.lang.OutOfMemoryError":
        return MemoryLimitError(
            f"Java ran out of memory ({error.getMessage()}); "
            "give it more with --heap or FIJI_BRIDGE_HEAP"
        )
    failure = FijiBridgeError(f"Java failed: {name}: {error.getMessage()}")
    failure.__cause__ = error
    return failure
