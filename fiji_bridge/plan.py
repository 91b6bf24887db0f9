"""What a blur will do, worked out before anything is done. Pure: no JVM, no pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fiji_bridge import kernels, units
from fiji_bridge.borders import DEFAULT_BORDER, check_border
from fiji_bridge.calibration import SPATIAL_AXES, Calibration
from fiji_bridge.errors import CalibrationError, SigmaError
from fiji_bridge.lengths import FWHM_PER_SIGMA, LengthsLike, read_lengths
from fiji_bridge.units import Length

#: Below this sigma, in pixels, a sampled Gaussian hardly blurs.
SMALL_SIGMA_PX = 0.5
#: Relative difference between the effective sigmas of the axes above which a warning is due.
ANISOTROPY_TOLERANCE = 0.01


@dataclass(frozen=True)
class AxisPlan:
    """The blur along one axis.

    Attributes
    ----------
    axis : str
        ``"z"``, ``"y"`` or ``"x"``.
    size : int
        Samples along the axis.
    requested : float
        σ as asked for, in `unit`.
    unit : str
        Symbol of the length unit, ``"pixel"``, or ``""`` for the unit-less
        voxel sizes of a caller.
    voxel_size : float or None
        In `unit`; ``None`` where it is not known and σ was given in pixels.
    sigma_px : float
        σ / voxel size: what the engine is given. 0 means the axis is left alone.
    radius : int
        Samples to each side that the kernel reaches.
    effective_sigma_px : float
        Standard deviation of the kernel as it stands.
    effective_sigma : float or None
        The same in `unit`.
    note : str
        Why an axis is left alone, or ``""``.
    """

    axis: str
    size: int
    requested: float
    unit: str
    voxel_size: float | None
    sigma_px: float
    radius: int
    effective_sigma_px: float
    effective_sigma: float | None
    note: str = ""


@dataclass(frozen=True)
class BlurPlan:
    """Everything that decides the numbers of a Gaussian blur.

    Attributes
    ----------
    axes : tuple of AxisPlan
        The spatial axes of the image, in (z, y, x) order.
    kernel, border : str
    cval : float
        Value beyond the edge, used by the border ``"constant"`` only.
    warnings : tuple of str
    """

    axes: tuple[AxisPlan, ...]
    kernel: str
    border: str
    cval: float
    warnings: tuple[str, ...]

    def sigma_px(self) -> tuple[float, float, float]:
        """Return σ in pixels as (z, y, x), 0 for an axis that the image lacks."""
        by_name = {plan.axis: plan.sigma_px for plan in self.axes}
        z, y, x = (by_name.get(axis, 0.0) for axis in SPATIAL_AXES)
        return z, y, x

    def as_dict(self) -> dict[str, Any]:
        """Return the plan as plain values for JSON."""
        return asdict(self)


def make_plan(
    calibration: Calibration,
    sizes: Sequence[tuple[str, int]],
    *,
    sigma: LengthsLike | None = None,
    fwhm: LengthsLike | None = None,
    border: str = DEFAULT_BORDER,
    cval: float = 0.0,
    kernel: str = "gauss3",
) -> BlurPlan:
    """Work out the blur along each axis.

    Parameters
    ----------
    calibration : Calibration
    sizes : sequence of (axis name, number of samples)
        The spatial axes of the image, in (z, y, x) order.
    sigma, fwhm : length, or one per axis
        Exactly one of the two; see `fiji_bridge.lengths.read_lengths`.
    border, kernel : str
    cval : float

    Returns
    -------
    BlurPlan

    Raises
    ------
    SigmaError, UnitError, CalibrationError, InputError
        One sentence: what, which value, on which axis, what to do.
    """
    if (sigma is None) == (fwhm is None):
        raise SigmaError("give either sigma or fwhm, and only one of them")
    given, what = (sigma, "sigma") if sigma is not None else (fwhm, "fwhm")
    assert given is not None
    check_border(border, cval)
    axes = [axis for axis, _ in sizes]
    lengths = read_lengths(given, axes, what)
    if what == "fwhm":
        lengths = {a: Length(v.value / FWHM_PER_SIGMA, v.unit) for a, v in lengths.items()}
    _same_unit_where_bare(lengths, calibration, dict(sizes))
    plans = tuple(
        _axis_plan(axis, size, lengths[axis], calibration, kernel) for axis, size in sizes
    )
    return BlurPlan(plans, kernel, border, float(cval), _warnings(plans, lengths, kernel))


def _axis_plan(
    axis: str, size: int, length: Length, calibration: Calibration, kernel: str
) -> AxisPlan:
    found = calibration.axis(axis)
    if length.unit == units.PIXEL:
        sigma_px = length.value
        known = calibration.is_physical(axis)
        unit = units.PIXEL
        voxel: float | None = 1.0
        if known:
            unit, voxel = units.symbol(found.unit), found.size
        requested = sigma_px * voxel if voxel is not None else sigma_px
    elif size == 1 or length.value == 0:
        # Nothing will be done along this axis, so nothing has to be known about it.
        sigma_px, requested = 0.0, length.value
        unit = "" if length.unit is None else units.symbol(length.unit)
        voxel = calibration.voxel_size(axis, length.unit) if calibration.is_physical(axis) else None
    elif length.unit is None:
        voxel, unit = _bare_voxel_size(axis, calibration)
        requested, sigma_px = length.value, length.value / voxel
    else:
        unit = units.symbol(length.unit)
        voxel = calibration.voxel_size(axis, length.unit)
        requested, sigma_px = length.value, length.value / voxel
    note = ""
    if size == 1 and length.value > 0:
        sigma_px, note = 0.0, "one sample only: not blurred"
    if sigma_px > kernels.MAX_SIGMA_PX:
        raise SigmaError(
            f"sigma on axis {axis} is {length}, which is {sigma_px:g} pixels; "
            f"at most {kernels.MAX_SIGMA_PX:g} pixels are accepted: check the units"
        )
    half = kernels.gaussian_half(kernel, sigma_px)
    effective = kernels.effective_sigma(half)
    return AxisPlan(
        axis=axis,
        size=size,
        requested=requested,
        unit=unit,
        voxel_size=voxel,
        sigma_px=sigma_px,
        radius=kernels.radius(half),
        effective_sigma_px=effective,
        effective_sigma=None if voxel is None else effective * voxel,
        note=note,
    )


def _bare_voxel_size(axis: str, calibration: Calibration) -> tuple[float, str]:
    """Return the voxel size that a σ without unit refers to, and its unit's symbol."""
    found = calibration.axis(axis)
    if found.size is not None and found.unit == "" and calibration.source == "voxel_size=":
        return found.size, ""
    try:
        return calibration.voxel_size(axis), units.symbol(found.unit)
    except CalibrationError as error:
        raise CalibrationError(f"sigma has no unit, and {error}") from None


