"""Laplacian of Gaussian, per physical length squared or scale-normalised."""

from __future__ import annotations

from typing import Unpack

from fiji_bridge.errors import AxesError
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.kernels.borders import DEFAULT_BORDER
from fiji_bridge.ops.blur_plan import BlurPlan
from fiji_bridge.ops.convolved import blur_of, convolved
from fiji_bridge.ops.derivative_kernels import Scale, derivative_kernels, extended_axes
from fiji_bridge.ops.operation import Prepared, operation
from fiji_bridge.ops.parameters import (
    DERIVATIVE_KERNEL,
    Border,
    Cval,
    DerivativeKernel,
    FloatDType,
    Fwhm,
    NanWithoutMean,
    Normalized,
    OnEngine,
    Per,
    Sigma,
)
from fiji_bridge.ops.provenance import planned


@operation(
    title="Laplacian of Gaussian (Physical)",
    java_class="org.fijibridge.command.LaplacianOfGaussian",
    example={"sigma": "1 um", "normalized": True},
)
def laplacian(
    image: CalibratedImage,
    *,
    sigma: Sigma = None,
    fwhm: Fwhm = None,
    normalized: Normalized = False,
    per: Per = None,
    border: Border = DEFAULT_BORDER,
    cval: Cval = 0.0,
    kernel: DerivativeKernel = DERIVATIVE_KERNEL,
    dtype: FloatDType = "float",
    nan: NanWithoutMean = "refuse",
    **how: Unpack[OnEngine],
) -> Prepared[BlurPlan, CalibratedImage]:
    """Return the Laplacian of the Gaussian-blurred image, per physical length squared.

    Parameters
    ----------
    normalized : bool
        Σ σ² ∂²/∂axis² instead of Σ ∂²/∂axis²: has no unit, and blobs of every size answer alike.
    per : str, optional
        Length unit of the denominator (``"um"``), or ``"pixel"``; by default the unit of the
        voxel size.

    Returns
    -------
    Same type and shape as `image`
        In grey levels per `per` squared; bright blobs are negative.

    Raises
    ------
    InputError
        Also where there is no blur along an axis, or no axis has more than one sample.

    Notes
    -----
    T. Lindeberg, "Feature detection with automatic scale selection", IJCV 30 (1998), for the
    normalisation.
    """
    blur = blur_of(
        image, sigma=sigma, fwhm=fwhm, border=border, cval=cval, kernel=kernel, dtype=dtype
    )
    axes = extended_axes(image)
    if not axes:
        raise AxesError(f"{image.name} has one sample along every spatial axis: no Laplacian")
    scale = Scale.of(image, axes, per, normalized=normalized)
    return convolved(
        "laplacian",
        image,
        blur,
        [(derivative_kernels(blur, {axis: 2}, scale), "add") for axis in axes],
        border=border,
        cval=cval,
        dtype=dtype,
        nan=nan,
        details={"plan": planned(blur), "normalized": normalized, "per": scale.unit},
    )
