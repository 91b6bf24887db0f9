"""Unsharp mask: the image plus some of what a blur takes away."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fiji_bridge.engines.base import AxisKernel, result_dtype, round_to
from fiji_bridge.errors import InputError
from fiji_bridge.image import CalibratedImage
from fiji_bridge.memory import array_bytes, check_memory
from fiji_bridge.ops.blur import blur_of
from fiji_bridge.ops.gaussian import plan as blur_plan
from fiji_bridge.ops.parameters import (
    BORDER,
    CVAL,
    DTYPE,
    KERNEL,
    NAN,
    SIGMA,
    float_dtype,
)
from fiji_bridge.ops.provenance import entry
from fiji_bridge.ops.registry import Kind, Operation, Parameter
from fiji_bridge.ops.separable import Context, filter_image


def apply(
    image: CalibratedImage,
    *,
    context: Context,
    amount: float = 1.0,
    dtype: str = "same",
    nan: str = "refuse",
    **blur: Any,
) -> CalibratedImage:
    """Return image + amount · (image − blurred); see `fiji_bridge.unsharp_mask`."""
    if not math.isfinite(amount):
        raise InputError(f"amount must be finite; got {amount!r}")
    made = blur_of(image, **blur)
    target, work = _types(image, dtype)
    check_memory(memory(image, dtype=dtype), f"sharpening {image.name}")
    z, y, x = (AxisKernel.from_gaussian(made.kernel, s) for s in made.sigma_px())
    sharp, engine = filter_image(
        image,
        (z, y, x),
        border=made.border,
        cval=made.cval,
        dtype=work.name,
        nan=nan,
        context=context,
    )
    sharp *= -amount
    given = image.data.astype(work)
    given *= 1 + amount
    sharp += given
    del given
    data = round_to(sharp, target)
    done = entry(
        "unsharp_mask",
        engine.info(),
        plan=made.as_dict(),
        amount=amount,
        dtype=data.dtype.name,
        nan=nan,
    )
    return image.with_result(data, done)


def _types(image: CalibratedImage, dtype: str) -> tuple[np.dtype[Any], np.dtype[Any]]:
    """Return the type of the result, and that in which it is computed."""
    target = result_dtype(dtype, image.data.dtype)
    work = "float64" if target == np.float64 else float_dtype("float", image.data.dtype)
    return target, np.dtype(work)


def memory(image: CalibratedImage, *, dtype: str, **_: object) -> int:
    """Return the bytes of the blur, the image in the same type, and the result."""
    target, work = _types(image, dtype)
    return array_bytes(image.data.shape, 2 * work.itemsize + target.itemsize)


UNSHARP_MASK = Operation(
    name="unsharp_mask",
    title="Unsharp Mask (Physical)",
    menu="Plugins>Fiji Bridge",
    java_class="org.fijibridge.command.UnsharpMask",
    summary="Sharpen: the image plus `amount` times what a Gaussian blur takes away.",
    parameters=(
        SIGMA,
        Parameter(
            "amount",
            Kind.NUMBER,
            "how much of the difference is added (ImageJ's mask weight w is amount / (1 + amount))",
            1.0,
        ),
        BORDER,
        CVAL,
        KERNEL,
        DTYPE,
        NAN,
    ),
    apply=apply,
    plan=blur_plan,
    memory=memory,
)
