"""Fixtures of the operations: the engines that are there, and an anisotropic volume."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray


@pytest.fixture(
    params=[
        "scipy",
        pytest.param("fused", marks=pytest.mark.jvm),
        pytest.param("gauss3", marks=[pytest.mark.jvm, pytest.mark.fiji]),
    ]
)
def engine(request: pytest.FixtureRequest) -> str:
    """Each engine; the real Gauss3 where a Fiji is given."""
    name = str(request.param)
    if name != "scipy":
        request.getfixturevalue("session")
    return name


@pytest.fixture
def volume() -> NDArray[np.float64]:
    """Noise of shape (z, y, x) = (9, 20, 23) with the voxels of the stack everyone has."""
    return np.random.default_rng(6).uniform(-50, 150, (9, 20, 23))
