"""Laplacian of Gaussian, per physical length squared or scale-normalised."""

from __future__ import annotations

from typing import Any

from fiji_bridge.errors import AxesError
from fiji_bridge.image import CalibratedImage
from fiji_bridge.ops.blur import blur_of
from fiji_bridge.ops.derivative_kernels import Scale, derivative_kernels, extended_axes
from fiji_bridge.ops.gaussian import plan as blur_plan
from fiji_bridge.ops.parameters import (
    BORDER,
    CVAL,
    FLOAT_DTYPE,
    KERNEL,
    NAN_WITHOUT_MEAN,
    NORMALIZED,
    PER,
    SIGMA,
    float_dtype,
    result_bytes,
)
from fiji_bridge.ops.provenance import entry
from fiji_bridge.ops.registry import Operation
from fiji_bridge.ops.separable import Context, filter_sum


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
    scale = Scale.of(image, axes, per, normalized=normalized)
    data, engine = filter_sum(
        image,
        [(derivative_kernels(made, {axis: 2}, scale), "add") for axis in axes],
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
        NORMALIZED,
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
