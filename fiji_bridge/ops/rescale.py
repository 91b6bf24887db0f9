"""Another voxel size: isotropic voxels, or a zoom factor."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, Literal, Unpack

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.engines.engine import AxisKernel, EngineInfo, Kernels, Reach
from fiji_bridge.engines.means import quotient
from fiji_bridge.engines.resampling import Lattice, Window, sampler, scipy_pays
from fiji_bridge.engines.select import get_engine, in_java
from fiji_bridge.errors import InputError
from fiji_bridge.image.calibrated import CalibratedImage, volume_view
from fiji_bridge.image.calibration import SPATIAL_AXES
from fiji_bridge.image.dtypes import check_dtype, needs_double, result_dtype, round_to
from fiji_bridge.image.grid import Every, Grid, carried, regrid
from fiji_bridge.image.lengths import LengthsLike
from fiji_bridge.image.memory import array_bytes, check_memory
from fiji_bridge.kernels.borders import DEFAULT_BORDER, check_border
from fiji_bridge.ops.holes import has_holes, holes_filled
from fiji_bridge.ops.operation import ByParts, Prepared, operation
from fiji_bridge.ops.parameter import Kind, Parameter
from fiji_bridge.ops.parameters import Border, Cval, DType, Nan, OnEngine
from fiji_bridge.ops.provenance import entry, planned
from fiji_bridge.ops.rescale_plan import INTERPOLATIONS, KERNEL, RescalePlan, make_rescale_plan
from fiji_bridge.ops.separable import Context, filter_image, memory_needed, refuse_not_finite


@operation(title="Rescale (Physical)", example={"to": "finest"})
def rescale(
    image: CalibratedImage,
    *,
    to: Annotated[
        LengthsLike | None,
        Parameter(
            Kind.LENGTHS,
            "new voxel size: '1 um', 'z=2 um, y=1 um, x=1 um', finest or coarsest",
            label="New voxel size",
        ),
    ] = None,
    zoom: Annotated[float, Parameter(Kind.NUMBER, "the new voxel size is divided by this")] = 1.0,
    interpolation: Annotated[
        Literal["nearest", "linear", "cubic"], Parameter(Kind.CHOICE, "between samples")
    ] = "linear",
    antialias: Annotated[
        Literal["auto", "gaussian", "strong", "none"],
        Parameter(
            Kind.CHOICE,
            "blur before samples are dropped (auto: gaussian unless nearest, which is for labels; "
            "strong: 0.8 new voxels, next to nothing is folded back)",
        ),
    ] = "auto",
    border: Border = DEFAULT_BORDER,
    cval: Cval = 0.0,
    dtype: DType = "same",
    nan: Nan = "refuse",
    **how: Unpack[OnEngine],
) -> Prepared[RescalePlan, CalibratedImage]:
    """Sample the image on another grid: isotropic voxels, a voxel size, a zoom factor.

    Parameters
    ----------
    to : length, one per axis, "finest" or "coarsest"
        The new voxel size: ``"1 um"``, ``(2, 1, 1)``; ``"2 px"`` are two old voxels.
    zoom : float
        The new voxel size is divided by this; alone it scales every axis.
    interpolation : {"linear", "nearest", "cubic"}
        Nearest for labels; cubic is SciPy's interpolating B-spline, and can overshoot.
    antialias : {"auto", "gaussian", "strong", "none"}
        On each axis that gets coarser, a Gaussian of σ = √(new² − old²) / 2 before samples are
        dropped; ``"auto"``: unless the interpolation is nearest. The engine computes it. At twice
        the voxel size 13.1 % of a flat spectrum are left after the blur for dropping samples to
        fold back, 4.2 % after the linear interpolation, and stripes just finer than the new grid
        can hold keep 32 % (47 % before it). ``"strong"``, 0.8 new voxels, leaves 0.2 % after the
        blur (1.4 % at most, where voxels grow by a fifth) and 5 % of those stripes, but blurs
        more. The plan says both per axis; what others leave is in the table of the site's page
        *Rescaling, measured*.
    nan : {"refuse", "propagate", "ignore"}
        ``"ignore"`` takes the mean of the samples that are there, NaN where none is within reach;
        not with ``"cubic"``, whose weights are negative in places.

    Returns
    -------
    Same type as `image`
        With round(samples · old size / new size) samples along each axis. The outer edges of the
        first voxels meet: sample j lies at index (j + 1/2) · new/old − 1/2 of the old grid.
        Voxel size and origin follow, so that every sample keeps its physical place.

    Raises
    ------
    InputError
        If it makes no sense, or does not fit into memory (known before anything is done).

    Notes
    -----
    Interpolation is that of ``scipy.ndimage.affine_transform`` (orders 0, 1, 3): in Java, or, where
    that takes less than the start of a JVM, or with ``engine="scipy"``, by NumPy, the cubic one by
    SciPy; sums are float64 in all. A sample of weight 0 does not count, be it NaN, but for SciPy.
    """
    check_dtype(image.data.dtype)
    check_border(border, cval)
    target = result_dtype(dtype, image.data.dtype)
    made = make_rescale_plan(
        image, to=to, zoom=zoom, interpolation=interpolation, antialias=antialias, dtype=target
    )

    def finished(
        image: CalibratedImage, out: NDArray[Any], info: EngineInfo, sampled_by: str
    ) -> CalibratedImage:
        done = entry(
            "rescale", info, plan=planned(made), border=border, cval=cval, dtype=out.dtype.name,
            nan=nan, sampled_by=sampled_by,
        )  # fmt: skip
        return _moved(image, made).with_result(out, done)

    def compute(context: Context) -> CalibratedImage:
        if nan == "refuse":
            refuse_not_finite(image)
        fill = nan == "ignore" and has_holes(image.data)
        resample = _between_holes if fill else _resampled
        return finished(image, *resample(image, made, target, border, cval, context))

    def sampled(image: CalibratedImage, context: Context) -> CalibratedImage:
        return finished(image, *_resampled(image, made, target, border, cval, context))

    # A spline depends on all samples, and so does whether there are holes.
    local = interpolation != "cubic" and not (nan == "ignore" and image.data.dtype.kind == "f")
    parts = None
    if local:
        parts = _by_parts(image, made, target, border, sampled, refuses_nan=nan == "refuse")
    return Prepared(made, compute, parts)


def _by_parts(
    image: CalibratedImage,
    made: RescalePlan,
    target: np.dtype[Any],
    border: str,
    sampled: Callable[[CalibratedImage, Context], CalibratedImage],
    *,
    refuses_nan: bool,
) -> ByParts:
    """Return how it goes by parts.

    Parameters
    ----------
    image : CalibratedImage
        All of it; its samples are not looked at.
    made, target, border : see `_resampled`
    sampled : callable
        From a part of the image, and a `Context`, to what is wanted.
    refuses_nan : bool
    """
    order = INTERPOLATIONS[made.interpolation]
    by_name = {a.axis: a for a in made.axes}
    source, work = image.data.dtype, np.dtype(_work_type(image, target))
    blurs = any(a.sigma_px for a in made.axes)

    def lattice(axis: str) -> Grid:
        a = by_name.get(axis)
        if a is None:
            return Every(image.size(axis))
        return Lattice(a.samples, a.new_samples, a.start, a.step, order, border)

    def reach(context: Context) -> Reach:
        if not blurs:
            return (0, 0), (0, 0), (0, 0)
        z, y, x = (image.size(axis) for axis in SPATIAL_AXES)
        kernels = _antialias(made)
        return get_engine(context.engine).reach([(kernels, "add")], (z, y, x), source, work, border)

    def memory(given: tuple[int, ...], wanted: tuple[int, ...], context: Context) -> int:
        # What is sampled, packed for Java; rows, or planes, in float64; the result as Java has it.
        held = max(source.itemsize, work.itemsize) if blurs else source.itemsize
        planes = 4 * (array_bytes(given[1:], 8) + array_bytes(wanted[1:], 8))
        needed = array_bytes(given, held) + planes + array_bytes(wanted, 4)
        if blurs:
            engine = get_engine(context.engine)
            needed += memory_needed(given, source, work, engine, "propagate", given=given)
        return needed

    z, y, x = (lattice(axis) for axis in SPATIAL_AXES)
    return ByParts(
        sampled, reach, border, target, memory, refuses_nan, (z, y, x), partial(_moved, made=made)
    )


def _moved(image: CalibratedImage, made: RescalePlan) -> CalibratedImage:
    """Return the image with a calibration that leaves samples of the new grid in their place."""
    calibration = image.calibration
    for a in made.axes:
        if a.step != 1:
            calibration = regrid(calibration, a.axis, a.start, a.step, a.new_voxel_size)
    changed = [a.axis for a in made.axes if a.step != 1]
    return replace(image, calibration=calibration, metadata=carried(image.metadata, changed))


def _resampled(
    image: CalibratedImage,
    made: RescalePlan,
    target: np.dtype[Any],
    border: str,
    cval: float,
    context: Context,
) -> tuple[NDArray[Any], EngineInfo, str]:
    """Return the samples of the new grid, which code blurred before, and which sampled."""
    by_name = {a.axis: a for a in made.axes}
    sigmas = [by_name[a].sigma_px if a in by_name else 0.0 for a in SPATIAL_AXES]
    steps = [by_name[a].step if a in by_name else 1.0 for a in SPATIAL_AXES]
    starts = [by_name[a].start if a in by_name else 0.0 for a in SPATIAL_AXES]
    order = INTERPOLATIONS[made.interpolation]
    brief = not any(sigmas) and scipy_pays(math.prod(made.shape), order)
    java = in_java(context.engine) and not brief
    sample, sampled_by = sampler(order, in_java=java, threads=context.threads)
    data, info = context.wanted(image.data, image.axes), sampled_by
    if any(sigmas):
        data, info = _smooth(image, made, target, border, cval, context.step(0, 2))
    shape, windows, part = made.shape, None, context.part
    if part is not None:
        counts = {a: end - begin for a, (begin, end) in zip(SPATIAL_AXES, part.made, strict=True)}
        shape = tuple(counts.get(a, n) for a, n in zip(image.axes, image.shape, strict=True))
        first = part.of_wanted.origin
        windows = [
            Window(size, at, begin)
            for size, at, (begin, _) in zip(part.volume, first, part.made, strict=True)
        ]
    out = np.empty(shape, target)
    out_view, view = volume_view(out, image.axes), volume_view(data, image.axes)
    indices = list(np.ndindex(view.shape[:-3]))
    for number, index in enumerate(indices):
        progress = context.step(1, 2).step(number, len(indices)).progress
        sample(view[index], out_view[index], steps, starts, border, cval, progress, windows)
    return out, info, sampled_by.implementation


def _between_holes(
    image: CalibratedImage,
    made: RescalePlan,
    target: np.dtype[Any],
    border: str,
    cval: float,
    context: Context,
) -> tuple[NDArray[Any], EngineInfo, str]:
    """Return weighted means of the samples that are there."""
    if made.interpolation == "cubic":
        raise InputError(
            "nan='ignore' goes with interpolation 'nearest' or 'linear': the weights of a cubic "
            "spline are negative in places, so that its result is no mean"
        )
    double = np.dtype(np.float64)
    new = array_bytes(made.shape, 8)
    check_memory(
        2 * new + 4 * array_bytes(image.data.shape, 8) + array_bytes(made.shape, target.itemsize),
        f"rescaling {image.name} to the shape {made.shape}",
    )
    (total, info, sampled_by), (weight, *_) = (
        _resampled(part, made, double, border, beyond, context.step(number, 2))
        for number, (part, beyond) in enumerate(holes_filled(image, cval))
    )
    # Positions on the new grid are rounded, and so are the weights that come of them.
    return round_to(quotient(total, weight, smallest=1e-9), target), info, sampled_by


def _smooth(
    image: CalibratedImage,
    made: RescalePlan,
    target: np.dtype[Any],
    border: str,
    cval: float,
    context: Context,
) -> tuple[NDArray[Any], EngineInfo]:
    """Return the samples to interpolate: blurred against aliasing where the grid gets coarser."""
    work = _work_type(image, target)
    blurred, engine = filter_image(
        image, _antialias(made), border=border, cval=cval, dtype=work, nan="propagate",
        context=context,
    )  # fmt: skip
    return blurred, engine.info()


def _work_type(image: CalibratedImage, target: np.dtype[Any]) -> str:
    return "float64" if needs_double(image.data.dtype, target) else "float32"


def _antialias(made: RescalePlan) -> Kernels:
    """Return the kernels of the blur before samples are dropped."""
    sigmas = {a.axis: a.sigma_px for a in made.axes}
    # The discrete kernel: these sigmas are small, and must be as wide as they say.
    z, y, x = (AxisKernel.from_gaussian(KERNEL, sigmas.get(a, 0.0)) for a in SPATIAL_AXES)
    return z, y, x
