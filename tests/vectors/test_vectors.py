"""The shared vectors are what the Python plan says today; JUnit holds the Java plan to them."""

from __future__ import annotations

import json

import pytest

from vectors import make


@pytest.mark.parametrize("name", ["units.json", "plans.json"])
def test_the_checked_in_vectors_are_in_step_with_the_python_plan(name: str) -> None:
    now = json.loads(make.texts()[name])
    checked_in = json.loads((make.HERE / name).read_text(encoding="utf-8"))
    assert checked_in == now, "run: python tests/vectors/make.py"


def test_the_vectors_hold_plans_and_refusals_for_every_kernel_and_border() -> None:
    plans = json.loads((make.HERE / "plans.json").read_text(encoding="utf-8"))
    made = [case for case in plans if case["plan"]]
    assert {case["kernel"] for case in made} == set(make.KERNELS)
    assert {case["border"] for case in made} == set(make.BORDERS)
    assert any(case["plan"] is None for case in plans)
    assert any(case["plan"]["warnings"] for case in made)
