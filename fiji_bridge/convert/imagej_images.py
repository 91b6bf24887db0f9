"""``ij.ImagePlus`` at the edge; Java is touched in `fiji_bridge.jvm.imageplus`."""

from __future__ import annotations

from typing import Any

from fiji_bridge.convert.registry import Kind
from fiji_bridge.errors import AxesError
from fiji_bridge.image.calibrated import CalibratedImage


def _read(imp: Any, axes: str | None) -> CalibratedImage:
    from fiji_bridge.jvm.imageplus import from_imageplus

    if axes is not None:
        raise AxesError("axes= is for arrays; an ImagePlus knows its channels and slices")
    return from_imageplus(imp)


def _give_back(_: Any, result: CalibratedImage) -> Any:
    from fiji_bridge.jvm.imageplus import to_imageplus

    return to_imageplus(result)


KIND = Kind("ij.ImagePlus", ("ij.ImagePlus",), _read, _give_back)
