"""Samples of a volume at places of another grid: by Java, or by SciPy; alike to some roundings."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fiji_bridge import system
from fiji_bridge._version import __version__
from fiji_bridge.engines.engine import EngineInfo, Progress
from fiji_bridge.image.dtypes import round_to
from fiji_bridge.jvm.buffers import direct_buffers, readable, writable
from fiji_bridge.jvm.calls import call
from fiji_bridge.jvm.session import Session, start
from fiji_bridge.kernels.borders import BORDERS, continued

#: Nearest, linear, cubic.
Order: TypeAlias = Literal[0, 1, 3]

#: Of one processor of 2 to 3 GHz, per sample of the result, by SciPy and by Java; the cubic
#: spline's coefficients are SciPy's in both.
SECONDS_BY_SCIPY = {0: 8e-8, 1: 8e-8, 3: 2.5e-7}
SECONDS_BY_JAVA = {0: 1e-8, 1: 1e-8, 3: 8e-8}
#: What SciPy may take so that no JVM starts for it, which takes about as long.
_BRIEF = 0.3

# SciPy's names where samples between the last one and its continuation are interpolated.
_MODES: dict[str, Any] = {name: border.scipy for name, border in BORDERS.items()} | {
    "constant": "grid-constant",
    "periodic": "grid-wrap",
}
#: Beyond borders that are not mirrored or periodic the spline goes on over so many samples: what
#: lies further off has 0.27^12, 1e-7, of a sample's weight. As many as SciPy takes.
_SPLINE_PAD = 12


def scipy_pays(samples: int, order: Order) -> bool:
    """Whether SciPy is as good as Java, that has to start first, for so many samples."""
    return samples * SECONDS_BY_SCIPY[order] < _BRIEF


@dataclass(frozen=True)
class Window:
    """A part of a volume, and of what is sampled of it, along an axis.

    Attributes
    ----------
    size : int
        Of the volume.
    first : int
        Its first sample that is given.
    begin : int
        The first sample of the result.
    """

    size: int
    first: int
    begin: int


@dataclass(frozen=True)
class Lattice:
    """Places along an axis: one at index start + j · step for each sample j of a result.

    Attributes
    ----------
    size : int
        Of the axis.
    count : int
        Samples of the result.
    start, step : float
    order : {0, 1, 3}
    border : str
    """

    size: int
    count: int
    start: float
    step: float
    order: Order
    border: str

    def needed(self, begin: int, end: int) -> tuple[int, int]:
        """Return the first of the samples that some of the result are made of, and up to which."""
        ends = np.array([begin, end - 1])
        reached, _ = _reached(ends, self.start, self.step, self.order)
        low, high = int(reached.min()), int(reached.max()) + 1
        if low >= 0 and high <= self.size:
            return low, high
        every = np.arange(begin, end)
        reached, _ = _reached(every, self.start, self.step, self.order)
        there = _continued(reached, self.size, self.border)
        there = there[there >= 0]
        return (int(there.min()), int(there.max()) + 1) if there.size else (0, 1)


#: ``sample(volume, out, steps, starts, border, cval, progress, windows)``; see `by_java`.
Sampler: TypeAlias = Callable[
    [
        NDArray[Any], NDArray[Any], Sequence[float], Sequence[float], str, float,
        "Progress | None", "Sequence[Window] | None",
    ],
    None,
]  # fmt: skip


def sampler(
    order: Order, *, in_java: bool, threads: int | None = None
) -> tuple[Sampler, EngineInfo]:
    """Return what takes samples with an interpolation of this order, and which code that is.

    Parameters
    ----------
    order : {0, 1, 3}
        Nearest, linear, cubic B-spline through the samples.
    in_java : bool
        Whether Java is to do it; otherwise SciPy the cubic one, and NumPy the others.
    threads : int, optional
        All processors by default; SciPy and NumPy take one.
    """
    if in_java:
        session = start()
        what = f"org.fijibridge.engine.Resampling, order {order} (fiji_bridge {__version__})"
        info = EngineInfo("library", what, session.describe())
        return functools.partial(by_java, session, order, threads), info
    if order < 3:
        what = f"fiji_bridge.engines.resampling.by_numpy, order {order} (NumPy {np.__version__})"
        return functools.partial(by_numpy, order), EngineInfo("library", what, "Python")
    import scipy

    what = f"scipy.ndimage.affine_transform, order {order} (SciPy {scipy.__version__})"
    return cubic_by_scipy, EngineInfo("library", what, "Python")


def by_java(
    session: Session,
    order: Order,
    threads: int | None,
    volume: NDArray[Any],
    out: NDArray[Any],
    steps: Sequence[float],
    starts: Sequence[float],
    border: str,
    cval: float,
    progress: Progress | None = None,
    windows: Sequence[Window] | None = None,
) -> None:
    """Fill `out`: its sample j along an axis is the volume at index start + j · step.

    By ``org.fijibridge.engine.Resampling``, whose sums are float64.

    Parameters
    ----------
    session, order, threads : see `sampler`
    volume : ndarray, shape (z, y, x)
    out : ndarray, shape (z, y, x)
        Integers are rounded once, halves away from zero, and saturate.
    steps, starts : three float
        Along z, y and x.
    border, cval, progress : see `Engine.filter`
    windows : three Window, optional
        Along z, y and x, where not all of the volume is given, or not all of the result wanted;
        each sample has the bits that it has in all of the result. Not with order 3, whose
        coefficients depend on all samples.
    """
    if out.size == 0:
        return
    volume, pad = _coefficients(volume, border, cval) if order == 3 else (volume, 0)
    axes = _axes(volume, out, steps, starts, order, border, windows, pad)
    source, target = readable(volume), writable(out)
    given = (
        direct_buffers(session, source), source.dtype.name, list(source.shape),
        direct_buffers(session, target), target.dtype.name, list(target.shape),
        [samples.shape[1] for samples, _ in axes],
        [samples.ravel().tolist() for samples, _ in axes],
        [weights.ravel().tolist() for _, weights in axes],
        float(cval), threads or system.processors(),
    )  # fmt: skip
    java = session.jclass("org.fijibridge.bridge.ArrayEngine")
    call(session, lambda ticket: java.resample(*given, ticket), progress)
    if target is not out:
        out[...] = target


def by_numpy(
    order: Order,
    volume: NDArray[Any],
    out: NDArray[Any],
    steps: Sequence[float],
    starts: Sequence[float],
    border: str,
    cval: float,
    progress: Progress | None = None,
    windows: Sequence[Window] | None = None,
) -> None:
    """Fill `out` by weighted sums of NumPy, plane by plane; as `by_java`, order 0 or 1.

    SciPy's ``affine_transform`` rounds the places of a part in another way than those of all.
    """
    if out.size == 0:
        return
    z, y, x = _axes(volume, out, steps, starts, order, border, windows)
    for number, plane in enumerate(out):
        summed = np.zeros(volume.shape[1:])
        # As in C, what is not finite or too large for the type is no reason for a warning.
        with np.errstate(invalid="ignore", over="ignore"):
            for sample, weight in zip(z[0][number], z[1][number], strict=True):
                if weight != 0:
                    summed += weight * (cval if sample < 0 else volume[sample].astype(np.float64))
            plane[...] = round_to(_summed(_summed(summed, y, 0, cval), x, 1, cval), out.dtype)
        if progress is not None:
            progress(number + 1, len(out))


def _summed(
    plane: NDArray[np.float64],
    places: tuple[NDArray[np.int32], NDArray[np.float64]],
    axis: int,
    cval: float,
) -> NDArray[np.float64]:
    """Return weighted sums along an axis of a plane; samples of weight 0 do not count."""
    total: NDArray[np.float64] | None = None
    for samples, weights in zip(places[0].T, places[1].T, strict=True):
        taken = plane.take(np.maximum(samples, 0), axis=axis)
        along = taken if axis == 0 else taken.T
        along[samples < 0] = cval
        along[weights == 0] = 0
        taken *= weights[:, None] if axis == 0 else weights
        total = taken if total is None else total + taken
    assert total is not None
    return total


def cubic_by_scipy(
    volume: NDArray[Any],
    out: NDArray[Any],
    steps: Sequence[float],
    starts: Sequence[float],
    border: str,
    cval: float,
    progress: Progress | None = None,
    windows: Sequence[Window] | None = None,
) -> None:
    """Fill `out` by ``scipy.ndimage.affine_transform``; as `by_java` with order 3, in full."""
    from scipy.ndimage import affine_transform

    if windows is not None:
        raise ValueError("the coefficients of a cubic spline depend on all samples")
    if out.size == 0:
        return
    if volume.dtype == np.float16:
        volume = volume.astype(np.float32)
    if volume.dtype.kind in "iu" and cval != int(cval):
        # SciPy puts the constant into an array of the volume's type, and cuts it off.
        volume = volume.astype(np.float64)
    # Between samples there are fractions: they are rounded once, at the end.
    fits = out.dtype.name in ("float32", "float64")
    values = affine_transform(
        volume,
        np.asarray(steps),
        np.asarray(starts),
        output_shape=out.shape,
        output=out if fits else np.dtype("float64"),
        order=3,
        mode=_MODES[border],
        cval=cval,
    )
    if not fits:
        # Plane by plane, as rounding takes memory.
        for plane, rounded in zip(values, out, strict=True):
            rounded[...] = round_to(plane, out.dtype)
    if progress is not None:
        progress(1, 1)


def _coefficients(volume: NDArray[Any], border: str, cval: float) -> tuple[NDArray[Any], int]:
    """Return the cubic spline's coefficients, and with how many samples beyond each edge."""
    from scipy.ndimage import spline_filter

    mode = _MODES[border]
    # SciPy's splines do not know float16, nor other byte orders.
    volume = readable(volume)
    pad = _SPLINE_PAD if border in ("nearest", "constant") else 0
    if border == "nearest":
        volume = np.pad(volume, pad, mode="edge")
    elif border == "constant":
        volume = np.pad(volume.astype(np.float64), pad, constant_values=cval)
    return spline_filter(volume, 3, output=np.float64, mode=mode), pad


