"""Whether a thread has the stack that Java needs: with less, the process ends without a word."""

from __future__ import annotations

from fiji_bridge import system
from fiji_bridge.errors import RuntimeStartError

#: Java 17 and 25 end the process with 256 KiB on Linux; with 272 they start.
_TO_START = 320 * 2**10

#: In a thread that calls a running Java, ImageJ works with 160 KiB; with 96 the process ends.
_TO_CALL = 192 * 2**10


def check_stack_to_start() -> None:
    """Refuse to start a JVM in a thread whose stack is too small for that.

    Raises
    ------
    RuntimeStartError
    """
    _check(_TO_START, "start Java")


def check_stack_to_call() -> None:
    """Refuse to call Java in a thread whose stack is too small for that.

    Raises
    ------
    RuntimeStartError
    """
    _check(_TO_CALL, "call Java")


def _check(least: int, purpose: str) -> None:
    size = system.stack_size()
    if size is not None and size < least:
        raise RuntimeStartError(
            f"this thread has a stack of {size // 2**10} KiB, and {least // 2**10} KiB are needed "
            f"to {purpose}; raise the limit (ulimit -s 8192) or that of the thread "
            "(threading.stack_size)"
        )
