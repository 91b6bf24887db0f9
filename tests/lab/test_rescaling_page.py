"""The table of what resampling folds, here and elsewhere, is in step with what is measured."""

from __future__ import annotations

import numpy as np
import pytest

from conftest import ROOT
from fiji_bridge_lab import rescaling_page
from fiji_bridge_lab.resampling import measure


def test_the_page_is_in_step() -> None:
    pytest.importorskip("skimage", reason="what the page compares with is not installed")
    pytest.importorskip("SimpleITK", reason="what the page compares with is not installed")
    written = (ROOT / "docs" / "rescaling.md").read_text(encoding="utf-8")
    assert rescaling_page.page() == written


def test_dropping_every_second_sample_folds_half_of_a_flat_spectrum() -> None:
    found = measure(lambda lines: lines[..., ::2], 2)
    assert found.folded == pytest.approx(0.5)
    assert (found.kept, found.passed) == pytest.approx((1, 1), abs=1e-6)


def test_the_mean_of_two_samples() -> None:
    """Its transfer function is cos(ω/2)."""
    found = measure(lambda lines: (lines[..., ::2] + lines[..., 1::2]) / 2, 2)
    omega = 1.02 * np.pi / 2
    assert found.kept == pytest.approx(np.cos(omega / 2), abs=1e-6)
    assert found.passed == pytest.approx(np.cos(np.pi / 8), abs=1e-6)
    assert found.folded == pytest.approx(0.5 - 1 / np.pi, abs=1e-4)
