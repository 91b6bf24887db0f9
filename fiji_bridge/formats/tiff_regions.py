"""Regions of a TIFF: only what is wanted is read.

Compressed and tiled files through the Zarr view of them that tifffile gives, which reads whole
strips and tiles; of the planes of others, which may be one strip of a gigabyte, the rows. For files
of one sample per pixel whose pages are stored alike; others are held in memory.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge import system
from fiji_bridge.errors import FileError
from fiji_bridge.formats.ome_zarr_regions import read_into
from fiji_bridge.formats.regions import ImageSource, Region, units, within
from fiji_bridge.formats.registry import Probe
from fiji_bridge.formats.samples import drop_single
from fiji_bridge.formats.selection import Selection, cut
from fiji_bridge.formats.tiff_check import UNCOMPRESSED, check_stream
from fiji_bridge.formats.tiff_directories import Directory, Structure
from fiji_bridge.formats.tiff_open import open_tiff
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.memory import array_bytes, check_memory
from fiji_bridge.imagej.samples import made_signed

if TYPE_CHECKING:
    import tifffile

#: Axes as they are stored in an OME-Zarr, so that an output may be one.
_ORDER = ("t", "c", "z", "y", "x")
#: Strips smaller than this, in bytes, are read as whole pages: each costs a call.
_SMALL = 2**16
#: Bytes of rows that are read at once, beside what they are read for.
_AT_ONCE = 2**20


@dataclass(frozen=True)
class Pages:
    """The pages of an image, and what is said of it.

    Attributes
    ----------
    image : CalibratedImage
        Its samples are none.
    series : tifffile.TiffPageSeries
    axes : tuple of str
        Of the series; ``"?"`` for one of one plane.
    signed : bool
        Whether samples are ImageJ's signed 16-bit.
    """

    image: CalibratedImage
    series: tifffile.TiffPageSeries
    axes: tuple[str, ...]
    signed: bool = False


def open_pages(
    structure: Structure, find: Callable[[tifffile.TiffFile], Pages | None]
) -> TiffSource | None:
    """Open a TIFF to be read by regions; it stays open as long as what is returned is used.

    Parameters
    ----------
    structure : Structure
    find : callable
        From the open file to its `Pages`; None where there are none that can be read so.

    Returns
    -------
    TiffSource or None

    Raises
    ------
    FileError
        If zarr is missing.
    """
    if not _alike(structure):
        return None
    with contextlib.ExitStack() as stack:
        tif = stack.enter_context(open_tiff(structure, streams=False))
        pages = find(tif)
        if pages is None or pages.series.is_multifile or pages.series.transform is not None:
            return None
        source = _source(structure, pages)
        weakref.finalize(source, stack.pop_all().close)
    return source


def read_part(
    open_regions: Callable[[Probe, Selection], ImageSource | None],
    probe: Probe,
    selection: Selection,
) -> CalibratedImage | None:
    """Read the chosen part of a TIFF, and no more; None where it cannot be read by regions.

    Parameters
    ----------
    open_regions : callable
        Opens it, as `Format.regions`.
    probe : Probe
    selection : Selection
    """
    if not selection.cuts or find_spec("zarr") is None:
        return None
    source = open_regions(probe, selection)
    if source is None:
        return None
    image = source.image
    slices = selection.slices(image)
    region = tuple(
        slices.get(axis, slice(0, size)) for axis, size in zip(image.axes, image.shape, strict=True)
    )
    shape = [part.stop - part.start for part in region]
    check_memory(array_bytes(shape, image.dtype.itemsize), str(probe.path))
    data = np.empty(shape, image.dtype)
    source.read(region, data)
    data, axes = drop_single(data, image.axes)
    return replace(cut(image, slices), data=data, axes=axes)


def _alike(structure: Structure) -> bool:
    """Whether all pages are single planes of one sample per pixel, and packed alike."""
    first = structure.directories[0]
    packed = {(d.compression, d.predictor, d.tile, d.rows) for d in structure.directories}
    flat = first.samples == 1 and first.depth == 1 and (first.tile is None or first.tile[0] == 1)
    return flat and len(packed) == 1


def _source(structure: Structure, pages: Pages) -> TiffSource:
    series, page = pages.series, structure.directories[0]
    itemsize = np.dtype(series.dtype).itemsize
    plain = (
        page.tile is None
        and (page.compression, page.predictor) == (UNCOMPRESSED, 1)
        and page.bits == 8 * itemsize
        and series.keyframe.fillorder == 1
    )
    height, width = page.tile[1:] if page.tile else (1 if plain else page.rows, page.width)
    by_page = page.tile is None and not plain and height * width * itemsize < _SMALL
    if by_page:
        height = page.height
    image = _arranged(pages.image)
    of = {"y": height, "x": width}
    chunks = tuple(of.get(axis, 1) for axis in image.axes)
    whole = not plain and (height, width) == (page.height, page.width)
    found = os.stat(structure.path)
    return TiffSource(
        path=Path(structure.path),
        image=image,
        chunks=chunks,
        # A plane that is one strip may be large: it is read alone.
        shards=chunks if whole else None,
        identity={"bytes": found.st_size, "modified": found.st_mtime_ns},
        view=None if plain else _view(series, by_page=by_page),
        pages=pages,
        structure=structure,
    )


def _view(series: tifffile.TiffPageSeries, *, by_page: bool) -> Any:
    """Return tifffile's view of a series as a Zarr array."""
    try:
        import zarr
    except ImportError:
        raise FileError(
            "reading a compressed or tiled TIFF by regions needs the package zarr: "
            "pip install 'fiji-bridge[zarr]'"
        ) from None
    # Compressed chunks are unpacked side by side.
    several = 1 if series.keyframe.compression == UNCOMPRESSED else max(2, system.processors())
    store = series.aszarr(level=0, chunkmode="page" if by_page else None, maxworkers=several)
    return zarr.open_array(store, mode="r")


