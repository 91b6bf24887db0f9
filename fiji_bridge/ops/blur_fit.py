"""Least squares for many small windows at once, and means that a few bad ones do not spoil."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
#: ``model(parameters (n, p), positions (n, s, axes))`` gives values (n, s).
Model = Callable[[Floats, Floats], Floats]
#: ``slopes(parameters, positions)`` gives the derivatives of a model, shape (n, p, s).
Slopes = Callable[[Floats, Floats], Floats]

#: Numbers that a fit holds at once at most.
_MOST_NUMBERS = 1 << 23
_ROUNDS = 30
# Deviations from the median, in robust standard deviations, from which on an estimate is an
# outlier: of a normal distribution 0.05 % are.
_OUTLIER = 3.5
#: Level of every interval that is given.
LEVEL = 0.95


@dataclass(frozen=True)
class Fits:
    """Fitted parameters of n windows.

    Attributes
    ----------
    parameters : array, shape (n, p)
    covariance : array, shape (n, p, p)
        From the residuals as they are (White 1980), so that noise may grow with the signal.
    residual : array, shape (n,)
        Standard deviation of what is left.
    converged : array of bool, shape (n,)
    """

    parameters: Floats
    covariance: Floats
    residual: Floats
    converged: Flags


def fit_windows(
    model: Model,
    start: Floats,
    at: Floats,
    values: Floats,
    there: Flags,
    slopes: Slopes | None = None,
    rounds: int = _ROUNDS,
) -> Fits:
    """Fit each window by itself (Levenberg 1944, Marquardt 1963).

    Parameters
    ----------
    model : callable
    start : array, shape (n, p)
    at : array, shape (n, s, axes)
        Positions of the samples.
    values : array, shape (n, s)
    there : array of bool, shape (n, s)
        False for samples that are not to count.
    slopes : callable, optional
        By default they are differences.
    rounds : int
        Steps at most; fewer are enough for a first guess.
    """
    exact: Slopes = slopes or (lambda parameters, places: _differences(model, parameters, places))
    n, p = start.shape
    if n == 0:
        return Fits(start, np.zeros((0, p, p)), np.zeros(0), np.zeros(0, bool))
    chunk = max(1, _MOST_NUMBERS // (values.shape[1] * p))
    parts = []
    for i in range(0, n, chunk):
        cut = slice(i, i + chunk)
        parts.append(_fit_chunk(model, exact, start[cut], at[cut], values[cut], there[cut], rounds))
    return Fits(
        np.concatenate([part.parameters for part in parts]),
        np.concatenate([part.covariance for part in parts]),
        np.concatenate([part.residual for part in parts]),
        np.concatenate([part.converged for part in parts]),
    )


def _fit_chunk(
    model: Model,
    derive: Slopes,
    start: Floats,
    at: Floats,
    values: Floats,
    there: Flags,
    rounds: int,
) -> Fits:
    n, p = start.shape
    found = start.copy()
    eye = np.eye(p)
    damping = np.full(n, 1e-2)
    done = np.zeros(n, bool)

    def residuals(parameters: Floats, which: NDArray[np.intp]) -> Floats:
        return np.where(there[which], values[which] - model(parameters, at[which]), 0.0)

    cost = np.square(residuals(found, np.arange(n))).sum(axis=1)
    for _ in range(rounds):
        open_ = np.flatnonzero(~done)
        if not open_.size:
            break
        left = residuals(found[open_], open_)
        slopes = derive(found[open_], at[open_]) * there[open_, None, :]
        normal = slopes @ slopes.transpose(0, 2, 1)
        right = np.einsum("nps,ns->np", slopes, left)
        scale = np.einsum("npp->np", normal)
        floor = 1e-12 * scale.max(axis=1, keepdims=True) + 1e-300
        damped = normal + (damping[open_, None] * scale + floor)[:, :, None] * eye
        tried = found[open_] + np.linalg.solve(damped, right[:, :, None])[:, :, 0]
        new = np.square(residuals(tried, open_)).sum(axis=1)
        better = np.isfinite(new) & (new <= cost[open_])
        gain = cost[open_] - new
        done[open_] = better & (gain <= 1e-6 * cost[open_])
        found[open_[better]] = tried[better]
        cost[open_[better]] = new[better]
        damping[open_] = np.where(better, damping[open_] / 5, damping[open_] * 6)
    everything = np.arange(n)
    left = residuals(found, everything)
    slopes = derive(found, at) * there[:, None, :]
    normal = slopes @ slopes.transpose(0, 2, 1)
    scale = np.einsum("npp->np", normal)
    inverse = np.linalg.pinv(normal + 1e-12 * scale[:, :, None] * eye, hermitian=True)
    weighted = slopes * left[:, None, :]
    covariance = inverse @ (weighted @ weighted.transpose(0, 2, 1)) @ inverse
    freedom = np.maximum(there.sum(axis=1) - p, 1)
    covariance *= (there.sum(axis=1) / freedom)[:, None, None]
    return Fits(found, covariance, np.sqrt(np.square(left).sum(axis=1) / freedom), done)


def _differences(model: Model, parameters: Floats, at: Floats) -> Floats:
    n, p = parameters.shape
    here = model(parameters, at)
    found = np.empty((n, p, at.shape[1]))
    for i in range(p):
        step = 1e-5 * (1e-2 + np.abs(parameters[:, i]))
        moved = parameters.copy()
        moved[:, i] += step
        found[:, i] = (model(moved, at) - here) / step[:, None]
    return found


def inliers(estimates: Floats, least: float = 1e-12) -> Flags:
    """Return which of n estimates are no outliers; all of them where there are fewer than 5.

    `least` is a standard deviation that does no harm: of a few estimates that agree better than
    that, the spread is known badly, and nobody minds.
    """
    if len(estimates) < 5:
        return np.ones(len(estimates), bool)
    middle = np.median(estimates)
    spread = 1.4826 * float(np.median(np.abs(estimates - middle)))
    found: Flags = np.abs(estimates - middle) <= _OUTLIER * max(spread, least)
    return found


def mean_and_error(
    estimates: Floats, errors: Floats, floor: float = 0.0
) -> tuple[float, float, float]:
    """Return a weighted mean, its standard error and half the width of its 95 % interval.

    Weights are 1/(own error² + scatter²), as of a random-effects mean (DerSimonian & Laird
    1986); the standard error is from the scatter, and the interval from Student's t, so that
    errors too small do no harm. Of fewer than 3 estimates the scatter says nothing: then the own
    errors count, at 3 degrees of freedom. `floor` is an error that no number of estimates makes
    smaller.
    """
    from scipy.stats import norm, t

    n = len(estimates)
    spread = float(np.var(estimates, ddof=1)) if n > 1 else 0.0
    excess = max(0.0, spread - float(np.mean(np.square(errors))))
    weights = 1 / (np.square(errors) + excess + 1e-12)
    mean = float(np.sum(weights * estimates) / np.sum(weights))
    own = math.hypot(1 / math.sqrt(float(np.sum(weights))), floor)
    if n < 3:
        return mean, own, float(t.ppf((1 + LEVEL) / 2, 3)) * own
    scatter = math.sqrt(
        float(np.sum(np.square(weights * (estimates - mean)))) / float(np.sum(weights)) ** 2
        * n / (n - 1)
    )  # fmt: skip
    # The floor is known, and no estimate of few: its share of the interval is a normal one's.
    half = math.hypot(
        float(t.ppf((1 + LEVEL) / 2, n - 1)) * scatter, float(norm.ppf((1 + LEVEL) / 2)) * floor
    )
    return mean, math.hypot(scatter, floor), half
