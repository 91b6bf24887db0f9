"""A careful separable filter in numba: one pass per axis, borders by index, all cores."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

Array = np.ndarray[Any, Any]


@numba.njit(inline="always")
def _mirror(i: int, n: int) -> int:
    while i < 0 or i >= n:
        i = -1 - i if i < 0 else 2 * n - 1 - i
    return i


@numba.njit(parallel=True, fastmath=True)
def _blur(volume: Array, kz: Array, ky: Array, kx: Array) -> Array:
    depth, height, width = volume.shape
    out = np.empty((depth, height, width), np.float32)
    rz, ry, rx = len(kz) // 2, len(ky) // 2, len(kx) // 2
    for z in numba.prange(depth):
        plane = np.zeros((height, width), np.float32)
        row = np.empty(width + 2 * rx, np.float32)
        for m in range(len(kz)):
            source = volume[_mirror(z + m - rz, depth)]
            weight = kz[m]
            for y in range(height):
                for x in range(width):
                    plane[y, x] += weight * source[y, x]
        for y in range(height):
            row[:] = 0
            for m in range(len(ky)):
                weight = ky[m]
                source_row = plane[_mirror(y + m - ry, height)]
                for x in range(width):
                    row[rx + x] += weight * source_row[x]
            for x in range(rx):
                row[x] = row[rx + _mirror(x - rx, width)]
                row[rx + width + x] = row[rx + _mirror(width + x, width)]
            for x in range(width):
                total = np.float32(0)
                for m in range(len(kx)):
                    total += kx[m] * row[x + m]
                out[z, y, x] = total
    return out


def blur(volume: Array, kz: Array, ky: Array, kx: Array) -> Array:
    """Filter; integers are rounded at the end."""
    out = _blur(volume, kz, ky, kx)
    return out if volume.dtype == np.float32 else np.rint(out).astype(volume.dtype)
