"""An engine's result against the exact-kernel SciPy reference, and against what others give."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.adapters import VoxelSizeLike, to_image
from fiji_bridge.borders import DEFAULT_BORDER
from fiji_bridge.borders import border as known_border
from fiji_bridge.check.continuous import continuous_gaussian
from fiji_bridge.check.difference import Difference, Parts, merge
from fiji_bridge.engines.base import AxisKernel, EngineInfo, Progress, round_to
from fiji_bridge.engines.scipy_reference import ScipyEngine
from fiji_bridge.errors import InputError
from fiji_bridge.image import CalibratedImage, volume_view
from fiji_bridge.lengths import LengthsLike
from fiji_bridge.ops.gaussian import plan as gaussian_plan
from fiji_bridge.ops.separable import Context, filter_image
from fiji_bridge.plan import BlurPlan

#: Largest difference that is accepted, as a share of the data range (which includes 0).
#: float32: a few hundred roundings of 6e-8; float64: the same of 1e-16; float16: its own
#: rounding. Integers may differ by one grey level where the exact value is close to a half.
TOLERANCE = {"float64": 1e-12, "float32": 1e-5, "float16": 2.0**-10}


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes
    ----------
    against : str
        What the engine's result is compared with.
    difference : Difference
    tolerance : float or None
        In grey levels; None where the comparison is information only.
    """

    against: str
    difference: Difference
    tolerance: float | None

    @property
    def passed(self) -> bool:
        """Whether the difference is within the tolerance, if there is one."""
        return self.tolerance is None or self.difference.maximum <= self.tolerance


@dataclass(frozen=True)
class CrosscheckReport:
    """What a cross-check found.

    Attributes
    ----------
    image : str
    axes : tuple of str
        Names of the axes of the index in each row's ``difference.where``.
    engine : EngineInfo
        The engine that really ran.
    dtype : str
        Of the result.
    data_range : float
        max(data, 0) − min(data, 0), in grey levels.
    plan : BlurPlan
    rows : tuple of Row
    """

    image: str
    axes: tuple[str, ...]
    engine: EngineInfo
    dtype: str
    data_range: float
    plan: BlurPlan
    rows: tuple[Row, ...]

    @property
    def passed(self) -> bool:
        """Whether every comparison that has a tolerance is within it."""
        return all(row.passed for row in self.rows)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain values for JSON."""
        values = asdict(self)
        for row, entry in zip(self.rows, values["rows"], strict=True):
            entry["passed"] = row.passed
        values["passed"] = self.passed
        return values


def crosscheck(
    image: Any,
    *,
    sigma: LengthsLike | None = None,
    fwhm: LengthsLike | None = None,
    voxel_size: VoxelSizeLike | None = None,
    border: str = DEFAULT_BORDER,
    cval: float = 0.0,
    kernel: str = "gauss3",
    engine: str | None = None,
    dtype: str = "same",
    nan: str = "refuse",
    axes: str | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> CrosscheckReport:
    """Blur with an engine and compare with SciPy.

    The verdict rests on the reference of the same kernel, computed by
    ``scipy.ndimage.correlate1d`` in float64. For information, the result is also compared with
    plain ``scipy.ndimage.gaussian_filter`` and with the continuous Gaussian.

    Parameters
    ----------
    image, sigma, fwhm, voxel_size, border, cval, kernel, engine, dtype, axes, threads, progress
        As in `fiji_bridge.gaussian`.
    nan : {"refuse", "propagate"}
        ``"ignore"`` is refused: the references know no such thing.

    Returns
    -------
    CrosscheckReport

    Raises
    ------
    InputError, RuntimeStartError
        As `fiji_bridge.gaussian`.
    """
    if nan == "ignore":
        raise InputError("nan='ignore' cannot be cross-checked: SciPy has no such policy")
    given = to_image(image, voxel_size=voxel_size, axes=axes)
    plan = gaussian_plan(given, sigma=sigma, fwhm=fwhm, border=border, cval=cval, kernel=kernel)
    z, y, x = (AxisKernel.from_gaussian(kernel, s) for s in plan.sigma_px())
    context = Context(engine=engine, threads=threads, progress=progress)
    result, used = filter_image(
        given, (z, y, x), border=border, cval=cval, dtype=dtype, nan=nan, context=context
    )
    scale = data_range(given.data)
    tolerance = accepted(result.dtype, scale)
    found = _against(given, result, _reference(given, (z, y, x), border, cval))
    rows = [Row("SciPy, same kernel (correlate1d, float64)", found, tolerance)]
    if nan == "refuse":
        others = {
            "plain scipy.ndimage.gaussian_filter": _plain(given, plan),
            "the continuous Gaussian": _continuous(given, plan),
        }
        rows += [Row(name, _against(given, result, v), None) for name, v in others.items()]
    return CrosscheckReport(
        image=given.name,
        axes=_volume_axes(given),
        engine=used.info(),
        dtype=result.dtype.name,
        data_range=scale,
        plan=plan,
        rows=tuple(rows),
    )


def data_range(data: NDArray[Any]) -> float:
    """Return max(data, 0) − min(data, 0) over the finite samples: the scale of rounding errors."""
    finite = data[np.isfinite(data)] if data.dtype.kind == "f" else data
    if finite.size == 0:
        return 0.0
    return max(float(finite.max()), 0.0) - min(float(finite.min()), 0.0)


def accepted(dtype: np.dtype[Any], scale: float) -> float:
    """Return the largest accepted difference in grey levels."""
    return 1.0 if dtype.kind in "iu" else TOLERANCE[dtype.name] * scale


def _volume_axes(image: CalibratedImage) -> tuple[str, ...]:
    lead = tuple(axis for axis in image.axes if axis not in "zyx")
    return (*lead, "z", "y", "x")


def _against(
    image: CalibratedImage, result: NDArray[Any], references: Iterator[NDArray[np.float64]]
) -> Difference:
    """Compare volume by volume, so that only one reference is in memory at a time."""
    view = volume_view(result, image.axes)
    parts = Parts()
    for index, reference in zip(np.ndindex(view.shape[:-3]), references, strict=True):
        parts.add(view[index], round_to(reference, result.dtype))
    return merge(parts, view.shape)


def _volumes(image: CalibratedImage) -> Iterator[NDArray[Any]]:
    view = volume_view(image.data, image.axes)
    for index in np.ndindex(view.shape[:-3]):
        yield view[index]


def _reference(
    image: CalibratedImage,
    kernels: tuple[AxisKernel, AxisKernel, AxisKernel],
    border: str,
    cval: float,
) -> Iterator[NDArray[np.float64]]:
    engine = ScipyEngine()
    for volume in _volumes(image):
        out = np.empty(volume.shape, np.float64)
        engine.filter(volume, kernels, out, border=border, cval=cval)
        yield out


def _plain(image: CalibratedImage, plan: BlurPlan) -> Iterator[NDArray[np.float64]]:
    from scipy.ndimage import gaussian_filter

    mode = known_border(plan.border).scipy
    for volume in _volumes(image):
        yield gaussian_filter(volume.astype(np.float64), plan.sigma_px(), mode=mode, cval=plan.cval)


def _continuous(image: CalibratedImage, plan: BlurPlan) -> Iterator[NDArray[np.float64]]:
    for volume in _volumes(image):
        yield continuous_gaussian(volume, plan.sigma_px(), border=plan.border, cval=plan.cval)
