"""The levels of a Gaussian pyramid or scale space, worked out before anything is done."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from fiji_bridge.errors import AxesError, InputError, SigmaError
from fiji_bridge.image import units
from fiji_bridge.image.calibration import Calibration
from fiji_bridge.image.lengths import LengthsLike, read_lengths
from fiji_bridge.image.memory import readable
from fiji_bridge.image.results import Plan, Table
from fiji_bridge.image.spacing import Spacing, spacing
from fiji_bridge.kernels import gaussian as kernels
from fiji_bridge.kernels.worth import energy_beyond

#: Blur, in voxels of the new and coarser grid, that an axis needs before every other sample goes.
SIGMA_TO_HALVE = 0.8
#: Energy beyond what the new grid can hold, of an image whose own spectrum is flat: what
#: `SIGMA_TO_HALVE` leaves at most, on each axis (discrete kernel 0.0022, Gauss3's 0.0004).
ALIASING_BOUND = 0.0025
#: Largest difference between a level reached step by step and the direct blur with the same kernel
#: at its samples, as a part of the image's range; away from borders, on white noise, up to five
#: levels per doubling. Without downsampling `discrete` and `band-limited` have none.
DIRECT_BOUNDS = {"discrete": 0.006, "band-limited": 0.0005, "gauss3": 0.03, "scipy": 0.03}
#: A level's blur keeps to the stated σ within this part of it, on every axis, or is refused.
SIGMA_BOUND = 0.005
#: An axis that is finer than the coarsest by less than this factor is not halved on its own: it
#: would only become the coarser one.
NEAR_ISOTROPIC = math.sqrt(2)
#: Blur that an image is taken to have, in voxels of its coarsest axis.
DEFAULT_INITIAL = 0.5
DOWNSAMPLING = ("auto", "none")


@dataclass(frozen=True)
class Level:
    """One level.

    Attributes
    ----------
    sigma : float
        Whole blur, the image's own included, the same in every direction, in the plan's unit.
    step : dict of str to float
        σ added to the level before, per axis, in the plan's unit.
    step_px : dict of str to float
        The same in voxels of the level before.
    kernel_px : dict of str to float
        σ of the kernel that the engine is given for it: where a kernel is not as wide as its σ
        (Gauss3's, SciPy's), the one whose second moment brings the level to `sigma`.
    reached : dict of str to float
        `sigma` as it is then, per axis, by second moments, in the plan's unit.
    sigma_px : dict of str to float
        `sigma` in voxels of this level.
    halved : tuple of str
        Axes on which every other sample is dropped after the step.
    shape : dict of str to int
    voxel_size : dict of str to float
        In the plan's unit.
    aliased : float
        Energy that dropping samples folds back, as a part of all, on the worst axis; for an
        image whose own spectrum is flat.
    """

    sigma: float
    step: dict[str, float]
    step_px: dict[str, float]
    kernel_px: dict[str, float]
    reached: dict[str, float]
    sigma_px: dict[str, float]
    halved: tuple[str, ...]
    shape: dict[str, int]
    voxel_size: dict[str, float]
    aliased: float


@dataclass(frozen=True)
class PyramidPlan(Plan):
    """All levels, the image itself first.

    Attributes
    ----------
    levels : tuple of Level
    unit : str
        Symbol of the length unit, or ``""`` for a caller's unit-less voxel sizes.
    ratio : float
        σ of a level over that of the one before.
    kernel, border : str
    cval : float
    notes : tuple of str
    needed_bytes : int
        All levels, and what is taken while they are made; 0 where only the grid is planned.
    """

    levels: tuple[Level, ...]
    unit: str
    ratio: float
    kernel: str
    border: str
    cval: float
    notes: tuple[str, ...]
    needed_bytes: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the plan as plain values for JSON."""
        return asdict(self)

    def table(self) -> Table:
        """Return one row per level."""
        unit = f" ({self.unit})" if self.unit else ""
        axes = tuple(self.levels[0].shape)
        order = ", ".join(axes)
        rows = tuple(
            (
                str(number),
                f"{level.sigma:.4g}",
                _each(level.step, axes),
                _each(level.sigma_px, axes),
                " x ".join(str(level.shape[axis]) for axis in axes),
                _each(level.voxel_size, axes),
                ", ".join(level.halved) or "-",
                _energy(level),
            )
            for number, level in enumerate(self.levels)
        )
        return Table(
            f"pyramid, ratio {self.ratio:.4g}, kernel {self.kernel}, border {self.border}",
            ("level", f"sigma{unit}", f"step{unit}", f"sigma px ({order})", f"shape ({order})",
             f"voxel size{unit}", "halved", "aliased energy"),
            rows,
            (*self.notes, f"memory needed: {readable(self.needed_bytes)}")
            if self.needed_bytes
            else self.notes,
        )  # fmt: skip


