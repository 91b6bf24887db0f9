"""Comparing two images with everything they carry."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np

from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import SPATIAL_AXES, Calibration


def differences(a: CalibratedImage, b: CalibratedImage) -> list[tuple[str, Any, Any]]:
    """Return (what, in a, in b) for everything but the name and the calibration's source."""
    found: list[tuple[str, Any, Any]] = []

    def note(what: str, in_a: Any, in_b: Any) -> None:
        if not _equal(in_a, in_b):
            found.append((what, in_a, in_b))

    note("axes", a.axes, b.axes)
    note("dtype", a.data.dtype, b.data.dtype)
    note("samples", a.data, b.data)
    for axis in SPATIAL_AXES:
        note(axis, a.calibration.axis(axis), b.calibration.axis(axis))
    note("frame interval", a.calibration.frame_interval, b.calibration.frame_interval)
    note("time unit", a.calibration.time_unit, b.calibration.time_unit)
    for entry in fields(a.metadata):
        note(entry.name, getattr(a.metadata, entry.name), getattr(b.metadata, entry.name))
    note("provenance", a.provenance, b.provenance)
    return found


def without_raw(calibration: Calibration) -> Calibration:
    """Forget what the file said literally: an ImagePlus has the values only."""
    axes = {axis: replace(calibration.axis(axis), raw=None) for axis in SPATIAL_AXES}
    return calibration.with_axes(**axes)


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.shape == b.shape and bool(np.array_equal(a, b, equal_nan=a.dtype.kind == "f"))
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(_equal(x, y) for x, y in zip(a, b, strict=True))
    # repr, so that NaN equals NaN.
    return bool(a == b) or repr(a) == repr(b)
