"""Convolution with a small kernel of any shape."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.borders import DEFAULT_BORDER, check_border
from fiji_bridge.calibration import SPATIAL_AXES
from fiji_bridge.engines.base import AxisKernel, Kernels, check_dtype
from fiji_bridge.errors import AxesError
from fiji_bridge.image import CalibratedImage
from fiji_bridge.memory import array_bytes
from fiji_bridge.ops.derivative_kernels import extended_axes
from fiji_bridge.ops.parameters import (
    BORDER,
    CVAL,
    FLOAT_DTYPE,
    NAN_WITHOUT_MEAN,
    PER,
    float_dtype,
)
from fiji_bridge.ops.provenance import entry
from fiji_bridge.ops.registry import Kind, Operation, Parameter
from fiji_bridge.ops.separable import Context, filter_sum
from fiji_bridge.results import Table, TablePlan
from fiji_bridge.small_kernels import (
    PRESETS,
    KernelLike,
    Taps,
    preset,
    read_kernel,
    separable_terms,
)
from fiji_bridge.spacing import spacing, voxel_text


def plan(
    image: CalibratedImage,
    *,
    kernel: KernelLike = "mean",
    along: str | None = None,
    per: str | None = None,
    border: str = DEFAULT_BORDER,
    cval: float = 0.0,
    dtype: str = "float",
    **_: Any,
) -> TablePlan:
    """Return how far the kernel reaches along each axis, and its sum."""
    check_dtype(image.data.dtype)
    check_border(border, cval)
    taps, unit = _kernel(image, kernel, along, per)
    terms = len(separable_terms(taps))
    rows = tuple(
        (axis, str(image.size(axis)), voxel_text(image.calibration, axis), str(size))
        for axis, size in zip(SPATIAL_AXES, taps.shape, strict=True)
        if axis in image.axes
    )
    # Weights that cancel leave rounding noise.
    total = taps.sum() if abs(taps.sum()) > 1e-9 * np.abs(taps).sum() else 0.0
    notes = [f"the weights add up to {total:.6g}"]
    if unit:
        notes.append(f"second differences per {unit} squared")
    # The sum, and the next term of it.
    volumes = 1 if terms == 1 else 2
    kind = np.dtype(float_dtype(dtype, image.data.dtype))
    return TablePlan(
        Table(
            f"convolution, border {border}",
            ("axis", "samples", "voxel size", "kernel"),
            rows,
            tuple(notes),
        ),
        {"taps": taps.tolist(), "per": unit, "border": border, "cval": cval},
        volumes * array_bytes(image.data.shape, kind.itemsize),
    )


def apply(
    image: CalibratedImage,
    *,
    context: Context,
    kernel: KernelLike = "mean",
    along: str | None = None,
    per: str | None = None,
    border: str = DEFAULT_BORDER,
    cval: float = 0.0,
    dtype: str = "float",
    nan: str = "refuse",
) -> CalibratedImage:
    """Convolve every volume with one small kernel; see `fiji_bridge.convolve`."""
    check_border(border, cval)
    taps, unit = _kernel(image, kernel, along, per)
    terms = separable_terms(taps)
    data, engine = filter_sum(
        image,
        [(_axis_kernels(term), "add") for term in terms],
        border=border,
        cval=cval,
        dtype=float_dtype(dtype, image.data.dtype),
        nan=NAN_WITHOUT_MEAN.checked(nan),
        context=context,
    )
    done = entry(
        "convolve",
        engine.info(),
        kernel=kernel if isinstance(kernel, str) else "array",
        taps=taps.tolist(),
        per=unit,
        separable=len(terms) == 1,
        border=border,
        cval=cval,
        dtype=data.dtype.name,
        nan=nan,
    )
    return image.with_result(data, done)


def _kernel(
    image: CalibratedImage, given: KernelLike, along: str | None, per: str | None
) -> tuple[NDArray[np.float64], str]:
    """Return the taps in (z, y, x) and the unit of a physical preset."""
    axes = None if along is None else _axes(image, along)
    if not (isinstance(given, str) and given.strip() in PRESETS):
        return read_kernel(given, axes), ""
    name = given.strip()
    reach = extended_axes(image) if axes is None else axes
    if name != "physical-laplace":
        return preset(name, reach, {}), ""
    scale = spacing(image.calibration, reach, per)
    return preset(name, reach, scale.sizes), scale.unit


def _axes(image: CalibratedImage, along: str) -> tuple[str, ...]:
    found = tuple(axis for axis in image.spatial_axes if axis in along)
    if len(found) != len(along) or not along:
        raise AxesError(
            f"along={along!r} must name axes of the image, each once; it has "
            f"{', '.join(image.spatial_axes)}"
        )
    return found


def _axis_kernels(taps: Taps) -> Kernels:
    z, y, x = (AxisKernel(line, len(line) // 2) for line in taps)
    return z, y, x


CONVOLVE = Operation(
    name="convolve",
    title="Convolve (Small Kernel)",
    menu="Plugins>Fiji Bridge",
    java_class=None,
    summary="Convolution with a small kernel: sum, mean or Laplace of the neighbours, or your own.",
    parameters=(
        Parameter(
            "kernel",
            Kind.TEXT,
            f"{', '.join(PRESETS)}, or rows such as '0 1 0; 1 -4 1; 0 1 0' (planes end with '|')",
            "mean",
        ),
        Parameter(
            "along",
            Kind.TEXT,
            "axes of the kernel, such as yx; default: all for a preset, the last ones otherwise",
        ),
        PER,
        BORDER,
        CVAL,
        FLOAT_DTYPE,
        NAN_WITHOUT_MEAN,
    ),
    apply=apply,
    plan=plan,
)
