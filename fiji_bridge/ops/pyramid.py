"""Gaussian pyramid and scale space in physical units."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, Unpack

import numpy as np

from fiji_bridge.engines.engine import AxisKernel, EngineInfo, Kernels
from fiji_bridge.engines.select import get_engine
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import SPATIAL_AXES
from fiji_bridge.image.dtypes import check_dtype, needs_double, result_dtype, round_to
from fiji_bridge.image.grid import Every, carried, regrid
from fiji_bridge.image.lengths import LengthsLike
from fiji_bridge.image.memory import array_bytes, check_memory
from fiji_bridge.image.results import Images
from fiji_bridge.kernels.borders import DEFAULT_BORDER
from fiji_bridge.ops.blur_plan import make_plan
from fiji_bridge.ops.convolved import parts_of
from fiji_bridge.ops.holes import has_holes, holes_filled, refuse_lobes, weighted_mean
from fiji_bridge.ops.operation import ByParts, Prepared, operation
from fiji_bridge.ops.parameter import Kind, Parameter
from fiji_bridge.ops.parameters import Border, Cval, DType, Kernel, Nan, OnEngine
from fiji_bridge.ops.provenance import entry, planned
from fiji_bridge.ops.pyramid_plan import Level, PyramidPlan, make_pyramid_plan
from fiji_bridge.ops.separable import Context, filter_image, refuse_not_finite


@dataclass(frozen=True)
class Pyramid(Images):
    """Levels of a pyramid, ``level0`` (the image) first; `report` is their `PyramidPlan`.

    Attributes
    ----------
    ngff : str
        Version of the OME-Zarr that it is written as.
    """

    ngff: str = "0.5"

    @property
    def levels(self) -> tuple[CalibratedImage, ...]:
        """The images alone, finest first."""
        return tuple(self.images.values())


@operation(
    title="Gaussian Pyramid (Physical)",
    example={"levels": 3},
    output="TIFF to write, one per level (out-level0.tif ...), or one .ome.zarr",
)
def pyramid(
    image: CalibratedImage,
    *,
    initial_sigma: Annotated[
        LengthsLike | None,
        Parameter(
            Kind.LENGTHS, "blur that the image has; default: half a voxel of the coarsest axis"
        ),
    ] = None,
    levels: Annotated[
        int, Parameter(Kind.INTEGER, "number of levels, the image itself included")
    ] = 5,
    steps: Annotated[
        int,
        Parameter(Kind.INTEGER, "levels per doubling of sigma", label="Levels per doubling"),
    ] = 1,
    downsampling: Annotated[
        Literal["auto", "none"],
        Parameter(
            Kind.CHOICE,
            "auto: drop every other sample once the blur allows it, finest axes first; "
            "none: scale space",
        ),
    ] = "auto",
    border: Border = DEFAULT_BORDER,
    cval: Cval = 0.0,
    kernel: Kernel = "discrete",
    dtype: DType = "same",
    nan: Nan = "refuse",
    ngff: Annotated[
        Literal["0.4", "0.5"], Parameter(Kind.CHOICE, "version of an OME-Zarr", in_macro=False)
    ] = "0.5",
    **how: Unpack[OnEngine],
) -> Prepared[PyramidPlan, Pyramid]:
    """Make a Gaussian pyramid or scale space: per level the same blur in every direction.

    Level n has σ = initial_sigma · 2^(n/steps), reached from the level before by
    √(σ_next² − σ_now²).

    Parameters
    ----------
    initial_sigma : length or one per axis, optional
        Blur that the image has, by default half a voxel of the coarsest axis in every direction
        (said in ``report.notes``). Where it differs between the axes, level 0 evens it out.
    levels : int
        The image itself included.
    steps : int
        Levels per doubling of σ.
    downsampling : {"auto", "none"}
        ``"auto"`` drops every other sample of an axis once the blur added is 0.8 voxels of the
        new grid; finer axes first until the voxels are isotropic within √2, then all together.
        ``"none"`` is a scale space.
    kernel : {"discrete", "gauss3", "band-limited", "scipy"}
        The discrete Gaussian composes exactly. With Gauss3's and SciPy's, which are narrower than
        their σ, each step takes the σ whose second moment brings the level to its own: within
        0.5 %, or the pyramid is refused.
    nan : {"refuse", "propagate", "ignore"}
        With ``"ignore"`` each level is the mean of the samples that are there, as if it had been
        blurred directly.
    ngff : {"0.5", "0.4"}
        Version of the OME-Zarr that `write_images` makes of it.

    Returns
    -------
    Pyramid
        ``.levels`` are `CalibratedImage`, ``.report`` is the `PyramidPlan`; `write_images`
        writes them.

    Raises
    ------
    InputError
        Also where a level would have no sample left.

    Notes
    -----
    Sample 0 is kept at every level, so its physical position is too. Of an image whose own
    spectrum is flat, at most 0.25 % of the energy on an axis is folded back
    (`fiji_bridge.ops.pyramid_plan.ALIASING_BOUND`).
    """
    check_dtype(image.data.dtype)
    target = result_dtype(dtype, image.data.dtype)
    sizes = [(axis, image.size(axis)) for axis in image.spatial_axes]
    # Border, constant and kernel are checked where every blur is planned.
    make_plan(image.calibration, sizes, sigma="0 px", border=border, cval=cval, kernel=kernel)
    made = make_pyramid_plan(
        image.calibration,
        sizes,
        initial_sigma=initial_sigma,
        levels=levels,
        steps=steps,
        downsampling=downsampling,
        kernel=kernel,
        border=border,
        cval=cval,
    )
    made = replace(made, needed_bytes=_memory(image, made, _work_type(image, target), target))
    # Where the finest level is another image, the next is made of its sums, which no file holds.
    as_it_is = target == image.data.dtype and not any(made.levels[0].kernel_px.values())
    return Prepared(
        made,
        lambda context: _levels(image, made, target, nan, ngff, context),
        _finest(image, made, nan) if as_it_is and nan != "ignore" else None,
        made,
    )


def _finest(image: CalibratedImage, made: PyramidPlan, nan: str) -> ByParts:
    """Return how the level goes by parts that nothing is done to."""
    dtype = image.data.dtype.newbyteorder("=")

    def copied(image: CalibratedImage, context: Context) -> CalibratedImage:
        done = entry(
            "pyramid", get_engine(context.engine).info(), plan=planned(made), dtype=dtype.name,
            nan=nan,
        )  # fmt: skip
        return image.with_result(context.wanted(image.data, image.axes), done)

    return ByParts(
        copied, lambda _: ((0, 0),) * 3, made.border, dtype, lambda *_: 0, nan == "refuse"
    )


def _levels(
    image: CalibratedImage,
    made: PyramidPlan,
    target: np.dtype[Any],
    nan: str,
    ngff: str,
    context: Context,
) -> Pyramid:
    """Make the levels one from the other."""
    if nan == "refuse":
        refuse_not_finite(image)
    engine = get_engine(context.engine)
    holes = nan == "ignore" and has_holes(image.data)
    work = np.dtype("float64") if holes else _work_type(image, target)
    volume = tuple(image.size(axis) for axis in SPATIAL_AXES)
    needed = _memory(image, made, work, target) + engine.extra_bytes(volume, work)
    check_memory(needed * (2 if holes else 1), f"the pyramid of {image.name}")
    # Where samples are missing, their sums and the sums of their weights go from level to level;
    # a level is the quotient, as if it had been blurred directly.
    sums: tuple[tuple[CalibratedImage, float], ...] = ((image, made.cval),)
    if holes:
        for level in made.levels:
            refuse_lobes(
                AxisKernel.from_gaussian(made.kernel, sigma) for sigma in level.kernel_px.values()
            )
        sums = holes_filled(image, made.cval)
    found: dict[str, CalibratedImage] = {}
    for number, level in enumerate(made.levels):
        here = context.step(number, len(made.levels))
        ran: list[EngineInfo] = []
        sums = tuple(
            (_next(part, level, made, cval, work, here.step(k, len(sums)), ran), cval)
            for k, (part, cval) in enumerate(sums)
        )
        current = weighted_mean(*(part for part, _ in sums)) if holes else sums[0][0]
        done = entry(
            "pyramid", ran[-1] if ran else engine.info(), level=number, plan=planned(made),
            dtype=target.name, nan=nan,
        )  # fmt: skip
        # Samples that nothing was done to are copied, so that no one changes them by mistake.
        same = current.data is image.data
        data = current.data.astype(target) if same else round_to(current.data, target)
        found[f"level{number}"] = current.with_data(data, provenance=(*image.provenance, done))
    return Pyramid(found, made, ngff)


def _next(
    image: CalibratedImage,
    level: Level,
    made: PyramidPlan,
    cval: float,
    work: np.dtype[Any],
    context: Context,
    ran: list[EngineInfo],
) -> CalibratedImage:
    """Blur by the step of a level at the samples that stay; sums stay floating-point.

    What blurred, and how it summed, is added to `ran`.
    """
    data = image.data
    # Only an axis that is blurred is ever halved.
    if any(level.kernel_px.values()):
        z, y, x = (2 if axis in level.halved else 1 for axis in SPATIAL_AXES)
        data, engine = filter_image(
            image, _kernels(level, made), border=made.border, cval=cval, dtype=work.name,
            nan="propagate", context=context, every=(z, y, x),
        )  # fmt: skip
        ran.append(engine.info())
    elif context.progress is not None:
        context.progress(1, 1)
    calibration = image.calibration
    for axis in level.halved:
        calibration = regrid(calibration, axis, 0, 2)
    return image.with_data(
        np.ascontiguousarray(data) if level.halved else data,
        calibration=calibration,
        metadata=carried(image.metadata, level.halved),
    )


def _kernels(level: Level, made: PyramidPlan) -> Kernels:
    z, y, x = (
        AxisKernel.from_gaussian(made.kernel, level.kernel_px.get(axis, 0.0))
        for axis in SPATIAL_AXES
    )
    return z, y, x


def next_level(image: CalibratedImage, level: Level, made: PyramidPlan) -> ByParts:
    """Return how the step to a level goes by parts.

    Parameters
    ----------
    image : CalibratedImage
        The level before; its samples are not looked at. Between levels sums stay floating-point.
    level : Level
    made : PyramidPlan
    """
    kernels, work = _kernels(level, made), _work_type(image, image.data.dtype)

    def blurred(image: CalibratedImage, context: Context) -> CalibratedImage:
        data, engine = filter_image(
            image, kernels, border=made.border, cval=made.cval, dtype=work.name, nan="propagate",
            context=context,
        )  # fmt: skip
        if level.halved:
            kept = (slice(None, None, 2 if a in level.halved else 1) for a in image.axes)
            data = np.ascontiguousarray(data[tuple(kept)])
        return image.with_result(data, entry("pyramid", engine.info(), plan=planned(made)))

    parts = parts_of(image, kernels, blurred, made.border, work.name, "propagate")
    if not level.halved:
        return parts
    z, y, x = (Every(image.size(a), 2 if a in level.halved else 1) for a in SPATIAL_AXES)

    def memory(given: tuple[int, ...], wanted: tuple[int, ...], context: Context) -> int:
        full = tuple(n * g.step for n, g in zip(wanted, (z, y, x), strict=True))
        return array_bytes(full, work.itemsize) + parts.memory(given, full, context)

    return replace(parts, memory=memory, grids=(z, y, x))


def _work_type(image: CalibratedImage, target: np.dtype[Any]) -> np.dtype[Any]:
    return np.dtype("float64" if needs_double(image.data.dtype, target) else "float32")


def _memory(
    image: CalibratedImage,
    made: PyramidPlan,
    work: np.dtype[Any],
    target: np.dtype[Any],
) -> int:
    """Return the bytes of all levels, and of two of the largest while they are computed."""
    counts = []
    for level in made.levels:
        shape = [level.shape.get(axis, image.size(axis)) for axis in image.axes]
        counts.append(array_bytes(shape, 1))
    return target.itemsize * sum(counts) + 2 * work.itemsize * counts[0]
