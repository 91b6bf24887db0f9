"""The verdict on one row: every pair of results, in numbers and in words."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.check.difference import Difference, difference
from fiji_bridge.check.exact import Exact, same_blur
from fiji_bridge.check.judgement import Judged, Tolerance, data_range, pair_tolerance
from fiji_bridge.image.calibrated import CalibratedImage, volume_view
from fiji_bridge.ops.blur_plan import BlurPlan
from fiji_bridge.ops.gaussian import gaussian
from fiji_bridge_lab.diagnosis import Fit, fit
from fiji_bridge_lab.diagnosis import said as said_of
from fiji_bridge_lab.model import Guesser, Taps
from fiji_bridge_lab.store import digest
from fiji_bridge_lab.suite import Accepted

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
        plan = gaussian.plan(image, **wanted)
    scale = data_range(image.data)
    fits = _Fits(image, plan, arrays, task["results"])
    # A mean of the samples that are there is another result than that of the kernel alone.
    known = None if task["parameters"].get("nan") == "ignore" else plan
    against = _Exact(image, known, arrays)
    pairs = [_pair(image, plan, entry, arrays, fits, against) for entry in task["pairs"]]
    return {
        "plan": None if plan is None else plan.as_dict(),
        "data_range": scale,
        "source": digest(image.data),
        "axes": list(volume_axes(image)),
        "fits": fits.as_dict(),
        "pairs": pairs,
    }


def look(image: CalibratedImage, task: Mapping[str, Any], store: Arrays) -> str:
    """Say what the only result of a row looks like, to stand behind its name.

    Parameters
    ----------
    image, task, store : see `judge`

    Returns
    -------
    str
        ``""`` where it is no Gaussian blur.
    """
    ((label, reply),) = task["results"].items()
    if task["operation"] != "gaussian":
        return ""
    data = store.get(reply["sha256"])
    wanted = {k: v for k, v in task["parameters"].items() if k not in ("dtype", "nan")}
    plan = gaussian.plan(image, **wanted)
    accepted = asdict(Accepted())
    found = _Fits(image, plan, {label: data}, task["results"]).get(label, accepted)
    known = None if task["parameters"].get("nan") == "ignore" else plan
    right = _Exact(image, known, {label: data}).of((label,), accepted).get(label)
    return "" if found is None else said_of(found, right, data.dtype)


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
    ) -> None:
        self._image, self._plan, self._arrays = image, plan, arrays
        self._replies = replies
        self._guessers: dict[str, Guesser] = {}
        self._found: dict[tuple[Any, ...], Fit] = {}

    def get(self, label: str, accepted: Mapping[str, Any]) -> Fit | None:
        data = self._arrays[label]
        if self._plan is None or data.size == 0:
            return None
        tolerance, residual = tolerances(accepted, data.dtype, self._image, self._plan)
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

    def share(self, label: str, accepted: Mapping[str, Any]) -> float:
        """Return the share of the samples of a result that may differ."""
        dtype = self._arrays[label].dtype
        return tolerances(accepted, dtype, self._image, self._plan)[0].share

    def as_dict(self) -> dict[str, Any]:
        return {
            label: {
                "words": found.words(),
                "causes": [cause.id for cause in found.causes],
                "explained": found.explained,
            }
            for (label, *_), found in self._found.items()
        }


class _Exact:
    """How each result compares with the exact one; found out only where a pair differs."""

    def __init__(
        self, image: CalibratedImage, plan: BlurPlan | None, arrays: Mapping[str, NDArray[Any]]
    ) -> None:
        self.blur = None if plan is None else Exact(image, plan)
        self._arrays = arrays
        self._found: dict[str, Judged] = {}

    def of(self, labels: tuple[str, ...], accepted: Mapping[str, Any]) -> dict[str, Judged]:
        """Return the judgement of each; none where it is no blur, or rules say what is the same."""
        said = accepted["maximum"] is not None or accepted["share"] is not None
        if self.blur is None or said:
            return {}
        for label in labels:
            if label not in self._found:
                self._found[label] = self.blur.judged(self._arrays[label])
        return {label: self._found[label] for label in labels}


def measured(reply: Mapping[str, Any]) -> dict[str, Taps]:
    """Return the kernels that came with a result."""
    return {
        axis: (np.asarray(kernel["taps"], np.float64), int(kernel["centre"]))
        for axis, kernel in reply.get("kernels", {}).items()
    }


#: Kernels are measured in float32: they explain no more of the range than that can hold.
_RESIDUAL = 1e-5


def tolerances(
    accepted: Mapping[str, Any],
    dtype: np.dtype[Any],
    image: CalibratedImage,
    plan: BlurPlan | None,
) -> tuple[Tolerance, Tolerance]:
    """Return the tolerances in grey levels: of equal results, and of what causes leave over."""
    scale = data_range(image.data)
    unit = 1.0 if dtype.kind in "iu" else scale
    taps = {} if plan is None else {"taps": sum(2 * a.radius + 1 for a in plan.axes)}
    base = pair_tolerance([image.data], [dtype, dtype], **taps)
    maximum, share = accepted["maximum"], accepted["share"]
    same = Tolerance(
        base.maximum if maximum is None else maximum * unit, base.share if share is None else share
    )
    residual = accepted["residual"]
    if residual is None:
        return same, Tolerance(max(same.maximum, _RESIDUAL * unit))
    return same, Tolerance(residual * unit)


def _pair(
    image: CalibratedImage,
    plan: BlurPlan | None,
    entry: Mapping[str, Any],
    arrays: Mapping[str, NDArray[Any]],
    fits: _Fits,
    against: _Exact,
) -> dict[str, Any]:
    a, b = entry["a"], entry["b"]
    views = [volume_view(arrays[label], image.axes) for label in (a, b)]
    found = difference(*views)
    tolerance, _ = tolerances(entry["accepted"], arrays[a].dtype, image, plan)
    right = against.of((a, b), entry["accepted"]) if found.maximum else {}
    judged, missed = same_blur(arrays[a], found, tolerance, against.blur, [*right.values()])
    verdict, words, causes = _said(missed, found, right, image, arrays[a].dtype)
    if judged == "differs":
        verdict, words, causes = _why(a, b, entry["accepted"], fits, right, arrays)
    elif causes and set(causes) <= set(entry["accepted"]["expected"]):
        verdict = "explained"
    return {
        "a": a,
        "b": b,
        "verdict": verdict,
        "words": words,
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


#: Id of a difference that is no larger than may be, in an image that would not show more.
CANNOT_TELL = "cannot-tell"


def _said(
    missed: tuple[str, ...],
    found: Difference,
    right: Mapping[str, Judged],
    image: CalibratedImage,
    dtype: np.dtype[Any],
) -> tuple[str, str, list[str]]:
    """Return verdict, words and causes of results that are the same, as far as can be told."""
    if found.maximum == 0:
        return "same", "the same in every bit", []
    scale = data_range(image.data)
    if dtype.kind in "iu":
        apart = f"at most {found.maximum:g} grey level apart"
    else:
        apart = f"at most {found.maximum / scale if scale else found.maximum:.1e} of the data range"
    if missed:
        said = f"cannot tell: {apart}, but {' or '.join(missed)} would be no further"
        return "cannot tell", said, [CANNOT_TELL]
    if any(one.same for one in right.values()):
        apart += "; both are the exact result, to the error bound of their sums"
    return "same", f"the same: {apart}", []


def _why(
    a: str,
    b: str,
    accepted: Mapping[str, Any],
    fits: _Fits,
    right: Mapping[str, Judged],
    arrays: Mapping[str, NDArray[Any]],
) -> tuple[str, str, list[str]]:
    found = {label: fits.get(label, accepted) for label in (a, b)}
    if any(value is None for value in found.values()):
        return "different", "not the same; reasons are looked for in Gaussian blurs only", []
    whole = arrays[a].dtype.kind in "iu"
    for share in _STRICTER if whole else ():
        if not all(value is not None and value.as_asked for value in found.values()):
            break
        # Both pass for what was asked for, and yet they differ: look more closely.
        stricter = {**accepted, "share": fits.share(a, accepted) * share}
        found = {label: fits.get(label, stricter) for label in (a, b)}
    known = {label: value for label, value in found.items() if value is not None}
    ids = {label: {c.words: c.id for c in value.causes} for label, value in known.items()}
    # What both have in common does not set them apart.
    apart = [
        id for words, id in (ids[a] | ids[b]).items() if (words in ids[a]) != (words in ids[b])
    ]
    said = "; ".join(
        f"{label} {said_of(value, right.get(label), arrays[label].dtype)}"
        for label, value in known.items()
    )
    explained = bool(apart) and all(value.explained for value in known.values())
    if not explained:
        apart.append("unexplained")
    expected = set(apart) <= set(accepted["expected"])
    verdict = "explained" if expected else "different"
    return verdict, f"not the same: {said}", sorted(set(apart))


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