def make_pyramid_plan(
    calibration: Calibration,
    sizes: Sequence[tuple[str, int]],
    *,
    initial_sigma: LengthsLike | None = None,
    levels: int = 5,
    steps: int = 1,
    downsampling: str = "auto",
    kernel: str = "discrete",
    border: str = "mirror-double",
    cval: float = 0.0,
) -> PyramidPlan:
    """Work out the levels.

    Parameters
    ----------
    calibration : Calibration
    sizes : sequence of (axis name, number of samples)
        The spatial axes, in (z, y, x) order.
    initial_sigma : length or one per axis, optional
        Blur that the image has. By default half a voxel of the coarsest axis, in every
        direction. Where it differs between the axes, level 0 brings them to the largest.
    levels : int
        Number of levels, the image itself included.
    steps : int
        Levels per doubling of σ: the ratio is 2^(1/steps).
    downsampling : {"auto", "none"}
        ``"auto"`` drops every other sample of an axis as soon as the blur that the pyramid has
        added is 0.8 voxels of the new grid: at most once per level, the finer axes first, until
        the voxels are isotropic within √2, then all together. ``"none"`` is a scale space.
    kernel, border, cval : see `fiji_bridge.gaussian`

    Returns
    -------
    PyramidPlan

    Raises
    ------
    InputError
    """
    _check_counts(levels, steps, downsampling)
    extent = {axis: size for axis, size in sizes if size > 1}
    if not extent:
        raise AxesError("the image has one sample along every spatial axis: no pyramid")
    scale = spacing(calibration, extent, remedy="; or voxel_size=1 for a pyramid in pixels")
    initial, notes = _initial(scale, sizes, initial_sigma)
    ratio = 2 ** (1 / steps)
    start = max(initial.values())
    if start <= 0:
        raise SigmaError("initial_sigma must be above 0 on some axis: levels are multiples of it")
    reached = initial
    made = []
    first = _level(start, _added(start, initial), scale.sizes, extent, (), 0.0)
    made.append(_with_kernels(first, kernel, scale.sizes, reached))
    for number in range(1, levels):
        sigma, before = start * ratio**number, made[-1]
        step = dict.fromkeys(extent, math.sqrt(sigma**2 - before.sigma**2))
        added = math.sqrt(sigma**2 - start**2)
        halved = _to_halve(before, added) if downsampling == "auto" else ()
        aliased = max(
            (aliased_energy(kernel, added / before.voxel_size[axis]) for axis in halved),
            default=0.0,
        )
        level = _level(sigma, step, before.voxel_size, before.shape, halved, aliased)
        made.append(_with_kernels(level, kernel, before.voxel_size, before.reached))
    notes = (
        *notes,
        f"each level has its sigma within {SIGMA_BOUND:.1%} on every axis, and differs from the "
        f"direct blur by at most {DIRECT_BOUNDS[kernel]:.2%} of the range (white noise)",
    )
    return PyramidPlan(tuple(made), scale.unit, ratio, kernel, border, float(cval), notes)


def _with_kernels(
    level: Level, kernel: str, voxels: dict[str, float], before: dict[str, float]
) -> Level:
    """Return a level with the σ of its kernels, on the grid of the level before."""
    kernel_px, reached = {}, {}
    for axis, voxel in voxels.items():
        # What earlier steps missed is made up for: second moments add exactly.
        missing = math.sqrt(max(0.0, level.sigma**2 - before[axis] ** 2)) / voxel
        # Rounding of the sums before leaves some digits of nothing.
        missing = missing if level.step[axis] > 0 else 0.0
        kernel_px[axis] = kernels.sigma_of_second_moment(kernel, missing)
        added = kernels.effective_sigma(kernels.gaussian_half(kernel, kernel_px[axis])) * voxel
        reached[axis] = math.hypot(before[axis], added)
        if abs(reached[axis] / level.sigma - 1) > SIGMA_BOUND:
            raise SigmaError(
                f"kernel {kernel!r} brings the level of sigma {level.sigma:.4g} to "
                f"{reached[axis]:.4g} on axis {axis}, more than {SIGMA_BOUND:.1%} off: "
                "take kernel 'discrete'"
            )
    return replace(level, kernel_px=kernel_px, reached=reached)


