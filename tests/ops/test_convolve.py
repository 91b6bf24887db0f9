"""Convolution with small kernels: the tutorial's numbers, and SciPy's convolve."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from scipy import ndimage

import fiji_bridge
from fiji_bridge import convolve
from fiji_bridge.errors import AxesError, InputError
from fiji_bridge.kernels.borders import BORDERS
from fiji_bridge.kernels.small import preset, read_kernel, separable_terms


@pytest.fixture
def tutorial() -> NDArray[np.float64]:
    """The image of the convolution tutorial (facts page)."""
    image = np.zeros((9, 10))
    image[2, 2], image[5, 7], image[6, 6] = 1, 2, 1
    return image


def with_plus(centre: float, arms: float) -> NDArray[np.float64]:
    """A plus shape round [2, 2] in a 9 × 10 image."""
    image = np.zeros((9, 10))
    image[1:4, 2] = arms
    image[2, 1:4] = arms
    image[2, 2] = centre
    return image


def sums() -> NDArray[np.float64]:
    expected = with_plus(1, 1)
    expected[4, 7] = 2
    expected[5] = [0, 0, 0, 0, 0, 0, 3, 2, 2, 0]
    expected[6] = [0, 0, 0, 0, 0, 1, 1, 3, 0, 0]
    expected[7, 6] = 1
    return expected


def test_sum_of_the_tutorial(tutorial: NDArray[np.float64], engine: str) -> None:
    found = convolve(tutorial, kernel="sum", voxel_size=1, engine=engine)
    np.testing.assert_array_equal(found, sums())


def test_mean_of_the_tutorial(tutorial: NDArray[np.float64], engine: str) -> None:
    found = convolve(tutorial, kernel="mean", engine=engine)
    # 0.2 is no binary number.
    np.testing.assert_allclose(found, sums() * 0.2, atol=1e-15)


def test_laplace_of_the_tutorial(tutorial: NDArray[np.float64], engine: str) -> None:
    expected = with_plus(-4, 1)
    expected[4, 7] = 2
    expected[5] = [0, 0, 0, 0, 0, 0, 3, -8, 2, 0]
    expected[6] = [0, 0, 0, 0, 0, 1, -4, 3, 0, 0]
    expected[7, 6] = 1
    for kernel in ("laplace", "0 1 0; 1 -4 1; 0 1 0", [[0, 1, 0], [1, -4, 1], [0, 1, 0]]):
        found = convolve(tutorial, kernel=kernel, engine=engine)
        np.testing.assert_array_equal(found, expected)


def test_the_three_kernels_on_a_real_plane(shared_images: Path, engine: str) -> None:
    cells = fiji_bridge.read(shared_images / "hela-cells.tif")
    plane = cells.data[0, 200:250, 300:350]
    assert plane.shape == (50, 50)
    plus = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], float)
    kernels = {"sum": plus, "mean": plus / 5, "laplace": plus - np.diag([0, 5, 0])}
    for name, kernel in kernels.items():
        found = convolve(plane, kernel=name, engine=engine)
        assert found.dtype == np.float32
        # SciPy's default border; float32 holds sums of five 16-bit numbers, fifths to 2^-24.
        expected = ndimage.convolve(plane.astype(float), kernel)
        np.testing.assert_allclose(found, expected, rtol=2e-7)


@pytest.mark.parametrize("border", list(BORDERS))
def test_any_kernel_is_scipys_convolve_not_correlate(engine: str, border: str) -> None:
    rng = np.random.default_rng(5)
    data = rng.normal(size=(7, 9, 11))
    for shape in [(3, 3, 3), (1, 3, 5), (2, 4, 3), (1, 1, 4)]:
        kernel = rng.normal(size=shape)
        found = convolve(data, kernel=kernel, border=border, engine=engine)
        mode = BORDERS[border].scipy
        np.testing.assert_allclose(found, ndimage.convolve(data, kernel, mode=mode), atol=1e-12)
        assert np.abs(found - ndimage.correlate(data, kernel, mode=mode)).max() > 0.1


def test_an_asymmetric_kernel_shifts_the_right_way(engine: str) -> None:
    line = np.zeros((1, 9))
    line[0, 4] = 1
    found = convolve(line, kernel="1 2 3", along="x", engine=engine)
    np.testing.assert_array_equal(found[0], [0, 0, 0, 1, 2, 3, 0, 0, 0])


@settings(max_examples=50)
@given(
    kernel=hnp.arrays(
        np.float64,
        st.tuples(*[st.integers(1, 4)] * 3),
        elements=st.floats(-10, 10, allow_subnormal=False),
    )
)
def test_terms_add_up_to_the_kernel(kernel: NDArray[np.float64]) -> None:
    total = sum(np.einsum("i,j,k->ijk", *term) for term in separable_terms(kernel))
    np.testing.assert_allclose(total, kernel, atol=1e-12)


def test_separable_kernels_are_found() -> None:
    lines = [np.array([1.0, 2, 1]), np.array([-1.0, 0, 1]), np.array([1.0, 4, 6, 4, 1])]
    assert len(separable_terms(np.einsum("i,j,k->ijk", *lines))) == 1
    assert len(separable_terms(np.ones((5, 5, 5)) / 125)) == 1
    assert len(separable_terms(np.zeros((3, 3, 3)))) == 1
    assert len(separable_terms(preset("laplace", "yx", {}))) == 3
    assert len(separable_terms(preset("laplace", "zyx", {}))) == 5
    data = np.random.default_rng(0).normal(size=(6, 7, 8))
    made = fiji_bridge.run("convolve", data, kernel=np.ones((3, 3, 3)), engine="scipy")
    assert made.provenance[-1]["separable"] is True


def test_physical_laplace_respects_the_voxel_size(engine: str) -> None:
    voxels = (2.0, 0.45, 0.5)
    z, y, x = np.meshgrid(*(np.arange(12) * v for v in voxels), indexing="ij")
    parabola = 3 * z**2 - 2 * y**2 + 0.5 * x**2
    found = convolve(parabola, kernel="physical-laplace", voxel_size="2 0.45 0.5 um", engine=engine)
    # Second derivatives of the parabola: 6 - 4 + 1, per squared µm.
    np.testing.assert_allclose(found[1:-1, 1:-1, 1:-1], 3, atol=1e-9)
    per_mm = convolve(
        parabola, kernel="physical-laplace", voxel_size="2 0.45 0.5 um", per="mm", engine=engine
    )
    # Rounding of terms of up to 1e9 that cancel.
    np.testing.assert_allclose(per_mm, found * 1e6, rtol=1e-9, atol=1e-6)


def test_plane_by_plane_or_in_space(engine: str) -> None:
    stack = np.random.default_rng(1).normal(size=(4, 8, 9))
    planes = convolve(stack, kernel="sum", along="yx", engine=engine)
    for plane, given_plane in zip(planes, stack, strict=True):
        np.testing.assert_array_equal(plane, convolve(given_plane, kernel="sum", engine=engine))
    solid = convolve(stack, kernel="sum", engine=engine)
    assert np.abs(solid - planes).max() > 0.1
    single = convolve(stack[:1], kernel="sum", engine=engine)
    np.testing.assert_array_equal(single, planes[:1])


def test_kernels_that_cannot_be_read() -> None:
    data = np.ones((4, 5))
    for kernel in ("1 2; 3", "one", "", "1 nan", np.ones((1, 1, 1, 1)), ["a"]):
        with pytest.raises(InputError):
            convolve(data, kernel=kernel, engine="scipy")
    with pytest.raises(AxesError, match="along='zx'"):
        convolve(data, kernel="sum", along="zx", engine="scipy")
    with pytest.raises(InputError, match="names 2"):
        convolve(data, kernel="1 2 1", along="yx", engine="scipy")
    assert read_kernel("1 2; 3 4 | 5 6; 7 8").shape == (2, 2, 2)
