"""Every output of the real Gauss3, from every engine that is there."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from fiji_bridge.engines.engine import AxisKernel
from fiji_bridge.engines.select import get_engine
from fiji_bridge.jvm.session import Session
from golden_cases import TOLERANCE, case, deviation, manifest


@pytest.mark.parametrize(
    "engine",
    [
        "scipy",
        pytest.param("fused", marks=pytest.mark.jvm),
        pytest.param("gauss3", marks=pytest.mark.fiji),
    ],
)
def test_golden(engine: str, request: pytest.FixtureRequest) -> None:
    if engine != "scipy":
        assert isinstance(request.getfixturevalue("session"), Session)
    computes = get_engine(engine)
    failures = []
    seen: Counter[str] = Counter()
    for row in manifest():
        given, expected, sigma, border, constant = case(row)
        z, y, x = (AxisKernel.from_gaussian("gauss3", s) for s in sigma)
        result = np.empty(given.shape, given.dtype)
        computes.filter(given, (z, y, x), result, border=border, cval=constant)
        found = deviation(result, given, expected)
        seen[given.dtype.name] += 1
        if not found <= TOLERANCE[given.dtype.name]:
            failures.append(f"{row['output']}: {found:.3g}")
    assert not failures, "\n".join(failures)
    # Every type of the golden set was really looked at.
    assert set(seen) == set(TOLERANCE)
    assert sum(seen.values()) == len(manifest()) > 700
