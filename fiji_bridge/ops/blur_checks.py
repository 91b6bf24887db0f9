"""Other methods' word on a blur that was measured: where they disagree, that is said."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fiji_bridge.ops.blur_fit import Floats
from fiji_bridge.ops.blur_rings import Ring, Shape, ring_correlations
from fiji_bridge.ops.blur_spectrum import (
    Line,
    Spectrum,
    correlation_widths,
    expected_line,
    measure_spectrum,
    taper_of,
)

# Two methods that differ by less agree: either has its own part of systematic error.
_AGREEMENT = 0.10
# Correlation of neighbouring lines where a blur has left nothing: more is no white noise.
_CORRELATED = 0.15


@dataclass(frozen=True)
class Checked:
    """What other methods say.

    Attributes
    ----------
    notes : tuple of str
    spectrum : Spectrum or None
    reach : tuple of float
        Per axis the period, in voxels, at which the Fourier ring correlation falls to 1/7; NaN
        where it does not.
    """

    notes: tuple[str, ...]
    spectrum: Spectrum | None
    reach: tuple[float, ...]


def check(
    kind: str,
    spectrum: Spectrum | None,
    volume: Floats,
    names: Sequence[str],
    voxels: Sequence[float],
    sigmas: Sequence[float | None],
    errors: Sequence[float],
) -> Checked:
    """Ask the power spectrum, or of texture the autocorrelation, and Fourier ring correlation.

    Parameters
    ----------
    kind : {"beads", "filaments", "texture"}
    spectrum : Spectrum or None
        Of texture the first method.
    volume : ndarray
    names, voxels : sequence
        Of the axes.
    sigmas, errors : sequence of float
        As measured, in voxels; the errors as parts.
    """
    if kind == "texture":
        name = "the autocorrelation"
        other = [(width, 0.05) for width in correlation_widths(volume)]
    else:
        name = "the power spectrum's cut-off"
        spectrum = measure_spectrum(volume, voxels, structure=kind == "filaments")
        other = [(math.nan, math.nan)] * volume.ndim
        if spectrum is not None:
            other = [
                (math.exp(log), float(error))
                for log, error in zip(spectrum.logs, spectrum.log_errors, strict=True)
            ]
    known = [s or 1.0 for s in sigmas]
    shapes: list[Shape | None] = [None] * volume.ndim
    if kind == "filaments" and spectrum is not None:
        shapes = [
            _structure(line, math.exp(log), n)
            for line, log, n in zip(spectrum.lines, spectrum.logs, volume.shape, strict=True)
        ]
    rings = ring_correlations(volume, known, shapes)
    by_ring = [
        (math.nan, math.nan) if r is None or _smooth(r) else (r.sigma, r.error) for r in rings
    ]
    notes = [
        _agreement(f"second method, {name}", names, sigmas, errors, other),
        _agreement("third method, Fourier ring correlation", names, sigmas, errors, by_ring),
        *_correlated(names, rings),
    ]
    reach = tuple(1 / r.reach if r is not None else math.nan for r in rings)
    return Checked(tuple(notes), spectrum, reach)


def _structure(line: Line, sigma: float, size: int) -> Shape:
    """Return what the spectrum along an axis has apart from the blur."""
    blur, _ = expected_line(taper_of(size)[1], sigma**2)
    own = np.interp(line.frequency, np.arange(size) / size, blur)
    logs = np.log(np.maximum(line.signal, 1e-300) / own)
    return lambda frequency: np.interp(frequency, line.frequency, logs)


def _agreement(
    method: str,
    names: Sequence[str],
    sigmas: Sequence[float | None],
    errors: Sequence[float],
    other: Sequence[tuple[float, float]],
) -> str:
    apart, silent = [], []
    for name, sigma, own, (found, error) in zip(names, sigmas, errors, other, strict=True):
        if sigma is None:
            continue
        off = found / sigma - 1
        if math.isnan(off):
            silent.append(name)
        elif abs(off) > _AGREEMENT + 3 * math.hypot(own, error):
            apart.append(f"{name} {off:+.0%}")
    asked = sum(sigma is not None for sigma in sigmas)
    if apart:
        return (
            f"{method}, disagrees: {', '.join(apart)}; look at the figure before you rely on either"
        )
    if len(silent) == asked:
        return f"{method}: cannot tell"
    return f"{method}: agrees within its error" + (
        f"; cannot tell along {', '.join(silent)}" if silent else ""
    )


def _smooth(ring: Ring) -> bool:
    """Return whether neighbouring lines agree where a blur has left nothing."""
    return ring.beyond - 3 * ring.beyond_error > _CORRELATED


def _correlated(names: Sequence[str], rings: Sequence[Ring | None]) -> list[str]:
    seen = [
        (name, ring.beyond)
        for name, ring in zip(names, rings, strict=True)
        if ring is not None and _smooth(ring)
    ]
    if not seen:
        return []
    name, most = max(seen, key=lambda pair: pair[1])
    return [
        f"correlated noise: neighbouring lines along {name} agree by {most:.0%} where a Gaussian "
        "blur of this width leaves nothing: the noise is smooth (filtered by the camera, "
        "deconvolved, resampled), or the blur is no Gaussian; the intervals may be too narrow"
    ]
