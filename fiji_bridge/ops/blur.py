"""The plan of the blur that an operation starts with."""

from __future__ import annotations

from fiji_bridge.borders import DEFAULT_BORDER
from fiji_bridge.image import CalibratedImage
from fiji_bridge.lengths import LengthsLike
from fiji_bridge.ops.gaussian import plan
from fiji_bridge.plan import BlurPlan


def blur_of(
    image: CalibratedImage,
    *,
    sigma: LengthsLike | None = None,
    fwhm: LengthsLike | None = None,
    border: str = DEFAULT_BORDER,
    cval: float = 0.0,
    kernel: str = "gauss3",
) -> BlurPlan:
    """Return the plan; unlike `gaussian.plan` it takes no other parameter by mistake."""
    return plan(image, sigma=sigma, fwhm=fwhm, border=border, cval=cval, kernel=kernel)