def aliased_energy(kernel: str, sigma_px: float) -> float:
    """Return the energy above half the Nyquist frequency after a blur of white noise, of all."""
    return energy_beyond(kernels.gaussian_half(kernel, sigma_px), math.pi / 2)


def _check_counts(levels: int, steps: int, downsampling: str) -> None:
    for name, value in (("levels", levels), ("steps", steps)):
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 64:
            raise InputError(f"{name} must be a whole number from 1 to 64; got {value!r}")
    if downsampling not in DOWNSAMPLING:
        raise InputError(
            f"downsampling must be one of {', '.join(DOWNSAMPLING)}; got {downsampling!r}"
        )


def _initial(
    scale: Spacing, sizes: Sequence[tuple[str, int]], given: LengthsLike | None
) -> tuple[dict[str, float], tuple[str, ...]]:
    """Return the blur that the image has, per axis, in the unit of `scale`, and what to say."""
    if given is None:
        coarsest = max(scale.sizes, key=scale.sizes.__getitem__)
        sigma = DEFAULT_INITIAL * scale.sizes[coarsest]
        said = (
            f"the image is taken to be blurred already by sigma {sigma:.4g} {scale.unit}".rstrip()
            + f" in every direction (half a voxel of axis {coarsest}); say otherwise with "
            "initial_sigma, measure it with suggest"
        )
        return dict.fromkeys(scale.sizes, sigma), (said,)
    lengths = read_lengths(given, [axis for axis, _ in sizes], "initial_sigma")
    found = {}
    for axis, size in scale.sizes.items():
        length = lengths[axis]
        if length.unit == units.PIXEL:
            found[axis] = length.value * size
        elif length.unit is not None and scale.unit == "":
            raise SigmaError(
                f"initial_sigma on axis {axis} is {length}, but the voxel size has no unit"
            )
        else:
            found[axis] = length.to(scale.unit)
    return found, ()


def _added(target: float, present: dict[str, float]) -> dict[str, float]:
    return {axis: math.sqrt(target**2 - sigma**2) for axis, sigma in present.items()}


def _level(
    sigma: float,
    step: dict[str, float],
    voxels: dict[str, float],
    shape: dict[str, int],
    halved: tuple[str, ...],
    aliased: float,
) -> Level:
    """Return the level that a step from a grid leads to."""
    new_voxels = {a: v * (2 if a in halved else 1) for a, v in voxels.items()}
    return Level(
        sigma=sigma,
        step=step,
        step_px={a: step[a] / v for a, v in voxels.items()},
        kernel_px={},
        reached={},
        sigma_px={a: sigma / v for a, v in new_voxels.items()},
        halved=halved,
        # Samples 0, 2, 4 … stay.
        shape={a: -(-n // 2) if a in halved else n for a, n in shape.items()},
        voxel_size=new_voxels,
        aliased=aliased,
    )


def _to_halve(before: Level, added: float) -> tuple[str, ...]:
    """Return the axes to halve now."""
    voxels = {a: v for a, v in before.voxel_size.items() if before.shape[a] > 2}
    if not voxels:
        return ()
    # A little slack, so that sigma = 0.8 voxels is not missed by a rounding error.
    ready = {a for a, v in voxels.items() if added >= SIGMA_TO_HALVE * 2 * v * (1 - 1e-9)}
    coarsest = max(before.voxel_size.values())
    finer = {a for a, v in voxels.items() if v * NEAR_ISOTROPIC <= coarsest}
    if _improves(before, finer):
        chosen = finer & ready
        return tuple(a for a in voxels if a in chosen) if _improves(before, chosen) else ()
    return tuple(voxels) if ready == set(voxels) else ()


def _improves(before: Level, halved: set[str]) -> bool:
    """Whether voxels get more isotropic by halving these axes."""
    now = before.voxel_size
    then = {a: v * (2 if a in halved else 1) for a, v in now.items()}
    return _spread(then) < _spread(now) * (1 - 1e-9)


def _spread(voxels: dict[str, float]) -> float:
    return max(voxels.values()) / min(voxels.values())


def _energy(level: Level) -> str:
    if not level.halved:
        return "-"
    # Less is rounding of the transform that it is computed with.
    return f"{level.aliased:.2g}" if level.aliased >= 1e-6 else "< 1e-6"


def _each(values: dict[str, float], axes: tuple[str, ...]) -> str:
    texts = [f"{values[axis]:.4g}" for axis in axes]
    return texts[0] if len(set(texts)) == 1 else ", ".join(texts)
