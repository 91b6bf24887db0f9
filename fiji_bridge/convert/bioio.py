"""``bioio.BioImage`` and ``aicsimageio.AICSImage`` at the edge: the scene that is set."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from fiji_bridge.convert.arrays import from_array
from fiji_bridge.convert.registry import Kind
from fiji_bridge.errors import AxesError
from fiji_bridge.formats.bioio_image import axis_order, calibration, channel_names
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import SPATIAL_AXES


def from_bioimage(image: Any, axes: str | None = None) -> CalibratedImage:
    """Read the current scene now, as a whole."""
    if axes is not None:
        raise AxesError("axes= is for arrays; a BioImage names its dimensions")
    what = f"a {type(image).__name__}"
    found = from_array(np.asarray(image.data), "".join(axis_order(image)), what)
    return replace(
        found,
        calibration=calibration(image, found.axes, what),
        channel_names=channel_names(image),
    )


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


KIND = Kind(
    "bioio.BioImage", ("bioio.BioImage", "aicsimageio.AICSImage"), from_bioimage, to_bioimage
)
