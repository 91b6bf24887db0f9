"""Median within a physical radius: for salt and pepper, where a Gaussian only smears."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Unpack

import numpy as np
from numpy.typing import NDArray

from fiji_bridge import system
from fiji_bridge.engines import medians
from fiji_bridge.engines.engine import Progress
from fiji_bridge.errors import SigmaError
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import SPATIAL_AXES
from fiji_bridge.image.lengths import LengthsLike
from fiji_bridge.image.memory import array_bytes
from fiji_bridge.image.results import Table, TablePlan
from fiji_bridge.image.spacing import voxel_text
from fiji_bridge.kernels.borders import DEFAULT_BORDER, check_border
from fiji_bridge.ops.expected_time import time_expected
from fiji_bridge.ops.operation import Prepared, operation
from fiji_bridge.ops.other_filters import Library, by_library, in_voxels
from fiji_bridge.ops.parameter import Kind, Parameter
from fiji_bridge.ops.parameters import Border, ByLibrary, Cval


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


@operation(title="Median (Physical)", example={"radius": "1 um"})
def median(
    image: CalibratedImage,
    *,
    radius: Annotated[LengthsLike, Parameter(Kind.LENGTHS, "'1 um', one per axis, or '2 px'")],
    border: Border = DEFAULT_BORDER,
    cval: Cval = 0.0,
    **how: Unpack[ByLibrary],
) -> Prepared[TablePlan, CalibratedImage]:
    """Take the median within a physical radius: removes salt and pepper, keeps edges.

    A Gaussian smears single wrong samples, a median removes them.

    Parameters
    ----------
    radius : length or one per axis
        Of the ellipsoid whose samples count; 0 leaves an axis out.

    Returns
    -------
    Same type, shape and samples type as `image`

    Raises
    ------
    InputError
        Also where the radius is below one voxel on every axis; NaN is refused.

    Notes
    -----
    Small work is done by ``scipy.ndimage.median_filter``, whose time and memory grow with the
    samples of the ellipsoid. What would take it seconds is done in Java, by a histogram that slides
    along x (T. S. Huang, G. J. Yang and G. Y. Tang, IEEE Trans. Acoustics, Speech, Signal Process.
    27, 1979, 13-18); where Java cannot start, by SciPy, if that fits into memory. A median is one
    of the samples, the same one either way; the provenance says which ran.
    """
    check_border(border, cval)
    voxels = in_voxels(image, radius, "radius")
    reaches = {axis: reach(value) for axis, value in voxels.items()}
    if not any(reaches.values()):
        said = ", ".join(f"{axis}={value:.3g}" for axis, value in voxels.items())
        raise SigmaError(
            f"the radius is below one voxel on every axis ({said} voxels): nothing would be done"
        )
    across = [2 * reaches.get(axis, 0) + 1 for axis in SPATIAL_AXES]
    rows = tuple(
        (axis, voxel_text(image.calibration, axis), f"{value:.4g} px", f"{2 * reaches[axis] + 1}")
        for axis, value in voxels.items()
    )
    shape = [image.size(axis) for axis in SPATIAL_AXES]
    here = medians.scipy_pays(shape, across)
    work = medians.scipy_bytes if here else medians.block_bytes
    needed = (
        array_bytes(image.data.shape, image.data.dtype.itemsize)
        # One volume before it is stored, and the mask of the ellipsoid with its distances.
        + array_bytes(shape, max(4, image.data.dtype.itemsize))
        + 2 * array_bytes(across, 8)
        + work(shape, across, image.data.dtype)
    )
    # Of the rows of the ellipsoid, in Java.
    steps = image.data.size * max(1.0, math.pi / 4 * across[0] * across[1])
    plan = TablePlan(
        Table(
            f"median, border {border}",
            ("axis", "voxel size", "radius", "samples across"),
            rows,
            time_expected(steps * medians.SECONDS_PER_STEP, system.processors()),
        ),
        {"radius_px": voxels, "border": border, "cval": cval},
        needed,
    )
    return by_library(
        "median",
        image,
        plan,
        lambda: _median(plan.values, in_java=not here),
        reach=reaches,
        memory=lambda given: array_bytes(given, 8) + work(list(given), across, image.data.dtype),
    )


def _median(values: Mapping[str, Any], *, in_java: bool) -> Library:
    """Return the median with the footprint that is planned."""
    z, y, x = (values["radius_px"].get(axis, 0.0) for axis in SPATIAL_AXES)
    footprint = ellipsoid((z, y, x))
    take, implementation, runtime = medians.taker(in_java=in_java)

    def run(volume: NDArray[Any], progress: Progress | None) -> NDArray[Any]:
        out = np.empty(volume.shape, volume.dtype)
        take(volume, footprint, out, values["border"], values["cval"], progress)
        return out

    return Library(run, implementation, {"samples": int(footprint.sum())}, runtime)
