"""Unsharp mask: the image plus some of what a blur takes away."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, Any, Unpack

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.errors import InputError
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.dtypes import result_dtype, round_to
from fiji_bridge.image.memory import array_bytes
from fiji_bridge.kernels.borders import DEFAULT_BORDER
from fiji_bridge.ops.blur_plan import BlurPlan
from fiji_bridge.ops.convolved import blur_of, convolved, gaussian_kernels
from fiji_bridge.ops.operation import Prepared, operation
from fiji_bridge.ops.parameter import Kind, Parameter
from fiji_bridge.ops.parameters import (
    Border,
    Cval,
    DType,
    Fwhm,
    Kernel,
    Nan,
    OnEngine,
    Sigma,
    float_dtype,
)
from fiji_bridge.ops.provenance import planned


@operation(
    title="Unsharp Mask (Physical)",
    java_class="org.fijibridge.command.UnsharpMask",
    example={"sigma": "1 um", "amount": 0.7},
)
def unsharp_mask(
    image: CalibratedImage,
    *,
    sigma: Sigma = None,
    fwhm: Fwhm = None,
    amount: Annotated[
        float,
        Parameter(
            Kind.NUMBER,
            "how much of the difference is added (ImageJ's mask weight w is amount / (1 + amount))",
        ),
    ] = 1.0,
    border: Border = DEFAULT_BORDER,
    cval: Cval = 0.0,
    kernel: Kernel = "gauss3",
    dtype: DType = "same",
    nan: Nan = "refuse",
    **how: Unpack[OnEngine],
) -> Prepared[BlurPlan, CalibratedImage]:
    """Sharpen: add `amount` times what a Gaussian blur takes away.

    The result is image + amount · (image − blurred image).

    Parameters
    ----------
    amount : float
        ImageJ's mask weight w is amount / (1 + amount).

    Returns
    -------
    Same type and shape as `image`
        Integers are rounded to nearest once, and saturate. With ``nan="ignore"`` a sample that is
        NaN or infinite stays what it is; the others do not see it.

    Raises
    ------
    InputError
        Also where the amount is not finite.
    """
    if not math.isfinite(amount):
        raise InputError(f"amount must be finite; got {amount!r}")
    blur = blur_of(
        image, sigma=sigma, fwhm=fwhm, border=border, cval=cval, kernel=kernel, dtype=dtype
    )
    target, work = _types(image, dtype)
    # The blur, the image in the same type, and the result.
    needed = array_bytes(image.data.shape, 2 * work.itemsize + target.itemsize)

    def sharpened(blurred: NDArray[Any], samples: NDArray[Any]) -> NDArray[Any]:
        given = samples.astype(work)
        # Infinities that propagate meet with either sign.
        with np.errstate(over="ignore", invalid="ignore"):
            # In this order what is taken away keeps its digits, and sums stay in range.
            np.subtract(given, blurred, out=blurred)
            blurred *= amount
            blurred += given
        del given
        return round_to(blurred, target)

    return convolved(
        "unsharp_mask",
        image,
        replace(blur, needed_bytes=needed),
        gaussian_kernels(blur),
        border=border,
        cval=cval,
        dtype=work.name,
        nan=nan,
        details={"plan": planned(blur), "amount": amount},
        finish=sharpened,
        result=target,
    )


def _types(image: CalibratedImage, dtype: str) -> tuple[np.dtype[Any], np.dtype[Any]]:
    """Return the type of the result, and that in which it is computed."""
    target = result_dtype(dtype, image.data.dtype)
    work = "float64" if target == np.float64 else float_dtype("float", image.data.dtype)
    return target, np.dtype(work)
