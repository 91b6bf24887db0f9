"""`CalibratedImage` itself."""

from __future__ import annotations

from dataclasses import replace

from fiji_bridge.convert.registry import Kind
from fiji_bridge.image.calibrated import CalibratedImage


def _read(image: CalibratedImage, axes: str | None) -> CalibratedImage:
    return image if axes is None else replace(image, axes=tuple(axes.lower()))


KIND = Kind(
    "fiji_bridge.CalibratedImage",
    ("fiji_bridge.CalibratedImage",),
    _read,
    lambda _, result: result,
)
