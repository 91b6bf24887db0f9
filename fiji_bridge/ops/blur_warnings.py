"""What to say of a blur that is not the one asked for, and which kernel is nearer here."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from fiji_bridge.kernels.gaussian import KERNELS, TRUNCATE
from fiji_bridge.kernels.worth import Worth, worth

#: Relative error of a width, or error of a blurred bead as a part of its peak, above which a
#: warning is due.
TOLERANCE = 0.01


def blur_warnings(
    kernel: str,
    measured: Mapping[str, tuple[float, Worth]],
    *,
    same_everywhere: bool,
) -> tuple[str, ...]:
    """Return one sentence per σ that is off, one on the axes together, and one with the remedy.

    Parameters
    ----------
    kernel : str
    measured : mapping of axis name to (σ in pixels, what the kernel is worth there)
        The blurred axes.
    same_everywhere : bool
        Whether the blur asked for is the same physical length on all of them.
    """
    said = []
    by_sigma: dict[float, list[str]] = {}
    for axis, (sigma, _) in measured.items():
        by_sigma.setdefault(sigma, []).append(axis)
    for sigma, axes in by_sigma.items():
        found = measured[axes[0]][1]
        if is_off(found):
            said.append(
                f"{'axis' if len(axes) == 1 else 'axes'} {', '.join(axes)}: with sigma "
                f"{sigma:.3g} pixels, {_figures(kernel, found)}"
            )
    if same_everywhere and len(measured) > 1:
        widths = {axis: found.effective for axis, (_, found) in measured.items()}
        spread = {
            "second moment": _spread(widths.values()),
            "FWHM": _spread(found.fwhm for _, found in measured.values()),
        }
        if max(spread.values()) > TOLERANCE:
            low, high = min(widths, key=widths.__getitem__), max(widths, key=widths.__getitem__)
            parts = ", ".join(f"{_share(share)} by {name}" for name, share in spread.items())
            said.append(
                f"the blur is not the same in every direction: the axes differ by {parts} "
                f"(effective sigma: {low} {widths[low]:.3f}, {high} {widths[high]:.3f} of the one "
                "asked for)"
            )
    if said:
        said.extend(_remedy(kernel, sorted(by_sigma)))
    return tuple(said)


def is_off(found: Worth) -> bool:
    """Whether a kernel is further from the ideal blur than `TOLERANCE`, by any measure."""
    return max(abs(found.effective - 1), abs(found.fwhm - 1), found.bead_error) > TOLERANCE


def _figures(kernel: str, found: Worth) -> str:
    return (
        f"the blur of kernel {kernel} is {_width(found.effective)} by its second moment and "
        f"{_width(found.fwhm)} by FWHM; a bead of sigma 1 pixel comes out wrong by "
        f"{found.bead_error:.1%} of its peak"
    )


def _width(ratio: float) -> str:
    off = f"{abs(ratio - 1):.1%}"
    if off == "0.0%":
        return "right"
    return f"{off} too {'narrow' if ratio < 1 else 'wide'}"


def _spread(ratios: Iterable[float]) -> float:
    """Return by how much the largest exceeds the smallest."""
    values = list(ratios)
    return max(values) / min(values) - 1 if min(values) > 0 else math.inf


def _share(spread: float) -> str:
    return f"{spread:.1%}" if spread < 10 else "more than tenfold"


def _remedy(kernel: str, sigmas: list[float]) -> list[str]:
    """Return the kernel that is measured to be nearest for these σ, if another one is."""
    errors = {}
    for name in KERNELS:
        found = [worth(name, sigma, TRUNCATE) for sigma in sigmas]
        errors[name] = max(max(w.bead_error, abs(w.effective - 1), abs(w.fwhm - 1)) for w in found)
    best = min(errors, key=errors.__getitem__)
    if best == kernel:
        return []
    lobe = min(worth(best, sigma).smallest for sigma in sigmas)
    lobes = (
        f"; it has negative lobes ({lobe:.2%} of its centre): results may fall below 0"
        if lobe < -5e-5
        else ""
    )
    return [
        f"kernel '{best}' is the nearest to the blur asked for here, off by {errors[best]:.2%} at "
        f"most, by second moment, FWHM and that bead{lobes}"
    ]