def _same_unit_where_bare(
    lengths: dict[str, Length], calibration: Calibration, sizes: dict[str, int]
) -> None:
    """Refuse one bare number where the axes are calibrated in different units."""
    bare = [a for a, v in lengths.items() if v.unit is None and sizes[a] > 1]
    found = {}
    for axis in bare:
        if calibration.is_physical(axis):
            found[axis] = units.canonical(calibration.axis(axis).unit)
    if len(set(found.values())) > 1:
        said = ", ".join(f"{axis} in {units.symbol(unit)}" for axis, unit in found.items())
        raise SigmaError(
            f"sigma has no unit, but the axes have different ones ({said}); give it one"
        )


def _warnings(
    plans: tuple[AxisPlan, ...], lengths: dict[str, Length], kernel: str
) -> tuple[str, ...]:
    said = []
    for plan in plans:
        if 0 < plan.sigma_px < SMALL_SIGMA_PX and kernel == "gauss3":
            loss = 1 - plan.effective_sigma_px / plan.sigma_px
            said.append(
                f"axis {plan.axis}: sigma is {plan.sigma_px:.3g} pixels, below {SMALL_SIGMA_PX}; "
                f"the sampled kernel blurs {loss:.1%} less than asked: use kernel 'discrete'"
            )
    blurred = [p for p in plans if p.sigma_px > 0 and p.effective_sigma is not None]
    same = len({(lengths[p.axis].value, lengths[p.axis].unit) for p in blurred}) == 1
    physical = all(lengths[p.axis].unit != units.PIXEL for p in blurred)
    if len(blurred) > 1 and same and physical:
        # In units of the request, so that axes in different units can be compared.
        ratio = {p.axis: p.effective_sigma_px / p.sigma_px for p in blurred}
        low, high = min(ratio, key=ratio.__getitem__), max(ratio, key=ratio.__getitem__)
        if ratio[high] > ratio[low] * (1 + ANISOTROPY_TOLERANCE):
            excess = ratio[high] / ratio[low] - 1 if ratio[low] > 0 else math.inf
            remedy = "" if kernel == "discrete" else ": kernel 'discrete' is exact on every axis"
            said.append(
                f"the effective blur differs between the axes by {excess:.1%} "
                f"({low} {ratio[low]:.3f}, {high} {ratio[high]:.3f} of the sigma asked for){remedy}"
            )
    return tuple(said)
