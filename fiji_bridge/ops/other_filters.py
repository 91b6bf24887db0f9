"""Running filters of other libraries over every (z, y, x) volume of an image."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.engines.engine import Progress, part_of
from fiji_bridge.image import units
from fiji_bridge.image.calibrated import CalibratedImage, volume_view
from fiji_bridge.image.calibration import SPATIAL_AXES
from fiji_bridge.image.dtypes import check_dtype
from fiji_bridge.image.lengths import LengthsLike, read_lengths
from fiji_bridge.image.memory import array_bytes, check_memory
from fiji_bridge.image.results import TablePlan
from fiji_bridge.image.spacing import spacing
from fiji_bridge.ops.operation import ByParts, Prepared
from fiji_bridge.ops.provenance import entry, library, planned
from fiji_bridge.ops.separable import Context, refuse_not_finite


@dataclass(frozen=True)
class Library:
    """A filter of another library, ready to run.

    Attributes
    ----------
    filter : callable
        From a volume of shape (z, y, x), and what to tell the progress, to one of the same shape
        and type.
    implementation : str
        Function or class, with the name and the version of its library.
    details : mapping
        What the provenance says beside the plan.
    runtime : str
        Where it runs.
    """

    filter: Callable[[NDArray[Any], Progress | None], NDArray[Any]]
    implementation: str
    details: Mapping[str, Any] = field(default_factory=dict)
    runtime: str = "Python"


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
    """Return the bytes that `by_library` takes: the result, and four volumes in float64.

    Parameters
    ----------
    image : CalibratedImage
    volume : sequence of int
        Shape of what the library is given at a time.
    """
    return array_bytes(image.data.shape, image.data.dtype.itemsize) + 4 * array_bytes(volume, 8)


def by_library(
    name: str,
    image: CalibratedImage,
    plan: TablePlan,
    make: Callable[[], Library],
    *,
    reach: Mapping[str, int] | None = None,
    memory: Callable[[tuple[int, ...]], int] = lambda given: 3 * array_bytes(given, 8),
) -> Prepared[TablePlan, CalibratedImage]:
    """Prepare a filter of every volume by another library; NaN is refused.

    Parameters
    ----------
    name : str
        Of the operation.
    image : CalibratedImage
    plan : TablePlan
    make : callable
        Imports the library.
    reach : mapping of str to int, optional
        Samples to each side that count for a result, per axis, where no others do.
    memory : callable
        ``memory(given)``: bytes that a volume of a shape takes beside itself and its result.
    """
    check_dtype(image.data.dtype)

    def filtered(image: CalibratedImage, context: Context) -> CalibratedImage:
        refuse_not_finite(image, "fill them first, by a gaussian with nan='ignore'")
        if context.part is None:
            check_memory(plan.needed_bytes, f"{name} of {image.name}")
        made = make()
        data = context.wanted(_each(image, made.filter, context.progress), image.axes)
        done = entry(
            name,
            library(made.implementation, made.runtime),
            **{**planned(plan), **made.details, "dtype": data.dtype.name},
        )
        return image.with_result(data, done)

    by_parts = None
    if reach is not None:
        z, y, x = ((reach.get(axis, 0), reach.get(axis, 0)) for axis in SPATIAL_AXES)
        by_parts = ByParts(
            filtered,
            lambda _: (z, y, x),
            plan.values["border"],
            image.data.dtype.newbyteorder("="),
            lambda given, _, __: memory(given),
            True,
        )
    return Prepared(plan, lambda context: filtered(image, context), by_parts)


def _each(
    image: CalibratedImage,
    function: Callable[[NDArray[Any], Progress | None], NDArray[Any]],
    told: Progress | None,
) -> NDArray[Any]:
    """Apply a function to each volume; shape and type stay."""
    view = volume_view(image.data, image.axes)
    out = np.empty_like(image.data, dtype=image.data.dtype.newbyteorder("="), subok=False)
    out_view = volume_view(out, image.axes)
    indices = list(np.ndindex(view.shape[:-3]))
    for number, index in enumerate(indices):
        progress = part_of(told, number, len(indices))
        if view[index].size:
            out_view[index] = function(view[index].astype(out.dtype, copy=False), progress)
        if progress is not None:
            progress(1, 1)
    return out
