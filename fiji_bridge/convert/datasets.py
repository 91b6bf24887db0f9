"""ImageJ2's ``Dataset``, ``ImgPlus`` and ``DatasetView``, and ImgLib2's images, at the edge.

Java is touched in `fiji_bridge.jvm.dataset`.
"""

from __future__ import annotations

from typing import Any

from fiji_bridge.convert.registry import Kind
from fiji_bridge.image.calibrated import CalibratedImage


def _read(obj: Any, axes: str | None) -> CalibratedImage:
    from fiji_bridge.jvm.dataset import from_dataset

    return from_dataset(obj, axes)


def _give_back(original: Any, result: CalibratedImage) -> Any:
    from fiji_bridge.jvm.dataset import like_dataset

    return like_dataset(original, result)


KIND = Kind(
    "net.imagej.Dataset, ImgPlus, DatasetView or another RandomAccessibleInterval of ImgLib2",
    (
        "net.imagej.Dataset",
        "net.imagej.ImgPlus",
        "net.imagej.display.DatasetView",
        "net.imglib2.RandomAccessibleInterval",
    ),
    _read,
    _give_back,
)
