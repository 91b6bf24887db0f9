"""Whether a TIFF holds all the samples that it claims, checked before any of them is decoded.

For every reader: tifffile fills up what is missing with zeros, ImageJ takes fewer planes, and its
decoder of deflate never ends where a stream is cut off.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fiji_bridge.errors import FileError
from fiji_bridge.formats import lzw
from fiji_bridge.formats.limits import EXPANSION, PICTURES
from fiji_bridge.formats.tiff_directories import Directory, Structure

if TYPE_CHECKING:
    import tifffile

UNCOMPRESSED = 1
LZW = 5
_HEADER = 8

#: The marker at the end of a picture, which the samples before it cannot contain.
_PICTURE_ENDS = {"JPEG": b"\xff\xd9", "JPEG 2000": b"\xff\xd9", "PNG": b"IEND"}


@dataclass(frozen=True)
class Segment:
    """A strip or tile: its size as (height, width) of what counts, and its unpacked bytes."""

    height: int
    width: int
    unpacked: int


def check_pages(structure: Structure, pages: Iterable[Directory] | None = None) -> None:
    """Refuse a file whose strips or tiles are missing, outside of it, or too short.

    Parameters
    ----------
    structure : Structure
    pages : iterable of Directory, optional
        All by default.

    Raises
    ------
    FileError
        Names page and strip, where it should be, and where the file ends.
    """
    for page in structure.directories if pages is None else pages:
        _check_page(structure, page)


def _check_page(structure: Structure, page: Directory) -> None:
    word = "tile" if page.tile else "strip"
    wanted = segment_count(page)
    if len(page.offsets) != wanted or len(page.counts) not in (wanted, 0):
        raise FileError(
            f"cannot read {structure.path}: page {page.number} should have {wanted} {word}s, but "
            f"the file lists {len(page.offsets)} places and {len(page.counts)} lengths"
        )
    if page.compression != UNCOMPRESSED and not page.counts:
        raise FileError(
            f"cannot read {structure.path}: the lengths of the {word}s of page {page.number} are "
            "missing"
        )
    expansion = EXPANSION.get(page.compression)
    for index, offset in enumerate(page.offsets):
        unpacked = segment(page, index).unpacked
        length = page.counts[index] if page.counts else unpacked
        what = f"{word} {index + 1} of {wanted} of page {page.number}"
        if offset == 0 or length == 0:
            raise FileError(f"cannot read {structure.path}: {what} has no samples in the file")
        if page.compression == UNCOMPRESSED and length < unpacked:
            raise FileError(
                f"cannot read {structure.path}: {what} has {length} bytes and needs {unpacked}"
            )
        if offset < _HEADER or offset + length > structure.size:
            raise FileError(
                f"cannot read {structure.path}: it is cut off or damaged, {what} ends at byte "
                f"{offset + length} and the file at {structure.size}"
            )
        if expansion is not None and length * expansion < unpacked:
            raise FileError(
                f"cannot read {structure.path}: {what} has {length} bytes, which cannot hold the "
                f"{unpacked} bytes of samples that the page claims"
            )


def segment_count(page: Directory) -> int:
    """Return how many strips or tiles a page has by its sizes."""
    planes = page.samples if page.planar else 1
    if page.tile:
        depth, height, width = page.tile
        return (
            planes
            * math.ceil(page.depth / depth)
            * math.ceil(page.height / height)
            * math.ceil(page.width / width)
        )
    return planes * page.depth * math.ceil(page.height / page.rows)


def segment(page: Directory, index: int) -> Segment:
    """Return the size of a strip (the last of a plane may be lower) or of a tile."""
    samples = 1 if page.planar else page.samples
    if page.tile:
        depth, height, width = page.tile
        return Segment(height, width, depth * height * page.row_bytes(width, samples))
    strips = math.ceil(page.height / page.rows)
    rows = min(page.rows, page.height - index % strips * page.rows)
    return Segment(rows, page.width, rows * page.row_bytes(page.width, samples))


def check_alike(structure: Structure, pages: Iterable[Directory]) -> None:
    """Refuse pages of different size or kind, which form no stack.

    Raises
    ------
    FileError
        Names the first page that differs.
    """
    first: Directory | None = None
    for page in pages:
        first = first or page
        if page.kind != first.kind:
            raise FileError(
                f"{structure.path} holds images of different size or kind (page {first.number}: "
                f"{_kind(first)}; page {page.number}: {_kind(page)}); save the one you want to a "
                "file of its own"
            )


def _kind(page: Directory) -> str:
    samples = f", {page.samples} samples" if page.samples > 1 else ""
    return f"{page.width} x {page.height}, {page.bits} bit{samples}"


def check_run(structure: Structure, count: int) -> None:
    """Refuse a file with one directory for `count` planes that are not all in it.

    The planes follow each other without a gap from the first one on, uncompressed.

    Raises
    ------
    FileError
        If the file ends before them, or the directory stands among them.
    """
    page = structure.directories[0]
    start = page.offsets[0]
    end = start + count * page.plane_bytes
    if end > structure.size:
        whole = max(0, structure.size - start) // page.plane_bytes
        raise FileError(
            f"cannot read {structure.path}: it is cut off, {count} planes need {end} bytes and "
            f"it has {structure.size}, {whole} whole planes"
        )
    if start < page.end and page.start < end:
        raise FileError(
            f"cannot read {structure.path}: it says images={count} and has one page, whose "
            "directory stands where the planes would be; the planes do not follow each other"
        )


def follow_each_other(pages: tuple[Directory, ...]) -> bool:
    """Whether the planes of uncompressed pages lie one behind the other, without a gap."""
    position = pages[0].offsets[0]
    for page in pages:
        for index, offset in enumerate(page.offsets):
            if offset != position:
                return False
            position += segment(page, index).unpacked
    return True


def check_series(series: tifffile.TiffPageSeries, structure: Structure) -> None:
    """Refuse a series of tifffile's that lacks a page, or goes on behind the end of the file.

    Raises
    ------
    FileError
    """
    missing = sum(page is None for page in series.pages)
    if missing:
        raise FileError(
            f"cannot read {structure.path}: {missing} of {len(series.pages)} planes are missing"
        )
    start = series.dataoffset
    if start is not None and start + series.nbytes > structure.size:
        raise FileError(
            f"cannot read {structure.path}: it is cut off, its samples need {series.nbytes} bytes "
            f"from byte {start} on and it has {structure.size}"
        )


def check_all_taken(series: tifffile.TiffPageSeries, structure: Structure) -> None:
    """Refuse a series of tifffile's that leaves out samples of the file.

    Of some kinds of TIFF (ScanImage, MetaMorph) it takes as many planes as metadata say, or as
    make whole volumes.

    Raises
    ------
    FileError
    """
    there = sum(d.width * d.height * d.depth * d.samples for d in structure.directories)
    taken = sum(level.size for level in series.levels)
    if taken < there:
        raise FileError(
            f"cannot read {structure.path}: it has {len(structure.directories)} pages, and by its "
            f"metadata ({series.kind}) the image has the shape {series.shape}, without some of "
            "them; save it as an ImageJ TIFF or OME-TIFF with the program that it comes from"
        )


def check_streams(tif: tifffile.TiffFile, structure: Structure) -> None:
    """Refuse a file with a strip or tile of which `check_stream` says so.

    Raises
    ------
    FileError
    """
    for page in structure.directories:
        check_compression(structure, page)
        if page.compression == LZW or page.compression in PICTURES:
            # Where places or lengths are missing, `check_pages` says so.
            for index in range(min(len(page.offsets), len(page.counts))):
                check_stream(tif.filehandle, structure, page, index)


def check_compression(structure: Structure, page: Directory) -> None:
    """Refuse a compression whose limits are not known here.

    Raises
    ------
    FileError
    """
    if page.compression not in EXPANSION and page.compression not in PICTURES:
        raise FileError(
            f"cannot read {structure.path}: its compression (number {page.compression}) is "
            "not supported; save it uncompressed, or with LZW, deflate, Zstandard or JPEG"
        )


def check_stream(
    file: tifffile.FileHandle, structure: Structure, page: Directory, index: int
) -> None:
    """Refuse a strip or tile that decoders do not survive, or fill up themselves.

    LZW that would end the process; pictures of another size than the page, or without an end:
    decoders of JPEG, JPEG 2000 and PNG take the size, and so the memory, from the strip itself, and
    make up what is missing at its end.

    Raises
    ------
    FileError
    """
    name = PICTURES.get(page.compression)
    if page.compression != LZW and name is None:
        return
    with file.lock:
        file.seek(page.offsets[index])
        data = file.read(page.counts[index])
    if name is None:
        if not lzw.sound(data):
            word = "tile" if page.tile else "strip"
            raise FileError(
                f"cannot read {structure.path}: damaged TIFF, {word} {index + 1} of page "
                f"{page.number} has a code of LZW that cannot stand there"
            )
        return
    found = _picture_size(name, data)
    wanted = segment(page, index)
    # Some writers fill the last strip or tile up, others do not.
    limit = max(wanted.height, page.rows), wanted.width
    if found is None or found[0] > limit[0] or found[1] > limit[1]:
        said = "no size" if found is None else f"{found[1]} x {found[0]}"
        raise FileError(
            f"cannot read {structure.path}: strip {index + 1} of page {page.number} is a "
            f"{name} picture of {said} instead of {limit[1]} x {limit[0]}"
        )
    if _PICTURE_ENDS[name] not in data:
        raise FileError(
            f"cannot read {structure.path}: it is cut off or damaged, the {name} picture "
            f"in strip {index + 1} of page {page.number} has no end"
        )


def _picture_size(name: str, data: bytes) -> tuple[int, int] | None:
    """Return (height, width) from the head of a picture."""
    try:
        if name == "PNG":
            width, height = struct.unpack(">II", data[16:24])
            return (height, width) if data[12:16] == b"IHDR" else None
        if name == "JPEG 2000":
            at = data.index(b"\xff\x4f\xff\x51") + 8
            right, bottom, left, top = struct.unpack(">IIII", data[at : at + 16])
            return bottom - top, right - left
        return _jpeg_size(data)
    except (struct.error, ValueError, IndexError):
        return None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    at = 2
    while data[at] == 0xFF:
        marker = data[at + 1]
        # Start of frame, but for DHT, JPG and DAC, which share its range.
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return height, width
        at += 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
    return None
