"""Convolution with a small kernel of any shape."""

from __future__ import annotations

from typing import Annotated, Any, Unpack

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.engines.engine import AxisKernel, Kernels
from fiji_bridge.errors import AxesError
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import SPATIAL_AXES
from fiji_bridge.image.dtypes import check_dtype
from fiji_bridge.image.results import Table, TablePlan
from fiji_bridge.image.spacing import spacing, voxel_text
from fiji_bridge.kernels.borders import DEFAULT_BORDER, check_border
from fiji_bridge.kernels.small import (
    PRESETS,
    KernelLike,
    Taps,
    preset,
    read_kernel,
    separable_terms,
)
from fiji_bridge.ops.convolved import convolved
from fiji_bridge.ops.derivative_kernels import extended_axes
from fiji_bridge.ops.operation import Prepared, operation
from fiji_bridge.ops.parameter import Kind, Parameter
from fiji_bridge.ops.parameters import (
    Border,
    Cval,
    FloatDType,
    NanWithoutMean,
    OnEngine,
    Per,
    result_bytes,
)


@operation(title="Convolve (Small Kernel)", example={"kernel": "physical-laplace"})
def convolve(
    image: CalibratedImage,
    *,
    kernel: Annotated[
        KernelLike,
        Parameter(
            Kind.TEXT,
            f"{', '.join(PRESETS)}, or rows such as '0 1 0; 1 -4 1; 0 1 0' (planes end with '|')",
        ),
    ] = "mean",
    along: Annotated[
        str | None,
        Parameter(
            Kind.TEXT,
            "axes of the kernel, such as yx; default: all for a preset, the last ones otherwise",
            label="Axes of the kernel",
        ),
    ] = None,
    per: Per = None,
    border: Border = DEFAULT_BORDER,
    cval: Cval = 0.0,
    dtype: FloatDType = "float",
    nan: NanWithoutMean = "refuse",
    **how: Unpack[OnEngine],
) -> Prepared[TablePlan, CalibratedImage]:
    """Convolve with a small kernel: sum, mean or Laplace of the neighbours, or your own.

    Parameters
    ----------
    kernel : str or array
        ``"sum"``, ``"mean"`` (of the sample and its direct neighbours), ``"laplace"`` (neighbours
        minus their number times the sample), ``"physical-laplace"`` (second differences divided
        by the squared voxel size); or an array in the last of the axes (z, y, x); or text,
        ``"0 1 0; 1 -4 1; 0 1 0"``. Its centre is the sample at n // 2.
    along : str, optional
        Axes of the kernel: ``"yx"`` works plane by plane. By default a preset reaches along every
        spatial axis with more than one sample.
    per : str, optional
        Length unit of ``"physical-laplace"``; by default the unit of the voxel size.

    Returns
    -------
    Same type and shape as `image`
        A convolution: the kernel is mirrored. A separable kernel is found and run as one.

    Raises
    ------
    InputError
        Also for a kernel that cannot be read, or that does not fit the axes.
    """
    check_dtype(image.data.dtype)
    check_border(border, cval)
    taps, unit = _kernel(image, kernel, along, per)
    terms = separable_terms(taps)
    values = {"taps": taps.tolist(), "per": unit, "border": border, "cval": cval}
    return convolved(
        "convolve",
        image,
        _plan(image, taps, unit, len(terms), dtype, values),
        [(_axis_kernels(term), "add") for term in terms],
        border=border,
        cval=cval,
        dtype=dtype,
        nan=nan,
        details={
            "kernel": kernel if isinstance(kernel, str) else "array",
            "separable": len(terms) == 1,
            **values,
        },
    )


def _plan(
    image: CalibratedImage,
    taps: NDArray[np.float64],
    unit: str,
    terms: int,
    dtype: str,
    values: dict[str, Any],
) -> TablePlan:
    """Return how far the kernel reaches along each axis, and its sum."""
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
    return TablePlan(
        Table(
            f"convolution, border {values['border']}",
            ("axis", "samples", "voxel size", "kernel"),
            rows,
            tuple(notes),
        ),
        values,
        volumes * result_bytes(image, dtype),
    )


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
