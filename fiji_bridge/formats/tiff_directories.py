"""The directories of a TIFF file, read without a sample and without trust.

A small reader of its own stands before tifffile and ImageJ, because both go on where a file ends:
they log it, or take fewer planes. What it cannot follow is refused, by number and place.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import FileIO

from fiji_bridge.errors import FileError
from fiji_bridge.formats.limits import MAX_DIRECTORIES, MAX_SEGMENTS, MAX_SIDE, MAX_TAGS
from fiji_bridge.imagej.metadata_blocks import BYTE_COUNTS_TAG, METADATA_TAG, contradiction

# TIFF type -> (struct letter, bytes). Text and undefined bytes stay bytes.
_TYPES = {
    1: ("B", 1), 2: ("s", 1), 3: ("H", 2), 4: ("I", 4), 5: ("II", 8), 6: ("b", 1), 7: ("s", 1),
    8: ("h", 2), 9: ("i", 4), 10: ("ii", 8), 11: ("f", 4), 12: ("d", 8), 13: ("I", 4),
    16: ("Q", 8), 17: ("q", 8), 18: ("Q", 8),
}  # fmt: skip

# ImageJ takes these two for 32-bit numbers and for bytes, whatever their type.
_IMAGEJ = {BYTE_COUNTS_TAG: 4, METADATA_TAG: 7}

WIDTH, HEIGHT, BITS, COMPRESSION, DESCRIPTION = 256, 257, 258, 259, 270
_STRIPS, _SAMPLES, _ROWS, _STRIP_BYTES, _PLANAR = 273, 277, 278, 279, 284
_PREDICTOR = 317
_TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_BYTES = 322, 323, 324, 325
_SAMPLE_FORMAT, _DEPTH, _TILE_DEPTH = 339, 32997, 32998
_WANTED = frozenset(
    {
        WIDTH, HEIGHT, BITS, COMPRESSION, DESCRIPTION, _STRIPS, _SAMPLES, _ROWS, _STRIP_BYTES,
        _PLANAR, _PREDICTOR, _TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_BYTES, _SAMPLE_FORMAT, _DEPTH,
        _TILE_DEPTH, *_IMAGEJ,
    }
)  # fmt: skip


@dataclass(frozen=True)
class Directory:
    """One page: where it stands, and what its tags say.

    Attributes
    ----------
    number : int
        From 1, as people count pages.
    start, end : int
        Its own bytes in the file, without the values that stand elsewhere.
    width, height, depth : int
    bits : int
        Of one sample; the largest where they differ.
    sample_format, samples, compression, predictor : int
    planar : bool
        Whether the samples of a pixel stand in planes of their own.
    tile : (depth, height, width) or None
    rows : int
        Of a strip.
    offsets, counts : tuple of int
        Of the strips or tiles; `counts` is empty where the file does not say.
    description : bytes
    metadata_fault : str
        What is wrong with ImageJ's own metadata; empty if nothing is.
    """

    number: int
    start: int
    end: int
    width: int
    height: int
    depth: int
    bits: int
    sample_format: int
    samples: int
    compression: int
    predictor: int
    planar: bool
    tile: tuple[int, int, int] | None
    rows: int
    offsets: tuple[int, ...]
    counts: tuple[int, ...]
    description: bytes = field(repr=False)
    metadata_fault: str = ""

    @property
    def kind(self) -> tuple[int, ...]:
        """What two pages have in common whose samples form one array."""
        return (
            self.width, self.height, self.depth, self.bits, self.sample_format, self.samples,
            self.planar,
        )  # fmt: skip

    @property
    def plane_bytes(self) -> int:
        """Bytes of all samples of the page, unpacked."""
        return self.row_bytes(self.width, self.samples) * self.height * self.depth

    def row_bytes(self, width: int, samples: int) -> int:
        """Return the bytes of a row; rows begin on a byte."""
        return (width * samples * self.bits + 7) // 8


@dataclass(frozen=True)
class Structure:
    """A TIFF file without its samples.

    Attributes
    ----------
    path : str
    size : int
        Of the file, in bytes.
    byteorder : {"<", ">"}
    directories : tuple of Directory
    """

    path: str
    size: int
    byteorder: str
    directories: tuple[Directory, ...]


def read_structure(path: str | os.PathLike[str]) -> Structure:
    """Follow the chain of directories to its end.

    Raises
    ------
    FileError
        If the file is no TIFF, or the chain or a value leads out of the file: it is cut off.
    """
    name = os.fspath(path)
    try:
        # Without a buffer: pages lie far apart. Not mapped: a file may shrink meanwhile.
        with open(path, "rb", buffering=0) as file:
            return _Walker(file, name).walk()
    except FileError:
        raise
    except OSError as error:
        raise FileError(f"cannot read {name}: {error.strerror or error}") from error


class _Walker:
    """Reads one file; knows its byte order and the width of its offsets."""

    def __init__(self, file: FileIO, name: str) -> None:
        self.file, self.name, self.size = file, name, os.fstat(file.fileno()).st_size
        head = file.read(16)
        self.order = {b"II": "<", b"MM": ">"}.get(head[:2], "")
        version = struct.unpack(f"{self.order}H", head[2:4])[0] if self.order and head[4:] else 0
        if version not in (42, 43) or len(head) < 8 + 8 * (version == 43):
            raise FileError(f"cannot read {name}: it is not a TIFF file, or cut off at its start")
        self.big = version == 43
        self.first = self._unpack("Q", head[8:16]) if self.big else self._unpack("I", head[4:8])
        self.entry = struct.Struct(self.order + ("HHQQ" if self.big else "HHII"))

    def _unpack(self, letter: str, raw: bytes) -> int:
        return int(struct.unpack(self.order + letter, raw)[0])

    def walk(self) -> Structure:
        """Return all directories."""
        found: list[Directory] = []
        seen: set[int] = set()
        offset = self.first
        while offset:
            number = len(found) + 1
            if offset in seen or number > MAX_DIRECTORIES:
                raise FileError(
                    f"cannot read {self.name}: damaged TIFF, the directories of its pages go "
                    f"round in a circle after page {len(found)}"
                )
            seen.add(offset)
            directory, offset = self._directory(offset, number)
            found.append(directory)
        if not found:
            raise FileError(f"cannot read {self.name}: there is no image in it")
        return Structure(self.name, self.size, self.order, tuple(found))

    def _read(self, offset: int, length: int, what: str) -> bytes:
        self.file.seek(min(offset, self.size))
        found = self.file.read(length) if offset + length <= self.size else b""
        if len(found) < length:
            raise FileError(
                f"cannot read {self.name}: it is cut off or damaged, {what} would stand at byte "
                f"{offset} and the file ends at {self.size}"
            )
        return found

    def _directory(self, offset: int, number: int) -> tuple[Directory, int]:
        what = f"the directory of page {number}"
        head, entry, tail = (8, 20, 8) if self.big else (2, 12, 4)
        count = self._unpack("Q" if self.big else "H", self._read(offset, head, what))
        if not 0 < count <= MAX_TAGS:
            raise FileError(f"cannot read {self.name}: damaged TIFF, {what} has {count} tags")
        raw = self._read(offset + head, count * entry + tail, what)
        tags = dict(self._entries(raw, count, entry, number))
        follows = self._unpack("Q" if self.big else "I", raw[-tail:])
        end = offset + head + len(raw)
        return _make(tags, number, offset, end, self.name, self.order), follows

    def _entries(
        self, raw: bytes, count: int, entry: int, number: int
    ) -> Iterator[tuple[int, bytes | tuple[int, ...]]]:
        inline = 8 if self.big else 4
        start = entry - inline
        for code, kind, length, where in self.entry.iter_unpack(raw[: count * entry]):
            # ImageJ takes memory by the lengths of tags that are of no interest here.
            if length > self.size:
                raise FileError(
                    f"cannot read {self.name}: damaged TIFF, the value of tag {code} of page "
                    f"{number} has {length} parts and the file {self.size} bytes"
                )
            # Files of many pages are read through quickly: most tags are of no interest here.
            if code in _WANTED and (known := _TYPES.get(_IMAGEJ.get(code, kind))):
                letter, each = known
                if length * each > inline:
                    what = f"the value of tag {code} of page {number}"
                    if length > MAX_SEGMENTS and code != DESCRIPTION:
                        raise FileError(f"cannot read {self.name}: {what} has {length} parts")
                    data = self._read(where, length * each, what)
                else:
                    data = raw[start : start + length * each]
                if letter == "s":
                    yield code, data
                elif letter in "BHIQbhiq":
                    yield code, struct.unpack(f"{self.order}{length}{letter}", data)
            start += entry


def _make(
    tags: dict[int, bytes | tuple[int, ...]],
    number: int,
    start: int,
    end: int,
    name: str,
    order: str,
) -> Directory:
    def numbers(code: int) -> tuple[int, ...]:
        found = tags.get(code, ())
        return () if isinstance(found, bytes) else found

    def one(code: int, default: int) -> int:
        return next(iter(numbers(code)), default)

    tiled = _TILES in tags or _TILE_WIDTH in tags
    width, height, depth = one(WIDTH, 0), one(HEIGHT, 0), one(_DEPTH, 1)
    bits, samples = max(numbers(BITS) or (1,)), one(_SAMPLES, 1)
    tile = (one(_TILE_DEPTH, 1), one(_TILE_HEIGHT, 0), one(_TILE_WIDTH, 0)) if tiled else None
    sides = {"width": width, "height": height, "depth": depth, "samples": samples, "bits": bits}
    sides |= {"tile": min(tile)} if tile else {}
    for what, side in sides.items():
        if not 0 < side <= MAX_SIDE:
            raise FileError(
                f"cannot read {name}: damaged TIFF, the {what} of page {number} is {side}"
            )
    rows = one(_ROWS, height)
    description, entries = tags.get(DESCRIPTION, b""), tags.get(METADATA_TAG)
    fault = ""
    if BYTE_COUNTS_TAG in tags and isinstance(entries, bytes):
        fault = contradiction(numbers(BYTE_COUNTS_TAG), entries, order)
    return Directory(
        number=number,
        start=start,
        end=end,
        width=width,
        height=height,
        depth=depth,
        bits=bits,
        sample_format=one(_SAMPLE_FORMAT, 1),
        samples=samples,
        compression=one(COMPRESSION, 1),
        predictor=one(_PREDICTOR, 1),
        planar=samples > 1 and one(_PLANAR, 1) == 2,
        tile=tile,
        rows=min(rows, height) if rows > 0 else height,
        offsets=numbers(_TILES if tiled else _STRIPS),
        counts=numbers(_TILE_BYTES if tiled else _STRIP_BYTES),
        description=description if isinstance(description, bytes) else b"",
        metadata_fault=fault,
    )