def _arranged(image: CalibratedImage) -> CalibratedImage:
    axes = tuple(axis for axis in _ORDER if axis in image.axes)
    data = image.data.transpose([image.axes.index(axis) for axis in axes])
    return replace(image, data=data, axes=axes)


@dataclass(frozen=True, kw_only=True)
class TiffSource(ImageSource):
    """An ImageJ TIFF or OME-TIFF of which regions are read.

    Attributes
    ----------
    view : zarr.Array or None
        tifffile's view of the series; None where rows are read from the file.
    pages : Pages
    structure : Structure
    """

    view: Any
    pages: Pages
    structure: Structure

    def read(self, region: Region, out: NDArray[Any]) -> None:
        """Fill an array with a region; the strip or tile that is damaged is named."""
        if self.pages.signed:
            out = out.view(np.uint16)
        wanted = self._in_series(region)
        target = self._as_series(out)
        for part in units(wanted, self._page):
            self._read(part, target[within(part, wanted)])
        if self.pages.signed:
            made_signed(out)

    @property
    def _page(self) -> tuple[int, ...]:
        """One plane, as a shape of the series."""
        sizes = zip(self.pages.axes, self.pages.series.shape, strict=True)
        return tuple(size if axis in "yx" else 1 for axis, size in sizes)

    def _in_series(self, region: Region) -> Region:
        of = dict(zip(self.axes, region, strict=True))
        return tuple(of.get(axis, slice(0, 1)) for axis in self.pages.axes)

    def _as_series(self, out: NDArray[Any]) -> NDArray[Any]:
        """Return an array over `axes` as a view over those of the series."""
        own, kept = self.pages.axes, self.axes
        order = [kept.index(axis) for axis in own if axis in kept]
        return out.transpose(order)[tuple(slice(None) if a in kept else None for a in own)]

    def _read(self, part: Region, out: NDArray[Any]) -> None:
        """Fill an array with a part of one plane."""
        plane = self._plane(part)
        page = self._directory(plane)
        of = dict(zip(self.pages.axes, part, strict=True))
        try:
            if self.view is None:
                behind = plane * page.plane_bytes if self.pages.series.is_truncated else 0
                self._read_rows(page, behind, of["y"], of["x"], out)
                return
            for index in _packed(page, of["y"], of["x"]):
                file = self.pages.series.keyframe.parent.filehandle
                check_stream(file, self.structure, page, index)
            read_into(self.view, part, out)
        except (MemoryError, FileError):
            raise
        except Exception as error:
            said = " ".join(str(error).split())[:120] or type(error).__name__
            raise FileError(
                f"cannot read {self.path}: page {page.number} is damaged ({said})"
            ) from error

    def _read_rows(
        self, page: Directory, behind: int, rows: slice, columns: slice, out: NDArray[Any]
    ) -> None:
        """Fill an array with rows of a plane that lies so many bytes behind its page's."""
        kind = np.dtype(self.structure.byteorder + np.dtype(self.pages.series.dtype).str[1:])
        width = page.row_bytes(page.width, 1)
        step = max(1, _AT_ONCE // width)
        flat = out[(0,) * (out.ndim - 2)]
        # A handle of its own: several threads read at a time.
        with open(self.structure.path, "rb", buffering=0) as file:
            for part in _strips(page, rows, step):
                strip = part.start // page.rows
                start = behind + page.offsets[strip] + (part.start - strip * page.rows) * width
                length = (part.stop - part.start) * width
                file.seek(start)
                data = file.read(length)
                if len(data) < length:
                    raise FileError(
                        f"cannot read {self.path}: it is cut off, rows of page {page.number} end "
                        f"at byte {start + length} and the file at {start + len(data)}"
                    )
                samples = np.frombuffer(data, kind).reshape(-1, page.width)
                flat[part.start - rows.start : part.stop - rows.start] = samples[:, columns]

    def _plane(self, part: Region) -> int:
        """Return the number of the plane in the series that a part lies in."""
        plane = 0
        shape = self.pages.series.shape
        for axis, there, size in zip(self.pages.axes, part, shape, strict=True):
            if axis not in "yx":
                plane = plane * size + there.start
        return plane

    def _directory(self, plane: int) -> Directory:
        series, pages = self.pages.series, self.structure.directories
        if series.is_truncated:
            return pages[0]
        page = series[plane]
        assert page is not None
        return pages[page.index if isinstance(page.index, int) else page.index[0]]


def _strips(page: Directory, rows: slice, step: int) -> Iterator[slice]:
    """Yield rows that lie in one strip, and are no more than so many."""
    at = rows.start
    while at < rows.stop:
        last = min(rows.stop, at + step, (at // page.rows + 1) * page.rows)
        yield slice(at, last)
        at = last


def _packed(page: Directory, rows: slice, columns: slice) -> Iterator[int]:
    """Yield the numbers of the compressed strips or tiles that a part of a page is read from."""
    if page.compression == UNCOMPRESSED:
        return
    height, width = page.tile[1:] if page.tile else (page.rows, page.width)
    down = range(rows.start // height, -(-rows.stop // height))
    across = range(columns.start // width, -(-columns.stop // width))
    for row, column in itertools.product(down, across):
        yield row * -(-page.width // width) + column
