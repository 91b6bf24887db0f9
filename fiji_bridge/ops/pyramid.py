"""Gaussian pyramid and scale space in physical units."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fiji_bridge.borders import DEFAULT_BORDER
from fiji_bridge.calibration import SPATIAL_AXES
from fiji_bridge.engines.base import (
    AxisKernel,
    check_dtype,
    needs_double,
    result_dtype,
    round_to,
)
from fiji_bridge.engines.select import get_engine
from fiji_bridge.errors import InputError
from fiji_bridge.grid import carried, regrid
from fiji_bridge.image import CalibratedImage
from fiji_bridge.lengths import LengthsLike
from fiji_bridge.levels import DOWNSAMPLING, Level, PyramidPlan, make_pyramid_plan
from fiji_bridge.memory import array_bytes, check_memory
from fiji_bridge.ops.holes import has_holes, holes_filled, weighted_mean
from fiji_bridge.ops.parameters import BORDER, CVAL, DTYPE, KERNEL, NAN
from fiji_bridge.ops.provenance import entry
from fiji_bridge.ops.registry import Kind, Operation, Parameter, Result
from fiji_bridge.ops.separable import Context, filter_image, refuse_not_finite
from fiji_bridge.plan import make_plan
from fiji_bridge.results import Images

NGFF_VERSIONS = ("0.4", "0.5")


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


def plan(
    image: CalibratedImage,
    *,
    initial_sigma: LengthsLike | None = None,
    levels: int = 5,
    steps: int = 1,
    downsampling: str = "auto",
    border: str = DEFAULT_BORDER,
    cval: float = 0.0,
    kernel: str = "discrete",
    dtype: str = "same",
    **_: Any,
) -> PyramidPlan:
    """Return the levels; see `fiji_bridge.levels.make_pyramid_plan`."""
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
    work = _work_type(image, target)
    return replace(made, needed_bytes=_memory(image, made, work, target))


def apply(
    image: CalibratedImage,
    *,
    context: Context,
    initial_sigma: LengthsLike | None = None,
    levels: int = 5,
    steps: int = 1,
    downsampling: str = "auto",
    border: str = DEFAULT_BORDER,
    cval: float = 0.0,
    kernel: str = "discrete",
    dtype: str = "same",
    nan: str = "refuse",
    ngff: str = "0.5",
) -> Pyramid:
    """Make the levels one from the other; see `fiji_bridge.pyramid`."""
    made = plan(
        image, initial_sigma=initial_sigma, levels=levels, steps=steps,
        downsampling=downsampling, border=border, cval=cval, kernel=kernel, dtype=dtype,
    )  # fmt: skip
    if ngff not in NGFF_VERSIONS:
        raise InputError(f"ngff must be one of {', '.join(NGFF_VERSIONS)}; got {ngff!r}")
    target = result_dtype(dtype, image.data.dtype)
    if NAN.checked(nan) == "refuse":
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
        sums = holes_filled(image, made.cval)
    found: dict[str, CalibratedImage] = {}
    for number, level in enumerate(made.levels):
        here = context.step(number, len(made.levels))
        sums = tuple(
            (_next(part, level, made, cval, work, here.step(k, len(sums))), cval)
            for k, (part, cval) in enumerate(sums)
        )
        current = weighted_mean(*(part for part, _ in sums)) if holes else sums[0][0]
        done = entry(
            "pyramid", engine.info(), level=number, plan=made.as_dict(), dtype=target.name, nan=nan
        )
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
) -> CalibratedImage:
    """Blur by the step of a level, then drop samples; sums stay floating-point."""
    data = image.data
    if any(level.step_px.values()):
        z, y, x = (
            AxisKernel.from_gaussian(made.kernel, level.step_px.get(axis, 0.0))
            for axis in SPATIAL_AXES
        )
        data, _ = filter_image(
            image, (z, y, x), border=made.border, cval=cval, dtype=work.name, nan="propagate",
            context=context,
        )  # fmt: skip
    elif context.progress is not None:
        context.progress(1, 1)
    kept = tuple(slice(None, None, 2 if axis in level.halved else 1) for axis in image.axes)
    calibration = image.calibration
    for axis in level.halved:
        calibration = regrid(calibration, axis, 0, 2)
    return image.with_data(
        np.ascontiguousarray(data[kept]) if level.halved else data,
        calibration=calibration,
        metadata=carried(image.metadata, level.halved),
    )


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


PYRAMID = Operation(
    name="pyramid",
    title="Gaussian Pyramid (Physical)",
    menu="Plugins>Fiji Bridge",
    java_class=None,
    summary="Gaussian pyramid or scale space: the same physical blur in every direction per level.",
    parameters=(
        Parameter(
            "initial_sigma",
            Kind.LENGTHS,
            "blur that the image has; default: half a voxel of the coarsest axis",
        ),
        Parameter("levels", Kind.INTEGER, "number of levels, the image itself included", 5),
        Parameter("steps", Kind.INTEGER, "levels per doubling of sigma", 1),
        Parameter(
            "downsampling",
            Kind.CHOICE,
            "auto: drop every other sample once the blur allows it, finest axes first; "
            "none: scale space",
            "auto",
            DOWNSAMPLING,
        ),
        BORDER,
        CVAL,
        Parameter(KERNEL.name, KERNEL.kind, KERNEL.help, "discrete", KERNEL.choices),
        DTYPE,
        NAN,
        Parameter(
            "ngff", Kind.CHOICE, "version of an OME-Zarr", "0.5", NGFF_VERSIONS, in_macro=False
        ),
    ),
    apply=apply,
    plan=plan,
    result=Result.IMAGES,
)
