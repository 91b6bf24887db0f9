"""Parameters that several operations have, with the same words everywhere."""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias, TypedDict

import numpy as np

from fiji_bridge.convert.adapters import VoxelSizeLike
from fiji_bridge.engines.engine import Progress
from fiji_bridge.engines.select import ENGINES, EngineName
from fiji_bridge.errors import DTypeError
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.dtypes import needs_double, result_dtype
from fiji_bridge.image.lengths import LengthsLike
from fiji_bridge.image.memory import array_bytes
from fiji_bridge.kernels.borders import BORDERS, BorderLike
from fiji_bridge.kernels.borders import border as known_border
from fiji_bridge.kernels.gaussian import KernelName
from fiji_bridge.ops.parameter import Kind, Parameter

_SIGMA_HELP = (
    "'1 um', one per axis 'z=2 um, y=1 um, x=1 um', or '2 px'; "
    "a bare number is in the unit of the voxel size"
)

Sigma: TypeAlias = Annotated[
    "LengthsLike | None", Parameter(Kind.WIDTH, f"standard deviation: {_SIGMA_HELP}")
]
Fwhm: TypeAlias = Annotated[
    "LengthsLike | None",
    Parameter(
        Kind.WIDTH,
        "full width at half maximum, 2.3548 sigma, instead of sigma",
        # There, the field `meaning` says what sigma is.
        in_macro=False,
    ),
]
Border: TypeAlias = Annotated[
    BorderLike,
    Parameter(
        Kind.CHOICE,
        "what lies beyond the edge",
        label="Beyond the edge",
        choices=BORDERS,
        meaning=lambda given: known_border(given).name,
    ),
]
Cval: TypeAlias = Annotated[
    float,
    Parameter(
        Kind.NUMBER,
        "value beyond the edge, for the border 'constant'",
        label="Constant value",
        only_with="border=constant",
    ),
]
Kernel: TypeAlias = Annotated[
    KernelName,
    Parameter(
        Kind.CHOICE,
        "gauss3: ImgLib2's; band-limited: the physical blur by every measure (negative lobes "
        "below 1 px); scipy: that of gaussian_filter; discrete: Lindeberg's, right in its "
        "second moment",
    ),
]
#: For derivatives, and differences that stand for them; `DERIVATIVE_KERNEL` is the default.
DerivativeKernel: TypeAlias = Annotated[
    KernelName,
    Parameter(
        Kind.CHOICE,
        "band-limited: right within 0.5 % from 1 px on; gauss3: ImgLib2's, whose second "
        "derivatives are 12 % off at 5 px and 17 % at 30 px; scipy: sampled; discrete: Lindeberg's",
    ),
]
DERIVATIVE_KERNEL: Final = "band-limited"
Truncate: TypeAlias = Annotated[
    float,
    Parameter(Kind.NUMBER, "where the kernel 'scipy' ends, in sigma", only_with="kernel=scipy"),
]
DType: TypeAlias = Annotated[
    Literal["same", "float32", "float64"],
    Parameter(
        Kind.CHOICE,
        "sample type of the result (same: integers are rounded to nearest)",
        label="Result type",
    ),
]
#: For results that have fractions and signs: derivatives, differences.
FloatDType: TypeAlias = Annotated[
    Literal["float", "float32", "float64"],
    Parameter(
        Kind.CHOICE,
        "sample type of the result (float: float32, float64 for float64 and 32-bit integers)",
        label="Result type",
    ),
]
Nan: TypeAlias = Annotated[
    Literal["refuse", "propagate", "ignore"],
    Parameter(
        Kind.CHOICE,
        "samples that are NaN or infinite: refuse them, let them propagate, "
        "or ignore them (mean of the others)",
        label="NaN samples",
    ),
]
#: Where the result is no mean, so that samples cannot be left out of it.
NanWithoutMean: TypeAlias = Annotated[
    Literal["refuse", "propagate"],
    Parameter(
        Kind.CHOICE,
        "samples that are NaN or infinite: refuse them, or let them propagate; they cannot be "
        "ignored where the result is no mean: a gaussian that ignores them fills the holes",
        label="NaN samples",
        remedy="; samples can be left out of a mean only: fill the holes first, by a gaussian "
        "that ignores them",
    ),
]
Normalized: TypeAlias = Annotated[
    bool,
    Parameter(
        Kind.FLAG,
        "multiply by sigma to the power of the order, so that structures of every size answer "
        "alike",
        label="Scale-normalised",
    ),
]
Per: TypeAlias = Annotated[
    "str | None",
    Parameter(
        Kind.TEXT,
        "length unit that the derivative is taken per (um, mm, pixel …); "
        "default: the unit of the voxel size",
        label="Per unit of length",
        only_with="normalized=false",
    ),
]


class Given(TypedDict, total=False):
    """How the image is understood; every operation takes these."""

    voxel_size: VoxelSizeLike | None
    unit: str | None
    axes: str | None


class ByLibrary(Given, total=False):
    """`Given`, where another library computes."""

    progress: Progress | None


class OnEngine(ByLibrary, total=False):
    """`Given`, where one of the engines computes."""

    engine: EngineName | None
    threads: int | None


#: What a docstring says of the keywords of `OnEngine`, by name: type and meaning.
HOW = {
    "voxel_size": (
        "numbers in (z, y, x) order, mapping or text, optional",
        '``"2 0.45 0.45 um"``. Needed for a plain array; overrides the image\'s own.\n'
        "``(1, 1, 1)`` means that lengths are in pixels.",
    ),
    "unit": (
        "str, optional",
        'Unit of voxel sizes that have none, such as scales of PyImageJ and ITK: ``"um"``.',
    ),
    "axes": ("str, optional", 'Names of the array\'s axes out of t, z, c, y, x, s: ``"czyx"``.'),
    "engine": (
        "{" + ", ".join(f'"{name}"' for name in ENGINES) + "}, optional",
        'By default the real Gauss3 where the runtime has it, else ``"fused"``.',
    ),
    "threads": ("int, optional", "All processors by default."),
    "progress": (
        "callable, optional",
        "Called with (done, total); an exception that it raises cancels the work.",
    ),
}


def result_bytes(image: CalibratedImage, dtype: str) -> int:
    """Return the bytes of a result as large as the image, of `DType` or `FloatDType`."""
    source = image.data.dtype
    kind = dtype if dtype != "float" else float_dtype(dtype, source)
    return array_bytes(image.data.shape, result_dtype(kind, source).itemsize)


def float_dtype(dtype: str, source: np.dtype[np.generic]) -> str:
    """Return ``"float32"`` or ``"float64"`` for the result of `FloatDType`."""
    if dtype == "float":
        return "float64" if needs_double(source, source) else "float32"
    if dtype in ("float32", "float64"):
        return dtype
    raise DTypeError(f"dtype must be 'float', 'float32' or 'float64'; got {dtype!r}")
