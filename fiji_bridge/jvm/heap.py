"""The largest Java heap: what was asked for, and whether this machine can give it."""

from __future__ import annotations

import re

from fiji_bridge.errors import RuntimeStartError
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


def default_heap(processes: int = 1) -> str:
    """Return the heap of each of several processes that share the memory which this one may have.

    Together 75 % of it, less where little is left of it.
    """
    share = total_bytes() // processes
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
