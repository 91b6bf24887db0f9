"""What a change of the voxel size will do, worked out before anything is done."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from fiji_bridge import units
from fiji_bridge.errors import InputError
from fiji_bridge.image import CalibratedImage
from fiji_bridge.lengths import LengthsLike, read_lengths
from fiji_bridge.memory import array_bytes, readable
from fiji_bridge.results import Table
from fiji_bridge.spacing import spacing
from fiji_bridge.units import Length
from fiji_bridge.voxel_size import SOURCE

INTERPOLATIONS: dict[str, Literal[0, 1, 3]] = {"nearest": 0, "linear": 1, "cubic": 3}
ANTIALIAS = ("auto", "gaussian", "none")

#: Blur that an image is taken to have on its own grid, as σ in voxels.
BLUR_OF_A_GRID = 0.5


@dataclass(frozen=True)
class AxisScale:
    """The change along one axis.

    Attributes
    ----------
    axis : str
    samples, new_samples : int
    voxel_size, new_voxel_size : float or None
        In `unit`; None where there is none and the change was given in pixels.
    unit : str
    step : float
        New voxel size in units of the old.
    sigma_px : float
        Anti-aliasing blur, in old voxels.
    sigma : float or None
        The same in `unit`.
    """

    axis: str
    samples: int
    new_samples: int
    voxel_size: float | None
    new_voxel_size: float | None
    unit: str
    step: float
    sigma_px: float
    sigma: float | None

    @property
    def start(self) -> float:
        """Index of the first new sample in the old grid: the outer edges of the voxels meet."""
        return (self.step - 1) / 2


@dataclass(frozen=True)
class RescalePlan:
    """Everything that decides the numbers of a rescaled image.

    Attributes
    ----------
    axes : tuple of AxisScale
        In (z, y, x) order.
    interpolation : str
    shape : tuple of int
        Of the whole result.
    result_bytes, needed_bytes : int
        The result, and all that is taken beyond the input.
    """

    axes: tuple[AxisScale, ...]
    interpolation: str
    shape: tuple[int, ...]
    result_bytes: int
    needed_bytes: int

    def as_dict(self) -> dict[str, Any]:
        """Return the plan as plain values for JSON."""
        return asdict(self)

    def table(self) -> Table:
        """Return one row per axis."""
        rows = tuple(
            (
                a.axis,
                str(a.samples),
                str(a.new_samples),
                _said(a.voxel_size, a.unit),
                _said(a.new_voxel_size, a.unit),
                f"{a.step:.4g}",
                f"{a.sigma_px:.4g} px" if a.sigma_px else "-",
            )
            for a in self.axes
        )
        shape = " x ".join(map(str, self.shape))
        return Table(
            f"rescale, interpolation {self.interpolation}",
            ("axis", "samples", "new samples", "voxel size", "new voxel size", "new / old",
             "blur before"),
            rows,
            (f"the result has the shape {shape} and takes {readable(self.result_bytes)}; "
             f"{readable(self.needed_bytes)} are needed in all",),
        )  # fmt: skip


def make_rescale_plan(
    image: CalibratedImage,
    *,
    to: LengthsLike | None = None,
    zoom: float = 1.0,
    interpolation: str = "linear",
    antialias: str = "auto",
    dtype: np.dtype[Any] | None = None,
) -> RescalePlan:
    """Work out the new grid.

    Parameters
    ----------
    image : CalibratedImage
        Its samples are not touched.
    to : length, one per axis, "finest" or "coarsest", optional
        The new voxel size; without it each axis keeps its own, divided by `zoom`.
    zoom : float
        The new voxel size is divided by this.
    interpolation : {"nearest", "linear", "cubic"}
    antialias : {"auto", "gaussian", "none"}
        Blur before samples are dropped; ``"auto"`` does unless the interpolation is nearest,
        which is for labels.
    dtype : numpy.dtype, optional
        Of the result.

    Returns
    -------
    RescalePlan
        New samples per axis: old samples · old size / new size, rounded to nearest, at least 1.
        The anti-aliasing σ is √(new² − old²) / 2: blur of half a voxel, which every image is
        taken to have, becomes half a new one.

    Raises
    ------
    InputError
        If it makes no sense.
    """
    if interpolation not in INTERPOLATIONS:
        raise InputError(
            f"interpolation must be one of {', '.join(INTERPOLATIONS)}; got {interpolation!r}"
        )
    if antialias not in ANTIALIAS:
        raise InputError(f"antialias must be one of {', '.join(ANTIALIAS)}; got {antialias!r}")
    if not (math.isfinite(zoom) and zoom > 0):
        raise InputError(f"zoom must be finite and above 0; got {zoom!r}")
    if to is None and zoom == 1:
        raise InputError(
            "say the new voxel size (to='1 um', 'finest' or 'coarsest') or a zoom factor"
        )
    sizes = _new_sizes(image, to, zoom)
    smooth = antialias == "gaussian" or (antialias == "auto" and interpolation != "nearest")
    axes = tuple(_axis_scale(image, axis, sizes.get(axis), smooth) for axis in image.spatial_axes)
    by_name = {a.axis: a for a in axes}
    shape = tuple(
        by_name[axis].new_samples if axis in by_name else image.size(axis) for axis in image.axes
    )
    kind = image.data.dtype if dtype is None else dtype
    result = array_bytes(shape, kind.itemsize)
    needed = result + _work_bytes(image, axes, interpolation, kind)
    return RescalePlan(axes, interpolation, shape, result, needed)


def _new_sizes(
    image: CalibratedImage, to: LengthsLike | None, zoom: float
) -> dict[str, tuple[float, float | None]]:
    """Return (new size in old voxels, new size in the axis' own unit) of each axis that changes."""
    axes = [axis for axis in image.spatial_axes if image.size(axis) > 1]
    calibration = image.calibration
    if to is None:
        return {axis: (1 / zoom, None) for axis in axes}
    lengths: dict[str, Length]
    if isinstance(to, str) and to.strip() in ("finest", "coarsest"):
        found = spacing(calibration, axes, remedy="; or give the zoom factor alone")
        pick = min if to.strip() == "finest" else max
        target = Length(pick(found.sizes.values()), found.unit or None)
        lengths = dict.fromkeys(axes, target)
    else:
        given = read_lengths(to, image.spatial_axes, "the new voxel size")
        lengths = {axis: given[axis] for axis in axes}
    sizes: dict[str, tuple[float, float | None]] = {}
    for axis, length in lengths.items():
        if length.value == 0:
            raise InputError(f"the new voxel size of axis {axis} must be above 0; got {length}")
        own = calibration.axis(axis)
        if length.unit == units.PIXEL:
            sizes[axis] = (length.value / zoom, None)
        elif length.unit is None and own.size and own.unit == "" and calibration.source == SOURCE:
            sizes[axis] = (length.value / zoom / own.size, length.value / zoom)
        else:
            old = calibration.voxel_size(axis)
            new = length.to(own.unit) / zoom
            sizes[axis] = (new / old, new)
    return sizes


def _axis_scale(
    image: CalibratedImage, axis: str, new: tuple[float, float | None] | None, smooth: bool
) -> AxisScale:
    own = image.calibration.axis(axis)
    samples = image.size(axis)
    usable = own.size if own.raw is None and own.size and units.positive(own.size) else None
    step, new_size = (1.0, usable) if new is None else new
    if new_size is None and usable is not None:
        new_size = usable * step
    count = math.floor(samples / step + 0.5)
    if count > 2**31 - 1:
        raise InputError(
            f"axis {axis} would have {count} samples (new voxel {step:g} of the old one): "
            "check the units"
        )
    sigma_px = BLUR_OF_A_GRID * math.sqrt(step * step - 1) if smooth and step > 1 else 0.0
    return AxisScale(
        axis=axis,
        samples=samples,
        new_samples=max(1, count) if samples else 0,
        voxel_size=usable,
        new_voxel_size=new_size,
        unit="" if usable is None or own.unit == "" else units.symbol(own.unit),
        step=step,
        sigma_px=sigma_px,
        sigma=None if usable is None else sigma_px * usable,
    )


def _work_bytes(
    image: CalibratedImage, axes: tuple[AxisScale, ...], interpolation: str, dtype: np.dtype[Any]
) -> int:
    if interpolation == "nearest" and not any(a.sigma_px for a in axes):
        return 0
    old = math.prod(a.samples for a in axes)
    new = math.prod(a.new_samples for a in axes)
    # One volume in float64 before rounding, the spline's coefficients, the blurred image.
    work = 8 * new if dtype.kind != "f" else 0
    work += 8 * old if interpolation == "cubic" else 0
    blurred = any(a.sigma_px for a in axes)
    return work + (image.data.size * max(4, dtype.itemsize) if blurred else 0)


def _said(value: float | None, unit: str) -> str:
    return "unknown" if value is None else f"{value:.4g} {unit}".strip()
