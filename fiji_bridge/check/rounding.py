"""How far an honest result may be from the exact one: the error bound of its own sums."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.engines.engine import EngineInfo, Kernels
from fiji_bridge.image.dtypes import needs_double
from fiji_bridge.kernels.borders import border as known_border

#: Unit roundoff: half the distance of 1 to the next number.
UNIT = {"float32": 2.0**-24, "float64": 2.0**-53}

#: Half the smallest number that each holds: what a product loses where the unit is no measure.
_UNDERFLOW = {UNIT["float32"]: 2.0**-150, UNIT["float64"]: 2.0**-1074}

#: Roundings of an axis that every sample has once: tap, product, and the sum of the two samples
#: that share a tap. Each is within one unit of the magnitude.
_ONCE = 3
#: Standard deviations of the sum of the others. N additions, each within ± one unit and rounded
#: this way or that by chance, have a standard deviation below 0.41 √N units (ulp / √12, averaged
#: over a binade): 3 √N units is seven of them, which no image is large enough to meet by chance.
_CHANCE = 3.0

#: What the Java engines' sums of wide kernels in two steps may add along an axis, as a share of the
#: range, and how many taps such a kernel has at least (`org.fijibridge.engine.Decimation`).
TWO_STEPS = 5e-6
_WIDE = 100


def schemes(taps: tuple[int, ...]) -> tuple[float, ...]:
    """Return what a scheme for wide kernels may add along each axis, where nobody said."""
    found = tuple(TWO_STEPS if count > _WIDE else 0.0 for count in taps)
    return found if any(found) else ()


def roundoff(kernels: Kernels) -> float:
    """Return the error bound of a separable convolution.

    Parameters
    ----------
    kernels : three AxisKernel

    Returns
    -------
    float
        In unit roundoffs of the largest magnitude among the samples that meet in a result, times
        the sum of the taps' magnitudes.

    Notes
    -----
    The worst case for few taps, its probabilistic form for many: N. J. Higham and T. Mary, "A new
    approach to probabilistic rounding error analysis", SIAM J. Sci. Comput. 41 (2019) A2815-A2835.
    """
    counts = [len(kernel.taps) for kernel in kernels if not kernel.is_identity]
    return _ONCE * len(counts) + min(sum(counts), _CHANCE * math.sqrt(sum(counts)))


def unit_of(info: EngineInfo, source: np.dtype[Any], target: np.dtype[Any]) -> float:
    """Return the unit roundoff of an engine's sums."""
    double = info.engine == "scipy" or needs_double(source, target)
    return UNIT["float64" if double else "float32"]


def bound(
    volume: NDArray[Any],
    kernels: Kernels,
    *,
    border: str,
    cval: float,
    unit: float,
    stated: tuple[float, ...] = (),
) -> NDArray[np.float64]:
    """Return how far each sample of a result may be from the exact one, before it is stored.

    Parameters
    ----------
    volume : ndarray, shape (z, y, x)
        The source.
    kernels : three AxisKernel
    border, cval : see `fiji_bridge.gaussian`
    unit : float
        Unit roundoff of the sums, see `unit_of`.
    stated : tuple of float
        What the engine says that its scheme adds along z, y and x, as shares of the local range.

    Returns
    -------
    ndarray of float64, shape (z, y, x)
        In grey levels. The magnitude is that of the samples that meet in this result, and the
        range is that of the signal there, after its offset: neither knows of what lies elsewhere
        in the image.

    Notes
    -----
    The reference is made of float64 sums itself, so their bound is always a part. Of samples next
    to the smallest numbers of the type every product may lose half of such a number.
    """
    # A scheme in two steps reaches further than the kernel does.
    wider = [2 if any(stated) else 1] * 3
    sizes = [
        1 if kernel.is_identity else min(2 * (len(kernel.taps) // 2 * more) + 1, 2 * n + 1)
        for kernel, n, more in zip(kernels, volume.shape, wider, strict=True)
    ]
    low, high = _local(volume, sizes, border, cval)
    magnitude = np.maximum(np.abs(low), np.abs(high))
    # Kernels with negative lobes sum more than they give.
    gain = math.prod(float(np.abs(kernel.taps).sum()) for kernel in kernels)
    found = magnitude * (gain * roundoff(kernels) * (unit + UNIT["float64"]))
    products = sum(len(kernel.taps) for kernel in kernels if not kernel.is_identity)
    lost = products * gain * (_UNDERFLOW[unit] + _UNDERFLOW[UNIT["float64"]])
    found += np.where(magnitude > 0, lost, 0.0)
    if any(stated):
        found += (high - low) * sum(stated)
    return found


def _local(
    volume: NDArray[Any], sizes: list[int], border: str, cval: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the smallest and the largest sample around each, of those that are finite."""
    from scipy.ndimage import maximum_filter, minimum_filter

    values = volume.astype(np.float64)
    if volume.dtype.kind == "f":
        holes = ~np.isfinite(values)
        if holes.any():
            values[holes] = values[~holes].mean() if not holes.all() else 0.0
    mode = known_border(border).scipy
    low, high = (
        edge(values, size=sizes, mode=mode, cval=cval) for edge in (minimum_filter, maximum_filter)
    )
    return low, high
