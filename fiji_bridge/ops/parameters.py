"""Parameters that several operations have, with the same words everywhere."""

from __future__ import annotations

import numpy as np

from fiji_bridge import kernels
from fiji_bridge.borders import BORDERS, DEFAULT_BORDER
from fiji_bridge.engines.base import needs_double, result_dtype
from fiji_bridge.errors import DTypeError
from fiji_bridge.image import CalibratedImage
from fiji_bridge.memory import array_bytes
from fiji_bridge.ops.registry import Kind, Parameter
from fiji_bridge.ops.separable import NAN_POLICIES

SIGMA = Parameter(
    "sigma",
    Kind.WIDTH,
    "'1 um', one per axis 'z=2 um, y=1 um, x=1 um', or '2 px'; "
    "a bare number is in the unit of the voxel size",
)
BORDER = Parameter(
    "border", Kind.CHOICE, "what lies beyond the edge", DEFAULT_BORDER, tuple(BORDERS)
)
CVAL = Parameter("cval", Kind.NUMBER, "value beyond the edge, for the border 'constant'", 0.0)
KERNEL = Parameter(
    "kernel",
    Kind.CHOICE,
    "gauss3: ImgLib2's; discrete: of exact width, also for small sigma",
    "gauss3",
    kernels.KERNELS,
)
DTYPE = Parameter(
    "dtype",
    Kind.CHOICE,
    "sample type of the result (same: integers are rounded to nearest)",
    "same",
    ("same", "float32", "float64"),
)
NAN = Parameter(
    "nan",
    Kind.CHOICE,
    "samples that are NaN or infinite: refuse them, let them propagate, "
    "or ignore them (mean of the others)",
    "refuse",
    NAN_POLICIES,
)

#: For results that have fractions and signs: derivatives, differences.
FLOAT_DTYPE = Parameter(
    "dtype",
    Kind.CHOICE,
    "sample type of the result (float: float32, float64 for float64 and 32-bit integers)",
    "float",
    ("float", "float32", "float64"),
)
#: Where the result is no mean, so that samples cannot be left out of it.
NAN_WITHOUT_MEAN = Parameter(
    "nan",
    Kind.CHOICE,
    "samples that are NaN or infinite: refuse them, or let them propagate; they cannot be ignored "
    "where the result is no mean: a gaussian that ignores them fills the holes",
    "refuse",
    ("refuse", "propagate"),
    remedy="; samples can be left out of a mean only: fill the holes first, by a gaussian that "
    "ignores them",
)
NORMALIZED = Parameter(
    "normalized",
    Kind.FLAG,
    "multiply by sigma to the power of the order, so that structures of every size answer alike",
    False,
)
PER = Parameter(
    "per",
    Kind.TEXT,
    "length unit that the derivative is taken per (um, mm, pixel …); "
    "default: the unit of the voxel size",
)


def result_bytes(image: CalibratedImage, *, dtype: str, **_: object) -> int:
    """Return the bytes of a result as large as the image, of `DTYPE` or `FLOAT_DTYPE`."""
    source = image.data.dtype
    kind = dtype if dtype != "float" else float_dtype(dtype, source)
    return array_bytes(image.data.shape, result_dtype(kind, source).itemsize)


def float_dtype(dtype: str, source: np.dtype[np.generic]) -> str:
    """Return ``"float32"`` or ``"float64"`` for the result of `FLOAT_DTYPE`."""
    if dtype == "float":
        return "float64" if needs_double(source, source) else "float32"
    if dtype in ("float32", "float64"):
        return dtype
    raise DTypeError(f"dtype must be 'float', 'float32' or 'float64'; got {dtype!r}")
