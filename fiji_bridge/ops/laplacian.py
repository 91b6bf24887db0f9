"""Laplacian of Gaussian, per physical length squared or scale-normalised."""

from __future__ import annotations

from typing import Any

from fiji_bridge.errors import AxesError
from fiji_bridge.image import CalibratedImage
from fiji_bridge.ops.blur import blur_of
from fiji_bridge.ops.derivative_kernels import derivative_kernels, extended_axes
from fiji_bridge.ops.gaussian import plan as blur_plan
from fiji_bridge.ops.parameters import (
    BORDER,
    CVAL,
    FLOAT_DTYPE,
    KERNEL,
    NAN_WITHOUT_MEAN,
    PER,
    SIGMA,
    float_dtype,
    result_bytes,
)
from fiji_bridge.ops.provenance import entry
from fiji_bridge.ops.registry import Kind, Operation, Parameter
from fiji_bridge.ops.separable import Context, filter_sum
from fiji_bridge.spacing import Spacing, spacing


def apply(
    image: CalibratedImage,
    *,
    context: Context,
    normalized: bool = False,
    per: str | None = None,
    dtype: str = "float",
    nan: str = "refuse",
    **blur: Any,
) -> CalibratedImage:
    """Return Σ ∂²/∂axis² of the blurred image; see `fiji_bridge.laplacian`."""
    made = blur_of(image, **blur)
    axes = extended_axes(image)
    if not axes:
        raise AxesError(f"{image.name} has one sample along every spatial axis: no Laplacian")
    if normalized:
        # σ²·∂²/∂x² has no unit: with σ and distances in pixels it is the same number.
        scale = Spacing(dict.fromkeys(axes, 1.0), "")
        factors = {axis.axis: axis.sigma_px**2 for axis in made.axes}
    else:
        scale = spacing(image.calibration, axes, per)
        factors = dict.fromkeys(axes, 1.0)
    data, engine = filter_sum(
        image,
        [(derivative_kernels(made, {axis: 2}, scale.sizes, factors[axis]), "add") for axis in axes],
        border=made.border,
        cval=made.cval,
        dtype=float_dtype(dtype, image.data.dtype),
        nan=NAN_WITHOUT_MEAN.checked(nan),
        context=context,
    )
    done = entry(
        "laplacian",
        engine.info(),
        plan=made.as_dict(),
        normalized=normalized,
        per=scale.unit,
        dtype=data.dtype.name,
        nan=nan,
    )
    return image.with_result(data, done)


LAPLACIAN = Operation(
    name="laplacian",
    title="Laplacian of Gaussian (Physical)",
    menu="Plugins>Fiji Bridge",
    java_class="org.fijibridge.command.LaplacianOfGaussian",
    summary="Laplacian of the Gaussian-blurred image, per physical length squared.",
    parameters=(
        SIGMA,
        Parameter(
            "normalized",
            Kind.FLAG,
            "multiply by sigma squared, so that blobs of every size answer alike",
            False,
        ),
        PER,
        BORDER,
        CVAL,
        KERNEL,
        FLOAT_DTYPE,
        NAN_WITHOUT_MEAN,
    ),
    apply=apply,
    plan=blur_plan,
    memory=result_bytes,
)
