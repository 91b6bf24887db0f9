"""Running filters of other libraries over every (z, y, x) volume of an image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge import units
from fiji_bridge.engines.base import EngineInfo, Progress, part_of
from fiji_bridge.errors import InputError
from fiji_bridge.image import CalibratedImage, volume_view
from fiji_bridge.lengths import LengthsLike, read_lengths
from fiji_bridge.memory import array_bytes
from fiji_bridge.ops.separable import Context, refuse_not_finite
from fiji_bridge.spacing import spacing


def in_voxels(image: CalibratedImage, given: LengthsLike, what: str) -> dict[str, float]:
    """Return a length in voxels, for each spatial axis with more than one sample."""
    lengths = read_lengths(given, image.spatial_axes, what)
    found = {}
    for axis in image.spatial_axes:
        length = lengths[axis]
        if image.size(axis) == 1 or length.value == 0:
            found[axis] = 0.0
        elif length.unit == units.PIXEL:
            found[axis] = length.value
        else:
            scale = spacing(image.calibration, (axis,), length.unit, remedy="")
            found[axis] = length.value / scale.sizes[axis]
    return found


def memory_of(image: CalibratedImage, volume: Sequence[int]) -> int:
    """Return the bytes that `filter_each` takes: the result, and three volumes in float64.

    Parameters
    ----------
    image : CalibratedImage
    volume : sequence of int
        Shape of what the library is given at a time.
    """
    return array_bytes(image.data.shape, image.data.dtype.itemsize) + 3 * array_bytes(volume, 8)


def filter_each(
    image: CalibratedImage,
    function: Callable[[NDArray[Any], Progress | None], NDArray[Any]],
    *,
    context: Context,
    library: str,
) -> NDArray[Any]:
    """Apply a function to each volume; refuses what the Gaussian refuses.

    Parameters
    ----------
    image : CalibratedImage
    function : callable
        From a volume of shape (z, y, x), and what to tell the progress, to one of the same shape
        and type.
    context : Context
        An engine cannot be chosen: the library computes.
    library : str
        For the message.

    Returns
    -------
    array
        Shape and type of ``image.data``.
    """
    if context.engine is not None:
        raise InputError(
            f"engine {context.engine!r} cannot be chosen here: {library} computes; leave it out"
        )
    refuse_not_finite(image, "fill them first, by a gaussian with nan='ignore'")
    view = volume_view(image.data, image.axes)
    out = np.empty_like(image.data, dtype=image.data.dtype.newbyteorder("="), subok=False)
    out_view = volume_view(out, image.axes)
    indices = list(np.ndindex(view.shape[:-3]))
    for number, index in enumerate(indices):
        progress = part_of(context.progress, number, len(indices))
        if view[index].size:
            out_view[index] = function(view[index].astype(out.dtype, copy=False), progress)
        if progress is not None:
            progress(1, 1)
    return out


def info(implementation: str) -> EngineInfo:
    """Return which function ran."""
    return EngineInfo("scipy", implementation, "Python")
