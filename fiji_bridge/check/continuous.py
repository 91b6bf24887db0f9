"""The blur of the continuous Gaussian, by its transfer function."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.kernels.borders import border as known_border


def continuous_gaussian(
    volume: NDArray[Any], sigma_px: tuple[float, ...], *, border: str, cval: float = 0.0
) -> NDArray[np.float64]:
    """Blur with the continuous Gaussian: multiply the spectrum by exp(−σ²ω²/2).

    This is what a perfect blur of the band-limited image behind the samples gives.
    No sampled kernel equals it where σ is below about 0.8 pixels.

    Parameters
    ----------
    volume : ndarray, shape (z, y, x)
        Real samples.
    sigma_px : tuple of float
        For z, y and x, in pixels; 0 leaves the axis alone.
    border : str
        The mirrored and periodic borders are exact (a whole period is transformed);
        for ``"nearest"`` and ``"constant"`` the axis is continued by 8σ + 32 samples.
    cval : float

    Returns
    -------
    ndarray of float64, same shape
    """
    work = np.array(volume, dtype=np.float64)
    for axis, sigma in enumerate(sigma_px):
        if sigma > 0 and work.shape[axis] > 1:
            work = _along(work, axis, sigma, border, cval)
    return work


def _along(
    work: NDArray[np.float64], axis: int, sigma: float, border: str, cval: float
) -> NDArray[np.float64]:
    moved = np.moveaxis(work, axis, -1)
    out = np.empty(moved.shape)
    length = moved.shape[-1]
    before, after = _reach(length, sigma, border)
    extra: dict[str, Any] = {"constant_values": cval} if border == "constant" else {}
    total = length + before + after
    transfer = np.exp(-0.5 * (sigma * 2 * math.pi * np.fft.rfftfreq(total)) ** 2)
    # One hyperplane at a time: the spectra of a whole volume would need several times its memory.
    mode = known_border(border).numpy
    for index in range(len(moved)):
        lines = np.pad(moved[index], [(0, 0), (before, after)], mode=mode, **extra)
        blurred = np.fft.irfft(np.fft.rfft(lines, axis=-1) * transfer, n=total, axis=-1)
        out[index] = blurred[..., before : before + length]
    return np.ascontiguousarray(np.moveaxis(out, -1, axis))


def _reach(length: int, sigma: float, border: str) -> tuple[int, int]:
    """Return the samples to add on each side: a whole period where there is one."""
    if border == "periodic":
        return 0, 0
    if border == "mirror-double":
        return 0, length
    if border == "mirror-single":
        return 0, length - 2
    margin = int(8 * sigma) + 32
    return margin, margin
