"""What samples and planes ImageJ can hold, in files and in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.errors import AxesError, DTypeError
from fiji_bridge.image.calibrated import AXES, CalibratedImage, ImageJMetadata
from fiji_bridge.imagej.text import java_double

#: Sample types of ImageJ; int16 is what it calls 'signed 16-bit'.
DTYPES = ("uint8", "int16", "uint16", "float32")

#: What ImageJ adds to signed 16-bit samples.
SIGNED_OFFSET = 32768.0

_SIGNED_16_BIT = {"cf": 0.0, "c0": -SIGNED_OFFSET, "c1": 1.0}


def check_holdable(image: CalibratedImage, what: str, otherwise: str) -> None:
    """Refuse what ImageJ cannot hold, and say what to do.

    Parameters
    ----------
    image : CalibratedImage
    what : str
        How the message calls the target: ``"an ImageJ TIFF"``.
    otherwise : str
        The other way out: ``"write .ome.tif"``.
    """
    name = image.data.dtype.name
    if "s" in image.axes and (name != "uint8" or image.size("s") != 3 or image.size("c") > 1):
        raise DTypeError(
            f"{what} holds RGB as three samples of uint8 without other channels, not "
            f"{image.size('s')} of {name}; {otherwise}"
        )
    if name not in DTYPES:
        raise DTypeError(
            f"{what} cannot hold samples of type {name} (only {', '.join(DTYPES)}); "
            f"use --dtype float32 (dtype='float32') or {otherwise}"
        )
    for axis in "yx":
        if axis not in image.axes:
            raise AxesError(f"{what} needs the axes y and x; {image.name} has {image.axes}")
    if image.data.size == 0:
        raise AxesError(f"{what} cannot be empty; the shape of {image.name} is {image.data.shape}")


def planes(image: CalibratedImage) -> Iterator[NDArray[Any]]:
    """Iterate over the planes (y, x[, s]) in ImageJ's order: c fastest, then z, then t."""
    order = [axis for axis in AXES if axis in image.axes]
    view = image.data.transpose([image.axes.index(axis) for axis in order])
    for index in np.ndindex(view.shape[: order.index("y")]):
        yield view[index]


def plane_labels(image: CalibratedImage) -> tuple[str, ...]:
    """Return a label per plane, or none; channel names serve where there are no labels."""
    count = image.size("t") * image.size("z") * image.size("c")
    if len(image.metadata.labels) == count:
        return image.metadata.labels
    if len(image.channel_names) == image.size("c"):
        return image.channel_names * (count // image.size("c"))
    return ()


def is_signed_16_bit(dtype: np.dtype[Any], metadata: ImageJMetadata) -> bool:
    """Whether samples are ImageJ's signed numbers: unsigned, with 32768 to be taken off."""
    said = metadata.description
    return dtype == np.uint16 and all(
        java_double(said.get(key)) == value for key, value in _SIGNED_16_BIT.items()
    )


def signed_metadata(metadata: ImageJMetadata) -> ImageJMetadata:
    """Return the metadata of signed numbers from those that ImageJ keeps with unsigned ones."""
    said = metadata.description
    others = {k: v for k, v in said.items() if k not in ("cf", "c0", "c1", "vunit")}
    ranges = tuple(value - SIGNED_OFFSET for value in metadata.ranges)
    return replace(metadata, description=others, ranges=ranges)


def made_signed(data: NDArray[Any]) -> NDArray[Any]:
    """Return unsigned 16-bit samples as the signed ones that they stand for, changed in place."""
    # Flipping the top bit subtracts 32768 in two's complement.
    flipped: NDArray[Any] = np.bitwise_xor(data, np.uint16(0x8000), out=data)
    return flipped.view(np.int16)


def undo_signed_16_bit(
    data: NDArray[Any], metadata: ImageJMetadata
) -> tuple[NDArray[Any], ImageJMetadata]:
    """Undo ImageJ's way to keep signed numbers.

    The display range, which ImageJ keeps for the unsigned numbers, is shifted with them.
    """
    if not is_signed_16_bit(data.dtype, metadata):
        return data, metadata
    return made_signed(data), signed_metadata(metadata)


def imagej_ranges(image: CalibratedImage) -> tuple[float, ...]:
    """Return the display ranges as ImageJ keeps them: for its unsigned numbers."""
    shift = SIGNED_OFFSET if image.data.dtype.name == "int16" else 0.0
    return tuple(value + shift for value in image.metadata.ranges)
