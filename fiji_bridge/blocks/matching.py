"""`match` for images of any size: the blur is measured on a sample, which is stated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from fiji_bridge.formats.regions import ImageSource
from fiji_bridge.formats.selection import Selection
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import SPATIAL_AXES
from fiji_bridge.ops.gaussian import matching

#: Samples that are measured by default: these take 700 MB meanwhile.
SAMPLES = 2**23


@dataclass(frozen=True)
class Matched:
    """What follows from a sample.

    Attributes
    ----------
    sigma : mapping
        Per axis, instead of the one that was given.
    details : mapping
        For the provenance: what was measured, and where.
    """

    sigma: Mapping[str, Any]
    details: Mapping[str, Any]


def match_on_sample(
    source: ImageSource,
    image: CalibratedImage,
    how: str,
    parameters: Mapping[str, Any],
    sample: Any = None,
) -> Matched:
    """Measure a part of an image, and return the sigmas that make its blur even.

    Parameters
    ----------
    source : ImageSource
    image : CalibratedImage
        All that is said of it; its samples are none.
    how : str
        As `gaussian` takes ``match``.
    parameters : mapping
        Of `gaussian`, the others.
    sample : str or mapping, optional
        A region, as `read` takes it; by default the middle of the image. Of the first channel and
        frame.

    Raises
    ------
    InputError
        If it cannot tell how blurred it is, or makes no sense.
    """
    chosen: dict[str, slice] = {axis: slice(0, 1) for axis in ("t", "c") if axis in image.axes}
    if sample is None:
        chosen |= _middle(image)
    else:
        chosen |= Selection(region=sample).slices(image)
    region = tuple(
        chosen.get(axis, slice(0, n)) for axis, n in zip(image.axes, image.shape, strict=True)
    )
    data = np.empty([part.stop - part.start for part in region], image.dtype)
    source.read(region, data)
    found = image.with_data(data)
    sigma, report = matching(found, how, parameters.get("sigma"), parameters.get("fwhm"))
    where = {
        axis: [part.start, part.stop]
        for axis, part in zip(image.axes, region, strict=True)
        if axis in SPATIAL_AXES
    }
    return Matched(sigma, {"match": how, "measured": report.as_dict(), "sample": where})


def _middle(image: CalibratedImage) -> dict[str, slice]:
    """Return the middle of a volume, the longest axes cut first."""
    sizes = {axis: image.size(axis) for axis in image.spatial_axes}
    while math.prod(sizes.values()) > SAMPLES:
        longest = max(sizes, key=lambda axis: sizes[axis])
        sizes[longest] = -(-sizes[longest] // 2)
    return {
        axis: slice((image.size(axis) - n) // 2, (image.size(axis) - n) // 2 + n)
        for axis, n in sizes.items()
    }
