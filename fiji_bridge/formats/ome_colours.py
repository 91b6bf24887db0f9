"""Channel colours: OME's signed RGBA number, ImageJ's LUT, and OME-Zarr's hexadecimal RGB."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.image.calibrated import CalibratedImage

Colour = tuple[int, int, int]

_WHITE = (255, 255, 255)


def with_colours(image: CalibratedImage, pixels: ElementTree.Element) -> CalibratedImage:
    """Give an image the LUTs of its channels' colours, where it has no LUTs of its own."""
    colours = [_from_ome(channel.get("Color")) for channel in pixels.iterfind("{*}Channel")]
    coloured = [colour for colour in colours if colour is not None]
    if not coloured or image.metadata.luts or "s" in image.axes:
        return image
    count = image.size("c")
    if len(colours) != count or (count == 1 and coloured == [_WHITE]):
        return image
    luts = tuple(lut_of(colour or _WHITE) for colour in colours)
    mode = "composite" if count > 1 else None
    return replace(image, metadata=replace(image.metadata, luts=luts, mode=mode))


def lut_of(colour: Colour) -> NDArray[np.uint8]:
    """Return the LUT from black to a colour, of shape (3, 256)."""
    ramp = np.arange(256)
    return np.stack([ramp * part // 255 for part in colour]).astype(np.uint8)


def colour_of(lut: NDArray[np.uint8]) -> Colour | None:
    """Return the colour of a LUT that goes from black to one; None for any other LUT."""
    colour = int(lut[0, -1]), int(lut[1, -1]), int(lut[2, -1])
    # ImageJ rounds where others cut off.
    close = np.abs(lut.astype(int) - lut_of(colour)) <= 1
    return colour if bool(close.all()) else None


def channel_colours(image: CalibratedImage) -> tuple[Colour | None, ...]:
    """Return the colour of each channel; none where an image has no LUT per channel."""
    luts = image.metadata.luts
    if len(luts) != image.size("c") or "s" in image.axes:
        return ()
    found = tuple(colour_of(np.asarray(lut, np.uint8)) for lut in luts)
    return found if any(colour is not None for colour in found) else ()


def to_ome_colour(colour: Colour) -> int:
    """Return OME's number: red, green, blue, alpha from the highest byte, signed."""
    red, green, blue = colour
    number = red << 24 | green << 16 | blue << 8 | 255
    return number - 2**32 if number >= 2**31 else number


def _from_ome(text: str | None) -> Colour | None:
    try:
        number = int(text or "") & 0xFFFFFFFF
    except ValueError:
        return None
    return number >> 24, number >> 16 & 255, number >> 8 & 255
