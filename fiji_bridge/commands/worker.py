"""The process of a worker: one JVM, one call at a time.

Started as ``python -m fiji_bridge.commands.worker DESCRIPTOR FOLDER``. Calls come as lines on
standard input, answers go to the descriptor; arrays are in files of the folder. When the standard
input ends, because the parent has ended, so does the process, whatever it is doing.
"""

from __future__ import annotations

import importlib
import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fiji_bridge.commands.process import NEWS
from fiji_bridge.commands.transfer import receive, remove_folder, send

#: Seconds between two pieces of news of one call.
_NEWS_EVERY = 0.1


def serve(descriptor: int, folder: Path) -> None:
    """Answer calls until the parent ends."""
    lines: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=_listen, args=(lines, folder), daemon=True).start()
    with os.fdopen(descriptor, "wb", buffering=0) as replies:
        while True:
            outcome = answer(lines.get(), folder, _teller(replies.write))
            try:
                line = send(outcome, folder / "out")
            except Exception as error:
                kind = type(error).__name__
                line = send((False, f"the result cannot be sent: {kind}: {error}"), folder / "out")
            sys.stdout.flush()
            replies.write(line + b"\n")


def answer(line: bytes, folder: Path, progress: Callable[[int, int], None]) -> tuple[bool, Any]:
    """Do one call; return whether it went well, and the result or the exception."""
    try:
        name, arguments, keywords, told = receive(line, folder / "in")
        if told:
            keywords["progress"] = progress
        return True, _function(name)(*arguments, **keywords)
    except BaseException as error:
        return False, _portable(error)


def _function(name: str) -> Any:
    if name == "start":
        return _start
    module, colon, function = name.partition(":")
    if colon:
        return getattr(importlib.import_module(module), function)
    import fiji_bridge

    return getattr(fiji_bridge, name)


def _teller(write: Callable[[bytes], Any]) -> Callable[[int, int], None]:
    """Return what tells the parent how far a call is; the end is always told."""
    last = 0.0

    def progress(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if done >= total or now - last >= _NEWS_EVERY:
            last = now
            write(NEWS + b"%d %d\n" % (done, total))

    return progress


def _start(*, commands: bool, **settings: Any) -> str:
    from fiji_bridge.jvm.session import start

    session = start(**settings)
    if commands:
        session.prepare_imagej()
    return session.describe()


def _portable(error: BaseException) -> BaseException:
    """Return an exception that the parent can have: one of this package, or its text."""
    from fiji_bridge.errors import FijiBridgeError, MemoryLimitError

    error.__cause__ = error.__context__ = None
    if isinstance(error, FijiBridgeError):
        return error
    if isinstance(error, MemoryError):
        return MemoryLimitError(f"the worker ran out of memory: {error}")
    return FijiBridgeError(f"{type(error).__name__}: {error}")


def _listen(lines: queue.Queue[bytes], folder: Path) -> None:
    for line in sys.stdin.buffer:
        lines.put(line.rstrip(b"\n"))
    remove_folder(folder)
    # Not sys.exit: a macro that does not end would be waited for.
    os._exit(0)


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[2]))
