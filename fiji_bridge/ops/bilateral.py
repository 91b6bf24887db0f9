"""Bilateral filter, plane by plane: smooths within regions, not across edges."""

from __future__ import annotations

import math
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.borders import BORDERS, DEFAULT_BORDER, check_border
from fiji_bridge.engines.base import check_dtype, round_to
from fiji_bridge.errors import AxesError, EngineUnavailableError, InputError, SigmaError
from fiji_bridge.image import CalibratedImage
from fiji_bridge.lengths import OneLength
from fiji_bridge.memory import check_memory
from fiji_bridge.ops.other_filters import filter_each, in_voxels, info, memory_of
from fiji_bridge.ops.parameters import BORDER, CVAL
from fiji_bridge.ops.provenance import entry
from fiji_bridge.ops.registry import Kind, Operation, Parameter
from fiji_bridge.ops.separable import Context
from fiji_bridge.results import Table, TablePlan
from fiji_bridge.spacing import voxel_text

# x and y may differ by what files round.
_SQUARE = 1e-3


def plan(
    image: CalibratedImage,
    *,
    radius: OneLength,
    contrast: float | None,
    border: str = DEFAULT_BORDER,
    cval: float = 0.0,
    **_: Any,
) -> TablePlan:
    """Return the standard deviations in space and in grey levels."""
    if find_spec("skimage") is None:
        raise EngineUnavailableError(
            "the bilateral filter needs scikit-image: pip install 'fiji-bridge[filters]'"
        )
    check_dtype(image.data.dtype)
    check_border(border, cval)
    if contrast is None or not (math.isfinite(contrast) and contrast > 0):
        raise InputError(f"contrast must be finite and above 0 grey levels; got {contrast!r}")
    sigma = _sigma_px(image, radius)
    rows = tuple(
        (axis, voxel_text(image.calibration, axis), f"{sigma:.4g} px") for axis in ("y", "x")
    )
    return TablePlan(
        Table(
            f"bilateral, plane by plane, border {border}",
            ("axis", "voxel size", "sigma in space"),
            rows,
            (f"edges of more than about {contrast:g} grey levels stay",),
        ),
        {"sigma_px": sigma, "contrast": contrast, "border": border, "cval": cval},
        memory_of(image),
    )


def apply(
    image: CalibratedImage,
    *,
    context: Context,
    radius: OneLength,
    contrast: float | None,
    border: str = DEFAULT_BORDER,
    cval: float = 0.0,
) -> CalibratedImage:
    """Smooth each plane where grey values are alike; see `fiji_bridge.bilateral`."""
    made = plan(image, radius=radius, contrast=contrast, border=border, cval=cval)
    check_memory(made.needed_bytes, f"filtering {image.name}")
    from skimage.restoration import denoise_bilateral

    sigma = made.values["sigma_px"]

    def plane(values: NDArray[Any]) -> NDArray[Any]:
        # Only differences count; scikit-image wants values from 0 on.
        low = float(values.min())
        if float(values.max()) == low:
            return values
        found: NDArray[Any] = denoise_bilateral(
            values - low,
            sigma_color=contrast,
            sigma_spatial=sigma,
            mode=BORDERS[border].numpy,
            cval=cval - low if border == "constant" else 0,
        )
        return found + low

    def run(volume: NDArray[Any]) -> NDArray[Any]:
        planes = [plane(values.astype(np.float64)) for values in volume]
        return round_to(np.stack(planes), volume.dtype)

    data = filter_each(image, run, context=context, library="scikit-image")
    done = entry(
        "bilateral",
        info(f"skimage.restoration.denoise_bilateral (scikit-image {version('scikit-image')})"),
        sigma_px=sigma,
        contrast=contrast,
        border=border,
        cval=cval,
        dtype=data.dtype.name,
    )
    return image.with_result(data, done)


def _sigma_px(image: CalibratedImage, radius: OneLength) -> float:
    missing = [axis for axis in ("y", "x") if axis not in image.axes]
    if missing:
        raise AxesError(f"{image.name} has no axis {missing[0]}: there are no planes to filter")
    plane = CalibratedImage(
        np.broadcast_to(np.float32(0), (2, 2)), ("y", "x"), image.calibration, name=image.name
    )
    found = in_voxels(plane, radius, "radius")
    if abs(found["y"] - found["x"]) > _SQUARE * found["x"]:
        raise SigmaError(
            f"the radius is {found['y']:.4g} voxels on axis y and {found['x']:.4g} on axis x, but "
            "scikit-image's bilateral filter knows one only: rescale to square pixels first"
        )
    if found["x"] <= 0:
        raise SigmaError(f"radius must be above 0; got {radius!r}")
    return found["x"]


BILATERAL = Operation(
    name="bilateral",
    title="Bilateral (Physical, 2D)",
    menu="Plugins>Fiji Bridge",
    java_class=None,
    summary="Bilateral filter plane by plane: smooths noise, keeps edges.",
    parameters=(
        Parameter("radius", Kind.LENGTHS, "standard deviation in space: '1 um' or '2 px'"),
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
