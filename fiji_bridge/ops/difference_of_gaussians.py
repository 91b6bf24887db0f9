"""Difference of two Gaussian blurs: a band of sizes."""

from __future__ import annotations

import math
from typing import Annotated, Any, Unpack

from numpy.typing import NDArray

from fiji_bridge.errors import SigmaError
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.kernels.borders import DEFAULT_BORDER
from fiji_bridge.ops.blur_plan import BlurPlan
from fiji_bridge.ops.convolved import blur_of, convolved, gaussian_kernels
from fiji_bridge.ops.operation import Prepared, operation
from fiji_bridge.ops.parameter import Kind, Parameter
from fiji_bridge.ops.parameters import (
    DERIVATIVE_KERNEL,
    Border,
    Cval,
    DerivativeKernel,
    FloatDType,
    Fwhm,
    Nan,
    OnEngine,
    Sigma,
)
from fiji_bridge.ops.provenance import planned

#: With this ratio the difference is closest to a Laplacian (Marr & Hildreth 1980).
RATIO = 1.6


@operation(
    title="Difference of Gaussians (Physical)",
    java_class="org.fijibridge.command.DifferenceOfGaussians",
    example={"sigma": "1 um"},
)
def difference_of_gaussians(
    image: CalibratedImage,
    *,
    sigma: Sigma = None,
    fwhm: Fwhm = None,
    ratio: Annotated[
        float,
        Parameter(Kind.NUMBER, "second sigma in units of the first", label="Ratio of sigmas"),
    ] = RATIO,
    normalized: Annotated[
        bool,
        Parameter(
            Kind.FLAG,
            "divide by (ratio^2 - 1) / 2: about the negative scale-normalised Laplacian",
            label="Scale-normalised",
        ),
    ] = False,
    border: Border = DEFAULT_BORDER,
    cval: Cval = 0.0,
    kernel: DerivativeKernel = DERIVATIVE_KERNEL,
    dtype: FloatDType = "float",
    nan: Nan = "refuse",
    **how: Unpack[OnEngine],
) -> Prepared[BlurPlan, CalibratedImage]:
    """Return the blur by sigma minus the blur by ratio times sigma: structures of that size.

    Parameters
    ----------
    ratio : float
        Second σ in units of the first, above 1.
    normalized : bool
        Divide by (ratio² − 1) / 2. That makes it −σ² times the Laplacian of Gaussian in two
        limits: a ratio near 1, and structures much wider than σ. With the ratio 1.6 it is 0.84 of
        that in the middle of a blob of 3 σ, 0.49 of it for one of σ (3D).

    Returns
    -------
    Same type and shape as `image`
        Bright blobs are positive.

    Raises
    ------
    InputError
        Also where there is no blur along any axis.
    """
    if not (math.isfinite(ratio) and ratio > 1):
        raise SigmaError(f"ratio of the two sigmas must be finite and above 1; got {ratio!r}")
    blur = blur_of(
        image, sigma=sigma, fwhm=fwhm, border=border, cval=cval, kernel=kernel, dtype=dtype
    )
    if not any(blur.sigma_px()):
        raise SigmaError("sigma is 0 on every axis: both blurs would be the image itself")

    def scaled(data: NDArray[Any], _: NDArray[Any]) -> NDArray[Any]:
        if normalized:
            data /= (ratio * ratio - 1) / 2
        return data

    return convolved(
        "difference_of_gaussians",
        image,
        blur,
        [(gaussian_kernels(blur), "add"), (gaussian_kernels(blur, ratio), "subtract")],
        border=border,
        cval=cval,
        dtype=dtype,
        nan=nan,
        details={"plan": planned(blur), "ratio": ratio, "normalized": normalized},
        finish=scaled,
    )
