"""Means of the samples that are there: how exact they are, and where they are sums as ever."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import fiji_bridge

pytestmark = pytest.mark.jvm

SHAPE = (8, 80, 300)

#: Direct sums in float32, sums in two steps, direct sums in float64 (a pedestal, float64).
BLURS: dict[str, tuple[dict[str, Any], str, float]] = {
    "narrow": ({"sigma": (0.5, 2.2, 2.2)}, "float32", 0.0),
    "wide": ({"sigma": (2, 12, 20)}, "float32", 0.0),
    "in two steps": ({"sigma": (1, 11, 14), "kernel": "discrete"}, "float32", 0.0),
    "pedestal": ({"sigma": (1, 2, 3)}, "float32", 1e6),
    "float64": ({"sigma": (1, 2, 3)}, "float64", 0.0),
}


def holed(dtype: str, ground: float) -> NDArray[Any]:
    random = np.random.default_rng(3)
    data = (ground + random.random(SHAPE)).astype(dtype)
    data[:, :, :40] = np.nan
    data[4:7, 50:70, 120:130] = np.inf
    data[7, 20, 180] = -np.inf
    return data


def run(name: str, data: NDArray[Any], **options: Any) -> NDArray[Any]:
    given: dict[str, Any] = {"engine": "fused", "nan": "ignore", "voxel_size": 1, **options}
    return np.asarray(fiji_bridge.run(name, data, **given))


@pytest.mark.parametrize("name", ["gaussian", "difference_of_gaussians"])
@pytest.mark.parametrize("blur", BLURS)
def test_means_are_as_exact_as_sums(name: str, blur: str) -> None:
    options, dtype, ground = BLURS[blur]
    options = {"kernel": "scipy", **options}
    data = holed(dtype, ground)
    found = run(name, data, **options)
    expected = run(name, data.astype(np.float64), engine="scipy", **options)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    there = np.isfinite(expected)
    assert there.mean() > 0.5
    # Of samples in [0, 1): two sums in float32 and their quotient, or sums in two steps within
    # 1e-5 of the range where all samples are there; half a step of float32 on the pedestal.
    tolerance = {"narrow": 1e-6, "wide": 4e-6, "in two steps": 1.1e-5, "pedestal": 0.0313,
                 "float64": 1e-14}[blur]  # fmt: skip
    if name == "difference_of_gaussians" and blur == "pedestal":
        # The difference is no larger than 1: rounding of float64 sums of 1e6.
        tolerance = 1e-7
    assert np.abs(found - expected)[there].max() <= tolerance


@pytest.mark.parametrize("name", ["gaussian", "difference_of_gaussians", "unsharp_mask"])
@pytest.mark.parametrize("blur", BLURS)
def test_out_of_reach_of_holes_and_for_all_threads_the_bits_are_the_same(
    name: str, blur: str
) -> None:
    options, dtype, ground = BLURS[blur]
    options = {"kernel": "scipy", **options}
    data = holed(dtype, ground)
    data[:, :, 10:] = np.nan_to_num(data[:, :, 10:], nan=ground, posinf=ground, neginf=ground)
    found = run(name, data, threads=1, **options)
    propagated = run(name, data, nan="propagate", **options)
    untouched = np.isfinite(propagated)
    assert untouched.any()
    assert not untouched.all()
    np.testing.assert_array_equal(found[untouched], propagated[untouched])
    np.testing.assert_array_equal(run(name, data, threads=5, **options), found)


def test_in_a_hole_the_nearest_samples_are_the_mean() -> None:
    """Within reach, but with next to no weight: nothing is lost there."""
    data = np.full((1, 20, 200), 7.0, np.float32)
    data[:, :, :60] = np.nan
    data[:, :, 61:] = 3.0
    for kernel in ("scipy", "gauss3", "discrete"):
        found = run("gaussian", data, sigma=(0, 2, 12), kernel=kernel)
        there = np.isfinite(found)
        assert there[..., 30:].all()
        # Rounding of two float32 sums of up to 200 products, and of their quotient.
        assert found[there].min() > 3 - 2e-6
        assert found[there].max() < 7 + 4e-6
        # The further in the hole, the more the nearest sample counts.
        assert (np.diff(found[0, 10, 30:58]) < 0).all()
