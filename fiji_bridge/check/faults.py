"""Whether a check could have failed: the standard faults, put into the exact result on purpose."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.check.judgement import Judged, stored
from fiji_bridge.check.matrices import Rows, all_rows, blocks, convolve, rows_of
from fiji_bridge.engines.engine import AxisKernel, Kernels
from fiji_bridge.image.lengths import FWHM_PER_SIGMA
from fiji_bridge.kernels.borders import BORDERS
from fiji_bridge.kernels.gaussian import KERNELS, TRUNCATE

#: Samples that are tried at a time; a fault that is seen in one block is not tried in the next.
_BLOCK = 1 << 18
_AXES = "zyx"
#: Wrong widths, by what they are called.
_WIDTHS = {"+1 %": 1.01, "-1 %": 0.99, "+10 %": 1.1, "taken for the FWHM": 1 / FWHM_PER_SIGMA}


@dataclass(frozen=True)
class Scene:
    """A blur of one volume, of which any part can be computed in any wrong way.

    Attributes
    ----------
    volume : ndarray, shape (z, y, x)
    sigma_px : tuple of float
        In (z, y, x) order.
    kernel, border : str
    cval, truncate : float
        As in the plan.
    dtype : numpy.dtype
        Of the result.
    bound : ndarray of float64, shape (z, y, x)
        Error bound of an honest result, in grey levels.
    other : ndarray or None
        Another channel or frame, where there is one.
    step : float
        One grey level; of floats, a hundredth of the signal's range.
    """

    volume: NDArray[Any]
    sigma_px: tuple[float, ...]
    kernel: str
    border: str
    cval: float
    dtype: np.dtype[Any]
    bound: NDArray[np.float64]
    truncate: float = TRUNCATE
    other: NDArray[Any] | None = None
    step: float = 1.0

    def kernels(self) -> Kernels:
        """Return the kernel along z, y and x."""
        z, y, x = (
            AxisKernel.from_gaussian(self.kernel, s, truncate=self.truncate) for s in self.sigma_px
        )
        return z, y, x

    def exact(self, rows: Rows) -> NDArray[np.float64]:
        """Return the exact blur at some samples."""
        return convolve(self.volume, self.kernels(), border=self.border, cval=self.cval, rows=rows)


#: Makes the result that a program with this fault gives at some samples, in float64 (then it is
#: rounded as it should be) or in the type of the result.
Wrong = Callable[[Scene, Rows], NDArray[Any]]


@dataclass(frozen=True)
class Fault:
    """One thing that programs get wrong.

    Attributes
    ----------
    name : str
    wrong : callable
    gross : bool
        Whether a check that would not see this one says nothing.
    """

    name: str
    wrong: Wrong
    gross: bool = False


@dataclass(frozen=True)
class Seen:
    """Whether a check would have seen a fault.

    Attributes
    ----------
    fault : str
    visible : bool
    gross : bool
    """

    fault: str
    visible: bool
    gross: bool


def standard_faults(scene: Scene) -> Iterator[Fault]:
    """Iterate over the faults that this blur can have.

    Where an axis is not blurred, or has one sample, it cannot be left out or be blurred wrongly;
    where widths are equal, swapping them changes nothing.
    """
    wide = [
        n for n, (s, size) in enumerate(zip(scene.sigma_px, scene.volume.shape, strict=True))
        if s > 0 and size > 1
    ]  # fmt: skip
    long = [n for n, size in enumerate(scene.volume.shape) if size > 1]
    yield Fault("all zeros", lambda scene, rows: np.zeros([len(r) for r in rows]), gross=True)
    yield Fault("too high everywhere", lambda scene, rows: scene.exact(rows) + scene.step)
    if wide:
        yield Fault("not blurred", lambda scene, rows: _source(scene, rows), gross=True)
    for n in wide:
        yield Fault(f"{_AXES[n]} not blurred", _with_sigma({n: 0.0}), gross=True)
    for a, b in itertools.combinations(wide, 2):
        if scene.sigma_px[a] != scene.sigma_px[b]:
            swapped = {a: scene.sigma_px[b], b: scene.sigma_px[a]}
            yield Fault(f"sigma of {_AXES[a]} and {_AXES[b]} swapped", _with_sigma(swapped))
    for n in long:
        yield Fault(f"shifted by one along {_AXES[n]}", _shifted(n))
        yield Fault(f"reversed along {_AXES[n]}", _reversed(n))
    if wide:
        for name, factor in _WIDTHS.items():
            changed = {n: scene.sigma_px[n] * factor for n in wide}
            yield Fault(f"sigma {name}", _with_sigma(changed))
        for name in BORDERS:
            if (name, 0.0) != (scene.border, scene.cval):
                yield Fault(f"border {name}", _with(border=name, cval=0.0))
        for name in KERNELS:
            if name != scene.kernel:
                yield Fault(f"kernel {name}", _with(kernel=name, truncate=TRUNCATE))
    if scene.other is not None:
        yield Fault("channels or frames exchanged", lambda s, rows: _other(s).exact(rows))
        yield Fault("channels or frames mixed", _mixed)
    if scene.dtype.kind in "iu" and wide:
        yield Fault("truncated instead of rounded", _truncated)
        if len(wide) > 1:
            yield Fault("rounded after every axis", _rounded_between)


def visible(scenes: Sequence[Callable[[], Scene]]) -> tuple[Seen, ...]:
    """Return which of the standard faults the judgement of a result would have seen.

    Parameters
    ----------
    scenes : sequence of callable
        Each makes the scene of one volume; they are made one after the other, and only until
        everything has been seen.

    Returns
    -------
    tuple of Seen
        A fault that is not visible was tried on every sample.
    """
    known: dict[str, Seen] = {}
    for make in scenes:
        if known and all(seen.visible for seen in known.values()):
            break
        scene = make()
        if scene.volume.size == 0:
            continue
        faults = {fault.name: fault for fault in standard_faults(scene)}
        for name, fault in faults.items():
            known.setdefault(name, Seen(name, False, fault.gross))
        left = {n: f for n, f in faults.items() if not known[n].visible}
        for block in _by_contrast(scene.volume):
            if not left:
                break
            for name in _seen_in(scene, left, block):
                known[name] = replace(known[name], visible=True)
                del left[name]
    return tuple(known.values())


def _seen_in(scene: Scene, faults: Mapping[str, Fault], block: Any) -> list[str]:
    rows = rows_of(block)
    exact, bound = scene.exact(rows), scene.bound[block]
    found = []
    for name, fault in faults.items():
        result = fault.wrong(scene, rows)
        if result.dtype == np.float64:
            result = stored(result, scene.dtype)
        judged = Judged()
        judged.add(result, exact, bound)
        if not judged.same:
            found.append(name)
    return found


def _by_contrast(volume: NDArray[Any]) -> list[tuple[slice, slice, slice]]:
    """Return the blocks of a volume, those first in which most is to be seen."""
    found = list(blocks(volume.shape, _BLOCK))
    if len(found) == 1:
        return found
    spread = [_spread(volume[block]) for block in found]
    return [found[n] for n in sorted(range(len(found)), key=lambda n: -spread[n])]


def _spread(values: NDArray[Any]) -> float:
    with np.errstate(all="ignore"):
        spread = float(np.var(values, dtype=np.float64))
    return spread if math.isfinite(spread) else 0.0


def _source(scene: Scene, rows: Rows) -> NDArray[np.float64]:
    return scene.volume[np.ix_(*rows)].astype(np.float64)


def _with(**changes: Any) -> Wrong:
    return lambda scene, rows: replace(scene, **changes).exact(rows)


def _with_sigma(changes: Mapping[int, float]) -> Wrong:
    def wrong(scene: Scene, rows: Rows) -> NDArray[Any]:
        widths = tuple(changes.get(n, s) for n, s in enumerate(scene.sigma_px))
        return replace(scene, sigma_px=widths).exact(rows)

    return wrong


def _moved(axis: int, move: Callable[[NDArray[np.intp], int], NDArray[np.intp]]) -> Wrong:
    def wrong(scene: Scene, rows: Rows) -> NDArray[Any]:
        size = scene.volume.shape[axis]
        z, y, x = (move(index, size) if n == axis else index for n, index in enumerate(rows))
        return scene.exact((z, y, x))

    return wrong


def _shifted(axis: int) -> Wrong:
    return _moved(axis, lambda index, size: (index - 1) % size)


def _reversed(axis: int) -> Wrong:
    return _moved(axis, lambda index, size: size - 1 - index)


def _other(scene: Scene) -> Scene:
    assert scene.other is not None
    return replace(scene, volume=scene.other)


def _mixed(scene: Scene, rows: Rows) -> NDArray[Any]:
    return 0.75 * scene.exact(rows) + 0.25 * _other(scene).exact(rows)


def _truncated(scene: Scene, rows: Rows) -> NDArray[Any]:
    return stored(np.trunc(np.nan_to_num(scene.exact(rows))), scene.dtype)


def _rounded_between(scene: Scene, rows: Rows) -> NDArray[Any]:
    """Round after the first blurred axis; of the others, all samples are made that they need."""
    first = next(n for n, s in enumerate(scene.sigma_px) if s > 0 and scene.volume.shape[n] > 1)
    whole = all_rows(scene.volume.shape)
    z, y, x = (rows[n] if n == first else whole[n] for n in range(3))
    widths = tuple(s if n == first else 0.0 for n, s in enumerate(scene.sigma_px))
    between = stored(replace(scene, sigma_px=widths).exact((z, y, x)), scene.dtype)
    rest = tuple(0.0 if n == first else s for n, s in enumerate(scene.sigma_px))
    z, y, x = (np.arange(len(index)) if n == first else index for n, index in enumerate(rows))
    return replace(scene, volume=between, sigma_px=rest).exact((z, y, x))
