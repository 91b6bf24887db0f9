"""Real files of microscopes' formats, made here: CZI by Zeiss's own library, LIF by hand."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray


def write_czi(
    path: Path,
    scenes: Sequence[NDArray[Any]],
    names: Sequence[str] = (),
    micrometres: tuple[float, float, float] | None = (2.0, 0.5, 0.5),
) -> Path:
    """Write scenes of shape (t, c, z, y, x), or (t, c, z, y, x, 3) for colours, as libCZI does.

    `names` are put into the XML as a microscope does, which the library does not do.
    """
    from pylibCZIrw import czi

    with czi.create_czi(str(path)) as file:
        for number, scene in enumerate(scenes):
            for index in np.ndindex(*scene.shape[:3]):
                plane = scene[index] if scene.ndim == 6 else scene[index][..., None]
                file.write(
                    np.ascontiguousarray(plane),
                    plane=dict(zip("TCZ", index, strict=True)),
                    scene=number,
                    location=(200 * number, 0),
                )
        channels = {number: f"C{number + 1}" for number in range(scenes[0].shape[1])}
        z, y, x = (0.0, 0.0, 0.0) if micrometres is None else (1e-6 * um for um in micrometres)
        file.write_metadata("made", channel_names=channels, scale_x=x, scale_y=y, scale_z=z)
    if names:
        said = "".join(f'<Scene Index="{i}" Name="{escape(n)}"/>' for i, n in enumerate(names))
        change_xml(path, "<Dimensions>", f"<Dimensions><S><Scenes>{said}</Scenes></S>")
    return path


def change_xml(path: Path, old: str, new: str) -> None:
    """Replace a text in the XML of a CZI: a new segment behind the others, and a header to it."""
    whole = bytearray(path.read_bytes())
    # Behind the 32 bytes of a segment's header: versions, GUIDs, part, then the positions.
    where = 32 + 60
    (position,) = struct.unpack_from("<q", whole, where)
    (size,) = struct.unpack_from("<i", whole, position + 32)
    start = position + 32 + 256
    xml = whole[start : start + size].decode().replace(old, new, 1).encode()
    used = 256 + len(xml)
    header = b"ZISRAWMETADATA".ljust(16, b"\0") + struct.pack("<qq", used, used)
    segment = header + struct.pack("<ii", len(xml), 0).ljust(256, b"\0") + xml
    struct.pack_into("<q", whole, where, len(whole))
    path.write_bytes(whole + segment.ljust(-(-len(segment) // 32) * 32, b"\0"))


def write_lif(path: Path, images: dict[str, NDArray[Any]], unit: str = "m") -> Path:
    """Write images of shape (c, z, y, x) of uint16, voxels of 2 × 0.5 × 0.5 µm.

    By Leica's description of the format: XML in UTF-16, then one block of memory per image.
    """
    factor = 1e-6 if unit == "m" else 1.0
    elements, blocks = [], b""
    for number, (name, data) in enumerate(images.items()):
        channels, z, y, x = data.shape
        sides = ((1, x, 0.5, 2), (2, y, 0.5, 2 * x), (3, z, 2.0, 2 * x * y * channels))
        elements.append(
            f'<Element Name="{escape(name)}" Visibility="1"><Data><Image><ImageDescription>'
            "<Channels>"
            + "".join(
                '<ChannelDescription DataType="0" ChannelTag="0" Resolution="16" NameOfMeasured'
                f'Quantity="" Min="0" Max="65535" Unit="" LUTName="C{c + 1}" IsLUTInverted="0" '
                f'BytesInc="{2 * x * y * c}" BitInc="0"/>'
                for c in range(channels)
            )
            + "</Channels><Dimensions>"
            + "".join(
                f'<DimensionDescription DimID="{i}" NumberOfElements="{n}" Origin="0" '
                f'Length="{(n - 1) * step * factor!r}" Unit="{unit}" BitInc="0" BytesInc="{inc}"/>'
                for i, n, step, inc in sides
            )
            + "</Dimensions></ImageDescription></Image></Data>"
            f'<Memory Size="{data.nbytes}" MemoryBlockID="MemBlock_{number}"/></Element>'
        )
        # (c, z, y, x) to (z, c, y, x): each plane of a channel beside that of the next.
        block = f"MemBlock_{number}".encode("utf-16-le")
        samples = data.astype("<u2").transpose(1, 0, 2, 3).tobytes()
        head = struct.pack("<cqci", b"\x2a", len(samples), b"\x2a", len(block) // 2) + block
        blocks += struct.pack("<ii", 0x70, len(head)) + head + samples
    text = (
        '<LMSDataContainerHeader Version="2"><Element Name="made.lif"><Children>'
        + "".join(elements)
        + "</Children></Element></LMSDataContainerHeader>"
    ).encode("utf-16-le")
    head = struct.pack("<ci", b"\x2a", len(text) // 2) + text
    path.write_bytes(struct.pack("<ii", 0x70, len(head)) + head + blocks)
    return path
