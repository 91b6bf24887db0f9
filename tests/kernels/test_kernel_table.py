"""docs/kernels.md is what the code measures today."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fiji_bridge.kernels import gaussian as kernels
from fiji_bridge.kernels import table


def test_the_page_is_in_step() -> None:
    page = table.PATH.read_text(encoding="utf-8")
    assert page == table.page(), "run: python -m fiji_bridge.kernels.table"


def test_what_the_page_says_in_words() -> None:
    assert max(table.worth("band-limited", s).bead_error for s in table.SIGMAS) < 1e-3
    assert max(table.worth("band-limited", s).transfer_error for s in table.SIGMAS) < 0.01
    for sigma in table.BLOBS:
        for order in (1, 2):
            assert table.blob_error("band-limited", sigma, order) < 5e-3
    assert table.blob_error("gauss3", 30.0, 2) > 0.17


@pytest.mark.parametrize("sigma", [3.1, 10.0, 50.0])
@pytest.mark.parametrize("kernel", kernels.KERNELS)
def test_the_figures_are_those_of_plain_sums(kernel: str, sigma: float) -> None:
    """A bead blurred tap by tap, where it falls in between samples too.

    Of a kernel that is cut off, what is beyond the Gaussian's own spectrum is a part of the error:
    half of it with SciPy's at 50 px.
    """
    taps = kernels.full(kernels.gaussian_half(kernel, sigma))
    n = np.arange(len(taps)) - len(taps) // 2
    total = math.hypot(1.0, sigma)
    x = np.linspace(0.0, 5 * total, 2001)
    found = (taps * np.exp(-((x[:, None] - n) ** 2) / 2)).sum(axis=1)
    ideal = np.exp(-x * x / (2 * total * total)) / total
    half = float(np.interp(-found[0] / 2, -found, x)) / math.sqrt(2 * math.log(2))
    stated = table.worth(kernel, sigma)
    # Between the steps in which errors are looked for; the bead's own aliasing.
    error = np.abs(found - ideal).max() / ideal[0]
    assert stated.bead_error == pytest.approx(error, rel=0.05, abs=1e-5)
    gained = math.sqrt(1 + (half * half - total * total) / sigma**2)
    assert stated.fwhm == pytest.approx(gained, abs=5e-5)


def test_the_transfer_function_is_looked_at_up_to_nyquist() -> None:
    for kernel in kernels.KERNELS:
        half = kernels.gaussian_half(kernel, 0.5)
        at_nyquist = half[0] + 2 * sum(half[n] * (-1) ** n for n in range(1, len(half)))
        error = abs(at_nyquist - math.exp(-((0.5 * math.pi) ** 2) / 2))
        assert table.worth(kernel, 0.5).transfer_error >= error - 1e-12
