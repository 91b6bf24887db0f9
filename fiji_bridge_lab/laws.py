"""The laws of a Gaussian blur, checked on any filter: a way to audit someone else's."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.convert.adapters import to_image
from fiji_bridge.image.dtypes import round_to
from fiji_bridge.kernels.borders import BORDERS, DEFAULT_BORDER
from fiji_bridge_lab import filters
from fiji_bridge_lab.filter_spec import CannotError, FilterSpec, NotInstalledError
from fiji_bridge_lab.model import BlurModel, Guesser, effective_width

Volume = NDArray[Any]
Widths = tuple[float, float, float]
#: ``blur(volume, sigma_px)``: a (z, y, x) volume and σ in pixels, (z, y, x).
Blur = Callable[[Volume, Widths], Volume]

#: Rounding of some hundred float32 sums, relative to the largest value.
_ROUNDING = 3e-6


@dataclass(frozen=True)
class Finding:
    """What one law came to.

    Attributes
    ----------
    law : str
    verdict : {"holds", "broken", "information"}
    value : float or None
        How far from the law, in the unit that its statement names.
    tolerance : float or None
    note : str
    """

    law: str
    verdict: str
    value: float | None
    tolerance: float | None
    note: str = ""


@dataclass(frozen=True)
class Law:
    """A law.

    Attributes
    ----------
    name : str
    statement : str
    measure : callable
        ``measure(blur)`` returns how far a filter is from the law, and a note.
    tolerance : float or None
        None where the law is a question and every answer is fine.
    claimed : bool
        Whether a sampled Gaussian may claim it; no good filter with such a kernel keeps the others.
    """

    name: str
    statement: str
    measure: Callable[[Blur], tuple[float | None, str]]
    tolerance: float | None = _ROUNDING
    claimed: bool = True


def audit(blur: Blur) -> list[Finding]:
    """Check all laws on a Python callable, in this process.

    Parameters
    ----------
    blur : callable
        ``blur(volume, sigma_px)``: a (z, y, x) array and σ in pixels in the same order.

    Returns
    -------
    list of Finding
    """
    return [check_law(law, blur) for law in LAWS.values()]


def check_law(law: Law, blur: Blur) -> Finding:
    """Check one law; an exception of the filter breaks it."""
    try:
        with np.errstate(all="ignore"):  # A filter that gives nothing but 0 breaks laws, no more.
            value, note = law.measure(blur)
    except (NotInstalledError, CannotError):
        raise
    except Exception as error:
        return Finding(law.name, "broken", None, law.tolerance, f"{type(error).__name__}: {error}")
    if law.tolerance is None:
        return Finding(law.name, "information", value, None, note)
    holds = value is not None and value <= law.tolerance
    return Finding(law.name, "holds" if holds else "broken", value, law.tolerance, note)


def check(spec: FilterSpec, law: str) -> dict[str, Any]:
    """Check one law on a filter by name; the worker's part of `audit`."""
    implementation: list[str] = []

    def blur(volume: Volume, sigma: Widths) -> Volume:
        image = to_image(volume, axes="zyx", voxel_size=(1, 1, 1))
        outcome = (
            filters.run(spec, image, "gaussian", {"sigma": sigma, "nan": "propagate"})
            if all(math.isfinite(s) and s >= 0 for s in sigma)
            else filters.run_unchecked(spec, image, sigma)
        )
        implementation[:] = [outcome.implementation, outcome.runtime]
        return outcome.data

    found = check_law(LAWS[law], blur)
    return {**asdict(found), "implementation": implementation}


def _noise(shape: tuple[int, ...] = (14, 22, 26), dtype: str = "float32", seed: int = 0) -> Volume:
    return (np.random.RandomState(seed).random_sample(shape) * 200).astype(dtype)


