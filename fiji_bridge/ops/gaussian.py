"""The Gaussian blur by a physical sigma."""

from __future__ import annotations

from typing import Any

from fiji_bridge import kernels
from fiji_bridge.borders import BORDERS, DEFAULT_BORDER
from fiji_bridge.engines.base import AxisKernel
from fiji_bridge.image import CalibratedImage
from fiji_bridge.lengths import LengthsLike
from fiji_bridge.ops.provenance import entry
from fiji_bridge.ops.registry import Kind, Operation, Parameter
from fiji_bridge.ops.separable import NAN_POLICIES, Context, filter_image
from fiji_bridge.plan import BlurPlan, make_plan


def plan(
    image: CalibratedImage,
    *,
    sigma: LengthsLike | None = None,
    fwhm: LengthsLike | None = None,
    border: str = DEFAULT_BORDER,
    cval: float = 0.0,
    kernel: str = "gauss3",
    **_: Any,
) -> BlurPlan:
    """Return the plan of a blur of this image; see `fiji_bridge.plan.make_plan`."""
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
) -> CalibratedImage:
    """Blur every (z, y, x) volume of an image; see `fiji_bridge.gaussian`."""
    made = plan(image, sigma=sigma, fwhm=fwhm, border=border, cval=cval, kernel=kernel)
    z, y, x = (AxisKernel.from_gaussian(kernel, s) for s in made.sigma_px())
    data, engine = filter_image(
        image, (z, y, x), border=border, cval=cval, dtype=dtype, nan=nan, context=context
    )
    done = entry("gaussian", engine.info(), plan=made.as_dict(), dtype=data.dtype.name, nan=nan)
    return image.with_data(data, provenance=(*image.provenance, done))


GAUSSIAN = Operation(
    name="gaussian",
    title="Gaussian Blur (Physical)",
    menu="Process>Filters",
    java_class="org.fijibridge.command.GaussianBlurPhysical",
    summary="Gaussian blur by a physical sigma, the same in every direction.",
    parameters=(
        Parameter(
            "sigma",
            Kind.WIDTH,
            "'1 um', one per axis 'z=2 um, y=1 um, x=1 um', or '2 px'; "
            "a bare number is in the unit of the voxel size",
        ),
        Parameter(
            "border", Kind.CHOICE, "what lies beyond the edge", DEFAULT_BORDER, tuple(BORDERS)
        ),
        Parameter("cval", Kind.NUMBER, "value beyond the edge, for the border 'constant'", 0.0),
        Parameter(
            "kernel",
            Kind.CHOICE,
            "gauss3: ImgLib2's; discrete: of exact width, also for small sigma",
            "gauss3",
            kernels.KERNELS,
        ),
        Parameter(
            "dtype",
            Kind.CHOICE,
            "sample type of the result (same: integers are rounded to nearest)",
            "same",
            ("same", "float32", "float64"),
        ),
        Parameter(
            "nan",
            Kind.CHOICE,
            "samples that are NaN or infinite: refuse them, let them propagate, "
            "or ignore them (mean of the others)",
            "refuse",
            NAN_POLICIES,
        ),
    ),
    apply=apply,
    plan=plan,
)
