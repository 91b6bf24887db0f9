"""How far cheap Gaussians for large sigma are from the exact one.

Printed by ``python -m benchmarks.wide_kernels``. Half the sum of the absolute differences of
the impulse responses is the largest error that any image can have, in units of its range.
Everything here is in double precision.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

SIGMA = 20.0
SIZE = 2001

Array = NDArray[np.float64]


def exact() -> Array:
    """Sampled Gaussian, not cut."""
    x = np.arange(SIZE) - SIZE // 2
    taps = np.exp(-0.5 * (x / SIGMA) ** 2)
    return np.asarray(taps / taps.sum())


def _impulse() -> Array:
    impulse = np.zeros(SIZE)
    impulse[SIZE // 2] = 1
    return impulse


def truncated() -> Array:
    """Cut at four sigma."""
    x = np.arange(SIZE) - SIZE // 2
    taps = np.where(np.abs(x) <= int(4 * SIGMA + 0.5), exact(), 0)
    return np.asarray(taps / taps.sum())


def extended_boxes(passes: int) -> Array:
    """Boxes with fractional ends (Gwosdek et al. 2011), each with its share of the variance."""
    share = SIGMA**2 / passes
    radius = int((np.sqrt(1 + 12 * share) - 1) / 2)
    end = (2 * radius + 1) * (radius * (radius + 1) - 3 * share)
    end /= 6 * (share - (radius + 1) ** 2)
    box = np.r_[end, np.ones(2 * radius + 1), end]
    response = _impulse()
    for _ in range(passes):
        response = np.convolve(response, box / box.sum(), "same")
    return response


def young_van_vliet() -> Array:
    """Recursive, third order, forwards and backwards (Young and van Vliet 1995)."""
    q = 0.98711 * SIGMA - 0.96330
    b0 = 1.57825 + 2.44413 * q + 1.4281 * q**2 + 0.422205 * q**3
    b1 = 2.44413 * q + 2.85619 * q**2 + 1.26661 * q**3
    b2 = -(1.4281 * q**2 + 1.26661 * q**3)
    b3 = 0.422205 * q**3
    poles = [1, -b1 / b0, -b2 / b0, -b3 / b0]
    gain = [1 - (b1 + b2 + b3) / b0]
    forwards = lfilter(gain, poles, _impulse())
    return np.asarray(lfilter(gain, poles, forwards[::-1])[::-1])


def deriche() -> Array:
    """Recursive, fourth order (Deriche 1993): its impulse response in closed form."""
    t = np.abs(np.arange(SIZE) - SIZE // 2) / SIGMA
    response = (1.680 * np.cos(0.6318 * t) + 3.735 * np.sin(0.6318 * t)) * np.exp(-1.783 * t)
    response -= (0.6803 * np.cos(1.997 * t) + 0.2598 * np.sin(1.997 * t)) * np.exp(-1.723 * t)
    return np.asarray(response / response.sum())


def main() -> None:
    """Print one line per method."""
    methods = {
        "cut at four sigma": truncated(),
        "3 extended boxes": extended_boxes(3),
        "5 extended boxes": extended_boxes(5),
        "recursive, Young and van Vliet, 3rd order": young_van_vliet(),
        "recursive, Deriche, 4th order": deriche(),
    }
    for name, response in methods.items():
        print(f"{name:45s} {np.abs(response - exact()).sum() / 2:.1e}")


if __name__ == "__main__":
    main()
