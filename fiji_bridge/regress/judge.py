"""The verdict on one row: every pair of results, in numbers and in words."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.check.crosscheck import data_range
from fiji_bridge.check.difference import difference
from fiji_bridge.image import CalibratedImage, volume_view
from fiji_bridge.ops.gaussian import plan as blur_plan
from fiji_bridge.plan import BlurPlan
from fiji_bridge.regress.diagnosis import Fit, Tolerance, fit
from fiji_bridge.regress.model import Guesser, Taps
from fiji_bridge.regress.store import digest

#: Upper ends of the bins of the histogram of differences in representable steps (or grey levels).
STEPS = (0, 1, 3, 7, 15, 63, 255, 1023, 65535)


class Arrays(Protocol):
    """Gives arrays by their digest."""

    def get(self, sha256: str) -> NDArray[Any]:
        """Return an array."""
        ...


def judge(image: CalibratedImage, task: Mapping[str, Any], store: Arrays) -> dict[str, Any]:
    """Compare all pairs of one row.

    Parameters
    ----------
    image : CalibratedImage
        The source.
    task : mapping
        ``operation``, ``parameters``, ``results`` (label → reply of the filter) and ``pairs``:
        a list of ``{a, b, accepted}``.
    store : Arrays

    Returns
    -------
    dict
        ``plan``, ``data_range``, ``source`` (digest of the image), ``fits`` (label → words and
        causes), ``pairs``.
    """
    arrays = {label: store.get(reply["sha256"]) for label, reply in task["results"].items()}
    plan = None
    if task["operation"] == "gaussian":
        wanted = {k: v for k, v in task["parameters"].items() if k not in ("dtype", "nan")}
        plan = blur_plan(image, **wanted)
    scale = data_range(image.data)
    fits = _Fits(image, plan, arrays, task["results"], scale)
    pairs = [_pair(image, plan, entry, arrays, scale, fits) for entry in task["pairs"]]
    return {
        "plan": None if plan is None else plan.as_dict(),
        "data_range": scale,
        "source": digest(image.data),
        "axes": list(volume_axes(image)),
        "fits": fits.as_dict(),
        "pairs": pairs,
    }


def volume_axes(image: CalibratedImage) -> tuple[str, ...]:
    """Return the axes of `volume_view` of an image."""
    return (*(a for a in image.axes if a not in "zyx"), "z", "y", "x")


#: How much fewer integer samples may differ when two results that pass differ from each other.
_STRICTER = (0.1, 0.01, 0.0)


class _Fits:
    """How each result was made; found out only where a pair differs."""

    def __init__(
        self,
        image: CalibratedImage,
        plan: BlurPlan | None,
        arrays: Mapping[str, NDArray[Any]],
        replies: Mapping[str, Mapping[str, Any]],
        scale: float,
    ) -> None:
        self._image, self._plan, self._arrays, self._scale = image, plan, arrays, scale
        self._replies = replies
        self._guessers: dict[str, Guesser] = {}
        self._found: dict[tuple[Any, ...], Fit] = {}

    def get(self, label: str, accepted: Mapping[str, Any]) -> Fit | None:
        data = self._arrays[label]
        if self._plan is None or data.size == 0:
            return None
        tolerance, residual = tolerances(accepted, data.dtype, self._scale)
        key = (label, tolerance, residual)
        if key not in self._found:
            guesser = self._guessers.setdefault(data.dtype.name, Guesser(self._image, data.dtype))
            self._found[key] = fit(
                self._image,
                self._plan,
                data,
                tolerance,
                residual=residual,
                measured=measured(self._replies[label]),
                guesser=guesser,
            )
        return self._found[key]

    def as_dict(self) -> dict[str, Any]:
        return {
            label: {
                "words": found.words(),
                "causes": [cause.id for cause in found.causes],
                "explained": found.explained,
            }
            for (label, *_), found in self._found.items()
        }


def measured(reply: Mapping[str, Any]) -> dict[str, Taps]:
    """Return the kernels that came with a result."""
    return {
        axis: (np.asarray(kernel["taps"], np.float64), int(kernel["centre"]))
        for axis, kernel in reply.get("kernels", {}).items()
    }


def tolerances(
    accepted: Mapping[str, Any], dtype: np.dtype[Any], scale: float
) -> tuple[Tolerance, Tolerance]:
    """Return the tolerances in grey levels: of equal results, and of what causes leave over."""
    unit = 1.0 if dtype.kind in "iu" else scale
    return (
        Tolerance(accepted["maximum"] * unit, accepted["share"]),
        Tolerance(accepted["residual"] * unit),
    )


def _pair(
    image: CalibratedImage,
    plan: BlurPlan | None,
    entry: Mapping[str, Any],
    arrays: Mapping[str, NDArray[Any]],
    scale: float,
    fits: _Fits,
) -> dict[str, Any]:
    a, b = entry["a"], entry["b"]
    views = [volume_view(arrays[label], image.axes) for label in (a, b)]
    found = difference(*views)
    tolerance, _ = tolerances(entry["accepted"], arrays[a].dtype, scale)
    same = found.maximum <= tolerance.maximum and tolerance.accepts_share(
        found.differing, found.samples
    )
    verdict, words = "same", ""
    causes: list[str] = []
    if not same:
        verdict, words, causes = _why(a, b, entry["accepted"], fits)
    return {
        "a": a,
        "b": b,
        "verdict": verdict,
        "words": words or _same_words(found.maximum, scale, arrays[a].dtype),
        "causes": causes,
        "maximum": found.maximum,
        "mean": found.mean,
        "rms": found.rms,
        "where": dict(zip(volume_axes(image), found.where, strict=bool(found.where))),
        "differing": found.differing,
        "samples": found.samples,
        "tolerance": tolerance.maximum,
        "share": tolerance.share,
        "inner_maximum": _inner(views[0], views[1], plan),
        "steps": steps(*views),
    }


def _same_words(maximum: float, scale: float, dtype: np.dtype[Any]) -> str:
    if maximum == 0:
        return "the same in every bit"
    if dtype.kind in "iu":
        return f"the same: at most {maximum:g} grey level apart"
    relative = maximum / scale if scale else maximum
    return f"the same: at most {relative:.1e} of the data range apart"


def _why(a: str, b: str, accepted: Mapping[str, Any], fits: _Fits) -> tuple[str, str, list[str]]:
    found = {label: fits.get(label, accepted) for label in (a, b)}
    if any(value is None for value in found.values()):
        return "different", "not the same; reasons are looked for in Gaussian blurs only", []
    for share in _STRICTER:
        if not all(value is not None and value.as_asked for value in found.values()):
            break
        # Both pass for what was asked for, and yet they differ: look more closely.
        stricter = {**accepted, "share": accepted["share"] * share}
        found = {label: fits.get(label, stricter) for label in (a, b)}
    known = {label: value for label, value in found.items() if value is not None}
    ids = {label: {c.words: c.id for c in value.causes} for label, value in known.items()}
    # What both have in common does not set them apart.
    apart = [
        id for words, id in (ids[a] | ids[b]).items() if (words in ids[a]) != (words in ids[b])
    ]
    said = "; ".join(f"{label} {_verb(value)}" for label, value in known.items())
    explained = bool(apart) and all(value.explained for value in known.values())
    if not explained:
        apart.append("unexplained")
    expected = set(apart) <= set(accepted["expected"])
    verdict = "explained" if expected else "different"
    return verdict, f"not the same: {said}", sorted(set(apart))


def _verb(found: Fit) -> str:
    words = found.words()
    return f"is {words}" if found.as_asked else f"{words}"


def _inner(a: NDArray[Any], b: NDArray[Any], plan: BlurPlan | None) -> float | None:
    """Return the largest difference out of reach of the edges; None if nothing is."""
    if plan is None:
        return None
    reach = {p.axis: p.radius + 1 for p in plan.axes if p.sigma_px > 0}
    cut = tuple(
        slice(reach.get(axis, 0), n - reach.get(axis, 0))
        for axis, n in zip("zyx", a.shape[-3:], strict=True)
    )
    inner: tuple[Any, ...] = (..., *cut)
    if a[inner].size == 0:
        return None
    return difference(a[inner], b[inner]).maximum


def steps(a: NDArray[Any], b: NDArray[Any]) -> list[int]:
    """Count samples by how many representable numbers (integers: grey levels) lie between.

    Returns
    -------
    list of int
        One more than `STEPS`: 0, 1, 2-3, 4-7, … steps; the last are more, or NaN on one side.
    """
    if a.size == 0:
        return [0] * (len(STEPS) + 1)
    if a.dtype.kind in "iu":
        apart = np.abs(a.astype(np.int64) - b.astype(np.int64)).ravel()
    else:
        apart = np.abs(_ordered(a) - _ordered(b))
        apart[np.isnan(a).ravel() != np.isnan(b).ravel()] = np.iinfo(np.int64).max
        apart[(a == b).ravel()] = 0
    edges = [-1, *STEPS, np.iinfo(np.int64).max]
    return [
        int(np.count_nonzero((apart > low) & (apart <= high)))
        for low, high in itertools.pairwise(edges)
    ]


def _ordered(values: NDArray[Any]) -> NDArray[np.int64]:
    """Map floats to integers that count representable numbers, in order."""
    plain = np.ascontiguousarray(values, values.dtype.newbyteorder("=")).ravel()
    bits = plain.view(f"i{plain.dtype.itemsize}").astype(np.int64)
    lowest = -(1 << (8 * plain.dtype.itemsize - 1))
    # Differences of float64 of opposite sign exceed int64; half of it is far enough.
    ordered = np.where(bits < 0, lowest - bits, bits)
    return ordered // 2 if plain.dtype.itemsize == 8 and (bits < 0).any() else ordered
