"""Images that are made: the same samples on every machine and with every NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.errors import InputError

Maker = Callable[[tuple[int, ...], np.random.RandomState], NDArray[np.float64]]


def make(kind: str, shape: tuple[int, ...], dtype: str, *, seed: int = 0) -> NDArray[Any]:
    """Make a phantom.

    Parameters
    ----------
    kind : str
        One of `PHANTOMS`.
    shape : tuple of int
        Spatial axes last.
    dtype : str
        Integers use 0 … 200 (8-bit) or 0 … 4000, floats 0 … 1.
    seed : int

    Returns
    -------
    ndarray
    """
    if kind not in PHANTOMS:
        raise InputError(f"unknown phantom {kind!r}; use one of {', '.join(PHANTOMS)}")
    # RandomState's streams are frozen for good; those of numpy.random.Generator may change.
    unit = PHANTOMS[kind](shape, np.random.RandomState(seed))
    target = np.dtype(dtype)
    if target.kind == "f":
        return unit.astype(target)
    top = 100 if target == np.int8 else 200 if target.itemsize == 1 else 4000
    return np.floor(unit * top + 0.5).astype(target)


def _noise(shape: tuple[int, ...], random: np.random.RandomState) -> NDArray[np.float64]:
    return random.random_sample(shape)


def _beads(shape: tuple[int, ...], random: np.random.RandomState) -> NDArray[np.float64]:
    """Single bright samples of various heights over a dim, uneven ground; some at the edges."""
    unit = 0.05 + 0.02 * random.random_sample(shape)
    for volume in unit.reshape(-1, *shape[-3:]):
        count = max(6, volume.size // 800)
        places = tuple(random.randint(0, n, count) for n in volume.shape)
        volume[places] = 0.3 + 0.7 * random.random_sample(count)
        volume[(0,) * volume.ndim] = 1.0
        volume[tuple(n - 1 for n in volume.shape)] = 0.9
    return unit


def _edges(shape: tuple[int, ...], random: np.random.RandomState) -> NDArray[np.float64]:
    """Draw a block, a slab and a ramp: what shows where a filter puts an edge."""
    unit = np.zeros(shape)
    for volume in unit.reshape(-1, *shape[-3:]):
        volume[tuple(slice(n // 4, max(n // 2, n // 4 + 1)) for n in volume.shape)] = 1.0
        volume[..., 2 * volume.shape[-1] // 3 :] += 0.5
        volume[...] += np.linspace(0, 0.3, volume.shape[-2])[:, None]
        volume *= 1 / 1.8 * (0.7 + 0.3 * random.random_sample())
    return unit


def _constant(shape: tuple[int, ...], random: np.random.RandomState) -> NDArray[np.float64]:
    return np.full(shape, 0.617)


def _impulse(shape: tuple[int, ...], random: np.random.RandomState) -> NDArray[np.float64]:
    unit = np.zeros(shape)
    for volume in unit.reshape(-1, *shape[-3:]):
        volume[tuple(n // 2 for n in volume.shape)] = 1.0
    return unit


PHANTOMS: dict[str, Maker] = {
    "noise": _noise,
    "beads": _beads,
    "edges": _edges,
    "constant": _constant,
    "impulse": _impulse,
}
