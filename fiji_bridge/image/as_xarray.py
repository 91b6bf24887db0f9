"""A `CalibratedImage` as an `xarray.DataArray`: positions as coordinates, units beside them.

`fiji_bridge.convert.xarrays` reads it back with everything that is kept here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.image.calibration import SPATIAL_AXES, AxisCalibration

if TYPE_CHECKING:
    import xarray

    from fiji_bridge.image.calibrated import CalibratedImage

#: Attribute of a coordinate of one position, which no step can be taken from.
STEP = "step"
#: Attribute of a DataArray: the `ImageJMetadata`, LUTs and labels among them.
METADATA = "imagej_metadata"


def coordinate(axis: AxisCalibration, size: int) -> tuple[NDArray[Any], dict[str, Any]] | None:
    """Return positions (index − origin) · size and attributes, or None without a voxel size."""
    if axis.size is None or axis.raw is not None:
        return None
    positions = (np.arange(size) - axis.origin) * axis.size
    attrs: dict[str, Any] = {"units": axis.unit} if axis.unit else {}
    if size == 1:
        attrs[STEP] = axis.size
    return positions, attrs


def as_dataarray(image: CalibratedImage) -> xarray.DataArray:
    """Return a DataArray over the same memory; see `CalibratedImage.to_xarray`."""
    import xarray

    from fiji_bridge.image.calibrated import ImageJMetadata

    coords: dict[str, Any] = {}
    for axis in SPATIAL_AXES:
        made = coordinate(image.calibration.axis(axis), image.size(axis))
        if made is not None:
            positions, attrs = made
            # Also where there are steps: one plane may be cut out later.
            attrs[STEP] = image.calibration.axis(axis).size
            # Of an axis that the image lacks, the one position that it has.
            coords[axis] = (
                (axis, positions, attrs) if axis in image.axes else ((), positions[0], attrs)
            )
    calibration = image.calibration
    if calibration.frame_interval:
        times = np.arange(image.size("t")) * calibration.frame_interval
        said = {"units": calibration.time_unit, STEP: calibration.frame_interval}
        coords["t"] = ("t", times, said) if "t" in image.axes else ((), times[0], said)
    if "c" in image.axes and len(image.channel_names) == image.size("c"):
        coords["c"] = list(image.channel_names)
    kept: dict[str, Any] = {}
    if image.provenance:
        kept["provenance"] = tuple(dict(entry) for entry in image.provenance)
    if image.metadata != ImageJMetadata():
        kept[METADATA] = image.metadata
    return xarray.DataArray(image.data, coords, image.axes, name=image.name, attrs=kept)
