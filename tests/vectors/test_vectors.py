"""The shared vectors are what the Python plan says today; JUnit holds the Java plan to them."""

from __future__ import annotations

import json

import pytest

from vectors import make


@pytest.mark.parametrize("name", ["units.json", "plans.json", "numbers.json"])
def test_the_checked_in_vectors_are_in_step_with_the_python_plan(name: str) -> None:
    now = json.loads(make.texts()[name])
    checked_in = json.loads((make.HERE / name).read_text(encoding="utf-8"))
    assert checked_in == now, "run: python tests/vectors/make.py"


def test_the_checked_in_kernels_are_in_step() -> None:
    """Another processor's NumPy may round the last bits of exponentials and sums otherwise."""
    now = make.kernel_vectors()
    checked_in = json.loads((make.HERE / "kernels.json").read_text(encoding="utf-8"))
    assert len(checked_in) == len(now)
    for old, new in zip(checked_in, now, strict=True):
        taps, worth = (old.pop(name, None) for name in ("taps", "worth"))
        if taps is not None:
            found = new.pop("taps")
            assert len(taps) == len(found)
            largest = max(map(abs, taps))
            assert found == pytest.approx(taps, abs=1e-13 * largest), old
        else:
            assert new.pop("worth") == pytest.approx(worth, abs=2e-9), old
        assert old == new


def test_the_vectors_hold_plans_and_refusals_for_every_kernel_and_border() -> None:
    plans = json.loads((make.HERE / "plans.json").read_text(encoding="utf-8"))
    made = [case for case in plans if case["plan"]]
    assert {case["kernel"] for case in made} == set(make.KERNELS)
    assert {case["border"] for case in made} == set(make.BORDERS)
    assert any(case["plan"] is None for case in plans)
    assert any(case["plan"]["warnings"] for case in made)
