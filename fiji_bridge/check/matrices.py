"""A separable convolution written as what it is: one matrix per axis, in float64.

The second reference. It shares no code with SciPy or with an engine, so it can check the engine
``scipy`` too, and it gives any part of a result without the rest.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.engines.engine import Kernels
from fiji_bridge.kernels.borders import continued

#: Samples of a result that are made at a time.
_BLOCK = 1 << 20

#: Indices along z, y and x of the wanted samples; any order, any number.
Rows = tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]


def operator(
    length: int, rows: NDArray[np.intp], taps: NDArray[np.float64], centre: int, border: str
) -> NDArray[np.float64]:
    """Return some rows of the matrix of a convolution along one axis.

    Parameters
    ----------
    length : int
        Samples along the axis.
    rows : ndarray of int, shape (k,)
        Indices of the wanted results.
    taps, centre
        ``out[i] = Σ taps[j] · in[i − (j − centre)]``.
    border : str
        Beyond the edge ``"constant"`` means 0 here.

    Returns
    -------
    ndarray of float64, shape (k, length)
    """
    return _weights(length, rows, taps, centre, border)[:, 1:]


def _weights(
    length: int, rows: NDArray[np.intp], taps: NDArray[np.float64], centre: int, border: str
) -> NDArray[np.float64]:
    """Return what `operator` does, with the weight of the constant border in front."""
    before = len(taps) - 1 - centre
    # A kernel that was moved may lie on one side of its centre.
    around = max(before, 0), max(centre, 0)
    padded = continued(length, *around, border)
    reverse = taps[::-1]
    weights = np.empty((len(rows), 1 + length))
    # Row by row: all at once would take rows × taps numbers, and kernels can be very long.
    for number, row in enumerate(rows):
        start = row + around[0] - before
        weights[number] = np.bincount(padded[start : start + len(taps)] + 1, reverse, 1 + length)
    return weights


def convolve(
    volume: NDArray[Any], kernels: Kernels, *, border: str, cval: float, rows: Rows
) -> NDArray[np.float64]:
    """Return some samples of a convolution, each as its sum in float64.

    Parameters
    ----------
    volume : ndarray, shape (z, y, x)
    kernels : three AxisKernel
        In (z, y, x) order; the taps of each sum to 1.
    border, cval : see `fiji_bridge.gaussian`
    rows : three ndarray of int
        Indices along z, y and x.

    Returns
    -------
    ndarray of float64, shape (len(rows[0]), len(rows[1]), len(rows[2]))
        NaN where a sample that is not finite takes part.
    """
    weights = [
        None if kernel.is_identity else _weights(n, i, kernel.taps, kernel.centre, border)
        for n, i, kernel in zip(volume.shape, rows, kernels, strict=True)
    ]
    needed = [
        index if weight is None else np.flatnonzero((weight[:, 1:] != 0).any(axis=0))
        for index, weight in zip(rows, weights, strict=True)
    ]
    work = volume[np.ix_(*needed)].astype(np.float64)
    holes = ~np.isfinite(work)
    some = bool(holes.any())
    if some:
        work[holes] = 0.0
    reached = holes.astype(np.float64)
    for axis, (weight, columns) in enumerate(zip(weights, needed, strict=True)):
        if weight is None:
            continue
        matrix = weight[:, 1:][:, columns]
        # What lies beyond the edge is the constant still, whichever axis comes first.
        work = _applied(matrix, work, axis) + cval * _along(weight[:, 0], axis)
        if some:
            reached = _applied((matrix != 0).astype(np.float64), reached, axis)
    if some:
        work[reached > 0] = np.nan
    return work


def _applied(
    matrix: NDArray[np.float64], work: NDArray[np.float64], axis: int
) -> NDArray[np.float64]:
    done: NDArray[np.float64] = np.moveaxis(np.tensordot(matrix, work, (1, axis)), 0, axis)
    return done


def _along(values: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    return values.reshape([-1 if n == axis else 1 for n in range(3)])


def blocks(shape: tuple[int, ...], most: int) -> Iterator[tuple[slice, slice, slice]]:
    """Cut a volume into blocks of about so many samples, as cubic as its shape allows."""
    size = list(shape)
    while math.prod(size) > most and max(size) > 1:
        longest = size.index(max(size))
        size[longest] = -(-size[longest] // 2)
    starts = [range(0, n, max(step, 1)) for n, step in zip(shape, size, strict=True)]
    for z, y, x in itertools.product(*starts):
        yield (
            slice(z, min(z + size[0], shape[0])),
            slice(y, min(y + size[1], shape[1])),
            slice(x, min(x + size[2], shape[2])),
        )


def rows_of(block: tuple[slice, slice, slice]) -> Rows:
    """Return the indices of a block."""
    z, y, x = (np.arange(s.start, s.stop) for s in block)
    return z, y, x


def all_rows(shape: tuple[int, ...]) -> Rows:
    """Return the indices of a whole volume."""
    z, y, x = (np.arange(n) for n in shape)
    return z, y, x


def convolve_all(
    volume: NDArray[Any], kernels: Kernels, *, border: str, cval: float
) -> NDArray[np.float64]:
    """Return the convolution of a whole volume of shape (z, y, x); see `convolve`."""
    out = np.empty(volume.shape)
    for block in blocks(volume.shape, _BLOCK):
        out[block] = convolve(volume, kernels, border=border, cval=cval, rows=rows_of(block))
    return out
