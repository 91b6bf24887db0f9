"""``bioio.BioImage`` and ``aicsimageio.AICSImage`` at the edge: the scene that is set."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from fiji_bridge.convert.arrays import from_array
from fiji_bridge.convert.registry import Kind
from fiji_bridge.errors import AxesError
from fiji_bridge.image.calibrated import AXES, CalibratedImage
from fiji_bridge.image.calibration import SPATIAL_AXES, AxisCalibration


def from_bioimage(image: Any, axes: str | None = None) -> CalibratedImage:
    """Read the current scene now, as a whole.

    BioIO's pixel sizes are numbers; their unit is known where its reader gives the properties of
    the dimensions or OME metadata, and has to be said with ``unit=`` otherwise.
    """
    if axes is not None:
        raise AxesError("axes= is for arrays; a BioImage names its dimensions")
    order = str(image.dims.order).lower()
    unknown = [axis for axis in order if axis not in AXES]
    if unknown:
        raise AxesError(
            f"the BioImage has a dimension {unknown[0].upper()!r}; reduce it to "
            "T, C, Z, Y, X and S first"
        )
    found = from_array(np.asarray(image.data), order, f"a {type(image).__name__}")
    calibration = found.calibration
    for axis in SPATIAL_AXES:
        size = getattr(image.physical_pixel_sizes, axis.upper(), None)
        if size is not None and axis in found.axes:
            made = AxisCalibration(float(size), _unit(image, axis, float(size)))
            calibration = calibration.with_axes(**{axis: made})
    names = tuple(str(name) for name in image.channel_names or ())
    return replace(found, calibration=calibration, channel_names=names)


def to_bioimage(original: Any, result: CalibratedImage) -> Any:
    """Return a new image of the same class over an array in memory."""
    sizes = type(original.physical_pixel_sizes)(
        **{axis.upper(): result.calibration.axis(axis).size for axis in SPATIAL_AXES}
    )
    return type(original)(
        result.data,
        dim_order="".join(result.axes).upper(),
        physical_pixel_sizes=sizes,
        channel_names=list(result.channel_names) or None,
    )


def _unit(image: Any, axis: str, size: float) -> str:
    properties = getattr(image, "dimension_properties", None)
    unit = getattr(getattr(properties, axis.upper(), None), "unit", None)
    return _ome_unit(image, axis, size) if unit is None else str(unit)


def _ome_unit(image: Any, axis: str, size: float) -> str:
    """Return the unit in the OME metadata of the scene, where these have the same pixel size."""
    try:
        pixels = image.ome_metadata.images[image.current_scene_index].pixels
    except (AttributeError, IndexError, NotImplementedError):
        # Most readers have none; an image made from an array has none either.
        return ""
    # A reader may have converted the size; the unit of another number is not its unit.
    if getattr(pixels, f"physical_size_{axis}", None) != size:
        return ""
    unit = getattr(pixels, f"physical_size_{axis}_unit", None)
    return "" if unit is None else str(getattr(unit, "value", unit))


KIND = Kind(
    "bioio.BioImage", ("bioio.BioImage", "aicsimageio.AICSImage"), from_bioimage, to_bioimage
)
