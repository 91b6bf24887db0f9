"""Who works on the blocks: threads of this process.

They have a few blocks at a time, one task each; there is no graph of all of them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, TypeVar

from fiji_bridge.blocks.plan import Block

Note = TypeVar("Note")


def in_threads(
    work: Callable[[Block], Note],
    blocks: Iterable[Block],
    workers: int,
    stop: threading.Event,
) -> Iterator[tuple[Block, Note]]:
    """Yield blocks, and what work on them gave, as they are done.

    Parameters
    ----------
    work : callable
    blocks : iterable of Block
    workers : int
        How many threads.
    stop : Event
        Is set where the work is given up: for a failure, or by whoever stops to ask for more.
    """
    with ThreadPoolExecutor(workers, thread_name_prefix="fiji-bridge-block") as pool:
        pending: dict[Future[Note], Block] = {}
        try:
            for block in blocks:
                pending[pool.submit(work, block)] = block
                if len(pending) >= workers:
                    yield from _done(pending)
            while pending:
                yield from _done(pending)
        except BaseException:
            stop.set()
            raise


def _done(pending: dict[Future[Any], Block]) -> Iterator[tuple[Block, Any]]:
    finished, _ = wait(pending, return_when=FIRST_COMPLETED)
    for future in finished:
        yield pending.pop(future), future.result()
