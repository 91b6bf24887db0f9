"""Bilateral filter in space: smooths within regions, not across edges."""

from __future__ import annotations

import importlib
import math
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.borders import BORDERS, DEFAULT_BORDER, check_border
from fiji_bridge.calibration import SPATIAL_AXES
from fiji_bridge.engines.base import Progress, check_dtype, round_to
from fiji_bridge.errors import EngineUnavailableError, InputError, SigmaError
from fiji_bridge.image import CalibratedImage
from fiji_bridge.lengths import LengthsLike
from fiji_bridge.memory import check_memory
from fiji_bridge.ops.other_filters import filter_each, in_voxels, info, memory_of
from fiji_bridge.ops.parameters import BORDER, CVAL
from fiji_bridge.ops.provenance import entry
from fiji_bridge.ops.registry import Kind, Operation, Parameter
from fiji_bridge.ops.separable import Context
from fiji_bridge.results import Table, TablePlan
from fiji_bridge.spacing import voxel_text

# ITK's kernel ends at so many standard deviations.
_REACH = 2.5
# ITK looks the weights of grey values up in a table: steps of 4 contrasts / this. With its own
# default of 100 the result would be wrong by up to 2 % of the contrast.
_STEPS = 10_000
# Spacing, in standard deviations, of an axis that is left alone: the next sample weighs nothing.
_FAR = 1e9


def plan(
    image: CalibratedImage,
    *,
    radius: LengthsLike,
    contrast: float | None,
    border: str = DEFAULT_BORDER,
    cval: float = 0.0,
    **_: Any,
) -> TablePlan:
    """Return the standard deviations in space and in grey levels."""
    if find_spec("SimpleITK") is None:
        raise EngineUnavailableError(
            "the bilateral filter needs SimpleITK: pip install 'fiji-bridge[filters]'"
        )
    check_dtype(image.data.dtype)
    check_border(border, cval)
    if contrast is None or not (math.isfinite(contrast) and contrast > 0):
        raise InputError(f"contrast must be finite and above 0 grey levels; got {contrast!r}")
    sigma = in_voxels(image, radius, "radius")
    if not any(sigma.values()):
        raise SigmaError(f"radius must be above 0 along some axis; got {radius!r}")
    rows = tuple(
        (axis, voxel_text(image.calibration, axis), f"{value:.4g} px", f"{_around(value)} px")
        for axis, value in sigma.items()
    )
    # The border is put round every volume.
    volume = [image.size(axis) + 2 * _around(sigma.get(axis, 0.0)) for axis in SPATIAL_AXES]
    return TablePlan(
        Table(
            f"bilateral, border {border}",
            ("axis", "voxel size", "sigma in space", "reach"),
            rows,
            (f"edges of more than about {contrast:g} grey levels stay",),
        ),
        {"sigma_px": sigma, "contrast": contrast, "border": border, "cval": cval},
        memory_of(image, volume),
    )


def apply(
    image: CalibratedImage,
    *,
    context: Context,
    radius: LengthsLike,
    contrast: float | None,
    border: str = DEFAULT_BORDER,
    cval: float = 0.0,
) -> CalibratedImage:
    """Smooth where grey values are alike; see `fiji_bridge.bilateral`."""
    made = plan(image, radius=radius, contrast=contrast, border=border, cval=cval)
    check_memory(made.needed_bytes, f"filtering {image.name}")
    itk: Any = importlib.import_module("SimpleITK")
    sigma: dict[str, float] = made.values["sigma_px"]
    # In units of the standard deviation, so that one of 1 is right along every axis.
    steps = [1 / sigma[a] if sigma.get(a) else _FAR for a in SPATIAL_AXES]
    around = [_around(sigma.get(a, 0.0)) for a in SPATIAL_AXES]
    beyond: dict[str, Any] = {"mode": BORDERS[border].numpy}
    if border == "constant":
        beyond["constant_values"] = cval

    def run(volume: NDArray[Any], progress: Progress | None) -> NDArray[Any]:
        # ITK knows one border only: the others are put round the volume.
        padded = np.pad(volume.astype(np.float64), [(n, n) for n in around], **beyond)
        given = itk.GetImageFromArray(padded)
        given.SetSpacing(steps[::-1])
        smooth = itk.BilateralImageFilter()
        smooth.SetDomainSigma(1.0)
        smooth.SetRangeSigma(contrast)
        smooth.SetNumberOfRangeGaussianSamples(_STEPS)
        made = itk.GetArrayFromImage(_execute(itk, smooth, given, progress))
        inner = tuple(slice(n, n + size) for n, size in zip(around, volume.shape, strict=True))
        return round_to(made[inner], volume.dtype)

    data = filter_each(image, run, context=context, library="SimpleITK")
    done = entry(
        "bilateral",
        info(f"itk::BilateralImageFilter (SimpleITK {itk.Version.VersionString()})"),
        sigma_px=sigma,
        contrast=contrast,
        border=border,
        cval=cval,
        dtype=data.dtype.name,
    )
    return image.with_result(data, done)


def _around(sigma: float) -> int:
    """Return how many samples to each side ITK's kernel reaches."""
    return math.ceil(_REACH * sigma)


def _execute(itk: Any, smooth: Any, given: Any, progress: Progress | None) -> Any:
    """Run a filter; an exception that `progress` raises ends it."""
    if progress is None:
        return smooth.Execute(given)
    raised: list[BaseException] = []

    def tell() -> None:
        try:
            progress(round(100 * smooth.GetProgress()), 100)
        except BaseException as error:
            # It must not cross ITK's own code.
            raised.append(error)
            smooth.Abort()

    smooth.AddCommand(itk.sitkProgressEvent, tell)
    try:
        made = smooth.Execute(given)
    except RuntimeError:
        if not raised:
            raise
    if raised:
        raise raised[0]
    return made


BILATERAL = Operation(
    name="bilateral",
    title="Bilateral (Physical)",
    menu="Plugins>Fiji Bridge",
    java_class=None,
    summary="Bilateral filter by a physical radius: smooths noise, keeps edges.",
    parameters=(
        Parameter(
            "radius", Kind.LENGTHS, "standard deviation in space: '1 um', one per axis, or '2 px'"
        ),
        Parameter(
            "contrast", Kind.NUMBER, "standard deviation in grey levels: edges above it stay"
        ),
        BORDER,
        CVAL,
    ),
    apply=apply,
    plan=plan,
    uses_engine=False,
)
