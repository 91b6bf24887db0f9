"""How much memory the work needs, said before any of it is taken."""

from __future__ import annotations

import math
from collections.abc import Sequence

from fiji_bridge.errors import MemoryLimitError


def available_bytes() -> int:
    """Return the memory that can be taken now without swapping."""
    import psutil

    return int(psutil.virtual_memory().available)


def readable(count: int) -> str:
    """Return a byte count as text, such as ``1.5 GiB``."""
    size = float(count)
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if size < 1024 or unit == "TiB":
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    raise AssertionError


def check_memory(needed: int, what: str) -> None:
    """Refuse work that cannot fit.

    Raises
    ------
    MemoryLimitError
        Names the need and what is there.
    """
    available = available_bytes()
    if needed > available:
        raise MemoryLimitError(
            f"{what} needs {readable(needed)} of memory but {readable(available)} are available; "
            "work on a crop, or on fewer channels or frames at a time"
        )


def array_bytes(shape: Sequence[int], itemsize: int) -> int:
    """Return the size of an array in bytes."""
    return math.prod(shape) * itemsize
