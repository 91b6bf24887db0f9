"""Whether codes of LZW can stand where they stand.

imagecodecs takes any code for the first one after the table was cleared, reads memory that nobody
has written where it is no sample, and ends Python. Source: TIFF 6.0, section 13.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

_CLEAR = 256
_END = 257
#: The table of imagecodecs has this many entries; what needs more is refused there.
_ENTRIES = 5120
#: Codes looked at after the table was cleared, until one clears it again: few, then all.
_LOOKS = (64, _ENTRIES)


def sound(packed: bytes) -> bool:
    """Whether the first code after each clearing is a sample, and others are in the table.

    Between two clearings the width of a code follows from its number, so that all of them are
    looked at together.
    """
    if len(packed) < 2:
        return False
    # Old writers begin with the lowest bit of a byte, and widen codes one entry later.
    old = packed[0] == 0 and packed[1] & 1 == 1
    bytes_ = np.frombuffer(packed + b"\0\0", np.uint8).astype(np.int32)
    low, middle, high = bytes_[:-2], bytes_[1:-1], bytes_[2:]
    # Three bytes from each on hold any code that begins in it.
    data = low | middle << 8 | high << 16 if old else low << 16 | middle << 8 | high
    begin, bits = 0, 8 * len(packed)
    # A stream begins by clearing the table.
    while begin + 9 <= bits:
        for count in _LOOKS:
            codes, ends = _codes(data, begin, bits, old, count)
            stops = np.flatnonzero((codes == _CLEAR) | (codes == _END))
            if stops.size or codes.size < count:
                break
        last = int(stops[0]) if stops.size else codes.size
        taken = codes[:last]
        if begin == 0 and last > 0:
            return False
        if (taken > _END + np.arange(last)).any() or (last > 0 and taken[0] >= _CLEAR):
            return False
        if not stops.size or codes[last] == _END:
            return True
        begin = int(ends[last])
    return True


def _codes(
    data: NDArray[np.int32], begin: int, bits: int, old: bool, count: int
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return the next codes from a bit on, as if none cleared the table, and where they end."""
    widths, offsets = _layout(old)
    widths, places = widths[:count], offsets[:count] + begin
    there = int(np.searchsorted(places + widths, bits, side="right"))
    widths, places = widths[:there], places[:there]
    held, within = data[places >> 3], (places & 7).astype(np.int32)
    codes = held >> (within if old else 24 - within - widths) & (np.left_shift(1, widths) - 1)
    return codes, places + widths


@cache
def _layout(old: bool) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return the widths of the codes after a clearing, and where each begins."""
    entries = _END + np.arange(_ENTRIES)
    grown = np.array([2**n - (not old) for n in (9, 10, 11)])
    widths = (9 + np.searchsorted(grown, entries, side="right")).astype(np.int32)
    return widths, np.cumsum(widths, dtype=np.int64) - widths
