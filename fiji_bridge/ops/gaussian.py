"""The Gaussian blur by a physical sigma."""

from __future__ import annotations

from typing import Any

from fiji_bridge.borders import DEFAULT_BORDER
from fiji_bridge.engines.base import AxisKernel
from fiji_bridge.errors import InputError
from fiji_bridge.image import CalibratedImage
from fiji_bridge.lengths import LengthsLike
from fiji_bridge.ops.parameters import BORDER, CVAL, DTYPE, KERNEL, NAN, SIGMA, result_bytes
from fiji_bridge.ops.provenance import entry
from fiji_bridge.ops.registry import Kind, Operation, Parameter
from fiji_bridge.ops.separable import Context, filter_image
from fiji_bridge.plan import BlurPlan, make_plan
from fiji_bridge.suggestion import BlurReport, measure
from fiji_bridge.units import Length

MATCHES = ("none", "isotropic", "isotropic-beads")


def plan(
    image: CalibratedImage,
    *,
    sigma: LengthsLike | None = None,
    fwhm: LengthsLike | None = None,
    border: str = DEFAULT_BORDER,
    cval: float = 0.0,
    kernel: str = "gauss3",
    match: str = "none",
    **_: Any,
) -> BlurPlan:
    """Return the plan of a blur of this image; see `fiji_bridge.plan.make_plan`."""
    if match != "none":
        sigma, _report = _matching(image, match, sigma, fwhm)
    sizes = [(axis, image.size(axis)) for axis in image.spatial_axes]
    return make_plan(
        image.calibration, sizes, sigma=sigma, fwhm=fwhm, border=border, cval=cval, kernel=kernel
    )


def apply(
    image: CalibratedImage,
    *,
    context: Context,
    sigma: LengthsLike | None = None,
    fwhm: LengthsLike | None = None,
    border: str = DEFAULT_BORDER,
    cval: float = 0.0,
    kernel: str = "gauss3",
    dtype: str = "same",
    nan: str = "refuse",
    match: str = "none",
) -> CalibratedImage:
    """Blur every (z, y, x) volume of an image; see `fiji_bridge.gaussian`."""
    matched = {}
    if match != "none":
        sigma, report = _matching(image, match, sigma, fwhm)
        matched = {"match": match, "measured": report.as_dict()}
    made = plan(image, sigma=sigma, fwhm=fwhm, border=border, cval=cval, kernel=kernel)
    z, y, x = (AxisKernel.from_gaussian(kernel, s) for s in made.sigma_px())
    data, engine = filter_image(
        image, (z, y, x), border=border, cval=cval, dtype=dtype, nan=nan, context=context
    )
    done = entry(
        "gaussian", engine.info(), plan=made.as_dict(), dtype=data.dtype.name, nan=nan, **matched
    )
    return image.with_result(data, done)


def _matching(
    image: CalibratedImage, match: str, sigma: Any, fwhm: LengthsLike | None
) -> tuple[dict[str, Length], BlurReport]:
    """Return the σ per axis that makes the final blur the same in every direction."""
    if match not in MATCHES:
        raise InputError(f"match must be one of {', '.join(MATCHES)}; got {match!r}")
    if fwhm is not None:
        raise InputError("match takes the final blur as sigma, not as fwhm")
    report = measure(image, beads=match == "isotropic-beads", target=sigma)
    found = {a.axis: Length(a.add, report.unit or None) for a in report.axes}
    return {a: found.get(a, Length(0.0, "pixel")) for a in image.spatial_axes}, report


GAUSSIAN = Operation(
    name="gaussian",
    title="Gaussian Blur (Physical)",
    menu="Process>Filters",
    java_class="org.fijibridge.command.GaussianBlurPhysical",
    summary="Gaussian blur by a physical sigma, the same in every direction.",
    parameters=(
        SIGMA,
        BORDER,
        CVAL,
        KERNEL,
        DTYPE,
        NAN,
        Parameter(
            "match",
            Kind.CHOICE,
            "isotropic: measure the blur that is there and make the final one the same in every "
            "direction (sigma, if given, is that final one); isotropic-beads: on points",
            "none",
            MATCHES,
            in_macro=False,
        ),
    ),
    apply=apply,
    plan=plan,
    memory=result_bytes,
)
