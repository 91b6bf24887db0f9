"""Codes of LZW are looked through before a decoder sees them that trusts them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from fiji_bridge.errors import FileError
from fiji_bridge.formats import read
from fiji_bridge.formats.lzw import sound

imagecodecs = pytest.importorskip("imagecodecs", reason="writes what is looked through")

CLEAR, END = 256, 257


def packed(codes: list[int], *, old: bool = False) -> bytes:
    """Write codes as an encoder would."""
    bits, entries = "", 257
    for code in codes:
        width = max(9, (entries + (not old)).bit_length())
        text = f"{code:0{width}b}"
        bits += text[::-1] if old else text
        entries = 257 if code == CLEAR else entries + 1
    bits += "0" * (-len(bits) % 8)
    step = -1 if old else 1
    return bytes(int(bits[i : i + 8][::step], 2) for i in range(0, len(bits), 8))


@pytest.mark.parametrize("size", [1, 253, 254, 255, 256, 766, 1790, 5000, 300_000])
@pytest.mark.parametrize("kind", ["noise", "walk", "zeros"])
def test_what_encoders_write_is_sound(size: int, kind: str) -> None:
    rng = np.random.default_rng(size)
    made = {
        "noise": lambda: rng.integers(0, 256, size),
        "walk": lambda: np.cumsum(rng.integers(-1, 2, size)) % 256,
        "zeros": lambda: np.zeros(size),
    }
    data = made[kind]().astype(np.uint8).tobytes()
    assert sound(imagecodecs.lzw_encode(data))


@pytest.mark.parametrize("old", [False, True])
def test_widths_follow_the_number_of_the_code(old: bool) -> None:
    literals = [i * 7 % 256 for i in range(3700)]
    stream = packed([CLEAR, *literals, CLEAR, 5, 258, END], old=old)
    assert imagecodecs.lzw_decode(stream) == bytes([*literals, 5, 5, 5])
    assert sound(stream)
    assert not sound(packed([CLEAR, *literals, CLEAR, 300, END], old=old))


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("codes", [[1], [CLEAR, 258], [CLEAR, 1, 259], [CLEAR, CLEAR, 400]])
def test_codes_that_no_encoder_writes_are_refused(codes: list[int], old: bool) -> None:
    assert not sound(packed([*codes, 1, END], old=old))


def test_a_file_with_such_a_code_is_refused(tmp_path: Path) -> None:
    """imagecodecs followed it to memory that was never written, and ended Python now and then."""
    path = tmp_path / "lzw.tif"
    data = np.ones((3, 12, 14), np.uint16)
    tifffile.imwrite(path, data, compression="lzw", photometric="minisblack")
    with tifffile.TiffFile(path) as tif:
        place = tif.pages[1].dataoffsets[0]
    content = bytearray(path.read_bytes())
    content[place : place + 4] = packed([CLEAR, 400, 1])
    path.write_bytes(content)
    with pytest.raises(FileError, match="strip 1 of page 2 has a code of LZW that cannot stand"):
        read(path)
