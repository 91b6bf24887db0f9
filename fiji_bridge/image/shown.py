"""Voxel sizes as people wrote them."""

from __future__ import annotations

import math

#: ImageJ keeps 1/size in millionths; what it writes for 0.45 comes back as 0.4500000450000045.
_IMAGEJ = 5e-7


def shown_size(size: float) -> float:
    """Return the short number that a size was before a file kept its reciprocal.

    For what is shown, never for what is computed: the six digits where they are as close as the
    file could keep them, else all that a double has.

    Examples
    --------
    >>> shown_size(1 / (20 / 9)), shown_size(0.4500000450000045), shown_size(1 / 3)
    (0.45, 0.45, 0.333333333333333)
    """
    short = float(f"{size:.6g}")
    if math.isclose(short, size, rel_tol=_IMAGEJ, abs_tol=0.0) and len(repr(short)) < 8:
        return short
    return float(f"{size:.15g}")


def shown_text(size: float) -> str:
    """Return `shown_size` as text: 2, 0.45."""
    return f"{shown_size(size):.15g}"
