"""Opening TIFF files with tifffile: errors in words, tags as ImageJ looks at them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.errors import FijiBridgeError, FileError, MemoryLimitError
from fiji_bridge.io.imagej_calibration import Rational, Scale

if TYPE_CHECKING:
    import tifffile

DESCRIPTION_TAG = 270

_INFO_TAGS = {
    DESCRIPTION_TAG: "ImageDescription",
    305: "Software",
    306: "DateTime",
    315: "Artist",
    316: "HostComputer",
}


@contextlib.contextmanager
def open_tiff(path: str | os.PathLike[str]) -> Iterator[tifffile.TiffFile]:
    """Open a TIFF file; whatever goes wrong inside the block becomes one sentence.

    Raises
    ------
    FileError
        If the file cannot be read or is damaged.
    MemoryLimitError
        If it is larger than the memory.
    """
    import tifffile

    try:
        with tifffile.TiffFile(path) as tif:
            if len(tif.pages) == 0:
                raise FileError(f"cannot read {path}: there is no image in it")
            yield tif
    except FijiBridgeError:
        raise
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror or error}") from error
    except tifffile.TiffFileError as error:
        raise FileError(f"cannot read {path}: {error}") from error
    except MemoryError as error:
        raise MemoryLimitError(f"{path} does not fit into memory ({error})") from error
    except Exception as error:
        # What a decoder raises on a damaged file depends on the damage.
        said = " ".join(str(error).split()) or type(error).__name__
        raise FileError(f"cannot read {path}: damaged or unsupported TIFF ({said})") from error


def tag_bytes(tif: tifffile.TiffFile, code: int) -> bytes:
    """Return a tag's value as it stands in the file; tifffile interprets text and numbers."""
    tag = tif.pages.first.tags[code]
    tif.filehandle.seek(tag.valueoffset)
    return bytes(tif.filehandle.read(tag.valuebytecount))


def scale(page: tifffile.TiffPage) -> Scale:
    """Return the resolution tags of a page."""

    def rational(code: int) -> Rational | None:
        tag = page.tags.get(code)
        if tag is None:
            return None
        numerator, denominator = tag.value
        return int(numerator), int(denominator)

    unit = page.tags.get(296)
    return Scale(rational(282), rational(283), None if unit is None else int(unit.value))


def tag_info(tif: tifffile.TiffFile) -> str | None:
    """Return what ImageJ shows under Info where a file has no info of its own: some tags."""
    lines = ""
    for code, name in _INFO_TAGS.items():
        if code == DESCRIPTION_TAG and tif.is_imagej:
            continue
        if code not in tif.pages.first.tags:
            continue
        text = tag_bytes(tif, code)[:-1]
        if len(text) > 3:  # ImageJ drops shorter ones
            lines += f"{name}: {text.decode('utf-8', 'replace')}\n"
    return lines or None


def page_lut(page: tifffile.TiffPage) -> tuple[NDArray[np.uint8], ...]:
    """Return the colour map, or the inverting one, of a page; nothing for plain grey."""
    if page.samplesperpixel > 1:
        return ()
    ramp = np.arange(256, dtype=np.uint8)
    if page.tags.get(320) is not None:
        colours = np.asarray(page.tags[320].value, np.uint16).reshape(3, -1)
        lut = (colours >> 8).astype(np.uint8)
        if lut.shape[1] == 256 and lut.any() and not (lut == ramp).all():
            return (lut,)
        return ()
    if page.photometric == 0:
        return (np.tile(ramp[::-1], (3, 1)),)
    return ()
