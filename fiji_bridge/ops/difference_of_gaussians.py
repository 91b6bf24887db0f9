"""Difference of two Gaussian blurs: a band of sizes."""

from __future__ import annotations

import math
from typing import Any

from fiji_bridge.engines.base import AxisKernel, Kernels
from fiji_bridge.errors import SigmaError
from fiji_bridge.image import CalibratedImage
from fiji_bridge.ops.blur import blur_of
from fiji_bridge.ops.gaussian import plan as blur_plan
from fiji_bridge.ops.parameters import (
    BORDER,
    CVAL,
    FLOAT_DTYPE,
    KERNEL,
    NAN,
    SIGMA,
    float_dtype,
    result_bytes,
)
from fiji_bridge.ops.provenance import entry
from fiji_bridge.ops.registry import Kind, Operation, Parameter
from fiji_bridge.ops.separable import Context, filter_sum
from fiji_bridge.plan import BlurPlan

#: With this ratio the difference is closest to a Laplacian (Marr & Hildreth 1980).
RATIO = 1.6


def apply(
    image: CalibratedImage,
    *,
    context: Context,
    ratio: float = RATIO,
    normalized: bool = False,
    dtype: str = "float",
    nan: str = "refuse",
    **blur: Any,
) -> CalibratedImage:
    """Return G(σ) − G(ratio·σ); see `fiji_bridge.difference_of_gaussians`."""
    if not (math.isfinite(ratio) and ratio > 1):
        raise SigmaError(f"ratio of the two sigmas must be finite and above 1; got {ratio!r}")
    made = blur_of(image, **blur)
    if not any(made.sigma_px()):
        raise SigmaError("sigma is 0 on every axis: both blurs would be the image itself")
    data, engine = filter_sum(
        image,
        [(_kernels(made, 1.0), "add"), (_kernels(made, ratio), "subtract")],
        border=made.border,
        cval=made.cval,
        dtype=float_dtype(dtype, image.data.dtype),
        nan=nan,
        context=context,
    )
    if normalized:
        data /= (ratio * ratio - 1) / 2
    done = entry(
        "difference_of_gaussians",
        engine.info(),
        plan=made.as_dict(),
        ratio=ratio,
        normalized=normalized,
        dtype=data.dtype.name,
        nan=nan,
    )
    return image.with_result(data, done)


def _kernels(plan: BlurPlan, factor: float) -> Kernels:
    z, y, x = (AxisKernel.from_gaussian(plan.kernel, s * factor) for s in plan.sigma_px())
    return z, y, x


DIFFERENCE_OF_GAUSSIANS = Operation(
    name="difference_of_gaussians",
    title="Difference of Gaussians (Physical)",
    menu="Plugins>Fiji Bridge",
    java_class="org.fijibridge.command.DifferenceOfGaussians",
    summary="Blur by sigma minus blur by ratio times sigma: structures of about that size.",
    parameters=(
        SIGMA,
        Parameter("ratio", Kind.NUMBER, "second sigma in units of the first", RATIO),
        Parameter(
            "normalized",
            Kind.FLAG,
            "divide by (ratio^2 - 1) / 2: about the negative scale-normalised Laplacian",
            False,
        ),
        BORDER,
        CVAL,
        KERNEL,
        FLOAT_DTYPE,
        NAN,
    ),
    apply=apply,
    plan=blur_plan,
    memory=result_bytes,
)
