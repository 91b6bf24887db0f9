"""Other sampling grids: where their samples lie, and what an image keeps on one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from fiji_bridge.image.calibrated import ImageJMetadata
from fiji_bridge.image.calibration import Calibration


class Grid(Protocol):
    """Where the samples of a result lie along an axis, by those that they are made of."""

    @property
    def count(self) -> int:
        """How many samples the result has."""
        ...

    def needed(self, begin: int, end: int) -> tuple[int, int]:
        """Return the first of the samples that some of the result are made of, and up to which."""
        ...


@dataclass(frozen=True)
class Every:
    """Samples 0, step, 2 · step … of an axis.

    Attributes
    ----------
    size : int
        Of the axis.
    step : int
    """

    size: int
    step: int = 1

    @property
    def count(self) -> int:
        """How many samples the result has."""
        return -(-self.size // self.step)

    def needed(self, begin: int, end: int) -> tuple[int, int]:
        """Return the first of the samples that some of the result are made of, and up to which."""
        return begin * self.step, min(self.size, end * self.step)


def regrid(
    calibration: Calibration, axis: str, start: float, step: float, size: float | None = None
) -> Calibration:
    """Return the calibration of a grid whose sample j lies at index start + step · j of the old.

    Parameters
    ----------
    calibration : Calibration
    axis : str
    start, step : float
        In samples of the old grid.
    size : float, optional
        New voxel size, where it is known without the rounding of old size · step.
    """
    old = calibration.axis(axis)
    if old.size is not None and size is None:
        size = old.size * step
    # position(j) = (start + step j - origin) size_old = (j - origin_new) size_old step
    origin = (old.origin - start) / step
    return calibration.with_axes(**{axis: replace(old, size=size, origin=origin)})


def carried(metadata: ImageJMetadata, changed: Iterable[str]) -> ImageJMetadata:
    """Return the metadata without what belongs to planes or pixels that are no more.

    Slice labels go with a change of z, selection and overlay with one of x or y.
    """
    axes = set(changed)
    if "z" in axes:
        metadata = replace(metadata, labels=())
    if axes & {"x", "y"}:
        metadata = replace(metadata, roi=None, overlay=())
    return metadata
