"""A blur as a few choices (widths, kernel, border, shift, rounding), evaluated at some samples.

A separable filter is one small matrix per axis. Only some rows of each are needed to tell which
choices made a result, so a hundred guesses cost less than one filtering of the image.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.check.matrices import operator
from fiji_bridge.image.calibrated import CalibratedImage, volume_view
from fiji_bridge.image.calibration import SPATIAL_AXES
from fiji_bridge.image.dtypes import round_to
from fiji_bridge.kernels import gaussian as kernels

#: Kernels that filters are known to use; ``"measured"`` is read off an impulse response.
KNOWN_KERNELS: dict[str, str] = {
    "gauss3": "Gauss3's kernel",
    "gauss3-no-tail": "Gauss3's kernel without the smoothing of its tail",
    "discrete": "the discrete Gaussian (Lindeberg)",
    "band-limited": "the band-limited Gaussian",
    "scipy": "a Gaussian sampled up to 4 sigma (SciPy, scikit-image)",
    "sampled-3": "a Gaussian sampled up to 3 sigma",
    "imagej-0.0002": "ImageJ's Gaussian kernel (accuracy 0.0002)",
    "imagej-0.002": "ImageJ's Gaussian kernel (accuracy 0.002, for 8-bit images)",
}
MEASURED = "measured"

#: Samples per axis at which guesses are compared: both ends, and some between.
_PER_AXIS = 28
_AT_ENDS = 8
_PER_LEAD_AXIS = 6

#: How far below, in grey levels, sums are taken to come out: a few roundings of float32.
_BELOW = 1e-4
_TIE = 1e-9

Taps = tuple[NDArray[np.float64], int]


@dataclass(frozen=True)
class BlurModel:
    """What decides the numbers of a blur, whoever computes it.

    Attributes
    ----------
    sigma_px : tuple of float
        In (z, y, x) order.
    kernel : str
        A name of `KNOWN_KERNELS`, or ``"measured"``.
    border : str
    cval : float
    shift : tuple of float
        By how many pixels the result is moved towards higher indices, (z, y, x).
    interpolated : bool
        Whether a shift by half a pixel is the mean of two neighbours, rather than a kernel
        sampled half-way.
    lead : tuple of (str, float)
        Axes that are no space but were blurred, with σ in samples.
    rounding : str
        Of integer results: ``"nearest"``, ``"down"`` or ``"lower"``, at the end only or also
        ``"per axis"`` or ``"per plane"`` (after x and y, before z). ``"lower"`` is down where
        sums come out a little below what they should be: a flat 7 becomes a 6.
    order : str
        Order of the axes, where rounding happens in between.
    """

    sigma_px: tuple[float, float, float]
    kernel: str
    border: str
    cval: float = 0.0
    shift: tuple[float, float, float] = (0.0, 0.0, 0.0)
    interpolated: bool = False
    lead: tuple[tuple[str, float], ...] = ()
    rounding: str = "nearest"
    order: str = "zyx"


def kernel_taps(kernel: str, sigma: float) -> NDArray[np.float64]:
    """Return the half-kernel (centre first, shape (L,)) of a kernel by name.

    Notes
    -----
    ``imagej-…``: radius ⌈σ·√(−2 ln accuracy)⌉ + 1 and a quadratic tail, as ImageJ 1.54p's
    ``GaussianBlur.makeGaussianKernel`` returns it.
    """
    if sigma == 0:
        return np.ones(1)
    if kernel in kernels.KERNELS:
        return kernels.gaussian_half(kernel, sigma)
    if kernel == "gauss3-no-tail":
        return _sampled(sigma, max(2, int(3 * sigma + 0.5) + 1))
    if kernel.startswith("sampled-"):
        return _sampled(sigma, int(float(kernel.removeprefix("sampled-")) * sigma + 0.5) + 1)
    return _imagej(sigma, float(kernel.removeprefix("imagej-")))


def _sampled(sigma: float, length: int) -> NDArray[np.float64]:
    # As SciPy does it, to the last bit: the whole kernel is summed.
    at = np.arange(1 - length, length)
    whole = np.exp(-0.5 / (sigma * sigma) * at**2)
    half: NDArray[np.float64] = (whole / whole.sum())[length - 1 :]
    return half


def _imagej(sigma: float, accuracy: float) -> NDArray[np.float64]:
    length = math.ceil(sigma * math.sqrt(-2 * math.log(accuracy))) + 1
    half: NDArray[np.float64] = np.exp(-np.square(np.arange(length)) / (2 * sigma * sigma))
    slope, r = math.inf, length
    while r > length // 2:
        r -= 1
        found = math.sqrt(half[r]) / (length - r)
        if found >= slope:
            break
        slope = found
    tail = np.arange(min(r + 2, length), length)
    half[tail] = np.square((length - tail) * slope)
    half /= half[0] + 2 * half[1:].sum()
    return half


def shifted(half: NDArray[np.float64], sigma: float, shift: float, interpolated: bool) -> Taps:
    """Return the whole kernel and its centre, moved by a number of pixels."""
    taps, centre = kernels.full(half), len(half) - 1
    whole = math.floor(shift)
    if shift == whole:
        return taps, centre - whole
    # Below a third of a pixel a Gaussian sampled half-way is its two neighbours only.
    if interpolated or sigma < 0.3:
        return np.convolve(taps, (0.5, 0.5)), centre - whole
    offsets = np.arange(-len(half), len(half) + 1)
    moved = np.exp(-np.square(offsets - shift) / (2 * sigma * sigma))
    return moved / moved.sum(), len(half)


def tie_of(taps: NDArray[np.float64]) -> float:
    """Return a little more or less than 0: to which side of 1 SciPy's sum of the taps falls.

    In flat regions the exact result is an integer; cutting off fractions then hangs on this.
    """
    from scipy.ndimage import correlate1d

    flat = float(correlate1d(np.ones(1), taps, mode="nearest")[0])
    return _TIE if flat >= 1 else -_TIE


def effective_width(taps: NDArray[np.float64], centre: int) -> float:
    """Return the standard deviation of a kernel as it stands, in pixels."""
    at = np.arange(len(taps)) - centre
    total = float(taps.sum())
    mean = float((at * taps).sum()) / total
    return math.sqrt(max(float((np.square(at - mean) * taps).sum()) / total, 0.0))


def largest_gap(a: Taps, b: Taps) -> float:
    """Return the largest difference between the taps of two kernels, centre on centre."""
    reach = max(max(centre, len(taps) - 1 - centre) for taps, centre in (a, b))
    both = np.zeros((2, 2 * reach + 1))
    for row, (taps, centre) in zip(both, (a, b), strict=True):
        row[reach - centre : reach - centre + len(taps)] = taps
    return float(np.abs(both[0] - both[1]).max())


def some(length: int, most: int = _PER_AXIS) -> NDArray[np.intp]:
    """Return all indices of a short axis; of a long one both ends and some between."""
    if length <= most:
        return np.arange(length)
    ends = min(_AT_ENDS, most // 3)
    between = np.linspace(ends, length - ends - 1, most - 2 * ends).astype(np.intp)
    return np.unique(np.concatenate([np.arange(ends), between, np.arange(length - ends, length)]))


@dataclass(eq=False)
class Guesser:
    """Evaluates models on an image, at the same samples each time.

    Parameters
    ----------
    image : CalibratedImage
        The source.
    dtype : numpy.dtype
        Of the results that are guessed at.
    measured : mapping of str to (taps, centre), optional
        Kernels read off an impulse response, by axis name.
    """

    image: CalibratedImage
    dtype: np.dtype[Any]
    measured: Mapping[str, Taps] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lead = tuple(axis for axis in self.image.axes if axis not in SPATIAL_AXES)
        self._view = volume_view(self.image.data, self.image.axes)
        self._axes = (*self._lead, *SPATIAL_AXES)
        self.chosen = tuple(
            some(size, _PER_LEAD_AXIS if axis in self._lead else _PER_AXIS)
            for axis, size in zip(self._axes, self._view.shape, strict=True)
        )
        self._cache: dict[BlurModel, NDArray[np.float64]] = {}
        self._ties = dict.fromkeys(self._axes, 0.0)
        self._operators: dict[tuple[Any, ...], NDArray[np.float64]] = {}

    @property
    def lead_axes(self) -> tuple[str, ...]:
        """Axes that are no space and have more than one sample (RGB samples included)."""
        sizes = zip(self._lead, self._view.shape, strict=False)
        return tuple(axis for axis, size in sizes if size > 1)

    def size(self, axis: str) -> int:
        """Return the samples along an axis."""
        return int(self._view.shape[self._axes.index(axis)])

    def forget_measured(self) -> None:
        """Forget guesses that rest on measured kernels, for another filter's."""
        self._cache = {m: v for m, v in self._cache.items() if m.kernel != MEASURED}

    def gap_to_measured(self, model: BlurModel) -> float:
        """Return the largest difference of a model's taps from the measured ones; 0 for those."""
        if model.kernel == MEASURED:
            return 0.0
        worst = 0.0
        for axis, (taps, centre) in self.measured.items():
            position = SPATIAL_AXES.index(axis)
            sigma, shift = model.sigma_px[position], model.shift[position]
            own = shifted(kernel_taps(model.kernel, sigma), sigma, shift, model.interpolated)
            worst = max(worst, largest_gap((taps, centre), own))
        return worst

    def pick(self, result: NDArray[Any]) -> NDArray[np.float64]:
        """Return the compared samples of a result with the shape of the source."""
        view = volume_view(result, self.image.axes)
        return view[np.ix_(*self.chosen)].astype(np.float64)

    def evaluate(self, model: BlurModel) -> NDArray[np.float64]:
        """Return what a model gives at the compared samples."""
        if model not in self._cache:
            self._cache[model] = self._evaluate(model)
        return self._cache[model]

    def _evaluate(self, model: BlurModel) -> NDArray[np.float64]:
        matrices = self._matrices(model)
        beyond = model.cval if model.border == "constant" else 0.0
        between = {"per axis": set("zyx"), "per plane": set(model.order[1])}.get(
            model.rounding.partition(" ")[2], set()
        )
        # Convolution commutes with taking off a constant, which makes the border a zero one.
        work = self._view.astype(np.float64) - beyond
        order = [a for a in model.order if matrices[a] is not None]
        lead = [a for a in self._lead if matrices[a] is not None]
        tie = 0.0
        for number, axis in enumerate([*lead, *order]):
            position = self._axes.index(axis)
            work = np.moveaxis(np.tensordot(work, matrices[axis], (position, 1)), -1, position)
            tie = self._ties[axis]
            if axis in between and number < len(lead) + len(order) - 1:
                work = self._rounded(work + beyond, model.rounding, tie) - beyond
        for axis, matrix in matrices.items():
            if matrix is None:
                position = self._axes.index(axis)
                work = np.take(work, self.chosen[position], axis=position)
        return self._rounded(work + beyond, model.rounding, tie)

    def _matrices(self, model: BlurModel) -> dict[str, Any]:
        found: dict[str, Any] = dict.fromkeys(self._axes)
        for axis, sigma, shift in zip(SPATIAL_AXES, model.sigma_px, model.shift, strict=True):
            if self.size(axis) > 1 and (sigma > 0 or shift != 0):
                found[axis] = self._matrix(axis, model, sigma, shift)
        for axis, sigma in model.lead:
            found[axis] = self._matrix(axis, model, sigma, 0.0)
        return found

    def _matrix(
        self, axis: str, model: BlurModel, sigma: float, shift: float
    ) -> NDArray[np.float64]:
        own = self.measured.get(axis) if model.kernel == MEASURED else None
        name = "gauss3" if model.kernel == MEASURED else model.kernel
        key = (axis, name, sigma, shift, model.interpolated, model.border)
        taps, centre = own or shifted(kernel_taps(name, sigma), sigma, shift, model.interpolated)
        self._ties[axis] = tie_of(taps)
        if own is None and key in self._operators:
            return self._operators[key]
        rows = self.chosen[self._axes.index(axis)]
        matrix = operator(self.size(axis), rows, taps, centre, model.border)
        if own is None:
            self._operators[key] = matrix
        return matrix

    def _rounded(
        self, values: NDArray[np.float64], rounding: str, tie: float
    ) -> NDArray[np.float64]:
        if self.dtype.kind == "f":
            return values
        if rounding.startswith(("down", "lower")):
            limits = np.iinfo(self.dtype)
            shift = -_BELOW if rounding.startswith("lower") else tie
            return np.clip(np.trunc(values + shift), limits.min, limits.max)
        return round_to(values, self.dtype).astype(np.float64)
