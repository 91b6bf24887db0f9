"""The image that the tests of pyramids share."""

from __future__ import annotations

import numpy as np

from fiji_bridge import CalibratedImage
from fiji_bridge.image.calibration import AxisCalibration, Calibration


def scene(shape: tuple[int, int, int] = (21, 96, 96), *, origin: float = 3.0) -> CalibratedImage:
    """Noise in the voxels of the stack everyone has, position 0 at index `origin`."""
    data = np.random.default_rng(7).uniform(0, 1000, shape).astype(np.float32)
    z, y, x = (AxisCalibration(size, "um", origin) for size in (2.0, 0.45, 0.45))
    calibration = Calibration(z=z, y=y, x=x, source="test")
    return CalibratedImage(data, ("z", "y", "x"), calibration, name="scene")
