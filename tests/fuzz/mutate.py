"""Small files of every kind, and damage to them; the same seed gives the same files."""

from __future__ import annotations

import random
import re
import warnings
from pathlib import Path

import numpy as np
import tifffile

from fiji_bridge import write
from fiji_bridge.image.calibrated import CalibratedImage, ImageJMetadata
from fiji_bridge.image.calibration import AxisCalibration, Calibration
from file_cases import CASES

_CALIBRATION = Calibration(*(AxisCalibration(size, "µm") for size in (2.0, 0.5, 0.5)))
# Numbers at which programs stumble.
_ODD = (0, 1, 2, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_WORDS = (
    b"NaN", b"-1", b"0", b"1e999", b"2000000000", b"99999999999999999999", b"\xff\xfe", b"\0",
    b"{", b"[[[[[[", b"<", b"&", b'"', b"\\u", b"=", b",", b"Infinity", b"%s", b"\xed\xa0\x80",
)  # fmt: skip


def make_seeds(folder: Path) -> list[Path]:
    """Write one small file of each kind, and copy the cases; returns them all."""
    data = (np.arange(2 * 3 * 2 * 12 * 14) % 251).astype(np.uint16).reshape(2, 3, 2, 12, 14)
    lut = np.stack([np.arange(256), np.zeros(256), np.arange(256)[::-1]]).astype(np.uint8)
    metadata = ImageJMetadata(
        info="some info µ", labels=tuple(f"slice {i}" for i in range(12)), luts=(lut, lut),
        ranges=(0.0, 100.0, 5.0, 90.0), properties={"key": "value"}, mode="composite",
        description={"cf": "0", "c0": "1.5", "c1": "2", "vunit": "HU"},
    )  # fmt: skip
    image = CalibratedImage(
        data, ("t", "z", "c", "y", "x"), _CALIBRATION, metadata, "seed", ({"operation": "none"},),
        channel_names=("a", "b"),
    )  # fmt: skip
    write(image, folder / "hyperstack.tif")
    write(image, folder / "hyperstack.ome.tif")
    stack = data[0, :, 0]
    plain: dict[str, dict[str, object]] = {
        "plain.tif": {"metadata": None},
        "shaped.tif": {"metadata": {"axes": "ZYX", "unit": "um", "spacing": 2.0}},
        "zlib.tif": {"imagej": True, "compression": "zlib"},
        "lzw.tif": {"compression": "lzw", "predictor": 2},
        "zstd.tif": {"compression": "zstd"},
        "tiled.tif": {"tile": (16, 16)},
        "big.tif": {"bigtiff": True},
        "little.tif": {"imagej": True, "byteorder": "<"},
        "strips.tif": {"rowsperstrip": 5, "metadata": None},
    }
    for name, options in plain.items():
        tifffile.imwrite(folder / name, stack, photometric="minisblack", **options)  # type: ignore[arg-type]
    tifffile.imwrite(folder / "jpeg.tif", stack.astype(np.uint8), compression="jpeg")
    rgb = np.zeros((12, 14, 3), np.uint8)
    tifffile.imwrite(folder / "rgb.tif", rgb, photometric="rgb")
    with tifffile.TiffWriter(folder / "pyramid.ome.tif", ome=True) as writer:
        writer.write(np.ones((64, 64), np.uint8), subifds=1, tile=(16, 16))
        writer.write(np.ones((32, 32), np.uint8), subfiletype=1, tile=(16, 16))
    for case in CASES.glob("*.tif"):
        (folder / case.name).write_bytes(case.read_bytes())
    return sorted(folder.glob("*.tif"))


def mutated(content: bytes, random_: random.Random) -> bytes:
    """Return a file with one to four changes, most of them where they do harm."""
    changed = bytearray(content)
    for _ in range(random_.choice((1, 1, 1, 2, 3, 4))):
        if len(changed) < 16:
            break
        random_.choice(_CHANGES)(changed, random_)
    return bytes(changed)


def _place(content: bytearray, random_: random.Random) -> int:
    # Directories and descriptions stand at the beginning, or at the end.
    where = random_.random()
    if where < 0.5:
        return random_.randrange(min(len(content), 1024))
    if where < 0.7:
        return max(0, len(content) - 1 - random_.randrange(512))
    return random_.randrange(len(content))


def _bit(content: bytearray, random_: random.Random) -> None:
    content[_place(content, random_)] ^= 1 << random_.randrange(8)


def _byte(content: bytearray, random_: random.Random) -> None:
    content[_place(content, random_)] = random_.randrange(256)


def _number(content: bytearray, random_: random.Random) -> None:
    at, length = _place(content, random_), random_.choice((2, 4))
    order = "little" if content[:2] == b"II" else "big"
    value = random_.choice(_ODD) & (2 ** (8 * length) - 1)
    content[at : at + length] = value.to_bytes(length, order)  # type: ignore[arg-type]


def _cut(content: bytearray, random_: random.Random) -> None:
    del content[random_.randrange(8, len(content)) :]


def _delete(content: bytearray, random_: random.Random) -> None:
    at = _place(content, random_)
    del content[at : at + random_.choice((1, 2, 7, 64))]


def _insert(content: bytearray, random_: random.Random) -> None:
    at = _place(content, random_)
    content[at:at] = random_.randbytes(random_.choice((1, 2, 12, 64)))


def _repeat(content: bytearray, random_: random.Random) -> None:
    at = _place(content, random_)
    content[at:at] = content[at : at + random_.choice((4, 12, 100))]


def _text(content: bytearray, random_: random.Random) -> None:
    """Replace a number or a word of a description, in place and with the same length."""
    found = list(re.finditer(rb"(?<=[=\"\[,: ])[A-Za-z0-9.\-]{1,24}", bytes(content[:8192])))
    if not found:
        return
    match = random_.choice(found)
    length = match.end() - match.start()
    content[match.start() : match.end()] = random_.choice(_WORDS)[:length].ljust(length)


_CHANGES = (_bit, _byte, _byte, _number, _number, _cut, _delete, _insert, _repeat, _text, _text)


def silent_seeds(folder: Path) -> list[Path]:
    """Make the seeds without the warnings of their writers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return make_seeds(folder)
