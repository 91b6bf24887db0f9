"""Every so many-th sample of a result has the bits that it has among all."""

from __future__ import annotations

import numpy as np
import pytest

from fiji_bridge.engines.engine import AxisKernel, Kernels, Part, Steps
from fiji_bridge.engines.select import get_engine
from fiji_bridge.jvm.session import Session
from fiji_bridge.kernels.borders import BORDERS

#: Narrow; in two steps along y and x; along z wider than the volume.
SIGMAS = ((1.0, 1.5, 0.7), (0.0, 18.0, 17.0), (12.0, 1.0, 18.0))


@pytest.mark.parametrize(
    "name",
    [
        "scipy",
        pytest.param("fused", marks=pytest.mark.jvm),
        pytest.param("gauss3", marks=pytest.mark.fiji),
    ],
)
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("kind", ["uint8", "float32", "float64"])
def test_samples_that_stay(
    name: str, border: str, kind: str, request: pytest.FixtureRequest
) -> None:
    if name != "scipy":
        assert isinstance(request.getfixturevalue("session"), Session)
    engine = get_engine(name)
    volume = np.random.default_rng(7).uniform(0, 200, (9, 140, 150)).astype(kind)
    for sigmas in SIGMAS:
        z, y, x = (AxisKernel.from_gaussian("discrete", sigma) for sigma in sigmas)
        kernels: list[Kernels] = [(z, y, x)]
        whole = np.empty_like(volume)
        engine.filter_many(volume, kernels, [whole], border=border, cval=3.0)
        steps: tuple[Steps, ...] = ((2, 2, 2), (1, 2, 1), (2, 1, 1), (1, 1, 2), (3, 5, 4))
        for every in steps:
            kept = whole[:: every[0], :: every[1], :: every[2]]
            out = np.empty(kept.shape, kind)
            engine.filter_many(volume, kernels, [out], border=border, cval=3.0, every=every)
            assert np.array_equal(out, kept), (sigmas, every)
            # All of the volume as a part of itself, of which some is wanted.
            part = Part(volume.shape, (0, 0, 0), (1, 3, 2), (7, 90, 101))
            kept = whole[part.wanted][:: every[0], :: every[1], :: every[2]]
            out = np.empty(kept.shape, kind)
            engine.filter_many(
                volume, kernels, [out], border=border, cval=3.0, part=part, every=every
            )
            assert np.array_equal(out, kept), (sigmas, every)
