"""docs/kernels.md: what each kernel is worth, measured; ``python -m fiji_bridge.kernels.table``."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from fiji_bridge.kernels.derivative import gaussian_taps
from fiji_bridge.kernels.gaussian import KERNELS, gaussian_half
from fiji_bridge.kernels.worth import worth

PATH = Path(__file__).parents[2] / "docs" / "kernels.md"
SIGMAS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0, 1.5, 2.0, 5.0, 10.0, 20.0, 50.0)
BLOBS = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0)

_HEAD = """\
# Kernels, measured

Written by `python -m fiji_bridge.kernels.table`; a test keeps it in step with the code.

A Gaussian blur of σ has the transfer function exp(−σ²ω²/2). No kernel is that in every respect;
which measure counts depends on what is done with the result. All σ are in voxels of the axis.

- `gauss3`: ImgLib2's, sampled, with a parabolic tail that ends at 3 σ. Its FWHM is right from 0.8
  px on; its σ by second moment is up to 3.5 % short (1.9 % at 5 px), the moment itself twice that;
  below 0.7 px it is right by no measure.
- `band-limited`: of 33 taps those whose transfer function is nearest to the ideal one up to the
  Nyquist frequency; from 1 px on a sampled Gaussian of 5 σ. Right by all measures. Below 1 px it
  has negative lobes, up to 2.6 % of the centre: sharp edges may give results below 0, and the
  mean of the samples that are there (`nan="ignore"`) cannot be taken with it.
- `scipy`: that of `scipy.ndimage.gaussian_filter`, `truncate=4` as there. Right from 0.8 px on
  (σ by second moment within 0.06 %); below 0.7 px like `gauss3`.
- `discrete`: Lindeberg's exp(−t) Iₙ(t), t = σ². Its second moment is σ², two of them make one
  without error, and it is never negative. Its FWHM is 10 to 16 % short up to 1 px, 4 % at 2 px,
  0.8 % at 5 px.

What no kernel can do: undo the aliasing of detail that was sampled too coarsely (it costs 0.02 %
of the peak of a bead of σ 1 px and 0.8 % of one of 0.7 px); or be right at the Nyquist frequency
without negative taps below 0.67 px. Taps that are not negative and have the second moment σ² hold
at most σ² at odd places, so that their transfer function is at least 1 − 2σ² there: 0.5 at 0.5
px, where exp(−σ²π²/2) is 0.29.

## The blur

The bead has σ 1 px, about the finest detail of an image that is sampled as it should be.
*σ by moment* (the square root of the kernel's second moment) and *FWHM* are what the bead gains in
quadrature, against what was asked for;
*transfer* is the largest difference from exp(−σ²ω²/2) up to the Nyquist frequency; *bead* the
largest error of the blurred bead in percent of its peak, wherever it lies in its voxel; *smallest*
the smallest tap in percent of the centre.

| σ | kernel | taps | σ by moment | FWHM | transfer | bead | smallest |
|---|---|---|---|---|---|---|---|
"""

_DERIVATIVES = """
## Derivatives

Largest error of a derivative of a Gaussian blob of the same σ as the derivative's, in percent of
its largest value. Ramps (first) and parabolas (second) are right with every kernel. `band-limited`
is the default of `derivative`, `gradient_magnitude`, `laplacian` and `difference_of_gaussians`.

| σ | kernel | first | second | third |
|---|---|---|---|---|
"""


def page() -> str:
    """Return the page."""
    rows = []
    for sigma in SIGMAS:
        for kernel in KERNELS:
            found = worth(kernel, sigma)
            taps = 2 * len(gaussian_half(kernel, sigma)) - 1
            rows.append(
                f"| {sigma:g} | `{kernel}` | {taps} | {_percent(found.effective - 1)} "
                f"| {_percent(found.fwhm - 1)} | {found.transfer_error:.4f} "
                f"| {100 * found.bead_error:.3f} % | {_lobe(found.smallest)} |\n"
            )
    derivatives = [
        f"| {sigma:g} | `{kernel}` | "
        + " | ".join(f"{100 * blob_error(kernel, sigma, order):.2f} %" for order in (1, 2, 3))
        + " |\n"
        for sigma in BLOBS
        for kernel in KERNELS
    ]
    return _HEAD + "".join(rows) + _DERIVATIVES + "".join(derivatives)


def blob_error(kernel: str, sigma: float, order: int) -> float:
    """Return the largest error of a derivative of a blob of its own σ, over its largest value."""
    taps = gaussian_taps(kernel, sigma, order)
    total = sigma * math.sqrt(2)
    reach = len(taps) + math.ceil(6 * total)
    worst = 0.0
    for shift in (0.0, 0.25, 0.5):
        x = np.arange(-reach, reach + 1) - shift
        found = np.convolve(np.exp(-x * x / (2 * sigma**2)), taps, "same")
        u = x / total
        hermite = {1: -u, 2: u * u - 1, 3: 3 * u - u**3}[order]
        ideal = hermite / total**order * np.exp(-u * u / 2) / math.sqrt(2)
        worst = max(worst, float(np.abs(found - ideal).max() / np.abs(ideal).max()))
    return worst


def _percent(value: float) -> str:
    # The sum keeps a tiny negative value from being shown as -0.00.
    return f"{round(100 * value, 2) + 0.0:+.2f} %"


def _lobe(value: float) -> str:
    return f"{100 * value:.2f} %" if value < -5e-5 else "≥ 0"


if __name__ == "__main__":
    PATH.write_text(page(), encoding="utf-8")
