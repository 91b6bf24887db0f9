"""The usual suspects: what people and programs get wrong in a blur, each with its words."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

from fiji_bridge.errors import UnitError
from fiji_bridge.image import units
from fiji_bridge.image.calibration import SPATIAL_AXES
from fiji_bridge.image.lengths import FWHM_PER_SIGMA
from fiji_bridge.kernels.borders import BORDERS
from fiji_bridge.ops.blur_plan import AxisPlan, BlurPlan
from fiji_bridge_lab.model import (
    KNOWN_KERNELS,
    MEASURED,
    BlurModel,
    Guesser,
    effective_width,
)

Widths = tuple[float, float, float]

#: Wider guesses are not made: they turn any image of a usual size into its mean.
_WIDEST_PX = 256.0

#: What part of a blur a cause concerns, in the order in which guesses are tried.
PARTS = ("sigma", "border", "shift", "channels", "kernel", "rounding")


@dataclass(frozen=True)
class Cause:
    """One way in which a result differs from what was asked for.

    Attributes
    ----------
    part : str
        One of `PARTS`, or ``"values"``.
    id : str
        Short and stable, for suites: ``"border"``, ``"swapped-axes"`` …
    words : str
        ``"border nearest instead of mirror-double"``.
    """

    part: str
    id: str
    words: str


@dataclass(frozen=True)
class Suspect:
    """A cause and the model that it leads to."""

    cause: Cause
    model: BlurModel


def requested(plan: BlurPlan) -> BlurModel:
    """Return the model of a blur as it was asked for."""
    return BlurModel(plan.sigma_px(), plan.kernel, plan.border, plan.cval)


def suspects(plan: BlurPlan, model: BlurModel, guesser: Guesser) -> Iterator[Suspect]:
    """Iterate over all single changes of a model that are worth a try."""
    yield from _widths(plan, model)
    yield from _borders(plan, model)
    yield from _shifts(model, guesser)
    yield from _channels(plan, model, guesser)
    yield from _kernels(plan, model, guesser)
    yield from _roundings(model, guesser)


def _widths(plan: BlurPlan, model: BlurModel) -> Iterator[Suspect]:
    asked = plan.sigma_px()
    found: dict[Widths, tuple[str, str]] = {}

    def add(widths: tuple[float, ...], id: str, words: str) -> None:
        z, y, x = (0.0 if a.size == 1 else w for a, w in zip(axes, widths, strict=True))
        same = (z, y, x)
        if same != asked and max(same) <= _WIDEST_PX and same not in found:
            found[same] = (id, words)

    axes = _per_axis(plan)
    voxels = [a.voxel_size if a.sigma_px > 0 else None for a in axes]
    if any(voxel is not None for voxel in voxels):
        multiplied = tuple(
            s if v is None else a.requested * v for s, v, a in zip(asked, voxels, axes, strict=True)
        )
        add(
            multiplied,
            "sigma-multiplied",
            f"sigma multiplied by the voxel size instead of divided ({_px(multiplied)})",
        )
        bare = tuple(
            s if v is None else a.requested for s, v, a in zip(asked, voxels, axes, strict=True)
        )
        add(bare, "unit-dropped", f"the unit dropped: sigma taken as pixels ({_px(bare)})")
        for text, factor in _other_units(axes):
            wide = tuple(s * factor for s in asked)
            add(wide, "unit-mistaken", f"the unit mistaken: {text} ({_px(wide)})")
    for order in itertools.permutations(range(3)):
        swapped = tuple(asked[i] for i in order)
        names = "".join(SPATIAL_AXES[i] for i in order)
        add(
            swapped,
            "swapped-axes",
            f"swapped axes: the sigmas of (z, y, x) used in the order ({', '.join(names)})",
        )
    add(
        tuple(s * FWHM_PER_SIGMA for s in asked),
        "sigma-times-2.355",
        "sigma multiplied by 2.355 (a FWHM used as a sigma)",
    )
    add(
        tuple(s / FWHM_PER_SIGMA for s in asked),
        "sigma-over-2.355",
        "sigma divided by 2.355 (a sigma used as a FWHM)",
    )
    add(tuple(s**0.5 for s in asked), "variance", "sigma used as the variance")
    add(tuple(s**2 for s in asked), "variance-squared", "the variance used as sigma")
    add((0.0, 0.0, 0.0), "not-blurred", "no blur at all")
    for position, name in enumerate(SPATIAL_AXES):
        left_out = tuple(0.0 if i == position else s for i, s in enumerate(asked))
        add(left_out, "axis-not-blurred", f"axis {name} not blurred")
    for name, s in zip(SPATIAL_AXES, asked, strict=True):
        add((s, s, s), "one-sigma-for-all", f"the sigma of axis {name} used on every axis")
    add(tuple(s * 2**0.5 for s in asked), "blurred-twice", "the blur applied twice")
    add(tuple(s * 2 for s in asked), "sigma-doubled", "sigma doubled")
    add(tuple(s / 2 for s in asked), "sigma-halved", "sigma halved")
    for widths, (id, words) in found.items():
        yield Suspect(Cause("sigma", id, words), replace(model, sigma_px=widths))


def _per_axis(plan: BlurPlan) -> list[AxisPlan]:
    by_name = {axis.axis: axis for axis in plan.axes}
    absent = AxisPlan("", 1, 0.0, "", None, 0.0, 0, 0.0, None, 0.0, None, 0.0, 0.0)
    return [by_name.get(axis, absent) for axis in SPATIAL_AXES]


def _other_units(axes: list[AxisPlan]) -> Iterator[tuple[str, float]]:
    """Iterate over units that a number may have been read in, with the factor for sigma."""
    named = {a.unit for a in axes if a.unit not in ("", units.PIXEL)}
    if len(named) != 1:
        return
    own = named.pop()
    for other in ("nm", "µm", "mm", "inch"):
        try:
            factor = units.convert(1.0, units.canonical(other), units.canonical(own))
        except UnitError:
            return
        if abs(factor - 1) > 1e-9:
            yield f"{other} instead of {own}", factor


def _px(widths: tuple[float, ...]) -> str:
    return f"({', '.join(f'{w:.3g}' for w in widths)}) px in (z, y, x)"


def _borders(plan: BlurPlan, model: BlurModel) -> Iterator[Suspect]:
    asked = f"{plan.border} ({plan.cval:g})" if plan.border == "constant" else plan.border
    for name in BORDERS:
        # A constant border is a different one for each value: what was asked for, and zero.
        for cval in sorted({0.0, plan.cval}) if name == "constant" else (0.0,):
            said = f"{name} ({cval:g})" if name == "constant" else name
            if said != asked:
                cause = Cause("border", "border", f"border {said} instead of {asked}")
                yield Suspect(cause, replace(model, border=name, cval=cval))


def _shifts(model: BlurModel, guesser: Guesser) -> Iterator[Suspect]:
    extended = [i for i, axis in enumerate(SPATIAL_AXES) if guesser.size(axis) > 1]
    groups = [(i,) for i in extended] + ([tuple(extended)] if len(extended) > 1 else [])
    if len(extended) == 3:
        groups.append((1, 2))
    for group, step in itertools.product(groups, (0.5, -0.5, 1.0, -1.0)):
        z, y, x = (step if i in group else 0.0 for i in range(3))
        named = " and ".join(SPATIAL_AXES[i] for i in group)
        much = "half a pixel" if abs(step) == 0.5 else "one pixel"
        way = "higher" if step > 0 else "lower"
        words = f"shifted by {much} along {named} towards {way} indices"
        id = "half-pixel-shift" if abs(step) == 0.5 else "pixel-shift"
        for interpolated in (False, True) if abs(step) == 0.5 else (False,):
            moved = replace(model, shift=(z, y, x), interpolated=interpolated)
            yield Suspect(Cause("shift", id, words), moved)


def _channels(plan: BlurPlan, model: BlurModel, guesser: Guesser) -> Iterator[Suspect]:
    names = {"c": "the channels", "t": "time", "s": "the RGB samples"}
    widths = {s for s in plan.sigma_px() if s > 0}
    widths |= {a.requested for a in plan.axes if 0 < a.requested <= _WIDEST_PX}
    for axis in guesser.lead_axes:
        for width in sorted(widths):
            cause = Cause(
                "channels",
                "channel-blurred" if axis != "t" else "time-blurred",
                f"{names[axis]} blurred into each other (axis {axis}, sigma {width:.3g} samples)",
            )
            yield Suspect(cause, replace(model, lead=((axis, width),)))


def _kernels(plan: BlurPlan, model: BlurModel, guesser: Guesser) -> Iterator[Suspect]:
    asked = KNOWN_KERNELS[plan.kernel]
    for name, words in KNOWN_KERNELS.items():
        if name == plan.kernel:
            continue
        id = "missing-tail" if (plan.kernel, name) == ("gauss3", "gauss3-no-tail") else "kernel"
        cause = Cause("kernel", id, f"{words} instead of {asked}")
        yield Suspect(cause, replace(model, kernel=name))
    if guesser.measured:
        words = f"a kernel of its own ({_measured_words(model, guesser)}) instead of {asked}"
        cause = Cause("kernel", "own-kernel", words)
        yield Suspect(cause, replace(model, kernel=MEASURED))


def _measured_words(model: BlurModel, guesser: Guesser) -> str:
    """Say how wide a measured kernel is, and which of the known ones is closest."""
    wide = [
        f"{axis} {effective_width(*guesser.measured[axis]):.3f}"
        for axis in SPATIAL_AXES
        if axis in guesser.measured
    ]
    gaps = {name: guesser.gap_to_measured(replace(model, kernel=name)) for name in KNOWN_KERNELS}
    name = min(gaps, key=gaps.__getitem__)
    return (
        f"measured: effective sigma {', '.join(wide)} px; closest to {KNOWN_KERNELS[name]}, "
        f"taps within {gaps[name]:.1g}"
    )


def _roundings(model: BlurModel, guesser: Guesser) -> Iterator[Suspect]:
    if guesser.dtype.kind == "f":
        return
    words = {
        "down": "fractions cut off (truncated) instead of rounded to nearest",
        "nearest per plane": "rounded twice, after XY and after Z, instead of once at the end",
        "nearest per axis": "rounded after every axis instead of once at the end",
        "down per axis": "fractions cut off (truncated) after every axis",
        "lower per axis": "fractions cut off (truncated) after every axis",
    }
    for rounding, said in words.items():
        orders = ("zyx", "xyz", "yxz") if rounding.endswith("per axis") else ("xyz",)
        for order in orders:
            id = "rounded-in-between" if rounding.startswith("nearest") else "truncated"
            changed = replace(model, rounding=rounding, order=order)
            yield Suspect(Cause("rounding", id, said), changed)
