"""Opening TIFF files with tifffile: errors in words, tags as ImageJ looks at them."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.errors import FijiBridgeError, FileError, MemoryLimitError
from fiji_bridge.formats.tiff_check import check_compression, check_streams
from fiji_bridge.formats.tiff_directories import Structure
from fiji_bridge.imagej.calibration_text import Rational, Scale

if TYPE_CHECKING:
    import tifffile

DESCRIPTION_TAG = 270

#: Brackets of JSON that may be open at once: parsers recurse as deep, and one in C ends Python
#: where a JVM has taken the end of its stack.
_DEEPEST = 200

_INFO_TAGS = {
    DESCRIPTION_TAG: "ImageDescription",
    305: "Software",
    306: "DateTime",
    315: "Artist",
    316: "HostComputer",
}


@contextlib.contextmanager
def open_tiff(structure: Structure, *, streams: bool = True) -> Iterator[tifffile.TiffFile]:
    """Open a TIFF file; whatever goes wrong inside the block becomes one sentence.

    Parameters
    ----------
    structure : Structure
        It has been followed to its end: no page lies outside of the file.
    streams : bool
        Whether compressed strips and tiles are looked through now; otherwise the caller does it,
        one by one, before they are unpacked.

    Raises
    ------
    FileError
        If the file cannot be read or is damaged.
    MemoryLimitError
        If it is larger than the memory.
    """
    import tifffile

    path = structure.path
    for directory in structure.directories:
        _check_depth(directory.description, str(path))

    # What tifffile logs is checked here and refused; it would come on top of the one sentence.
    logging.getLogger("tifffile").addHandler(logging.NullHandler())
    try:
        with tifffile.TiffFile(path) as tif:
            if streams:
                check_streams(tif, structure)
            else:
                check_compression(structure, structure.directories[0])
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
        if "imagecodecs" in said:
            raise FileError(
                f"cannot read {path}: its compression needs the package imagecodecs, which is "
                "not installed or does not start; pip install imagecodecs, or use reader='imagej'"
            ) from error
        raise FileError(f"cannot read {path}: damaged or unsupported TIFF ({said})") from error


def _check_depth(description: bytes, path: str) -> None:
    """Refuse JSON that tifffile's parser would follow too deep; see `read_json`."""
    if not description.lstrip().startswith((b"{", b"[")):
        return
    text = np.frombuffer(description, np.uint8)
    steps = np.zeros(text.size, np.int32)
    steps[np.isin(text, np.frombuffer(b"{[", np.uint8))] = 1
    steps[np.isin(text, np.frombuffer(b"}]", np.uint8))] = -1
    deepest = int(np.cumsum(steps).max())
    if deepest > _DEEPEST:
        raise FileError(
            f"cannot read {path}: its description is JSON nested {deepest} brackets deep, and "
            f"{_DEEPEST} are taken"
        )


def decode_all(tif: tifffile.TiffFile) -> None:
    """Unpack every strip and tile once, and forget it: what is damaged raises here.

    For readers that do not survive a damaged stream.
    """
    for page in tif.pages:
        keyframe = page.keyframe
        if keyframe is not None and keyframe.compression != 1:
            for _ in page.segments(maxworkers=1):
                pass


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
