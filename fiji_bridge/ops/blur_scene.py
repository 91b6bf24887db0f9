"""What spoils a measurement of blur: noise, clipping, uneven background and brightness."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.ops.blur_fit import Flags, Floats

# Slabs along an axis that brightness and background are compared in.
_SLABS = 8
# Change of ln of the deviation of grey values along an axis, from which on it is evened out, and
# how many standard errors that must be.
_FADING = 0.2
_CERTAIN = 3.0
# What is worth a word: change of the background in parts of the structures' height, and of that
# height itself.
_BACKGROUND = 0.05
_DIMMING = 0.3


def noise_of(volume: NDArray[Any], step: int = 1) -> float:
    """Return the standard deviation of white noise: from second differences along all axes.

    The median of their size is hardly moved by structures that fill a small part of the image
    (Immerkær 1996, there with a mean). Of texture it is an upper bound.

    Parameters
    ----------
    volume : array
    step : int
        Above 1, it is looked at every so many samples along the first axis only.
    """
    from scipy import ndimage

    weights = [-0.5, 1.0, -0.5]
    if step == 1 or len(volume) < 3:
        rest = ndimage.correlate1d(volume, weights, axis=0, output=np.float64)
    else:
        before, here, after = (
            volume[start:stop:step].astype(np.float64)
            for start, stop in ((0, -2), (1, -1), (2, None))
        )
        rest = here - 0.5 * (before + after)
    for axis in range(1, volume.ndim):
        rest = ndimage.correlate1d(rest, weights, axis=axis)
    return float(1.4826 * np.median(np.abs(rest)) / 1.5 ** (volume.ndim / 2))


def grey_step(volume: Floats) -> float:
    """Return the smallest distance of grey values: of those of some 65 536 samples."""
    line = volume.reshape(-1)
    values = np.unique(line[:: max(1, line.size // 65536)])
    return float(np.diff(values).min()) if len(values) > 1 else 0.0


def upper_clip(samples: NDArray[Any]) -> Flags | None:
    """Return the samples at the upper end of the range, or None where none is clipped.

    The end is the type's, or a largest value that far more samples have than the next ones.
    """
    top = samples.max()
    at_top: Flags = np.asarray(samples == top)
    count = int(at_top.sum())
    if samples.dtype.kind in "iu" and int(top) == np.iinfo(samples.dtype).max:
        return at_top
    if count < 5 or count == samples.size:
        return None
    span = float(top) - float(samples.min())
    below = int(((samples < top) & (samples >= float(top) - 0.02 * span)).sum())
    return at_top if count > max(4, below) else None


def black_clip(samples: NDArray[Any]) -> float:
    """Return the part of the samples at the least value, 0 where that is no heap.

    Grey values that are not cut are rarer at the least value than at the next one; a black level
    above the background gathers all that lie below it in one value.
    """
    bottom = samples.min()
    count = int((samples == bottom).sum())
    if count < max(5, 0.01 * samples.size) or count == samples.size:
        return 0.0
    following = samples[samples > bottom].min()
    return count / samples.size if count > 2 * int((samples == following).sum()) else 0.0


def describe_scene(
    volume: Floats,
    names: Sequence[str],
    clipped: Flags | None,
    noise: float,
    black: float = 0.0,
) -> tuple[str, ...]:
    """Say what was found and what becomes of it."""
    high, middle = np.percentile(volume, [99.9, 50])
    height = float(high - middle)
    said = []
    if height > 0:
        said.append(f"noise: {noise / height:.2g} of the height of the brightest structures")
    if clipped is not None:
        said.append(
            f"clipped: {int(clipped.sum())} samples are at {volume[clipped].max():g}, the upper "
            "end of the range; structures with such samples are left out"
        )
    if black:
        said.append(
            f"black level: {black:.0%} of the samples have the least value; unless these are "
            "counts of very few photons, or there is no noise, it cuts off the feet of structures, "
            "which then look narrower: lower it"
        )
    for axis, name in enumerate(names):
        slabs = np.array_split(np.moveaxis(volume, axis, 0), _SLABS)
        slabs = [slab for slab in slabs if slab.size]
        base = np.array([np.median(slab) for slab in slabs])
        change = float(np.polyval(np.polyfit(np.linspace(0, 1, len(base)), base, 1), [0, 1])
                       @ [-1, 1])  # fmt: skip
        if height > 0 and abs(change) > _BACKGROUND * height:
            said.append(
                f"background: changes along {name} by {abs(change) / height:.0%} of that height; "
                "every fit has a sloping background of its own"
            )
    return tuple(said)


def evened(volume: Floats, names: Sequence[str]) -> tuple[Floats, list[str]]:
    """Return texture with the same mean and deviation everywhere, and what was done to it.

    Along each axis a parabola through the mean is subtracted, and the grey values are divided by
    an exponential through their deviation, where that changes by more than chance.
    """
    said = []
    found: Floats = volume - volume.mean()
    for axis, name in enumerate(names):
        n = volume.shape[axis]
        place = np.linspace(-1, 1, n)
        shape = [1] * volume.ndim
        shape[axis] = n
        others = tuple(i for i in range(volume.ndim) if i != axis)
        mean = found.mean(axis=others)
        found = found - np.polyval(np.polyfit(place, mean, 2), place).reshape(shape)
        slabs = np.array_split(np.moveaxis(found, axis, 0), _SLABS)
        middles = np.array([part.mean() for part in np.array_split(place, _SLABS)])
        logs = np.log([max(float(slab.std()), 1e-300) for slab in slabs])
        (slope, _), covariance = np.polyfit(middles, logs, 1, cov=True)
        if abs(2 * slope) > max(_FADING, 2 * _CERTAIN * float(np.sqrt(covariance[0, 0]))):
            found = found * np.exp(-slope * place).reshape(shape)
            said.append(
                f"brightness: contrast changes along {name} by a factor of "
                f"{np.exp(abs(2 * slope)):.2g}; evened out before it is measured"
            )
    return found, said


def dimming(name: str, places: Floats, logs: Floats) -> list[str]:
    """Say by how much points get brighter or dimmer along an axis, where that is no chance.

    Parameters
    ----------
    name : str
        Of the axis.
    places : array, shape (n,)
        In parts of the axis.
    logs : array, shape (n,)
        Of ln height.
    """
    if len(places) < 5 or np.ptp(places) < 0.3:
        return []
    (slope, _), covariance = np.polyfit(places, logs, 1, cov=True)
    if abs(slope) <= max(_DIMMING, 3 * float(np.sqrt(covariance[0, 0]))):
        return []
    return [
        f"brightness: changes along {name} by a factor of {np.exp(abs(slope)):.2g}; every point is "
        "fitted with its own"
    ]
