"""TIFFs that are written by regions, in any order: ImageJ's large-file form, and tiled OME-TIFF.

The file has its full size from the start; blocks put their samples into their places. It lies in a
folder beside the output, under another name, and takes the output's name when it is whole.
"""

from __future__ import annotations

import contextlib
import uuid
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from fiji_bridge import system
from fiji_bridge.errors import FileError, InputError
from fiji_bridge.formats import imagej_write, ome_tiled
from fiji_bridge.formats.atomic import publish_file
from fiji_bridge.formats.regions import Region, units, within
from fiji_bridge.formats.tiff_directories import read_structure
from fiji_bridge.image.calibrated import CalibratedImage

#: Of the file, until it has the output's name.
NAME = "image.tif"

#: What rows that are written at a time should take, in bytes.
_ROWS = 2**20


@dataclass(frozen=True)
class Grid(ABC):
    """Where samples lie in a file.

    Attributes
    ----------
    image : CalibratedImage
        What is written; of its samples only type and shape count.
    """

    image: CalibratedImage

    @property
    @abstractmethod
    def unit(self) -> tuple[int, int]:
        """Height and width of what is written at a time."""

    @abstractmethod
    def create(self, file: BinaryIO) -> None:
        """Write all but the samples into an empty file, which has its full size then."""

    @abstractmethod
    def offset(self, plane: int, y: int, x: int) -> int:
        """Return the place of a unit behind the first sample of the file."""

    @abstractmethod
    def packed(self, data: NDArray[Any]) -> NDArray[Any]:
        """Return the samples of a unit as they are in the file."""

    @abstractmethod
    def complete(self, file: BinaryIO, image: CalibratedImage) -> None:
        """Write what is known at the end only; the smallest and the largest sample are."""

    @property
    def chunks(self) -> tuple[int, ...]:
        """What is written at a time, along the axes of the image."""
        of = dict(zip("yx", self.unit, strict=True))
        return tuple(of.get(axis, 1) for axis in self.image.axes)


