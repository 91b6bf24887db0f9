"""Bilateral filter in space: smooths within regions, not across edges."""

from __future__ import annotations

import importlib
import math
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Annotated, Any, Unpack

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.engines.engine import Progress
from fiji_bridge.errors import EngineUnavailableError, InputError, SigmaError
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import SPATIAL_AXES
from fiji_bridge.image.dtypes import round_to
from fiji_bridge.image.lengths import LengthsLike
from fiji_bridge.image.memory import array_bytes
from fiji_bridge.image.results import Table, TablePlan
from fiji_bridge.image.spacing import voxel_text
from fiji_bridge.kernels.borders import BORDERS, DEFAULT_BORDER, check_border
from fiji_bridge.ops.expected_time import time_expected
from fiji_bridge.ops.operation import Prepared, operation
from fiji_bridge.ops.other_filters import Library, by_library, in_voxels, memory_of
from fiji_bridge.ops.parameter import Kind, Parameter
from fiji_bridge.ops.parameters import Border, ByLibrary, Cval

# ITK's kernel ends at so many standard deviations.
_REACH = 2.5
# ITK looks the weights of grey values up in a table: steps of 4 contrasts / this. With its own
# default of 100 the result would be wrong by up to 2 % of the contrast.
_STEPS = 10_000
# Spacing, in standard deviations, of an axis that is left alone: the next sample weighs nothing.
_FAR = 1e9
#: Of one processor of 2 to 3 GHz, per sample and sample of the kernel; twice that within a plane.
_SECONDS_PER_STEP = 1e-8


@operation(title="Bilateral (Physical)", example={"radius": "0.5 um", "contrast": 20.0})
def bilateral(
    image: CalibratedImage,
    *,
    radius: Annotated[
        LengthsLike,
        Parameter(Kind.LENGTHS, "standard deviation in space: '1 um', one per axis, or '2 px'"),
    ],
    contrast: Annotated[
        float,
        Parameter(
            Kind.NUMBER,
            "standard deviation in grey levels: edges above it stay",
            label="Contrast (grey levels)",
        ),
    ],
    border: Border = DEFAULT_BORDER,
    cval: Cval = 0.0,
    **how: Unpack[ByLibrary],
) -> Prepared[TablePlan, CalibratedImage]:
    """Smooth within regions, not across edges, by a physical radius.

    Parameters
    ----------
    radius : length or one per axis
        Standard deviation in space; 0 leaves an axis out: ``"z=0, y=1 um, x=1 um"`` works plane by
        plane.
    contrast : float
        Standard deviation in grey levels: steps well above it stay sharp.

    Returns
    -------
    Same type, shape and samples type as `image`
        Each (z, y, x) volume on its own.

    Raises
    ------
    InputError
        NaN is refused.
    EngineUnavailableError
        Without SimpleITK.

    Notes
    -----
    Computed by ``itk::BilateralImageFilter``, whose kernel ends at 2.5 standard deviations. Its
    work per sample grows with the product of the radii in voxels: it is slow where all are large.
    """
    if find_spec("SimpleITK") is None:
        raise EngineUnavailableError(
            "the bilateral filter needs SimpleITK: pip install 'fiji-bridge[filters]'"
        )
    check_border(border, cval)
    if not (math.isfinite(contrast) and contrast > 0):
        raise InputError(f"contrast must be finite and above 0 grey levels; got {contrast!r}")
    sigma = in_voxels(image, radius, "radius")
    if not any(sigma.values()):
        raise SigmaError(f"radius must be above 0 along some axis; got {radius!r}")
    reaches = {axis: _around(value) for axis, value in sigma.items()}
    rows = tuple(
        (axis, voxel_text(image.calibration, axis), f"{value:.4g} px", f"{reaches[axis]} px")
        for axis, value in sigma.items()
    )
    around = [reaches.get(axis, 0) for axis in SPATIAL_AXES]
    # The border is put round every volume.
    volume = _padded([image.size(axis) for axis in SPATIAL_AXES], around)
    window = math.prod(2 * n + 1 for n in around)
    volumes = image.data.size / max(1, math.prod(image.size(axis) for axis in SPATIAL_AXES))
    seconds = volumes * math.prod(volume) * window * _SECONDS_PER_STEP
    plan = TablePlan(
        Table(
            f"bilateral, border {border}",
            ("axis", "voxel size", "sigma in space", "reach"),
            rows,
            (
                f"edges of more than about {contrast:g} grey levels stay",
                *time_expected(seconds, 1),
            ),
        ),
        {"sigma_px": sigma, "contrast": contrast, "border": border, "cval": cval},
        memory_of(image, volume),
    )
    return by_library(
        "bilateral",
        image,
        plan,
        lambda: _bilateral(plan.values),
        reach=reaches,
        memory=lambda given: 4 * array_bytes(_padded(given, around), 8),
    )


def _padded(shape: Sequence[int], around: Sequence[int]) -> list[int]:
    return [size + 2 * n for size, n in zip(shape, around, strict=True)]


def _bilateral(values: Mapping[str, Any]) -> Library:
    """Return ITK's filter as it is planned."""
    itk: Any = importlib.import_module("SimpleITK")
    sigma: dict[str, float] = values["sigma_px"]
    # In units of the standard deviation, so that one of 1 is right along every axis.
    steps = [1 / sigma[a] if sigma.get(a) else _FAR for a in SPATIAL_AXES]
    around = [_around(sigma.get(a, 0.0)) for a in SPATIAL_AXES]
    beyond: dict[str, Any] = {"mode": BORDERS[values["border"]].numpy}
    if values["border"] == "constant":
        beyond["constant_values"] = values["cval"]

    def run(volume: NDArray[Any], progress: Progress | None) -> NDArray[Any]:
        # ITK knows one border only: the others are put round the volume.
        padded = np.pad(volume.astype(np.float64), [(n, n) for n in around], **beyond)
        given = itk.GetImageFromArray(padded)
        given.SetSpacing(steps[::-1])
        smooth = itk.BilateralImageFilter()
        smooth.SetDomainSigma(1.0)
        smooth.SetRangeSigma(values["contrast"])
        smooth.SetNumberOfRangeGaussianSamples(_STEPS)
        made = itk.GetArrayFromImage(_execute(itk, smooth, given, progress))
        inner = tuple(slice(n, n + size) for n, size in zip(around, volume.shape, strict=True))
        return round_to(made[inner], volume.dtype)

    return Library(run, f"itk::BilateralImageFilter (SimpleITK {itk.Version.VersionString()})")


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
