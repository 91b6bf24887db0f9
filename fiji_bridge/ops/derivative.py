"""Gaussian derivatives of any order, per physical length."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Unpack

from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.spacing import read_orders
from fiji_bridge.kernels.borders import DEFAULT_BORDER
from fiji_bridge.ops.blur_plan import BlurPlan
from fiji_bridge.ops.convolved import blur_of, convolved
from fiji_bridge.ops.derivative_kernels import Scale, derivative_kernels
from fiji_bridge.ops.operation import Prepared, operation
from fiji_bridge.ops.parameter import Kind, Parameter
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
    title="Gaussian Derivative (Physical)",
    java_class="org.fijibridge.command.GaussianDerivative",
    example={"along": "xz", "sigma": "1 um"},
)
def derivative(
    image: CalibratedImage,
    *,
    along: Annotated[
        str | Sequence[int] | Mapping[str, int],
        Parameter(
            Kind.TEXT,
            "x: first derivative along x; xx: second; zx: mixed; …",
            label="Derivative along",
        ),
    ] = "x",
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
    """Take a derivative of the Gaussian-blurred image, per physical length.

    Parameters
    ----------
    along : str, sequence or mapping
        ``"x"`` is ∂/∂x, ``"xx"`` ∂²/∂x², ``"zx"`` ∂²/∂z∂x; ``(0, 0, 1)`` in (z, y, x) order,
        as SciPy's ``order``; ``{"x": 1}``.
    normalized : bool
        σⁿ ∂ⁿ/∂axisⁿ instead: has no unit, and structures of every size answer alike.
    per : str, optional
        Length unit of the denominator (``"um"``), or ``"pixel"``; by default the unit of the
        voxel size.

    Returns
    -------
    Same type and shape as `image`
        In grey levels per `per` to the power of the whole order. A ramp of one grey level per
        µm gives exactly 1 per µm, whatever the kernel, away from the border.

    Raises
    ------
    InputError
        Also where there is no blur along an axis of the derivative, or one sample only.

    Notes
    -----
    Kernel times orthogonal polynomial (Meer & Weiss 1992): SciPy's ``gaussian_filter(order=…)``
    with this package's kernels and exact moments.
    """
    blur = blur_of(
        image, sigma=sigma, fwhm=fwhm, border=border, cval=cval, kernel=kernel, dtype=dtype
    )
    orders = read_orders(along, image.spatial_axes)
    taken = [axis for axis, times in orders.items() if times]
    scale = Scale.of(image, taken, per, normalized=normalized)
    return convolved(
        "derivative",
        image,
        blur,
        derivative_kernels(blur, orders, scale),
        border=border,
        cval=cval,
        dtype=dtype,
        nan=nan,
        details={
            "plan": planned(blur),
            "order": orders,
            "normalized": normalized,
            "per": scale.unit,
        },
    )
