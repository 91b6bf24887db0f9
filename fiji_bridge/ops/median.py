"""Median within a physical radius: for salt and pepper, where a Gaussian only smears."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.borders import BORDERS, DEFAULT_BORDER
from fiji_bridge.calibration import SPATIAL_AXES
from fiji_bridge.engines.base import Progress
from fiji_bridge.errors import SigmaError
from fiji_bridge.image import CalibratedImage
from fiji_bridge.lengths import LengthsLike
from fiji_bridge.memory import array_bytes
from fiji_bridge.ops.other_filters import filter_each, in_voxels, info
from fiji_bridge.ops.parameters import BORDER, CVAL
from fiji_bridge.ops.provenance import entry
from fiji_bridge.ops.registry import Kind, Operation, Parameter
from fiji_bridge.ops.separable import Context


def ellipsoid(radius: tuple[float, float, float]) -> NDArray[np.bool_]:
    """Return the samples within a radius given in voxels along (z, y, x)."""
    # A little slack, so that a radius of whole voxels reaches them whatever the rounding.
    reach = [int(r * (1 + 1e-9)) for r in radius]
    grids = np.meshgrid(*(np.arange(-n, n + 1) for n in reach), indexing="ij")
    total = sum(np.square(g / r) for g, r in zip(grids, radius, strict=True) if r >= 1)
    within: NDArray[np.bool_] = np.broadcast_to(
        np.asarray(total) <= 1 + 1e-9, tuple(2 * n + 1 for n in reach)
    )
    return within


def apply(
    image: CalibratedImage,
    *,
    context: Context,
    radius: LengthsLike,
    border: str = DEFAULT_BORDER,
    cval: float = 0.0,
) -> CalibratedImage:
    """Take the median of the samples within a radius; see `fiji_bridge.median`."""
    import scipy
    from scipy.ndimage import median_filter

    voxels = in_voxels(image, radius, "radius")
    z, y, x = (voxels.get(axis, 0.0) for axis in SPATIAL_AXES)
    footprint = ellipsoid((z, y, x))
    if footprint.size == 1:
        said = ", ".join(f"{axis}={value:.3g}" for axis, value in voxels.items())
        raise SigmaError(
            f"the radius is below one voxel on every axis ({said} voxels): nothing would be done"
        )
    mode = BORDERS.get(border, BORDERS[DEFAULT_BORDER]).scipy

    def run(volume: NDArray[Any], _: Progress | None) -> NDArray[Any]:
        # SciPy's median does not know float16.
        values = volume.astype(np.float32) if volume.dtype == np.float16 else volume
        found: NDArray[Any] = median_filter(values, footprint=footprint, mode=mode, cval=cval)
        return found

    size = array_bytes([image.size(axis) for axis in SPATIAL_AXES], 8)
    data = filter_each(
        image, run, border=border, cval=cval, work_bytes=3 * size, context=context, library="SciPy"
    )
    done = entry(
        "median",
        info(f"scipy.ndimage.median_filter (SciPy {scipy.__version__})"),
        radius_px=voxels,
        samples=int(footprint.sum()),
        border=border,
        cval=cval,
        dtype=data.dtype.name,
    )
    return image.with_result(data, done)


MEDIAN = Operation(
    name="median",
    title="Median (Physical)",
    menu="Plugins>Fiji Bridge",
    java_class=None,
    summary="Median within a physical radius: removes salt and pepper, keeps edges.",
    parameters=(
        Parameter("radius", Kind.LENGTHS, "'1 um', one per axis, or '2 px'"),
        BORDER,
        CVAL,
    ),
    apply=apply,
    uses_engine=False,
)
