"""Images with samples that are NaN or infinite, as sums over the samples that are there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.engines.engine import AxisKernel
from fiji_bridge.engines.means import quotient
from fiji_bridge.errors import InputError
from fiji_bridge.image.calibrated import CalibratedImage


def has_holes(data: NDArray[Any]) -> bool:
    """Whether some samples are NaN or infinite."""
    if data.dtype.kind != "f":
        return False
    # Plane by plane: the first with some is enough.
    planes = data if data.ndim > 2 else (data,)
    return any(not (are_finite(plane) or np.isfinite(plane).all()) for plane in planes)


def are_finite(data: NDArray[Any]) -> bool:
    """Whether the sum of squares is finite: so are all samples then, and else they need a look.

    Packed samples are multiplied with themselves, which is the fastest sum there is: half a plain
    copy's time.
    """
    packed = data.flags.c_contiguous or data.flags.f_contiguous
    with np.errstate(over="ignore", invalid="ignore"):
        flat = data.ravel(order="K") if packed else None
        total = np.sum(data, dtype=np.float64) if flat is None else np.dot(flat, flat)
        return bool(np.isfinite(total))


def holes_filled(
    image: CalibratedImage, cval: float
) -> tuple[tuple[CalibratedImage, float], tuple[CalibratedImage, float]]:
    """Return the samples with 0 in the holes, and their weights: 1, or 0 in the holes.

    Each comes with what lies beyond a constant border, in float64.
    """
    valid = np.isfinite(image.data)
    values = np.where(valid, image.data, 0).astype(np.float64)
    return (
        (image.with_data(values), cval),
        (image.with_data(valid.astype(np.float64)), 1.0),
    )


def refuse_lobes(kernels: Iterable[AxisKernel]) -> None:
    """Refuse kernels with negative taps: a sum that they weight is no mean."""
    for kernel in kernels:
        if bool((kernel.taps < 0).any()):
            name = "" if kernel.gaussian is None else f" ({kernel.gaussian.kernel})"
            raise InputError(
                f"nan='ignore' needs a kernel without negative taps, and this one{name} has some: "
                "choose kernel 'scipy', or fill the holes first by a gaussian that ignores them"
            )


def weighted_mean(total: CalibratedImage, weight: CalibratedImage) -> CalibratedImage:
    """Return the image of which `total` holds the weighted sums."""
    return total.with_data(quotient(total.data, weight.data))
