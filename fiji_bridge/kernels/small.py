"""Small kernels of any shape: presets, their spelling, and their separable parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.errors import InputError
from fiji_bridge.image.calibration import SPATIAL_AXES

#: Name of a preset, text, or an array of up to three dimensions, the last ones of (z, y, x).
KernelLike: TypeAlias = "str | NDArray[Any] | Sequence[Any]"

PRESETS = ("sum", "mean", "laplace", "physical-laplace")

# What deviates less than this from a product of lines is one: rounding of the input.
_RANK_ONE = 1e-14


def preset(name: str, axes: Sequence[str], voxels: Mapping[str, float]) -> NDArray[np.float64]:
    """Return a preset as an array of shape (z, y, x).

    Parameters
    ----------
    name : {"sum", "mean", "laplace", "physical-laplace"}
        Plus shape of ones; the same, of sum 1; ones round minus their number; second
        differences divided by the squared voxel size.
    axes : sequence of str
        Along which the kernel reaches to the next sample.
    voxels : mapping of str to float
        Voxel sizes, for ``"physical-laplace"``.
    """
    shape = tuple(3 if axis in axes else 1 for axis in SPATIAL_AXES)
    centre = tuple(n // 2 for n in shape)
    kernel = np.zeros(shape)
    for axis in axes:
        position = SPATIAL_AXES.index(axis)
        weight = 1 / voxels[axis] ** 2 if name == "physical-laplace" else 1.0
        for side in (0, 2):
            index = list(centre)
            index[position] = side
            kernel[tuple(index)] = weight
    if name in ("laplace", "physical-laplace"):
        kernel[centre] = -kernel.sum()
    else:
        kernel[centre] = 1
    return kernel / kernel.sum() if name == "mean" else kernel


def read_kernel(given: KernelLike, axes: Sequence[str] | None = None) -> NDArray[np.float64]:
    """Return a kernel as an array of shape (z, y, x).

    Parameters
    ----------
    given : str or array
        ``"0 1 0; 1 -4 1; 0 1 0"``: rows end with a semicolon, planes with a bar.
    axes : sequence of str, optional
        Axes of the kernel, in (z, y, x) order; by default the last ones.

    Raises
    ------
    InputError
        If it cannot be read, is empty, not finite, or has too many dimensions.
    """
    values = _parse(given) if isinstance(given, str) else np.asarray(given)
    if values.dtype.kind not in "iuf" or values.size == 0 or not 1 <= values.ndim <= 3:
        raise InputError(
            f"a kernel must be numbers in one to three dimensions; got {values.dtype} of shape "
            f"{values.shape}"
        )
    values = values.astype(np.float64)
    if not np.isfinite(values).all():
        raise InputError("a kernel must be finite; it holds NaN or infinite values")
    names = SPATIAL_AXES[-values.ndim :] if axes is None else tuple(axes)
    if len(names) != values.ndim:
        raise InputError(
            f"the kernel has {values.ndim} dimensions but along={''.join(names)!r} "
            f"names {len(names)}"
        )
    shape = [1, 1, 1]
    for name, size in zip(names, values.shape, strict=True):
        shape[SPATIAL_AXES.index(name)] = size
    return values.reshape(shape)


def _parse(text: str) -> NDArray[np.float64]:
    try:
        planes = [
            [[float(number) for number in row.replace(",", " ").split()] for row in rows.split(";")]
            for rows in text.strip().strip("|").split("|")
        ]
        array = np.array([[row for row in plane if row] for plane in planes], dtype=np.float64)
    except ValueError:
        raise InputError(
            f"cannot read the kernel {text!r}; name one of {', '.join(PRESETS)}, or write rows "
            "such as '0 1 0; 1 -4 1; 0 1 0' (planes end with '|')"
        ) from None
    if array.shape[0] == 1:
        array = array[0]
    return array[0] if array.ndim == 2 and array.shape[0] == 1 else array


Taps: TypeAlias = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


def separable_terms(kernel: NDArray[np.float64]) -> list[Taps]:
    """Write a kernel as a sum of products of lines along z, y and x.

    Parameters
    ----------
    kernel : ndarray, shape (z, y, x)

    Returns
    -------
    list of (z, y, x) taps
        One term if the kernel is separable; otherwise one per line that is not zero, along the
        axis where these are fewest. Each has the lengths of the kernel.
    """
    peak = np.unravel_index(int(np.abs(kernel).argmax()), kernel.shape)
    top = kernel[peak]
    if top == 0:
        z, y, x = (np.zeros(n) for n in kernel.shape)
        return [(z, y, x)]
    lines = (kernel[:, peak[1], peak[2]], kernel[peak[0], :, peak[2]], kernel[peak[0], peak[1], :])
    product = np.einsum("i,j,k->ijk", lines[0] / top, lines[1] / top, lines[2])
    if np.abs(product - kernel).max() <= _RANK_ONE * abs(top):
        return [(lines[0] / top, lines[1] / top, lines[2])]
    along = min(range(3), key=lambda axis: np.count_nonzero(np.abs(kernel).sum(axis=axis)))
    terms = []
    for place in np.argwhere(np.abs(kernel).sum(axis=along) > 0):
        index: list[Any] = [int(i) for i in place]
        index.insert(along, slice(None))
        taps = [np.zeros(n) for n in kernel.shape]
        for axis in range(3):
            if axis == along:
                taps[axis] = kernel[tuple(index)]
            else:
                taps[axis][index[axis]] = 1.0
        z, y, x = taps
        terms.append((z, y, x))
    return terms
