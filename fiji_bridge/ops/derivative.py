"""Gaussian derivatives of any order, per physical length."""

from __future__ import annotations

from typing import Any

from fiji_bridge.image import CalibratedImage
from fiji_bridge.ops.blur import blur_of
from fiji_bridge.ops.derivative_kernels import Scale, derivative_kernels
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
from fiji_bridge.ops.registry import Kind, Operation, Parameter
from fiji_bridge.ops.separable import Context, filter_image
from fiji_bridge.spacing import read_orders


def apply(
    image: CalibratedImage,
    *,
    context: Context,
    along: object = "x",
    normalized: bool = False,
    per: str | None = None,
    dtype: str = "float",
    nan: str = "refuse",
    **blur: Any,
) -> CalibratedImage:
    """Take a derivative of the blurred image; see `fiji_bridge.derivative`."""
    made = blur_of(image, **blur)
    orders = read_orders(along, image.spatial_axes)
    taken = [axis for axis, times in orders.items() if times]
    scale = Scale.of(image, taken, per, normalized=normalized)
    kernels = derivative_kernels(made, orders, scale)
    data, engine = filter_image(
        image,
        kernels,
        border=made.border,
        cval=made.cval,
        dtype=float_dtype(dtype, image.data.dtype),
        nan=NAN_WITHOUT_MEAN.checked(nan),
        context=context,
    )
    done = entry(
        "derivative",
        engine.info(),
        plan=made.as_dict(),
        order=orders,
        normalized=normalized,
        per=scale.unit,
        dtype=data.dtype.name,
        nan=nan,
    )
    return image.with_result(data, done)


DERIVATIVE = Operation(
    name="derivative",
    title="Gaussian Derivative (Physical)",
    menu="Plugins>Fiji Bridge",
    java_class="org.fijibridge.command.GaussianDerivative",
    summary="Derivative of the Gaussian-blurred image, of any order, per physical length.",
    parameters=(
        Parameter("along", Kind.TEXT, "x: first derivative along x; xx: second; zx: mixed; …", "x"),
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
