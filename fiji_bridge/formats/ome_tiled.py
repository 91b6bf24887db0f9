"""The directories of a tiled OME-TIFF that is filled in any order: a BigTIFF, uncompressed.

All directories stand before the samples, and the tiles follow each other without a gap; the XML
comes last. They are made here since tifffile's ``TiffWriter`` (2026.3) puts each page behind the
samples of the one before, all of which it writes.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import BinaryIO

from fiji_bridge.formats.ome_kept import merged
from fiji_bridge.formats.ome_write import check_storable, to_ome
from fiji_bridge.image.calibrated import CalibratedImage

#: Side of a tile; TIFF wants multiples of 16.
_TILE = 256
_HEADER = struct.pack("<2sHHHQ", b"II", 43, 8, 0, 16)
_ENTRY = 20
#: TIFF type -> struct letter.
_TEXT, _SHORT, _LONG, _LONG8 = 2, 3, 4, 16
_LETTERS = {_TEXT: "s", _SHORT: "H", _LONG: "I", _LONG8: "Q"}
_DESCRIPTION = 270
_SAMPLE_FORMATS = {"u": 1, "i": 2, "f": 3, "c": 6}


def tile_of(image: CalibratedImage) -> tuple[int, int]:
    """Return height and width of the tiles."""
    height, width = (min(_TILE, -(-image.size(axis) // 16) * 16) for axis in "yx")
    return height, width


def tiles_of(image: CalibratedImage) -> tuple[int, int]:
    """Return how many tiles of a plane lie below and beside each other."""
    height, width = tile_of(image)
    return -(-image.size("y") // height), -(-image.size("x") // width)


def write_directories(image: CalibratedImage, file: BinaryIO) -> None:
    """Write a BigTIFF without samples and XML into an empty file, at its full size.

    Raises
    ------
    DTypeError, AxesError
        For what OME-TIFF cannot hold.
    """
    check_storable(image)
    file.write(_HEADER)
    planes, at = _planes(image), len(_HEADER)
    for plane in range(planes):
        tags = _tags(image, plane)
        follows = at + _size(tags)
        file.write(_directory(tags, at, follows if plane < planes - 1 else 0))
        at = follows
    file.truncate(_end(image))


def write_description(image: CalibratedImage, file: BinaryIO) -> None:
    """Write the XML behind the samples, and say in the first directory where it is."""
    xml = merged(to_ome(image).to_xml(), image).encode() + b"\0"
    end = _end(image)
    file.truncate(end)
    file.seek(end)
    file.write(xml)
    file.seek(len(_HEADER) + 8 + _ENTRY * sorted(_tags(image, 0)).index(_DESCRIPTION))
    file.write(struct.pack("<HHQQ", _DESCRIPTION, _TEXT, len(xml), end))


def _planes(image: CalibratedImage) -> int:
    return image.size("t") * image.size("z") * image.size("c")


def _plane_tiles(image: CalibratedImage) -> tuple[int, int]:
    """Return how many tiles a plane has, and the bytes of each."""
    height, width = tile_of(image)
    down, across = tiles_of(image)
    return down * across, height * width * image.dtype.itemsize


def _start(image: CalibratedImage) -> int:
    """Return where the samples begin: at a multiple of a page of memory."""
    first, other = (_size(_tags(image, plane, place=0)) for plane in (0, 1))
    return -(-(len(_HEADER) + first + (_planes(image) - 1) * other) // 4096) * 4096


def _end(image: CalibratedImage) -> int:
    count, tile = _plane_tiles(image)
    return _start(image) + _planes(image) * count * tile


def _tags(
    image: CalibratedImage, plane: int, place: int | None = None
) -> dict[int, tuple[int, list[int] | bytes]]:
    """Return the tags of a page; its samples are at a place."""
    height, width = tile_of(image)
    count, tile = _plane_tiles(image)
    start = _start(image) if place is None else place
    first = start + plane * count * tile
    tags: dict[int, tuple[int, list[int] | bytes]] = {
        256: (_LONG, [image.size("x")]),
        257: (_LONG, [image.size("y")]),
        258: (_SHORT, [image.dtype.itemsize * 8]),
        259: (_SHORT, [1]),
        262: (_SHORT, [1]),
        277: (_SHORT, [1]),
        322: (_LONG, [width]),
        323: (_LONG, [height]),
        324: (_LONG8, [first + number * tile for number in range(count)]),
        325: (_LONG8, [tile] * count),
        339: (_SHORT, [_SAMPLE_FORMATS[image.dtype.kind]]),
    }
    if plane == 0:
        tags[_DESCRIPTION] = (_TEXT, b"\0")
    return tags


def _size(tags: Mapping[int, tuple[int, list[int] | bytes]]) -> int:
    return len(_directory(tags, 0, 0))


def _directory(
    tags: Mapping[int, tuple[int, list[int] | bytes]], position: int, follows: int
) -> bytes:
    """Return a directory that stands at `position`, with its values behind it."""
    entries, values = [], b""
    behind = position + 8 + _ENTRY * len(tags) + 8
    for code, (kind, value) in sorted(tags.items()):
        letter = _LETTERS[kind]
        raw = value if isinstance(value, bytes) else struct.pack(f"<{len(value)}{letter}", *value)
        inline = raw.ljust(8, b"\0")
        if len(raw) > 8:
            inline = struct.pack("<Q", behind + len(values))
            values += raw
        entries.append(struct.pack("<HHQ", code, kind, len(value)) + inline)
    return struct.pack("<Q", len(tags)) + b"".join(entries) + struct.pack("<Q", follows) + values
