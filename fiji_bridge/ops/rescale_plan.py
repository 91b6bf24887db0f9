"""What a change of the voxel size will do, worked out before anything is done."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge import system
from fiji_bridge.engines.resampling import SECONDS_BY_JAVA, Order
from fiji_bridge.errors import InputError
from fiji_bridge.image import units
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.lengths import LengthsLike, read_lengths
from fiji_bridge.image.memory import array_bytes, readable
from fiji_bridge.image.results import Plan, Table
from fiji_bridge.image.spacing import spacing
from fiji_bridge.image.units import Length
from fiji_bridge.kernels import gaussian as kernels
from fiji_bridge.kernels.worth import energy_beyond, transfer
from fiji_bridge.ops.expected_time import time_expected

INTERPOLATIONS: dict[str, Order] = {"nearest": 0, "linear": 1, "cubic": 3}
ANTIALIAS = ("auto", "gaussian", "strong", "none")

#: Blur that an image is taken to have on its own grid, as σ in voxels.
BLUR_OF_A_GRID = 0.5
#: Blur of ``"strong"``, as σ in new voxels: what a pyramid has before it drops samples.
STRONG_BLUR = 0.8
#: Stripes that a grid cannot hold, over its Nyquist frequency: what plans say is kept of them.
TOO_FINE = 1.02
#: Frequencies and places between old samples over which what is in the result is averaged.
_FREQUENCIES, _PLACES = 2048, 512
#: Folded energy from which on the plan says so in a sentence.
WORTH_SAYING = 0.01
#: The blur before samples are dropped: right in its second moment, and without negative lobes.
KERNEL = "discrete"


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
    folded : float
        Energy that dropping samples folds back after that blur, as a part of all; for an image
        whose own spectrum is flat.
    kept : float
        Amplitude that stripes of the new grid's Nyquist frequency keep after that blur; stripes
        just finer than it keep as much, and appear as coarser ones.
    folded_in_result, kept_in_result : float
        The same with what the interpolation takes of it, at the places of the new samples; the
        stripes are 2 % finer than the new grid can hold.
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
    folded: float
    kept: float
    folded_in_result: float
    kept_in_result: float

    @property
    def start(self) -> float:
        """Index of the first new sample in the old grid: the outer edges of the voxels meet."""
        return (self.step - 1) / 2


@dataclass(frozen=True)
class RescalePlan(Plan):
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
                f"{a.folded:.2%}, {a.folded_in_result:.2%}" if a.step > 1 else "-",
                f"{a.kept:.0%}, {a.kept_in_result:.0%}" if a.step > 1 else "-",
            )
            for a in self.axes
        )
        shape = " x ".join(map(str, self.shape))
        seconds = SECONDS_BY_JAVA[INTERPOLATIONS[self.interpolation]]
        return Table(
            f"rescale, interpolation {self.interpolation}",
            ("axis", "samples", "new samples", "voxel size", "new voxel size", "new / old",
             "blur before", "folded: after blur, in all", "stripes kept: after blur, in all"),
            rows,
            (f"the result has the shape {shape} and takes {readable(self.result_bytes)}; "
             f"{readable(self.needed_bytes)} are needed in all", *_folding(self.axes),
             *time_expected(math.prod(self.shape) * seconds, system.processors())),
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
    antialias : {"auto", "gaussian", "strong", "none"}
        Blur before samples are dropped; ``"auto"`` is ``"gaussian"`` unless the interpolation is
        nearest, which is for labels.
    dtype : numpy.dtype, optional
        Of the result.

    Returns
    -------
    RescalePlan
        New samples per axis: old samples · old size / new size, rounded to nearest, at least 1.
        The anti-aliasing σ is √(new² − old²) / 2: blur of half a voxel, which every image is
        taken to have, becomes half a new one. That of ``"strong"`` is 0.8 new voxels. The
        plan says what either leaves to fold back.

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
    if antialias == "auto":
        antialias = "none" if interpolation == "nearest" else "gaussian"
    axes = tuple(
        _axis_scale(image, axis, sizes.get(axis), antialias, interpolation)
        for axis in image.spatial_axes
    )
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
        elif length.unit is None and own.bare and own.size:
            sizes[axis] = (length.value / zoom / own.size, length.value / zoom)
        else:
            old = calibration.voxel_size(axis)
            new = length.to(own.unit) / zoom
            sizes[axis] = (new / old, new)
    return sizes


def _axis_scale(
    image: CalibratedImage,
    axis: str,
    new: tuple[float, float | None] | None,
    antialias: str,
    interpolation: str,
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
    sigma_px, folded, kept = 0.0, 0.0, 0.0
    sampled = (0.0, 0.0)
    if step > 1:
        if antialias == "strong":
            sigma_px = STRONG_BLUR * step
        elif antialias == "gaussian":
            sigma_px = BLUR_OF_A_GRID * math.sqrt(step * step - 1)
        half = kernels.gaussian_half(KERNEL, sigma_px)
        folded = energy_beyond(half, math.pi / step)
        kept = float(transfer(half, np.array([math.pi / step]))[0])
        sampled = _in_result(half, step, max(1, count), interpolation)
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
        folded=folded,
        kept=kept,
        folded_in_result=sampled[0],
        kept_in_result=sampled[1],
    )


def _in_result(
    half: NDArray[np.float64], step: float, count: int, interpolation: str
) -> tuple[float, float]:
    """Return what is folded of a flat spectrum, and kept of stripes 2 % too fine, in the result."""
    # Further samples lie at other places between the old ones, but as evenly.
    count = min(count, _PLACES)
    places = ((step - 1) / 2 + step * np.arange(count, dtype=np.float64)) % 1

    def power(omega: NDArray[np.float64]) -> NDArray[np.float64]:
        blurred = np.square(transfer(half, omega))
        found: NDArray[np.float64] = blurred * _taken(interpolation, omega, places)
        return found

    cutoff = math.pi / step
    omega = (np.arange(_FREQUENCIES, dtype=np.float64) + 0.5) * (math.pi / _FREQUENCIES)
    energy = power(omega)
    stripes = float(power(np.array([min(math.pi, TOO_FINE * cutoff)]))[0])
    return float(energy[omega >= cutoff].sum() / energy.sum()), math.sqrt(stripes)


def _taken(
    interpolation: str, omega: NDArray[np.float64], places: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the squared transfer function of an interpolation, averaged over places in [0, 1)."""
    if interpolation == "nearest":
        return np.ones_like(omega)
    if interpolation == "linear":
        weights = np.stack([1 - places, places])
        scale = np.ones_like(omega)
    else:
        # The cubic B-spline through the samples: its coefficients are theirs over that factor.
        p, q = places, 1 - places
        weights = np.stack([q**3, 4 - 3 * p * p * (2 - p), 4 - 3 * q * q * (2 - q), p**3]) / 6
        scale = (2 + np.cos(omega)) / 3
    phases = np.exp(1j * omega[:, None] * np.arange(len(weights)))
    mean: NDArray[np.float64] = np.square(np.abs(phases @ weights)).mean(axis=1)
    return mean / np.square(scale)


def _folding(axes: tuple[AxisScale, ...]) -> tuple[str, ...]:
    """Say what dropping samples does to detail that the new grid cannot hold."""
    worst = max(axes, key=lambda a: a.folded, default=None)
    if worst is None or worst.folded < WORTH_SAYING:
        return ()
    strong = kernels.gaussian_half(KERNEL, STRONG_BLUR * worst.step)
    left = energy_beyond(strong, math.pi / worst.step)
    if left >= worst.folded:
        return ()
    return (
        f"detail finer than the new voxels is folded back on axis {worst.axis}: {worst.folded:.1%} "
        f"of a flat spectrum after the blur, {worst.folded_in_result:.1%} in all, and stripes just "
        f"too fine keep up to {worst.kept:.0%}, {worst.kept_in_result:.0%} in all; "
        f"antialias='strong' would fold {left:.1%} after the blur, and blurs more",
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