class Rows(Grid):
    """An ImageJ TIFF: planes without a gap, rows one below the other."""

    @property
    def unit(self) -> tuple[int, int]:
        """Whole rows."""
        height, width = self.image.size("y"), self.image.size("x")
        return min(height, max(1, _ROWS // (width * self.image.dtype.itemsize))), width

    def create(self, file: BinaryIO) -> None:
        """Write the directories."""
        imagej_write.write_around(self.image, file)

    def offset(self, plane: int, y: int, x: int) -> int:
        """Return the place of a row."""
        row = plane * self.image.size("y") + y
        return row * self.image.size("x") * self.image.dtype.itemsize

    def packed(self, data: NDArray[Any]) -> NDArray[Any]:
        """Return rows, big-endian."""
        return np.ascontiguousarray(data, data.dtype.newbyteorder(">"))

    def complete(self, file: BinaryIO, image: CalibratedImage) -> None:
        """Nothing: directories stand before the samples, and depend on none."""


class Tiles(Grid):
    """An OME-TIFF: a BigTIFF of tiles, filled up at the edges."""

    @property
    def unit(self) -> tuple[int, int]:
        """One tile."""
        return ome_tiled.tile_of(self.image)

    def create(self, file: BinaryIO) -> None:
        """Write the directories, the first without its XML."""
        ome_tiled.write_directories(self.image, file)

    def offset(self, plane: int, y: int, x: int) -> int:
        """Return the place of a tile."""
        height, width = self.unit
        down, across = ome_tiled.tiles_of(self.image)
        tile = (plane * down + y // height) * across + x // width
        return tile * height * width * self.image.dtype.itemsize

    def packed(self, data: NDArray[Any]) -> NDArray[Any]:
        """Return a whole tile."""
        height, width = self.unit
        full = ((0, height - data.shape[0]), (0, width - data.shape[1]))
        return np.ascontiguousarray(np.pad(data, full), data.dtype.newbyteorder("<"))

    def complete(self, file: BinaryIO, image: CalibratedImage) -> None:
        """Write the XML."""
        ome_tiled.write_description(image, file)


#: By the name of the format.
GRIDS: Mapping[str, type[Grid]] = {"ImageJ TIFF": Rows, "OME-TIFF": Tiles}


class TiffTarget:
    """A TIFF that is being written.

    Parameters
    ----------
    folder : Path
        Beside the output.
    grid : Grid
    """

    def __init__(self, folder: Path, grid: Grid) -> None:
        self.file, self.grid = folder / NAME, grid
        self._start: int | None = None

    def repeats(self) -> int:
        """Return how many requests were made again: none, on this machine."""
        return 0

    def prepare(self, image: CalibratedImage) -> None:
        """Make the file, unless another worker has: one of them alone succeeds.

        Parameters
        ----------
        image : CalibratedImage
            What is written, with its provenance.
        """
        if self._start is not None:
            return
        if not self.file.exists():
            mine = self.file.with_name(f"{uuid.uuid4().hex}.part")
            try:
                with mine.open("xb") as file:
                    type(self.grid)(image).create(file)
                with contextlib.suppress(FileExistsError):
                    system.take_name(mine, self.file)
            finally:
                mine.unlink(missing_ok=True)
        self._start = read_structure(self.file).directories[0].offsets[0]

    def write(self, name: str, region: Region, data: NDArray[Any]) -> None:
        """Write whole units.

        Raises
        ------
        OSError
        """
        assert self._start is not None
        axes, grid = self.grid.image.axes, self.grid
        data = data.reshape([s.stop - s.start for s in region])
        # A handle of its own: several threads write at a time.
        with self.file.open("r+b", buffering=0) as file:
            for part in units(region, grid.chunks):
                at = {axis: s.start for axis, s in zip(axes, part, strict=True)}
                plane = 0
                for axis in "tzc":
                    plane = plane * grid.image.size(axis) + at.get(axis, 0)
                samples = data[within(part, region)]
                flat = samples.reshape([samples.shape[axes.index(axis)] for axis in "yx"])
                file.seek(self._start + grid.offset(plane, at["y"], at["x"]))
                _write(file, grid.packed(flat))

    def finish(self, image: CalibratedImage, target: Path, *, overwrite: bool) -> None:
        """Make the file whole, and give it its name.

        Parameters
        ----------
        image : CalibratedImage
            As `prepare` takes it; its smallest and largest sample are those that were written.
        target : Path
        overwrite : bool
            Whether a file of that name is replaced.

        Raises
        ------
        FileError
            If there is one, and it is not to be replaced.
        """
        with self.file.open("r+b") as file:
            self.grid.complete(file, image)
            system.copy_mode(file.fileno(), target)
            file.flush()
            system.sync_file(file.fileno())
        publish_file(self.file, target, target, overwrite=overwrite)
        system.sync_folder(target.parent)


def _write(file: Any, samples: NDArray[Any]) -> None:
    """Write all bytes: without a buffer, the system may take a part of them at a time."""
    rest = samples.reshape(-1).view(np.uint8).data
    while rest:
        rest = rest[file.write(rest) :]


def check_options(given: Mapping[str, Any]) -> None:
    """Refuse what only an OME-Zarr has.

    Raises
    ------
    InputError
    """
    for name, value in given.items():
        if value is not None:
            raise InputError(f"{name} is of an OME-Zarr, and a TIFF is written; leave it out")


def check_begun(folder: Path, blocks: Sequence[Any] | Mapping[Any, Any]) -> None:
    """Refuse to go on where blocks are noted as done, and their samples are gone.

    Raises
    ------
    FileError
    """
    if blocks and not (folder / NAME).exists():
        raise FileError(
            f"cannot go on: the samples of {len(blocks)} blocks that are done are no longer in "
            f"{folder}; begin again (--overwrite, overwrite=True)"
        )