def _axes(
    volume: NDArray[Any],
    out: NDArray[Any],
    steps: Sequence[float],
    starts: Sequence[float],
    order: Order,
    border: str,
    windows: Sequence[Window] | None,
    pad: int = 0,
) -> list[tuple[NDArray[np.int32], NDArray[np.float64]]]:
    """Return `_places` along z, y and x."""
    windows = windows or [Window(size, 0, 0) for size in volume.shape]
    return [
        _places(window, count, start, step, order, border, pad)
        for window, count, start, step in zip(windows, out.shape, starts, steps, strict=True)
    ]


def _places(
    window: Window,
    count: int,
    start: float,
    step: float,
    order: Order,
    border: str,
    pad: int,
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Return the samples along an axis that the places of the result are made of, and weights.

    Parameters
    ----------
    window : Window
    count : int
        Places.
    start, step : float
        In samples.
    order : {0, 1, 3}
    border : str
    pad : int
        How many of the samples lie before index 0.

    Returns
    -------
    samples : array, shape (count, taps)
        −1 is the constant.
    weights : array, shape (count, taps)
    """
    at = np.arange(window.begin, window.begin + count)
    reached, weights = _reached(at, start, step, order)
    there = _continued(reached + pad, window.size, border)
    return np.where(there < 0, -1, there - window.first).astype(np.int32), weights


def _reached(
    numbers: NDArray[np.intp], start: float, step: float, order: Order
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return which samples places reach, which may lie beyond the ends, and their weights."""
    if start == 0 and step == 1 and order < 3:
        return numbers[:, None], np.ones((len(numbers), 1))
    at = start + step * numbers.astype(np.float64)
    if order == 0:
        first = np.floor(at + 0.5)
        weights = np.ones((len(at), 1))
    else:
        first = np.floor(at)
        t = at - first
        if order == 1:
            weights = np.stack([1 - t, t], axis=1)
        else:
            first -= 1
            p = 1 - t
            weights = (
                np.stack([p**3, 4 - 3 * t * t * (2 - t), 4 - 3 * p * p * (2 - p), t**3], axis=1) / 6
            )
    return first.astype(np.intp)[:, None] + np.arange(weights.shape[1]), weights


def _continued(reached: NDArray[np.intp], size: int, border: str) -> NDArray[np.intp]:
    """Return which samples stand where places reach; −1 is the constant."""
    if reached.min() >= 0 and reached.max() < size:
        return reached
    before, after = max(0, -int(reached.min())), max(0, int(reached.max()) + 1 - size)
    return continued(size, before, after, border)[reached + before]
