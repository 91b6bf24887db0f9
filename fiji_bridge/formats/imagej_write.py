"""Writing TIFF files that ImageJ opens with everything in them.

The layout is that of ``ij.io.TiffEncoder``: header, first directory, its values, then all
planes without a gap, uncompressed, then the other directories. ImageJ reads the planes from
the first directory alone, so above 4 GB, where a classic TIFF cannot address the rest, the
other directories are left out, as ImageJ does. Big-endian throughout (see `metadata_blocks`).

The directories are made here since tifffile's ``TiffWriter`` (2026.3) cannot make them: it always
writes a resolution, which would calibrate what is not, and it leaves the other directories out only
together with a description of its own, which drops a unit per axis, origins and µ.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.errors import FileError
from fiji_bridge.image.calibrated import CalibratedImage, ImageJMetadata
from fiji_bridge.image.memory import array_bytes
from fiji_bridge.image.provenance import LABEL_KEY, as_property
from fiji_bridge.imagej.calibration_text import (
    Scale,
    origin_lines,
    scale_of,
    spacing_line,
    spatial_lines,
    time_lines,
)
from fiji_bridge.imagej.metadata_blocks import (
    BYTE_COUNTS_TAG,
    METADATA_TAG,
    pack,
)
from fiji_bridge.imagej.samples import check_holdable, imagej_ranges, plane_labels, planes
from fiji_bridge.imagej.text import double_text, property_line

# The version whose layout this is; ImageJ looks at the first six letters.
_DESCRIPTION_HEAD = "ImageJ=1.54p\n"
_CLASSIC_LIMIT = 2**32 - 1
_PLANE_LIMIT = 2**31 - 1
_FORMATS = {"B": 1, "s": 2, "H": 3, "I": 4, "Q": 5}  # struct letter -> TIFF type; Q: a rational


@dataclass(frozen=True)
class _Layout:
    """Planes of the file and how the channels, slices and frames are counted."""

    channels: int
    slices: int
    frames: int
    rgb: bool

    @property
    def planes(self) -> int:
        return self.channels * self.slices * self.frames


def write_imagej(image: CalibratedImage, file: BinaryIO) -> None:
    """Write an image as ImageJ TIFF into an open, empty file.

    Planes are converted and written one by one; the image is not copied as a whole.

    Raises
    ------
    DTypeError
        For samples that ImageJ cannot hold.
    AxesError, FileError
        For axes or a size that it cannot hold.
    """
    check_storable(image)
    layout = _Layout(image.size("c"), image.size("z"), image.size("t"), "s" in image.axes)
    header, later = _directories(image, layout)
    file.write(header)
    for plane in planes(image):
        file.write(np.ascontiguousarray(plane, plane.dtype.newbyteorder(">")).data)
    file.write(later)


def write_around(image: CalibratedImage, file: BinaryIO) -> None:
    """Write all but the samples into an empty file, which has its full size then."""
    check_storable(image)
    layout = _Layout(image.size("c"), image.size("z"), image.size("t"), "s" in image.axes)
    header, later = _directories(image, layout)
    file.write(header)
    file.seek(len(header) + array_bytes(image.shape, image.dtype.itemsize))
    file.write(later)
    file.truncate()


def check_storable(image: CalibratedImage) -> None:
    """Refuse what an ImageJ TIFF cannot hold, and say what to do."""
    check_holdable(image, "an ImageJ TIFF", "write .ome.tif instead")
    plane = image.size("y") * image.size("x") * image.size("s") * image.data.dtype.itemsize
    if plane > _PLANE_LIMIT:
        raise FileError(
            f"one plane has {plane} bytes, more than ImageJ can open (2^31); write .ome.tif"
        )


def _directories(image: CalibratedImage, layout: _Layout) -> tuple[bytes, bytes]:
    """Return what stands before and behind the pixels."""
    data, metadata = image.data, _as_imagej_has_it(image, layout)
    height, width = image.size("y"), image.size("x")
    samples = 3 if layout.rgb else 1
    plane_bytes = height * width * samples * data.dtype.itemsize
    own_lut = () if layout.rgb or _per_channel(metadata, layout) else metadata.luts[:1]
    photometric = _photometric(own_lut, layout)
    tags: dict[int, tuple[str, list[int] | bytes]] = {
        254: ("I", [0]),
        256: ("I", [width]),
        257: ("I", [height]),
        258: ("H", [data.dtype.itemsize * 8] * samples),
        259: ("H", [1]),
        262: ("H", [photometric if data.dtype == np.uint8 or photometric != 3 else 1]),
        270: ("s", description(image, metadata).encode("ascii") + b"\0"),
        273: ("I", [0]),
        277: ("H", [samples]),
        278: ("I", [height]),
        279: ("I", [plane_bytes]),
    }
    tags |= _scale_tags(scale_of(image.calibration))
    if photometric == 3:
        colours = np.asarray(own_lut[0], np.uint16) << 8
        tags[320] = ("H", [int(v) for v in colours.ravel()])
    if data.dtype.kind in "fi":
        tags[339] = ("H", [3 if data.dtype.kind == "f" else 2])
    counts, raw = pack(metadata, channels=_per_channel(metadata, layout))
    first = dict(tags)
    if raw:
        first |= {BYTE_COUNTS_TAG: ("I", counts), METADATA_TAG: ("B", raw)}
    start = 8 + len(_directory(first, 8, 0))
    end = start + layout.planes * plane_bytes
    size = len(_directory(tags, 0, 0))
    if layout.planes == 1 or end + layout.planes * size > _CLASSIC_LIMIT:
        first[273] = ("I", [start])
        return b"MM\0*" + struct.pack(">I", 8) + _directory(first, 8, 0), b""
    first[273] = ("I", [start])
    # An odd end is filled up: directories begin on a word.
    padding = end % 2
    position = end + padding
    head = b"MM\0*" + struct.pack(">I", 8) + _directory(first, 8, position)
    later = [b"\0" * padding]
    for index in range(1, layout.planes):
        tags[273] = ("I", [start + index * plane_bytes])
        follows = position + size if index < layout.planes - 1 else 0
        later.append(_directory(tags, position, follows))
        position += size
    return head, b"".join(later)


def _scale_tags(scale: Scale) -> dict[int, tuple[str, list[int] | bytes]]:
    tags: dict[int, tuple[str, list[int] | bytes]] = {}
    for code, rational in ((282, scale.x), (283, scale.y)):
        if rational is not None:
            tags[code] = ("Q", [rational[0] << 32 | rational[1]])
    if scale.unit is not None:
        tags[296] = ("H", [scale.unit])
    return tags


def _directory(
    tags: dict[int, tuple[str, list[int] | bytes]], position: int, follows: int
) -> bytes:
    """Return a directory that stands at `position`, with its values behind it."""
    entries, values = [], b""
    behind = position + 2 + 12 * len(tags) + 4
    for code, (letter, value) in sorted(tags.items()):
        raw = value if isinstance(value, bytes) else struct.pack(f">{len(value)}{letter}", *value)
        count = len(value)
        if len(raw) <= 4:
            inline = raw.ljust(4, b"\0")
        else:
            inline = struct.pack(">I", behind + len(values))
            values += raw + b"\0" * (len(raw) % 2)
        entries.append(struct.pack(">HHI", code, _FORMATS[letter], count) + inline)
    return struct.pack(">H", len(tags)) + b"".join(entries) + struct.pack(">I", follows) + values


def _per_channel(metadata: ImageJMetadata, layout: _Layout) -> bool:
    return metadata.mode is not None and layout.channels > 1


def _photometric(luts: tuple[NDArray[np.uint8], ...], layout: _Layout) -> int:
    """RGB 2, palette 3, inverted grey 0, grey 1."""
    if layout.rgb:
        return 2
    if not luts:
        return 1
    inverted = np.arange(255, -1, -1, dtype=np.uint8)
    return 0 if bool((np.asarray(luts[0]) == inverted).all()) else 3


def _as_imagej_has_it(image: CalibratedImage, layout: _Layout) -> ImageJMetadata:
    properties = dict(image.metadata.properties)
    if layout.planes == 1 and (labels := plane_labels(image)):
        # ImageJ replaces all properties when it reads some, the label of a single plane included.
        properties[LABEL_KEY] = labels[0]
    properties |= as_property(image.provenance)
    return replace(
        image.metadata,
        properties=properties,
        labels=plane_labels(image),
        ranges=imagej_ranges(image),
    )


def description(image: CalibratedImage, metadata: ImageJMetadata) -> str:
    r"""Return the ``ImageDescription``: lines of ASCII, ``\u00B5`` for µ."""
    counts = {"channels": image.size("c"), "slices": image.size("z"), "frames": image.size("t")}
    images = int(np.prod(list(counts.values())))
    text = _DESCRIPTION_HEAD
    for key, count in {"images": images, **counts}.items():
        if count > 1:
            text += property_line(key, str(count))
    if sum(count > 1 for count in counts.values()) > 1:
        text += property_line("hyperstack", "true")
    if metadata.mode is not None and counts["channels"] > 1:
        text += property_line("mode", metadata.mode)
    text += spatial_lines(image.calibration) + time_lines(image.calibration)
    text += spacing_line(image.calibration)
    if metadata.ranges and "s" not in image.axes:
        text += property_line("min", double_text(metadata.ranges[0]))
        text += property_line("max", double_text(metadata.ranges[1]))
    text += origin_lines(image.calibration)
    for key, value in metadata.description.items():
        text += property_line(key, value)
    return text
