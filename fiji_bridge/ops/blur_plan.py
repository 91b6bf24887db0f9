"""What a blur will do, worked out before anything is done. Pure: no JVM, no pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from fiji_bridge.errors import CalibrationError, SigmaError
from fiji_bridge.image import units
from fiji_bridge.image.calibration import SPATIAL_AXES, Calibration
from fiji_bridge.image.lengths import FWHM_PER_SIGMA, LengthsLike, read_lengths
from fiji_bridge.image.memory import readable
from fiji_bridge.image.results import Plan, Table
from fiji_bridge.image.shown import shown_size
from fiji_bridge.image.units import Length
from fiji_bridge.kernels import gaussian as kernels
from fiji_bridge.kernels.borders import DEFAULT_BORDER, check_border
from fiji_bridge.kernels.worth import Worth, worth
from fiji_bridge.ops.blur_warnings import blur_warnings

#: What is measured of an axis that is left alone.
_NOTHING = Worth(effective=1.0, fwhm=1.0, transfer_error=0.0, bead_error=0.0, smallest=1.0)


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
        Standard deviation of the kernel as it stands (from its second moment).
    effective_sigma : float or None
        The same in `unit`.
    fwhm_px : float
        Full width at half maximum that a bead of σ 1 px gains, in quadrature.
    fwhm : float or None
        The same in `unit`.
    transfer_error : float
        Largest difference of the transfer function from exp(−σ²ω²/2), up to Nyquist.
    bead_error : float
        Largest error of that bead, blurred, as a part of its peak.
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
    fwhm_px: float
    fwhm: float | None
    transfer_error: float
    bead_error: float
    note: str = ""


@dataclass(frozen=True)
class BlurPlan(Plan):
    """Everything that decides the numbers of a Gaussian blur.

    Attributes
    ----------
    axes : tuple of AxisPlan
        The spatial axes of the image, in (z, y, x) order.
    kernel, border : str
    cval : float
        Value beyond the edge, used by the border ``"constant"`` only.
    warnings : tuple of str
        Where the blur is not the one asked for, by which measure and by how much.
    needed_bytes : int
        Memory that is taken beyond the image itself; an engine may need a little more.
    truncate : float
        Where the kernel ``"scipy"`` ends, in σ.
    """

    axes: tuple[AxisPlan, ...]
    kernel: str
    border: str
    cval: float
    warnings: tuple[str, ...]
    needed_bytes: int = 0
    truncate: float = kernels.TRUNCATE

    def sigma_px(self) -> tuple[float, float, float]:
        """Return σ in pixels as (z, y, x), 0 for an axis that the image lacks."""
        by_name = {plan.axis: plan.sigma_px for plan in self.axes}
        z, y, x = (by_name.get(axis, 0.0) for axis in SPATIAL_AXES)
        return z, y, x

    def as_dict(self) -> dict[str, Any]:
        """Return the plan as plain values for JSON."""
        return {**asdict(self), "axes": tuple(self.records())}

    def records(self) -> list[dict[str, Any]]:
        """Return the axes as plain values."""
        return [_shown(axis) for axis in self.axes]

    def table(self) -> Table:
        """Return the plan, a row per axis."""
        cval = f" (value {self.cval:g})" if self.border == "constant" else ""
        return Table(
            f"kernel {self.kernel}, border {self.border}{cval}",
            (
                "axis", "samples", "sigma asked for", "voxel size", "sigma (px)", "radius (px)",
                "effective sigma (px)", "effective sigma", "FWHM", "transfer error", "note",
            ),
            tuple(_row(axis) for axis in self.axes),
            (
                *(f"warning: {warning}" for warning in self.warnings),
                f"memory needed: {readable(self.needed_bytes)}",
            ),
        )  # fmt: skip


def _row(axis: AxisPlan) -> tuple[str, ...]:
    unit = f" {axis.unit}" if axis.unit else ""
    return (
        axis.axis,
        str(axis.size),
        f"{axis.requested:.6g}{unit}",
        "unknown" if axis.voxel_size is None else f"{axis.voxel_size:.6g}{unit}",
        f"{axis.sigma_px:.6g}",
        str(axis.radius),
        f"{axis.effective_sigma_px:.6g}",
        "unknown" if axis.effective_sigma is None else f"{axis.effective_sigma:.6g}{unit}",
        f"{axis.fwhm_px:.4g} px" if axis.fwhm is None else f"{axis.fwhm:.4g}{unit}",
        f"{axis.transfer_error:.2g}",
        axis.note,
    )


def make_plan(
    calibration: Calibration,
    sizes: Sequence[tuple[str, int]],
    *,
    sigma: LengthsLike | None = None,
    fwhm: LengthsLike | None = None,
    border: str = DEFAULT_BORDER,
    cval: float = 0.0,
    kernel: str = "gauss3",
    truncate: float = kernels.TRUNCATE,
) -> BlurPlan:
    """Work out the blur along each axis.

    Parameters
    ----------
    calibration : Calibration
    sizes : sequence of (axis name, number of samples)
        The spatial axes of the image, in (z, y, x) order.
    sigma, fwhm : length, or one per axis
        Exactly one of the two; see `fiji_bridge.image.lengths.read_lengths`.
    border, kernel : str
    cval : float
    truncate : float
        Where the kernel ``"scipy"`` ends, in σ.

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
    border = check_border(border, cval)
    axes = [axis for axis, _ in sizes]
    lengths = read_lengths(given, axes, what)
    if what == "fwhm":
        lengths = {a: Length(v.value / FWHM_PER_SIGMA, v.unit) for a, v in lengths.items()}
    _same_unit_where_bare(lengths, calibration, dict(sizes))
    kernels.check_truncate(kernel, truncate)
    plans = []
    measured = {}
    for axis, size in sizes:
        made, found = _axis_plan(axis, size, lengths[axis], calibration, kernel, truncate)
        if size == 1 and made.note and border == "constant":
            made = replace(made, note=f"{made.note}; nor mixed with cval, as Gauss3 would")
        plans.append(made)
        if made.sigma_px > 0:
            measured[axis] = (made.sigma_px, found)
    asked = {(lengths[axis].value, lengths[axis].unit) for axis in measured}
    physical = all(
        lengths[p.axis].unit != units.PIXEL and p.effective_sigma is not None
        for p in plans
        if p.axis in measured
    )
    warnings = blur_warnings(kernel, measured, same_everywhere=len(asked) == 1 and physical)
    return BlurPlan(tuple(plans), kernel, border, float(cval), warnings, truncate=float(truncate))


