"""ImageJ's private TIFF tags 50838 and 50839: info, labels, ranges, LUTs, ROI, overlay, properties.

The format is that of ``ij.io.TiffEncoder``: a header of (type, count) pairs, then the entries;
their lengths stand in the first of the two tags. Always big-endian here: ImageJ 1.54p
loses the upper byte of some characters in little-endian files.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

import numpy as np

from fiji_bridge.image import ImageJMetadata

BYTE_COUNTS_TAG, METADATA_TAG = 50838, 50839

_MAGIC = b"IJIJ"


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
    magic = raw[:4] if byteorder == ">" else raw[3::-1]
    if not counts or magic != _MAGIC or not 12 <= counts[0] <= 804:
        return found
    position, index = counts[0], 1
    for at in range(4, counts[0] - 7, 8):
        kind = raw[at : at + 4] if byteorder == ">" else raw[at : at + 4][::-1]
        (number,) = struct.unpack(f"{byteorder}I", raw[at + 4 : at + 8])
        entries = []
        for length in counts[index : index + number]:
            entries.append(raw[position : position + length])
            position += length
        index += number
        found[kind.decode("latin-1")] = entries
    return found


def read_metadata(entries: Mapping[str, Sequence[bytes]], byteorder: str) -> ImageJMetadata:
    """Turn the entries of `unpack` into metadata; the mode stands in the description."""
    charset = "utf-16-be" if byteorder == ">" else "utf-16-le"

    def texts(kind: str) -> list[str]:
        return [entry.decode(charset, "surrogatepass") for entry in entries.get(kind, ())]

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
        ranges=tuple(float(v) for v in struct.unpack(f"{byteorder}{len(ranges) // 8}d", ranges)),
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

    def chars(text: str) -> bytes:
        return text.encode("utf-16-be", "surrogatepass")

    # In the order of ij.io.TiffEncoder.
    parts: list[tuple[bytes, list[bytes]]] = []
    if metadata.info:
        parts.append((b"info", [chars(metadata.info)]))
    if any(metadata.labels):
        parts.append((b"labl", [chars(label) for label in metadata.labels]))
    if channels and metadata.ranges:
        parts.append((b"rang", [struct.pack(f">{len(metadata.ranges)}d", *metadata.ranges)]))
    if channels and metadata.luts:
        parts.append((b"luts", [np.asarray(lut, np.uint8).tobytes() for lut in metadata.luts]))
    if metadata.roi:
        parts.append((b"roi ", [metadata.roi]))
    if metadata.overlay:
        parts.append((b"over", list(metadata.overlay)))
    if metadata.properties:
        flat = [chars(text) for pair in metadata.properties.items() for text in pair]
        parts.append((b"prop", flat))
    if not parts:
        return [], b""
    header = _MAGIC + b"".join(kind + struct.pack(">I", len(values)) for kind, values in parts)
    entries = [entry for _, values in parts for entry in values]
    return [len(header), *(len(entry) for entry in entries)], header + b"".join(entries)
