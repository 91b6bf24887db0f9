"""TIFF files as the real ImageJ opens them."""

from __future__ import annotations

import os
from dataclasses import replace

from fiji_bridge.calibration import SPATIAL_AXES
from fiji_bridge.image import CalibratedImage
from fiji_bridge.io.tiff_read import literal_values
from fiji_bridge.jvm.imageplus import open_file


def read_with_imagej(path: str | os.PathLike[str]) -> CalibratedImage:
    """Open a TIFF with ImageJ; starts the JVM.

    All values are ImageJ's. Where it replaces a senseless one in silence, what the file says is
    added from the file, so that a physical sigma is refused here as well.

    Raises
    ------
    FileError
        If ImageJ cannot open it, or it is an OME-TIFF.
    """
    in_file, lines = literal_values(path)
    image = open_file(path)
    axes = {
        axis: replace(image.calibration.axis(axis), raw=in_file.axis(axis).raw)
        for axis in SPATIAL_AXES
    }
    calibration = replace(image.calibration.with_axes(**axes), source=in_file.source)
    description = {**image.metadata.description, **lines}
    metadata = replace(image.metadata, description=description)
    return replace(image, calibration=calibration, metadata=metadata)
