"""Bilateral filter in space: smooths within regions, not across edges."""

from __future__ import annotations

import importlib
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.borders import BORDERS, DEFAULT_BORDER
from fiji_bridge.calibration import SPATIAL_AXES
from fiji_bridge.engines.base import Progress, round_to
from fiji_bridge.errors import EngineUnavailableError, InputError, SigmaError
from fiji_bridge.image import CalibratedImage
from fiji_bridge.lengths import LengthsLike
from fiji_bridge.memory import array_bytes
from fiji_bridge.ops.other_filters import filter_each, in_voxels, info
from fiji_bridge.ops.parameters import BORDER, CVAL
from fiji_bridge.ops.provenance import entry
from fiji_bridge.ops.registry import Kind, Operation, Parameter
from fiji_bridge.ops.separable import Context

# ITK's kernel ends at so many standard deviations.
_REACH = 2.5
# ITK looks the weights of grey values up in a table: steps of 4 contrasts / this. With its own
# default of 100 the result would be wrong by up to 2 % of the contrast.
_STEPS = 10_000
# Spacing, in standard deviations, of an axis that is left alone: the next sample weighs nothing.
_FAR = 1e9


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
    try:
        itk: Any = importlib.import_module("SimpleITK")
    except ImportError:
        raise EngineUnavailableError(
            "the bilateral filter needs SimpleITK: pip install 'fiji-bridge[filters]'"
        ) from None
    if contrast is None or not (math.isfinite(contrast) and contrast > 0):
        raise InputError(f"contrast must be finite and above 0 grey levels; got {contrast!r}")
    sigma = in_voxels(image, radius, "radius")
    if not any(sigma.values()):
        raise SigmaError(f"radius must be above 0 along some axis; got {radius!r}")
    # In units of the standard deviation, so that one of 1 is right along every axis.
    steps = [1 / sigma[a] if sigma.get(a) else _FAR for a in SPATIAL_AXES]
    around = [math.ceil(_REACH / step) if step < _FAR else 0 for step in steps]
    large = [image.size(a) + 2 * n for a, n in zip(SPATIAL_AXES, around, strict=True)]
    beyond: dict[str, Any] = {"mode": BORDERS.get(border, BORDERS[DEFAULT_BORDER]).numpy}
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

    data = filter_each(
        image,
        run,
        border=border,
        cval=cval,
        work_bytes=3 * array_bytes(large, 8),
        context=context,
        library="SimpleITK",
    )
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
    uses_engine=False,
)
