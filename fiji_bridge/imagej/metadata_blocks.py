"""ImageJ's private TIFF tags 50838 and 50839: info, labels, ranges, LUTs, ROI, overlay, properties.

The format is that of ``ij.io.TiffEncoder``: a header of (type, count) pairs, then the entries;
their lengths stand in the first of the two tags. Always big-endian here: ImageJ 1.54p
loses the upper byte of some characters in little-endian files.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fiji_bridge.image.calibrated import ImageJMetadata
from fiji_bridge.image.texts import encodable

BYTE_COUNTS_TAG, METADATA_TAG = 50838, 50839

_MAGIC = b"IJIJ"

# Of ij.io.RoiDecoder: always big-endian. Polygons, lines of many points, traces, angles, points.
_ROI_HEADER, _RECTANGLE, _WITH_POINTS = 64, 1, (0, 4, 5, 7, 8, 9, 10)


def unpack(counts: Sequence[int], raw: bytes, byteorder: str) -> dict[str, list[bytes]]:
    """Split the metadata tag into its entries by type (``"info"``, ``"labl"`` …).

    Parameters
    ----------
    counts : sequence of int
        Value of tag 50838: length of the header, then of each entry.
    raw : bytes
        Value of tag 50839.
    byteorder : {"<", ">"}

    Returns
    -------
    dict
        Nothing where the header is damaged, as in ImageJ.
    """
    found: dict[str, list[bytes]] = {}
    position, index = counts[0] if counts else 0, 1
    for kind, number in _header(counts, raw, byteorder):
        entries = []
        for length in counts[index : index + number]:
            entries.append(raw[position : position + length])
            position += length
        index += number
        found[kind] = entries
    return found


def _header(counts: Sequence[int], raw: bytes, byteorder: str) -> list[tuple[str, int]]:
    """Return types and numbers of entries; nothing where the header is damaged, as in ImageJ."""
    magic = raw[:4] if byteorder == ">" else raw[3::-1]
    if not counts or magic != _MAGIC or not 12 <= counts[0] <= 804:
        return []
    found = []
    for at in range(4, min(counts[0], len(raw)) - 7, 8):
        kind = raw[at : at + 4] if byteorder == ">" else raw[at : at + 4][::-1]
        (number,) = struct.unpack(f"{byteorder}I", raw[at + 4 : at + 8])
        found.append((kind.decode("latin-1"), number))
    return found


def contradiction(counts: Sequence[int], raw: bytes, byteorder: str) -> str:
    """Say where lengths or numbers of entries do not fit what is there; empty if they do.

    ImageJ takes memory by them before it looks: some bytes can ask for gigabytes.

    Parameters
    ----------
    counts, raw, byteorder
        As for `unpack`.
    """
    if sum(counts) > len(raw):
        return f"their entries have {sum(counts)} bytes by their lengths and {len(raw)} in the file"
    entries = sum(number for _, number in _header(counts, raw, byteorder))
    if entries and entries > len(counts) - 1:
        return f"they have {entries} entries by their header and {len(counts) - 1} lengths"
    found = unpack(counts, raw, byteorder)
    for roi in (*found.get("roi ", ()), *found.get("over", ())):
        if _roi_bytes(roi) > len(roi):
            return f"a ROI has {_roi_bytes(roi)} bytes by its points and {len(roi)} in the file"
    return ""


def _roi_bytes(roi: bytes) -> int:
    """Return how many bytes a ROI has by its number of points, or by the size of its shape."""
    if len(roi) < _ROI_HEADER:
        return 0
    points, size = struct.unpack_from(">HI", roi, 16)
    (shape,) = struct.unpack_from(">I", roi, 36)
    claimed = (points or size) if roi[6] in _WITH_POINTS else shape if roi[6] == _RECTANGLE else 0
    return int(_ROI_HEADER + 4 * claimed)


def read_metadata(entries: Mapping[str, Sequence[bytes]], byteorder: str) -> ImageJMetadata:
    """Turn the entries of `unpack` into metadata; the mode stands in the description."""
    charset = "utf-16-be" if byteorder == ">" else "utf-16-le"

    def texts(kind: str) -> list[str]:
        # Of an odd number of bytes the last one is no character.
        whole = (entry[: len(entry) // 2 * 2] for entry in entries.get(kind, ()))
        return [entry.decode(charset, "surrogatepass") for entry in whole]

    properties = texts("prop")
    ranges = b"".join(entries.get("rang", ())[:1])
    return ImageJMetadata(
        info=next(iter(texts("info")), None),
        labels=tuple(texts("labl")) if any(texts("labl")) else (),
        luts=tuple(
            np.frombuffer(entry, np.uint8).reshape(3, 256)
            for entry in entries.get("luts", ())
            if len(entry) == 768
        ),
        ranges=tuple(
            float(v) for v in struct.unpack_from(f"{byteorder}{len(ranges) // 8}d", ranges)
        ),
        roi=next(iter(entries.get("roi ", ())), None),
        overlay=tuple(entries.get("over", ())),
        properties=dict(zip(properties[::2], properties[1::2], strict=False)),
    )


def pack(metadata: ImageJMetadata, *, channels: bool) -> tuple[list[int], bytes]:
    """Return the values of the tags 50838 and 50839 (big-endian), empty if there is nothing.

    Parameters
    ----------
    metadata : ImageJMetadata
    channels : bool
        Whether LUTs and ranges per channel stand here (and not in ColorMap, min and max).
    """
    from tifffile import imagej_metadata_tag

    entries: dict[str, Any] = {}
    if metadata.info:
        entries["Info"] = encodable(metadata.info)
    if any(metadata.labels):
        entries["Labels"] = [encodable(label) for label in metadata.labels]
    if channels and metadata.ranges:
        entries["Ranges"] = metadata.ranges
    if channels and metadata.luts:
        entries["LUTs"] = [np.asarray(lut, np.uint8) for lut in metadata.luts]
    if metadata.roi:
        entries["ROI"] = metadata.roi
    if metadata.overlay:
        entries["Overlays"] = list(metadata.overlay)
    if metadata.properties:
        entries["Properties"] = {
            encodable(key): encodable(value) for key, value in metadata.properties.items()
        }
    if not entries:
        return [], b""
    (*_, raw, _), (*_, counts, _) = imagej_metadata_tag(entries, ">")
    return list(struct.unpack(f">{len(counts) // 4}I", counts)), raw
