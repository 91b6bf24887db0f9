"""Beyond a constant border the image goes on for ever, and is convolved there too."""

from __future__ import annotations

import numpy as np
import pytest

from fiji_bridge.engines.engine import AxisKernel
from fiji_bridge.engines.select import get_engine
from fiji_bridge.jvm.session import Session

DERIVATIVE = AxisKernel(np.array([0.5, 0.0, -0.5]), 1)
SUM = AxisKernel(np.ones(3), 1)
BLUR = AxisKernel.from_gaussian("gauss3", 1.0)


@pytest.mark.parametrize(
    "engine",
    [
        "scipy",
        pytest.param("fused", marks=pytest.mark.jvm),
        pytest.param("gauss3", marks=pytest.mark.fiji),
    ],
)
@pytest.mark.parametrize(
    "kernels",
    [(DERIVATIVE, BLUR, BLUR), (BLUR, SUM, DERIVATIVE), (SUM, SUM, SUM)],
    ids=["derivative", "mixed", "sum"],
)
def test_kernels_that_do_not_sum_to_one(
    engine: str, kernels: tuple[AxisKernel, AxisKernel, AxisKernel], request: pytest.FixtureRequest
) -> None:
    if engine != "scipy":
        assert isinstance(request.getfixturevalue("session"), Session)
    volume = np.random.default_rng(0).uniform(0, 100, (6, 7, 8))
    found = np.empty_like(volume)
    get_engine(engine).filter(volume, kernels, found, border="constant", cval=30.0)
    # The definition: pad by more than the kernels reach, convolve all of it, cut out.
    margin = sum(len(kernel.taps) for kernel in kernels)
    expected = np.pad(volume, margin, constant_values=30.0)
    for axis, kernel in enumerate(kernels):
        expected = np.apply_along_axis(np.convolve, axis, expected, kernel.taps, "same")
    inside = (slice(margin, -margin),) * 3
    # Rounding of a few dozen double products of at most 100 · 3³.
    np.testing.assert_allclose(found, expected[inside], rtol=0, atol=1e-11)