def _impulse(shape: tuple[int, ...]) -> Volume:
    volume = np.zeros(shape, np.float32)
    volume[tuple(n // 2 for n in shape)] = 1
    return volume


def _apart(a: Volume, b: Volume, scale: float = 200.0) -> float:
    return float(np.abs(a.astype(np.float64) - b).max()) / scale


_SIGMA: Widths = (0.8, 1.5, 2.0)


def _constant(blur: Blur) -> tuple[float, str]:
    volume = np.full((10, 16, 18), 100, np.float32)
    return _apart(blur(volume, _SIGMA), volume, 100), ""


def _mean(blur: Blur) -> tuple[float, str]:
    volume = _noise()
    volume[0] *= 3  # Something at an edge, so that a border shows.
    found = blur(volume, _SIGMA).astype(np.float64).mean()
    return abs(float(found - volume.astype(np.float64).mean())) / 200, ""


def _separable(blur: Blur) -> tuple[float, str]:
    shape = (21, 31, 41)
    found = blur(_impulse(shape), _SIGMA).astype(np.float64)
    z, y, x = (n // 2 for n in shape)
    peak = found[z, y, x]
    outer = np.einsum("i,j,k->ijk", found[:, y, x], found[z, :, x], found[z, y, :]) / peak**2
    return float(np.abs(found - outer).max() / peak), ""


def _flip(blur: Blur) -> tuple[float, str]:
    volume = _noise()
    plain = blur(volume, _SIGMA)
    gaps = {
        axis: _apart(np.flip(blur(np.flip(volume, n).copy(), _SIGMA), n), plain)
        for n, axis in enumerate("zyx")
    }
    worst = max(gaps, key=gaps.__getitem__)
    return gaps[worst], f"axis {worst}"


def _permutation(blur: Blur) -> tuple[float, str]:
    volume = _noise()
    found = blur(np.ascontiguousarray(volume.transpose(2, 0, 1)), (2.0, 0.8, 1.5))
    return _apart(found.transpose(1, 2, 0), blur(volume, _SIGMA)), ""


def _shift(blur: Blur) -> tuple[float, str]:
    volume = np.zeros((33, 41, 45), np.float32)
    volume[12:18, 15:20, 18:22] = _noise((6, 5, 4))
    moved = np.roll(volume, (2, 3, 1), (0, 1, 2))
    expected = np.roll(blur(volume, _SIGMA), (2, 3, 1), (0, 1, 2))
    inner = (slice(4, -4),) * 3
    return _apart(blur(moved, _SIGMA)[inner], expected[inner]), ""


def _linear(blur: Blur) -> tuple[float, str]:
    a, b = _noise(seed=1), _noise(seed=2)
    return _apart(blur(2 * a + b, _SIGMA), 2 * blur(a, _SIGMA) + blur(b, _SIGMA), 600), ""


def _bounded(blur: Blur) -> tuple[float, str]:
    volume = np.zeros((16, 24, 28), np.float32)
    volume[6:10, 8:16, 9:19] = 200
    found = blur(volume, _SIGMA)
    return max(0.0, float(found.max()) - 200, -float(found.min())) / 200, ""


def _width(sigma: float) -> Callable[[Blur], tuple[float, str]]:
    def measure(blur: Blur) -> tuple[float, str]:
        kernel, centre = _line(blur, sigma)
        found = effective_width(kernel, centre)
        return abs(found / sigma - 1), f"{100 * (found / sigma - 1):+.2f} %"

    return measure


def _line(blur: Blur, sigma: float, again: float = 0.0) -> tuple[NDArray[np.float64], int]:
    """Return the response to an impulse along x, blurred once or twice."""
    reach = math.ceil(6 * math.hypot(sigma, again)) + 8
    found = blur(_impulse((9, 9, 2 * reach + 1)), (0.0, 0.0, sigma))
    if again:
        found = blur(found, (0.0, 0.0, again))
    return found[4, 4].astype(np.float64), reach


def _semigroup(sigma: float) -> Callable[[Blur], tuple[float, str]]:
    def measure(blur: Blur) -> tuple[float, str]:
        twice, _ = _line(blur, sigma, sigma)
        reach = math.ceil(6 * math.sqrt(2) * sigma) + 8
        once = blur(_impulse((9, 9, 2 * reach + 1)), (0.0, 0.0, sigma * math.sqrt(2)))
        line = once[4, 4].astype(np.float64)
        return float(np.abs(twice - line).max() / line.max()), ""

    return measure


def _variances(blur: Blur) -> tuple[float, str]:
    twice, centre = _line(blur, 1.0, 1.0)
    once, middle = _line(blur, 1.0)
    whole, part = effective_width(twice, centre), effective_width(once, middle)
    return abs(whole**2 / (2 * part**2) - 1), ""


def _nan(blur: Blur) -> tuple[float | None, str]:
    volume = _noise((31, 41, 49))
    volume[15, 20, 24] = np.nan
    found = ~np.isfinite(blur(volume, (1.0, 1.0, 1.0)))
    near = found[3:28, 8:33, 12:37]
    far = int(found.sum() - near.sum())
    return float(far), f"{int(found.sum())} samples are lost, {far} of them more than 12 px away"


def _integers(blur: Blur) -> tuple[float, str]:
    volume = _noise(dtype="uint8")
    exact = blur(volume.astype(np.float32), _SIGMA).astype(np.float64)
    found = blur(volume, _SIGMA)
    if found.dtype != volume.dtype:
        return 0.0, f"gives {found.dtype.name}"
    gap = found - exact
    off = float(np.abs(found - round_to(exact, found.dtype).astype(float)).max())
    return float(np.abs(gap).max()), f"bias {gap.mean():+.2f}, at most {off:g} grey levels off"


def _senseless(blur: Blur) -> tuple[float, str]:
    taken = []
    for sigma in (-1.0, math.nan):
        try:
            blur(_noise((9, 10, 12)), (sigma, sigma, sigma))
        except NotInstalledError:
            raise
        except Exception:
            continue
        taken.append(f"{sigma:g}")
    return float(len(taken)), f"takes {' and '.join(taken)}" if taken else ""


def _one_slice(blur: Blur) -> tuple[float, str]:
    plane = _noise((1, 24, 28))
    return _apart(blur(plane, (2.0, 1.5, 1.5)), blur(plane, (0.0, 1.5, 1.5))), ""


def _identity(blur: Blur) -> tuple[float, str]:
    volume = _noise()
    return _apart(blur(volume, (0.0, 0.0, 0.0)), volume), ""


def _untouched(blur: Blur) -> tuple[float, str]:
    volume = _noise()
    before = volume.copy()
    blur(volume, _SIGMA)
    return _apart(volume, before), ""


def _repeatable(blur: Blur) -> tuple[float, str]:
    volume = _noise()
    return _apart(blur(volume, _SIGMA), blur(volume, _SIGMA)), ""


def _border(blur: Blur) -> tuple[float | None, str]:
    """Find the border with the filter's own kernel, so that only the border is in question."""
    volume, sigma = _noise((15, 24, 30)), (1.0, 1.5, 2.0)
    found = blur(volume, sigma)
    shape = (41, 51, 61)
    response = blur(_impulse(shape), sigma).astype(np.float64)
    z, y, x = (n // 2 for n in shape)
    lines = {"z": response[:, y, x], "y": response[z, :, x], "x": response[z, y, :]}
    measured = {axis: (line / line.sum(), len(line) // 2) for axis, line in lines.items()}
    guesser = Guesser(to_image(volume), np.dtype(np.float64), measured)
    gaps = {
        name: _apart(guesser.evaluate(BlurModel(sigma, "measured", name)), guesser.pick(found))
        for name in BORDERS
    }
    name = min(gaps, key=gaps.__getitem__)
    asked = "" if name == DEFAULT_BORDER else f" (asked: {DEFAULT_BORDER})"
    return gaps[name], f"{name}{asked}" if gaps[name] < 1e-3 else f"none of the five ({name}?)"


_ALL = (
    Law("constant", "A constant image stays constant (relative)", _constant),
    Law("mean", "The mean is conserved under mirror-double (share of the range)", _mean),
    Law("identity", "Sigma 0 changes nothing", _identity, 0.0),
    Law("separable", "The impulse response is an outer product (of the peak)", _separable, 1e-5),
    Law("flip", "Flipping before is flipping after", _flip),
    Law("permutation", "Swapping axes and sigmas before is swapping axes after", _permutation),
    Law("shift", "Shifting before is shifting after, away from the edges", _shift),
    Law("linear", "The blur of a sum is the sum of the blurs", _linear),
    Law("bounded", "No value leaves the range of the image", _bounded),
    Law("one slice", "A single slice ignores the sigma of z", _one_slice),
    Law("width 0.5", "Sigma 0.5 px is 0.5 px wide, to 1 %", _width(0.5), 0.01, claimed=False),
    Law("width 2", "Sigma 2 px is 2 px wide, to 1 %", _width(2), 0.01),
    Law("width 10", "Sigma 10 px is 10 px wide, to 1 %", _width(10), 0.01, claimed=False),
    Law("variances add", "Effective variances add (relative)", _variances, 1e-4),
    Law(
        "semigroup 1", "1 px twice is sqrt(2) px (of the peak)", _semigroup(1), 1e-6, claimed=False
    ),
    Law("semigroup 0.5", "0.5 px twice is sqrt(0.5) px", _semigroup(0.5), 1e-6, claimed=False),
    Law("integers", "uint8 is rounded once, to nearest (grey levels)", _integers, 0.501),
    Law("NaN", "One NaN stays within 12 px at sigma 1 px (samples beyond)", _nan, 0.0),
    Law("senseless sigma", "Sigma -1 and NaN are refused (how many are not)", _senseless, 0.0),
    Law("input", "The input is left alone", _untouched, 0.0),
    Law("repeatable", "The same twice gives the same bits", _repeatable, 0.0),
    Law("border", "What lies beyond the edge", _border, None),
)
LAWS: dict[str, Law] = {law.name: law for law in _ALL}