def _axis_plan(
    axis: str,
    size: int,
    length: Length,
    calibration: Calibration,
    kernel: str,
    truncate: float,
) -> tuple[AxisPlan, Worth]:
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
    half = kernels.gaussian_half(kernel, sigma_px, truncate)
    effective = kernels.effective_sigma(half)
    measured = worth(kernel, sigma_px, truncate) if sigma_px > 0 else _NOTHING
    fwhm = measured.fwhm * sigma_px * FWHM_PER_SIGMA
    made = AxisPlan(
        axis=axis,
        size=size,
        requested=requested,
        unit=unit,
        voxel_size=voxel,
        sigma_px=sigma_px,
        radius=kernels.radius(half),
        effective_sigma_px=effective,
        effective_sigma=None if voxel is None else effective * voxel,
        fwhm_px=fwhm,
        fwhm=None if voxel is None else fwhm * voxel,
        transfer_error=measured.transfer_error,
        bead_error=measured.bead_error,
        note=note,
    )
    return made, measured


def _shown(axis: AxisPlan) -> dict[str, Any]:
    size = axis.voxel_size
    return {**asdict(axis), "voxel_size": None if size is None else shown_size(size)}


def _bare_voxel_size(axis: str, calibration: Calibration) -> tuple[float, str]:
    """Return the voxel size that a σ without unit refers to, and its unit's symbol."""
    found = calibration.axis(axis)
    if found.bare and found.size is not None:
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
