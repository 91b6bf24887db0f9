"""The Gaussian blur by a physical sigma."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Annotated, Any, Literal, Unpack

from fiji_bridge.errors import InputError
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.lengths import LengthsLike
from fiji_bridge.image.units import Length
from fiji_bridge.kernels.borders import DEFAULT_BORDER
from fiji_bridge.kernels.gaussian import TRUNCATE
from fiji_bridge.ops.blur_plan import BlurPlan
from fiji_bridge.ops.blur_profiles import NotRoundWarning
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
    Truncate,
)
from fiji_bridge.ops.provenance import planned
from fiji_bridge.ops.separable import Context
from fiji_bridge.ops.suggestion import BlurReport, measure, reached_by


@operation(
    title="Gaussian Blur (Physical)",
    menu="Process>Filters",
    java_class="org.fijibridge.command.GaussianBlurPhysical",
    example={"sigma": "1 um"},
    group="the blur",
)
def gaussian(
    image: CalibratedImage,
    *,
    sigma: Sigma = None,
    fwhm: Fwhm = None,
    border: Border = DEFAULT_BORDER,
    cval: Cval = 0.0,
    kernel: Kernel = "gauss3",
    truncate: Truncate = TRUNCATE,
    dtype: DType = "same",
    nan: Nan = "refuse",
    match: Annotated[
        Literal["none", "isotropic", "isotropic-beads"],
        Parameter(
            Kind.CHOICE,
            "isotropic: measure the blur that is there and make the final one the same in every "
            "direction (sigma, if given, is that final one); isotropic-beads: on points",
            label="Match",
        ),
    ] = "none",
    **how: Unpack[OnEngine],
) -> Prepared[BlurPlan, CalibratedImage]:
    """Blur by a physical sigma, the same in every direction.

    Every (z, y, x) volume is filtered on its own; channels, time and RGB samples never mix.
    On each axis σ in pixels = physical σ / voxel size.

    Parameters
    ----------
    sigma : str, number, pint.Quantity, or one per axis
        Standard deviation: ``"1 um"``, ``"2 px"``, ``(2, 1, 1)`` in (z, y, x) order,
        ``{"z": "2 um", "y": "1 um", "x": "1 um"}``. A bare number is in the unit of the voxel size.
    fwhm : as sigma
        Full width at half maximum, 2.3548 σ, instead of `sigma`.
    border : {"mirror-double", "mirror-single", "nearest", "constant", "periodic"}
        What lies beyond the edge; the default is SciPy's ("reflect").
    kernel : {"gauss3", "band-limited", "scipy", "discrete"}
        ImgLib2's Gauss3 kernel; the physical blur by second moment, FWHM and transfer function,
        with negative lobes below 1 px; that of ``scipy.ndimage.gaussian_filter``; Lindeberg's
        discrete Gaussian, right in its second moment, while its FWHM falls short below 5 px.
        docs/kernels.md has the figures.
    truncate : float
        Where the kernel ``"scipy"`` ends, in σ, as in SciPy.
    dtype : {"same", "float32", "float64"}
        Type of the result. ``"same"`` rounds integers to nearest, once, at the end.
    nan : {"refuse", "propagate", "ignore"}
        Refuse samples that are not finite, let them spread, or take the mean of the others.
    match : {"none", "isotropic", "isotropic-beads"}
        ``"isotropic"`` measures the blur that the image has (see `suggest`) and adds per axis what
        makes the final blur the same in every direction: `sigma` is then that final blur, by
        default the largest that is there. ``"isotropic-beads"`` measures on points.

    Returns
    -------
    Same type and shape as `image`
        Its ``.provenance`` says which engine ran and what the blur was on each axis.

    Raises
    ------
    SigmaError, UnitError, CalibrationError, DTypeError, NotFiniteError, MemoryLimitError, AxesError
        One sentence each: what, which value, on which axis, what to do. All are `InputError`.
    RuntimeStartError
        If Java or the runtime that was asked for cannot start.

    Notes
    -----
    Kernel: half-length max(2, ⌊3σ + 0.5⌋ + 1) with a smoothed tail, as in ImgLib2's Gauss3
    (imglib2-algorithm 0.18); band-limited: least squares on the transfer function (Parks & Burrus
    1987), from 1 px on a sampled Gaussian of 5 σ; discrete: Lindeberg 1990.
    """
    matched: dict[str, Any] = {}
    report: BlurReport | None = None
    if match != "none":
        sigma, report = matching(image, match, sigma, fwhm)
        matched = {"match": match, "measured": report.as_dict()}
    blur = blur_of(
        image, sigma=sigma, fwhm=fwhm, border=border, cval=cval, kernel=kernel, truncate=truncate,
        dtype=dtype,
    )  # fmt: skip
    prepared = convolved(
        "gaussian",
        image,
        blur,
        gaussian_kernels(blur),
        border=border,
        cval=cval,
        dtype=dtype,
        nan=nan,
        details={"plan": planned(blur), **matched},
    )
    return prepared if report is None else Prepared(prepared.plan, _measured(prepared, report))


def _measured(
    prepared: Prepared[BlurPlan, CalibratedImage], report: BlurReport
) -> Callable[[Context], CalibratedImage]:
    """Return the computation, with how round the result is, measured in it, as provenance."""

    def compute(context: Context) -> CalibratedImage:
        result = prepared.compute(context)
        *before, done = result.provenance
        found = reached_by(result, report)
        if found is not None:
            reached: dict[str, Any] = {**found.as_dict(), "said": found.sentence()}
            if not found.is_round:
                warnings.warn(
                    f"match: the blur of the result is not the same in every direction: "
                    f"{found.sentence()}; the points are no Gaussians",
                    NotRoundWarning,
                    stacklevel=2,
                )
        elif report.structure == "beads":
            reached = {"said": "not measured: no point lies 3 sigma from every edge"}
        else:
            reached = {"said": f"not measured: there are no points, but {report.structure}"}
        return result.with_data(result.data, provenance=(*before, {**done, "reached": reached}))

    return compute


def matching(
    image: CalibratedImage, match: str, sigma: Any, fwhm: LengthsLike | None
) -> tuple[dict[str, Length], BlurReport]:
    """Return the σ per axis that makes the final blur the same in every direction.

    Raises
    ------
    InputError
        If the image cannot tell how blurred it is.
    """
    if fwhm is not None:
        raise InputError("match takes the final blur as sigma, not as fwhm")
    report = measure(image, beads=match == "isotropic-beads", target=sigma)
    if not report.structure:
        raise InputError(
            f"match={match!r}: {image.name} cannot tell how blurred it is: {report.reason}; give "
            "sigma per axis instead"
        )
    for axis in report.axes:
        if axis.add is None:
            raise InputError(
                f"match={match!r}: {image.name} cannot tell how blurred it is along axis "
                f"{axis.axis}: {axis.reason}; give sigma per axis instead"
            )
    found = {a.axis: Length(a.add or 0.0, report.unit or None) for a in report.axes}
    return {a: found.get(a, Length(0.0, "pixel")) for a in image.spatial_axes}, report
