"""Median within a physical radius: for salt and pepper, where a Gaussian only smears."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.borders import BORDERS, DEFAULT_BORDER, check_border
from fiji_bridge.calibration import SPATIAL_AXES
from fiji_bridge.engines.base import Progress, check_dtype
from fiji_bridge.errors import SigmaError
from fiji_bridge.image import CalibratedImage
from fiji_bridge.lengths import LengthsLike
from fiji_bridge.memory import array_bytes, check_memory
from fiji_bridge.ops.other_filters import filter_each, in_voxels, info, memory_of
from fiji_bridge.ops.parameters import BORDER, CVAL
from fiji_bridge.ops.provenance import entry
from fiji_bridge.ops.registry import Kind, Operation, Parameter
from fiji_bridge.ops.separable import Context
from fiji_bridge.results import Table, TablePlan
from fiji_bridge.spacing import voxel_text


def ellipsoid(radius: tuple[float, float, float]) -> NDArray[np.bool_]:
    """Return the samples within a radius given in voxels along (z, y, x)."""
    reaches = [reach(r) for r in radius]
    grids = np.meshgrid(*(np.arange(-n, n + 1) for n in reaches), indexing="ij", sparse=True)
    total = sum(np.square(g / r) for g, r in zip(grids, radius, strict=True) if r >= 1)
    within: NDArray[np.bool_] = np.broadcast_to(
        np.asarray(total) <= 1 + 1e-9, tuple(2 * n + 1 for n in reaches)
    )
    return within


def reach(radius: float) -> int:
    """Return how many samples to each side are within a radius given in voxels."""
    # A little slack, so that a radius of whole voxels reaches them whatever the rounding.
    return int(radius * (1 + 1e-9))


def plan(
    image: CalibratedImage,
    *,
    radius: LengthsLike,
    border: str = DEFAULT_BORDER,
    cval: float = 0.0,
    **_: Any,
) -> TablePlan:
    """Return the radius in voxels per axis."""
    check_dtype(image.data.dtype)
    check_border(border, cval)
    voxels = in_voxels(image, radius, "radius")
    reaches = {axis: reach(value) for axis, value in voxels.items()}
    if not any(reaches.values()):
        said = ", ".join(f"{axis}={value:.3g}" for axis, value in voxels.items())
        raise SigmaError(
            f"the radius is below one voxel on every axis ({said} voxels): nothing would be done"
        )
    rows = tuple(
        (axis, voxel_text(image.calibration, axis), f"{value:.4g} px", f"{2 * reaches[axis] + 1}")
        for axis, value in voxels.items()
    )
    # The mask of the ellipsoid, and the distances that it is made from.
    window = math.prod(2 * n + 1 for n in reaches.values())
    return TablePlan(
        Table(f"median, border {border}", ("axis", "voxel size", "radius", "samples across"), rows),
        {"radius_px": voxels, "border": border, "cval": cval},
        memory_of(image, [image.size(a) for a in SPATIAL_AXES]) + 2 * array_bytes((window,), 8),
    )


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

    made = plan(image, radius=radius, border=border, cval=cval)
    check_memory(made.needed_bytes, f"filtering {image.name}")
    voxels = made.values["radius_px"]
    z, y, x = (voxels.get(axis, 0.0) for axis in SPATIAL_AXES)
    footprint = ellipsoid((z, y, x))
    mode = BORDERS[border].scipy

    def run(volume: NDArray[Any], _: Progress | None) -> NDArray[Any]:
        # SciPy's median does not know float16.
        values = volume.astype(np.float32) if volume.dtype == np.float16 else volume
        found: NDArray[Any] = median_filter(values, footprint=footprint, mode=mode, cval=cval)
        return found

    data = filter_each(image, run, context=context, library="SciPy")
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
    plan=plan,
    uses_engine=False,
)
