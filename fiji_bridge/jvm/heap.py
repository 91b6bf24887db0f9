"""The largest Java heap: what was asked for, and whether this machine can give it."""

from __future__ import annotations

import re
from typing import Any

from fiji_bridge.errors import MemoryLimitError, RuntimeStartError
from fiji_bridge.image.memory import readable, total_bytes

#: The JVM starts with less, and dies of it as soon as it works.
MINIMUM = 64 * 2**20

#: Share of the memory that the Java heap may grow to, unless set.
SHARE = 0.75

#: What Python and the JVM take beside the heap. In a small container that is more than a quarter,
#: and the process would be killed when its heap fills up.
BESIDE = 128 * 2**20

_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


def heap_bytes(text: str) -> int:
    """Return the bytes of a size as ``-Xmx`` takes it, such as ``"8g"``; 0 if it is none."""
    found = re.fullmatch(r"(\d+)([kmgt]?)", text.lower())
    return int(found[1]) * _UNITS[found[2]] if found else 0


def default_heap(processes: int = 1, taken: int = 0) -> str:
    """Return the heap of each of several processes that share the memory which this one may have.

    Together 75 % of it, less where little is left of it.

    Parameters
    ----------
    processes : int
    taken : int
        Bytes that are not theirs to share.
    """
    share = (total_bytes() - taken) // processes
    return f"{max(MINIMUM, min(int(share * SHARE), share - BESIDE)) // 2**20}m"


def check_heap(text: str, origin: str) -> None:
    """Refuse a heap with which the JVM would end Python instead of starting.

    Parameters
    ----------
    text : str
        As ``-Xmx`` takes it.
    origin : str
        Who asked for it, for the message.

    Raises
    ------
    RuntimeStartError
        If it is too small to work with, or larger than the memory of this process.
    """
    asked, total = heap_bytes(text), total_bytes()
    if asked < MINIMUM:
        unit = "" if text[-1:].isalpha() else f" (a number without a letter counts bytes: {text}g?)"
        raise RuntimeStartError(
            f"a Java heap of {text} ({origin}) is too small{unit}; "
            f"at least {readable(MINIMUM)} are needed, for example 2g"
        )
    if asked > total:
        raise RuntimeStartError(
            f"a Java heap of {text} ({origin}) is more than the {readable(total)} of memory that "
            f"this process may have; ask for less, for example {default_heap()}"
        )


def check_room(runtime: Any, needed: int, what: str) -> None:
    """Refuse what does not fit into the heap of a running JVM.

    Parameters
    ----------
    runtime : java.lang.Runtime
    needed : int
        Bytes.
    what : str

    Raises
    ------
    MemoryLimitError
    """

    def room() -> int:
        return int(runtime.maxMemory()) - int(runtime.totalMemory()) + int(runtime.freeMemory())

    if needed > room():
        # What nobody uses any more counts until it is collected.
        runtime.gc()
    left = room()
    if needed > left:
        raise MemoryLimitError(
            f"{what} needs {readable(needed)} of the Java heap, of which {readable(left)} are "
            "left; give it more with --heap or FIJI_BRIDGE_HEAP"
        )
