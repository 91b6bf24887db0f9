"""Saying in words why a result is not the one that was asked for."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.check.judgement import Judged, Tolerance
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.ops.blur_plan import BlurPlan
from fiji_bridge_lab.model import MEASURED, BlurModel, Guesser, Taps
from fiji_bridge_lab.suspects import Cause, Suspect, requested, suspects

#: A change of the model is followed if it leaves less than this share of the RMS difference …
_WORTH = 0.95
#: … for so many changes, of which only those that are needed are kept in the end.
_ROUNDS = 5
#: Causes that leave less than this share of the RMS are named, even if they are not all.
_MOST = 0.25
#: Taps that agree so far (float32 impulse responses) belong to the same kernel.
_SAME_TAPS = 1e-5
#: Taps of the variants of one filter, for other sample types, agree so far.
_NEAR_TAPS = 2e-4
#: One cause more has to leave so much less.
_DEARER = 1.25


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


def said(found: Fit, right: Judged | None, dtype: np.dtype[Any]) -> str:
    """Return what a result is, to stand behind its name.

    Parameters
    ----------
    found : Fit
    right : Judged or None
        How it compares with the exact result, where that is known.
    dtype : numpy.dtype
        Of the result.
    """
    if found.as_asked and right is not None and not right.same:
        return f"is nearly as asked for: {right.words(dtype)}"
    return f"is {found.words()}" if found.as_asked else found.words()


def fit(
    image: CalibratedImage,
    plan: BlurPlan,
    result: NDArray[Any],
    tolerance: Tolerance,
    *,
    residual: Tolerance | None = None,
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
        Of a result that is as asked for.
    residual : Tolerance, optional
        Of what remains once causes are named; `tolerance` by default.
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
    residual = residual or tolerance
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

    start = _rms(gap(asked))
    model, steps = asked, dict[str, Suspect]()
    if not tolerance.accepts(gap(asked)):
        begin = _from_kernels(plan, asked, guesses)
        model, steps = _search(plan, begin, asked, guesses, gap, tolerance)
    if not tolerance.accepts(gap(model)):
        model, steps = _grid(plan, asked, guesses, gap, residual, (model, steps))
    model, steps = _pruned((model, steps), asked, gap, tolerance, residual)
    rest = gap(model)
    explained = (residual if steps else tolerance).accepts(rest)
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


Found = tuple[BlurModel, dict[str, Suspect]]
Gap = Callable[[BlurModel], NDArray[np.float64]]


def _search(
    plan: BlurPlan, start: Found, asked: BlurModel, guesses: Guesser, gap: Gap, tolerance: Tolerance
) -> Found:
    """Change one thing at a time, each time the one that helps most."""
    model, steps = start[0], dict(start[1])
    rms = _rms(gap(model))
    for _ in range(_ROUNDS):
        if tolerance.accepts(gap(model)):
            break
        options = [
            (_rms(gap(option.model)), number, option)
            for number, option in enumerate(suspects(plan, model, guesses))
            if option.cause.part != "kernel" or not guesses.measured
        ]
        best = min(options, default=None)
        if best is None or best[0] > _WORTH * rms:
            break
        rms, model = best[0], best[2].model
        steps[best[2].cause.part] = best[2]
    return model, {part: step for part, step in steps.items() if _differs(model, asked, part)}


def _grid(
    plan: BlurPlan, asked: BlurModel, guesses: Guesser, gap: Gap, residual: Tolerance, found: Found
) -> Found:
    """Try borders, kernels and roundings together: each alone may hide behind the others."""
    parts: dict[str, list[Suspect | None]] = {
        "border": [None],
        "kernel": [None],
        "rounding": [None],
    }
    for option in suspects(plan, asked, guesses):
        # A kernel that was measured may be a little different for 8-bit images, not more.
        near = guesses.gap_to_measured(replace(found[0], kernel=option.model.kernel)) < _NEAR_TAPS
        near &= found[0].kernel == MEASURED or option.model.kernel != MEASURED
        if option.cause.part in parts and (option.cause.part != "kernel" or near):
            parts[option.cause.part].append(option)
    if guesses.measured and found[0].kernel != asked.kernel:
        parts["kernel"].remove(None)

    def cost(model: BlurModel, steps: dict[str, Suspect]) -> tuple[bool, float]:
        left = gap(model)
        return not residual.accepts(left), _rms(left) * _DEARER ** len(steps)

    base = found[0]
    for part in parts:
        base = _without(base, part, asked)
    kept = {part: step for part, step in found[1].items() if part not in parts}
    best, least = found, cost(*found)
    for chosen in itertools.product(*parts.values()):
        steps = kept | {option.cause.part: option for option in chosen if option is not None}
        model = _applied(base, steps)
        if (price := cost(model, steps)) < least:
            best, least = (model, steps), price
    return best


def _from_kernels(plan: BlurPlan, asked: BlurModel, guesses: Guesser) -> Found:
    """Start from what the measured kernels alone tell: width, shift and kernel."""
    if not guesses.measured or guesses.gap_to_measured(asked) < _SAME_TAPS:
        return asked, {}
    tried = list(suspects(plan, asked, guesses))
    parts = {
        part: [None, *(option for option in tried if option.cause.part == part)]
        for part in ("sigma", "shift", "kernel")
    }
    measured = next(option for option in tried if option.model.kernel == MEASURED)
    best, fewest = (measured.model, {"kernel": measured}), 3
    for chosen in itertools.product(*parts.values()):
        steps = {option.cause.part: option for option in chosen if option is not None}
        if not 0 < len(steps) < fewest or measured in chosen:
            continue
        model = _applied(asked, steps)
        if guesses.gap_to_measured(model) < _SAME_TAPS:
            best, fewest = (model, steps), len(steps)
    return best


def _applied(model: BlurModel, steps: dict[str, Suspect]) -> BlurModel:
    for part, option in steps.items():
        model = replace(model, **{n: getattr(option.model, n) for n in _FIELDS[part]})
    return model


def _differs(model: BlurModel, asked: BlurModel, part: str) -> bool:
    return any(getattr(model, name) != getattr(asked, name) for name in _FIELDS[part])


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
    found: Found, asked: BlurModel, gap: Gap, tolerance: Tolerance, residual: Tolerance
) -> Found:
    """Drop the causes that are not needed for what the rest explains."""
    model, steps = found
    for part in list(steps):
        less = _without(model, part, asked)
        left = gap(less)
        dear = _DEARER if residual.accepts(left) else 1.02
        if tolerance.accepts(left) or _rms(left) <= dear * _rms(gap(model)):
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
    if 0 < worst <= 2 and worst == round(worst):
        share = np.count_nonzero(gap) / gap.size
        said.append(f"{share:.2g} of the samples differ, by at most {worst:g} grey levels")
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
