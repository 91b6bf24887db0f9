"""Saying in words why a result is not the one that was asked for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.image import CalibratedImage, volume_view
from fiji_bridge.plan import BlurPlan
from fiji_bridge.regress.model import BlurModel, Guesser, Taps
from fiji_bridge.regress.suspects import Cause, Suspect, requested, suspects

#: A change of the model is followed if it leaves less than this share of the RMS difference …
_WORTH = 0.8
#: … and a set of causes that leaves less than this share is named, even if it is not all.
_MOST = 0.25
#: More things than this do not go wrong at once without the guess becoming arbitrary.
_AT_ONCE = 4


@dataclass(frozen=True)
class Tolerance:
    """What counts as the same.

    Attributes
    ----------
    maximum : float
        Largest accepted difference, in grey levels.
    share : float
        Share of the samples that may differ at all (integers: those whose exact value is
        next to a half); 1 for floats.
    """

    maximum: float
    share: float = 1.0

    def accepts(self, gap: NDArray[Any]) -> bool:
        """Whether differences (any shape, in grey levels) are within the tolerance."""
        if gap.size == 0:
            return True
        return bool(np.abs(gap).max() <= self.maximum) and self.accepts_share(
            int(np.count_nonzero(gap)), gap.size
        )

    def accepts_share(self, differing: int, samples: int) -> bool:
        """Whether so many differing samples are few enough; one always is."""
        return differing <= max(1, self.share * samples)


@dataclass(frozen=True)
class Fit:
    """The model that comes closest to a result, and its causes to differ from the request.

    Attributes
    ----------
    model : BlurModel
    causes : tuple of Cause
        Empty where the result is what was asked for, or where no suspect helps.
    alternatives : tuple of str
        Other words for the same numbers.
    before, after : float
        Largest difference at the compared samples from the request and from `model`.
    explained : bool
        Whether what remains is within the tolerance.
    hints : tuple of str
        What can be said about what remains.
    """

    model: BlurModel
    causes: tuple[Cause, ...]
    alternatives: tuple[str, ...]
    before: float
    after: float
    explained: bool
    hints: tuple[str, ...] = ()

    @property
    def as_asked(self) -> bool:
        """Whether the result is what was asked for."""
        return self.explained and not self.causes

    def words(self) -> str:
        """Return one sentence without a full stop."""
        if self.as_asked:
            return "as asked for"
        if not self.causes:
            hints = f" ({'; '.join(self.hints)})" if self.hints else ""
            return f"none of the usual suspects explains the difference of {self.before:.3g}{hints}"
        said = "looks like " + " and ".join(cause.words for cause in self.causes)
        if self.alternatives:
            said += f" (or {', or '.join(self.alternatives)})"
        if not self.explained:
            said += (
                f", which explains most of it: the largest difference falls from {self.before:.3g} "
                f"to {self.after:.3g} grey levels"
            )
            if self.hints:
                said += f" ({'; '.join(self.hints)})"
        return said


def fit(
    image: CalibratedImage,
    plan: BlurPlan,
    result: NDArray[Any],
    tolerance: Tolerance,
    *,
    measured: Mapping[str, Taps] | None = None,
    guesser: Guesser | None = None,
) -> Fit:
    """Find out how a result was made, if not as asked for.

    Parameters
    ----------
    image : CalibratedImage
        The source.
    plan : BlurPlan
        What was asked for.
    result : ndarray
        Same shape as ``image.data``.
    tolerance : Tolerance
    measured : mapping of str to (taps, centre), optional
        The filter's own kernels, read off an impulse response, by axis.
    guesser : Guesser, optional
        One that has evaluated guesses on this image and type already.

    Returns
    -------
    Fit

    Notes
    -----
    Greedy search over `suspects.suspects`, judged by the RMS at up to 28 samples per axis;
    a cause that turns out to be unnecessary is dropped again.
    """
    if result.shape != image.data.shape:
        raise ValueError(f"shapes differ: {result.shape} and {image.data.shape}")
    guesses = guesser or Guesser(image, result.dtype, measured or {})
    if guesser is not None:
        guesses.measured = measured or {}
        guesses.forget_measured()
    found = guesses.pick(result)
    asked = requested(plan)

    def gap(model: BlurModel) -> NDArray[np.float64]:
        expected = guesses.evaluate(model)
        with np.errstate(invalid="ignore"):
            difference = expected - found
        difference[(expected == found) | (np.isnan(expected) & np.isnan(found))] = 0.0
        return np.where(np.isnan(difference), np.inf, difference)

    model, steps = asked, dict[str, Suspect]()
    start = rms = _rms(gap(model))
    while not tolerance.accepts(gap(model)) and len(steps) < _AT_ONCE:
        options = [
            (_rms(gap(option.model)), number, option)
            for number, option in enumerate(suspects(plan, model, guesses))
            if option.cause.part not in steps
        ]
        best = min(options, default=None)
        if best is None or best[0] > _WORTH * rms:
            break
        rms, model = best[0], best[2].model
        steps[best[2].cause.part] = best[2]
    model, steps = _pruned(model, steps, asked, gap, tolerance)
    rest = gap(model)
    explained = tolerance.accepts(rest)
    if not explained and _rms(rest) > _MOST * start:
        model, steps, rest = asked, {}, gap(asked)
    causes = tuple(step.cause for step in steps.values())
    return Fit(
        model=model,
        causes=causes,
        alternatives=_alternatives(plan, model, steps, guesses, gap),
        before=float(np.abs(gap(asked)).max(initial=0.0)),
        after=float(np.abs(rest).max(initial=0.0)),
        explained=explained,
        hints=() if explained else hints(guesses.evaluate(model), found),
    )


def _rms(gap: NDArray[np.float64]) -> float:
    return math.sqrt(float(np.mean(np.square(gap)))) if gap.size else 0.0


_FIELDS: dict[str, tuple[str, ...]] = {
    "sigma": ("sigma_px",),
    "border": ("border", "cval"),
    "shift": ("shift", "interpolated"),
    "channels": ("lead",),
    "kernel": ("kernel",),
    "rounding": ("rounding", "order"),
}


def _without(model: BlurModel, part: str, asked: BlurModel) -> BlurModel:
    return replace(model, **{name: getattr(asked, name) for name in _FIELDS[part]})


def _pruned(
    model: BlurModel, steps: dict[str, Suspect], asked: BlurModel, gap: Any, tolerance: Tolerance
) -> tuple[BlurModel, dict[str, Suspect]]:
    """Drop the causes that are not needed for what the rest explains."""
    for part in list(steps):
        less = _without(model, part, asked)
        if tolerance.accepts(gap(less)) or _rms(gap(less)) <= 1.02 * _rms(gap(model)):
            model = less
            steps = {name: step for name, step in steps.items() if name != part}
    return model, steps


def _alternatives(
    plan: BlurPlan, model: BlurModel, steps: dict[str, Suspect], guesses: Guesser, gap: Any
) -> tuple[str, ...]:
    """Return other causes that give the same numbers: a guess that is not the only one says so."""
    if len(steps) != 1:
        return ()
    part, step = next(iter(steps.items()))
    least = _rms(gap(model))
    same = []
    for option in suspects(plan, requested(plan), guesses):
        words = option.cause.words
        different = words != step.cause.words and words not in same
        if different and option.cause.part in (part, "border") and (
            _rms(gap(option.model)) <= 1.0001 * least
        ):  # fmt: skip
            same.append(words)
    return tuple(same[:2])


def hints(expected: NDArray[Any], found: NDArray[Any]) -> tuple[str, ...]:
    """Say what is conspicuous about a difference that has no name.

    Parameters
    ----------
    expected, found : ndarray of float64, shape (…, z, y, x)

    Returns
    -------
    tuple of str
    """
    said = []
    gap = found - expected
    flat_x, flat_y = expected.ravel(), found.ravel()
    spread = float(np.var(flat_x))
    if spread > 0 and np.isfinite(gap).all():
        gain = float(np.cov(flat_x, flat_y, bias=True)[0, 1]) / spread
        offset = float(flat_y.mean() - gain * flat_x.mean())
        rest = _rms(flat_y - gain * flat_x - offset)
        if rest < 0.3 * _rms(gap):
            said.append(f"it is about {gain:.6g} times the expected values plus {offset:.3g}")
    bias = float(np.mean(gap))
    if abs(bias) > 0.5 * _rms(gap) > 0:
        said.append(f"it is {'higher' if bias > 0 else 'lower'} by {abs(bias):.3g} on average")
    worst = float(np.abs(gap).max(initial=0.0))
    inner = gap[tuple(slice(n // 4, n - n // 4) if n >= 8 else slice(None) for n in gap.shape)]
    if worst > 0 and float(np.abs(inner).max(initial=0.0)) < 0.05 * worst:
        said.append("the difference is near the edges")
    return tuple(said)


def same_up_to_order(a: NDArray[Any], b: NDArray[Any], tolerance: Tolerance) -> str | None:
    """Say which reordering of one array is the other, if a simple one is.

    Parameters
    ----------
    a, b : ndarray
        Any shapes.

    Returns
    -------
    str or None
    """
    import itertools

    if a.ndim != b.ndim or a.ndim > 4:
        return None
    for order in itertools.permutations(range(b.ndim)):
        turned = b.transpose(order)
        if turned.shape != a.shape or order == tuple(range(b.ndim)):
            continue
        if tolerance.accepts(turned.astype(np.float64) - a):
            return f"the axes are swapped: it is the other, transposed by {order}"
    if a.shape != b.shape:
        return None
    for axis in range(a.ndim):
        if tolerance.accepts(np.flip(b, axis).astype(np.float64) - a):
            return f"it is the other, reversed along dimension {axis}"
    return None


def edge_share(gap: NDArray[Any], axes: tuple[str, ...], reach: tuple[int, int, int]) -> float:
    """Return the largest difference beyond a kernel's reach of the edges, over that of all."""
    view = np.abs(volume_view(gap, axes))
    worst = float(view.max(initial=0.0))
    if worst == 0:
        return 0.0
    inner = view[(..., *(slice(r, n - r) for r, n in zip(reach, view.shape[-3:], strict=True)))]
    return float(inner.max(initial=0.0)) / worst
