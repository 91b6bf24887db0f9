"""Another voxel size: isotropic voxels, or a zoom factor."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.borders import BORDERS, DEFAULT_BORDER, check_border
from fiji_bridge.calibration import SPATIAL_AXES
from fiji_bridge.engines.base import (
    AxisKernel,
    EngineInfo,
    check_dtype,
    needs_double,
    result_dtype,
    round_to,
)
from fiji_bridge.errors import InputError
from fiji_bridge.grid import carried, regrid
from fiji_bridge.image import CalibratedImage, volume_view
from fiji_bridge.lengths import LengthsLike
from fiji_bridge.memory import array_bytes, check_memory
from fiji_bridge.ops.holes import has_holes, holes_filled, quotient
from fiji_bridge.ops.parameters import BORDER, CVAL, DTYPE, NAN
from fiji_bridge.ops.provenance import entry
from fiji_bridge.ops.registry import Kind, Operation, Parameter
from fiji_bridge.ops.separable import Context, filter_image, refuse_not_finite
from fiji_bridge.resampling import ANTIALIAS, INTERPOLATIONS, RescalePlan, make_rescale_plan

# SciPy's names where samples between the last one and its continuation are interpolated.
_MODES: dict[str, Any] = {name: border.scipy for name, border in BORDERS.items()} | {
    "constant": "grid-constant",
    "periodic": "grid-wrap",
}


def plan(
    image: CalibratedImage,
    *,
    to: LengthsLike | None = None,
    zoom: float = 1.0,
    interpolation: str = "linear",
    antialias: str = "auto",
    border: str = DEFAULT_BORDER,
    cval: float = 0.0,
    dtype: str = "same",
    **_: Any,
) -> RescalePlan:
    """Return what will be done; see `fiji_bridge.resampling.make_rescale_plan`."""
    check_dtype(image.data.dtype)
    check_border(border, cval)
    return make_rescale_plan(
        image,
        to=to,
        zoom=zoom,
        interpolation=interpolation,
        antialias=antialias,
        dtype=result_dtype(dtype, image.data.dtype),
    )


def apply(
    image: CalibratedImage,
    *,
    context: Context,
    to: LengthsLike | None = None,
    zoom: float = 1.0,
    interpolation: str = "linear",
    antialias: str = "auto",
    border: str = DEFAULT_BORDER,
    cval: float = 0.0,
    dtype: str = "same",
    nan: str = "refuse",
) -> CalibratedImage:
    """Sample an image on a grid of other voxels; see `fiji_bridge.rescale`."""
    made = plan(
        image, to=to, zoom=zoom, interpolation=interpolation, antialias=antialias, border=border,
        cval=cval, dtype=dtype,
    )  # fmt: skip
    if NAN.checked(nan) == "refuse":
        refuse_not_finite(image)
    check_memory(made.needed_bytes, f"rescaling {image.name} to the shape {made.shape}")
    target = result_dtype(dtype, image.data.dtype)
    if nan == "ignore" and has_holes(image.data):
        out, info = _between_holes(image, made, target, border, cval, context)
    else:
        out, info = _resampled(image, made, target, border, cval, context)
    calibration = image.calibration
    for a in made.axes:
        if a.step != 1:
            calibration = regrid(calibration, a.axis, a.start, a.step, a.new_voxel_size)
    changed = [a.axis for a in made.axes if a.step != 1]
    done = entry(
        "rescale", info, plan=made.as_dict(), border=border, cval=cval, dtype=out.dtype.name,
        nan=nan, sampled_by=_implementation(interpolation),
    )  # fmt: skip
    return image.with_data(
        out,
        calibration=calibration,
        metadata=carried(image.metadata, changed),
        provenance=(*image.provenance, done),
    )


def _resampled(
    image: CalibratedImage,
    made: RescalePlan,
    target: np.dtype[Any],
    border: str,
    cval: float,
    context: Context,
) -> tuple[NDArray[Any], EngineInfo]:
    """Return the samples of the new grid, and which code blurred before."""
    data, info = _smooth(image, made, target, border, cval, context.step(0, 2))
    sampling = context.step(1, 2)
    out = np.empty(made.shape, target)
    out_view, view = volume_view(out, image.axes), volume_view(data, image.axes)
    indices = list(np.ndindex(view.shape[:-3]))
    for number, index in enumerate(indices):
        _sample(view[index], out_view[index], made, border, cval)
        if sampling.progress is not None:
            sampling.progress(number + 1, len(indices))
    return out, info


def _between_holes(
    image: CalibratedImage,
    made: RescalePlan,
    target: np.dtype[Any],
    border: str,
    cval: float,
    context: Context,
) -> tuple[NDArray[Any], EngineInfo]:
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
    (total, info), (weight, _) = (
        _resampled(part, made, double, border, beyond, context.step(number, 2))
        for number, (part, beyond) in enumerate(holes_filled(image, cval))
    )
    # Positions on the new grid are rounded, and so are the weights that come of them.
    return round_to(quotient(total, weight, smallest=1e-9), target), info


def _smooth(
    image: CalibratedImage,
    made: RescalePlan,
    target: np.dtype[Any],
    border: str,
    cval: float,
    context: Context,
) -> tuple[NDArray[Any], EngineInfo]:
    """Return the samples to interpolate: blurred against aliasing where the grid gets coarser."""
    sigmas = {a.axis: a.sigma_px for a in made.axes}
    if not any(sigmas.values()):
        return image.data, EngineInfo("scipy", _implementation(made.interpolation), "Python")
    # The discrete kernel: these sigmas are small, and must be as wide as they say.
    z, y, x = (AxisKernel.from_gaussian("discrete", sigmas.get(a, 0.0)) for a in SPATIAL_AXES)
    work = "float64" if needs_double(image.data.dtype, target) else "float32"
    blurred, engine = filter_image(
        image, (z, y, x), border=border, cval=cval, dtype=work, nan="propagate", context=context
    )
    return blurred, engine.info()


def _sample(
    volume: NDArray[Any], out: NDArray[Any], made: RescalePlan, border: str, cval: float
) -> None:
    """Fill `out` with the samples of one volume on the new grid."""
    from scipy.ndimage import affine_transform

    by_name = {a.axis: a for a in made.axes}
    steps = [by_name[a].step if a in by_name else 1.0 for a in SPATIAL_AXES]
    starts = [by_name[a].start if a in by_name else 0.0 for a in SPATIAL_AXES]
    if out.size == 0:
        return
    if volume.dtype == np.float16:
        volume = volume.astype(np.float32)
    exact = made.interpolation == "nearest" and volume.dtype == out.dtype
    # Between samples there are fractions: they are rounded once, at the end.
    kind = out.dtype if exact or out.dtype.name in ("float32", "float64") else np.dtype("float64")
    values = affine_transform(
        volume,
        np.asarray(steps),
        np.asarray(starts),
        output_shape=out.shape,
        output=kind,
        order=INTERPOLATIONS[made.interpolation],
        mode=_MODES[border],
        cval=cval,
    )
    out[...] = values if exact else round_to(values, out.dtype)


def _implementation(interpolation: str) -> str:
    import scipy

    order = INTERPOLATIONS[interpolation]
    return f"scipy.ndimage.affine_transform, order {order} (SciPy {scipy.__version__})"


RESCALE = Operation(
    name="rescale",
    title="Rescale (Physical)",
    menu="Plugins>Fiji Bridge",
    java_class=None,
    summary="Sample the image on another grid: isotropic voxels, a voxel size, a zoom factor.",
    parameters=(
        Parameter(
            "to",
            Kind.LENGTHS,
            "new voxel size: '1 um', 'z=2 um, y=1 um, x=1 um', finest or coarsest",
        ),
        Parameter("zoom", Kind.NUMBER, "the new voxel size is divided by this", 1.0),
        Parameter("interpolation", Kind.CHOICE, "between samples", "linear", tuple(INTERPOLATIONS)),
        Parameter(
            "antialias",
            Kind.CHOICE,
            "blur before samples are dropped (auto: unless nearest, which is for labels)",
            "auto",
            ANTIALIAS,
        ),
        BORDER,
        CVAL,
        DTYPE,
        NAN,
    ),
    apply=apply,
    plan=plan,
)
