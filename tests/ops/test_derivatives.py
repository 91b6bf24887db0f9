"""Gaussian derivatives, gradient magnitude and Laplacian."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from fiji_bridge import CalibratedImage, derivative, gradient_magnitude, laplacian
from fiji_bridge.errors import CalibrationError, InputError, NotFiniteError, SigmaError
from fiji_bridge.image.calibration import AxisCalibration, Calibration, from_voxel_size
from fiji_bridge.image.spacing import read_orders
from fiji_bridge.kernels import gaussian as kernels
from fiji_bridge.kernels.borders import BORDERS
from fiji_bridge.kernels.derivative import derivative_taps
from fiji_bridge.ops.blur_plan import make_plan

STACK = "2 0.45 0.45 um"
VOXELS = {"z": 2.0, "y": 0.45, "x": 0.45}


def sampled_half(sigma: float) -> NDArray[np.float64]:
    """SciPy's kernel, cut off at 8 σ: the rest is below 1e-14."""
    x = np.arange(int(8 * sigma + 0.5) + 1)
    half = np.exp(-0.5 * (x / sigma) ** 2)
    return half / (half[0] + 2 * half[1:].sum())


def reference(
    data: NDArray[np.float64], orders: tuple[int, int, int], sigma_um: float, kernel: str, mode: str
) -> NDArray[np.float64]:
    """SciPy's convolve1d with the exact taps, axis by axis, per µm."""
    for axis, (order, voxel) in enumerate(zip(orders, VOXELS.values(), strict=True)):
        half = kernels.gaussian_half(kernel, sigma_um / voxel)
        taps = derivative_taps(half, order) / voxel**order
        data = ndimage.convolve1d(data, taps, axis, mode=mode)
    return data


def scipy_callback(order: int, kernel: str) -> Callable[..., NDArray[np.float64]]:
    """Return what SciPy's generic functions call: it fills an array that it is given."""

    def derive(
        data: NDArray[np.float64], axis: int, output: Any, mode: str, cval: float
    ) -> NDArray[np.float64]:
        z, y, x = (order * int(a == axis) for a in range(3))
        found = reference(data, (z, y, x), 1.8, kernel, mode)
        if isinstance(output, np.ndarray):
            output[...] = found
        return found

    return derive


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("sigma", [1.5, 3.0])
def test_taps_are_those_of_scipy_for_scipys_kernel(order: int, sigma: float) -> None:
    impulse = np.zeros(81)
    impulse[40] = 1
    expected = ndimage.gaussian_filter1d(impulse, sigma, order=order, truncate=8)
    taps = derivative_taps(sampled_half(sigma), order)
    found = ndimage.convolve1d(impulse, taps, mode="constant")
    # Moments of the sampled Gaussian differ from the continuous ones by 2 exp(-2 pi^2 sigma^2).
    aliasing = 100 * math.exp(-2 * math.pi**2 * sigma**2)
    np.testing.assert_allclose(found, expected, atol=1e-12 + aliasing)


@given(
    sigma=st.floats(0.6, 12),
    order=st.integers(1, 4),
    kernel=st.sampled_from(kernels.KERNELS),
)
def test_moments_are_exact_for_every_kernel(sigma: float, order: int, kernel: str) -> None:
    half = kernels.gaussian_half(kernel, sigma)
    if 2 * len(half) - 1 <= order:
        return
    taps = derivative_taps(half, order)
    x = np.arange(-(len(half) - 1), len(half), dtype=float)
    for degree in range(order + 1):
        # The convolution of x^degree at 0 is the sum of taps * (-x)^degree.
        moment = np.sum(taps * (-x) ** degree)
        scale = np.sum(np.abs(taps * x**degree)) + 1
        expected = math.factorial(order) if degree == order else 0
        # Rounding errors of the sum, relative to its terms.
        assert abs(moment - expected) <= 1e-10 * scale


def test_three_taps_are_the_central_differences() -> None:
    half = np.array([0.6, 0.2])
    np.testing.assert_allclose(derivative_taps(half, 1), [0.5, 0, -0.5], atol=1e-15)
    np.testing.assert_allclose(derivative_taps(half, 2), [1, -2, 1], atol=1e-14)
    with pytest.raises(SigmaError, match="more than 3 taps"):
        derivative_taps(half, 3)


@pytest.mark.parametrize("border", list(BORDERS))
@pytest.mark.parametrize(
    "orders", [(0, 0, 1), (1, 0, 0), (0, 2, 0), (1, 0, 1), (3, 0, 0), (0, 4, 5), (2, 1, 3)]
)
def test_derivative_is_scipys_with_the_exact_taps(
    volume: NDArray[np.float64], engine: str, border: str, orders: tuple[int, int, int]
) -> None:
    found = derivative(
        volume, along=orders, sigma="1.8 um", voxel_size=STACK, border=border, kernel="gauss3",
        engine=engine,
    )  # fmt: skip
    expected = reference(volume, orders, 1.8, "gauss3", BORDERS[border].scipy)
    # float64 throughout: rounding errors of sums of about a hundred products.
    np.testing.assert_allclose(found, expected, atol=1e-12 * np.abs(volume).max())


@pytest.mark.parametrize("kernel", kernels.KERNELS)
def test_a_ramp_has_its_slope_whatever_the_unit(engine: str, kernel: str) -> None:
    z, y, x = np.meshgrid(np.arange(37) * 2, np.arange(40) * 0.45, np.arange(41) * 0.45,
                          indexing="ij")  # fmt: skip
    ramp = (7 * z - 3 * y + 5 * x).astype(np.float32)
    # Kernels reach 16 samples along z and 19 along y and x, but only 1e-6 of any beyond 15.
    core = (slice(16, -16), slice(15, -15), slice(15, -15))
    for axis, slope in {"z": 7, "y": -3, "x": 5}.items():
        for per, factor in {None: 1, "mm": 1000, "nm": 1e-3, "pixel": VOXELS[axis]}.items():
            found = derivative(
                ramp, along=axis, sigma="1.3 um", voxel_size=STACK, per=per, kernel=kernel,
                engine=engine,
            )  # fmt: skip
            # float32 of values up to 600: 2e-5 each, amplified by the derivative's taps.
            np.testing.assert_allclose(np.asarray(found)[core], slope * factor, rtol=1e-4)


def test_axes_in_different_units_become_one() -> None:
    calibration = Calibration(
        z=AxisCalibration(2000.0, "nm"),
        y=AxisCalibration(0.45, "um"),
        x=AxisCalibration(0.45, "um"),
    )
    data = np.random.default_rng(1).normal(size=(9, 12, 12))
    mixed = CalibratedImage(data, ("z", "y", "x"), calibration)
    found = gradient_magnitude(mixed, sigma="1.8 um", engine="scipy")
    same = gradient_magnitude(data, sigma="1.8 um", voxel_size=STACK, engine="scipy")
    # The conversion from nm rounds once.
    np.testing.assert_allclose(found.data, same, rtol=1e-12)
    assert found.provenance[-1]["per"] == "µm"


def test_gradient_magnitude_is_scipys_with_the_exact_kernel(
    volume: NDArray[np.float64], engine: str
) -> None:
    expected = ndimage.generic_gradient_magnitude(
        volume, scipy_callback(1, "discrete"), mode="reflect"
    )
    found = gradient_magnitude(
        volume, sigma="1.8 um", voxel_size=STACK, kernel="discrete", engine=engine
    )
    np.testing.assert_allclose(found, expected, atol=1e-12 * np.abs(volume).max())


def test_laplacian_is_scipys_with_the_exact_kernel(
    volume: NDArray[np.float64], engine: str
) -> None:
    expected = ndimage.generic_laplace(volume, scipy_callback(2, "gauss3"), mode="mirror")
    found = laplacian(
        volume, sigma="1.8 um", voxel_size=STACK, border="mirror-single", kernel="gauss3",
        engine=engine,
    )  # fmt: skip
    np.testing.assert_allclose(found, expected, atol=1e-11 * np.abs(volume).max())


def test_close_to_scipys_own_gaussian_laplace_where_sigma_is_large() -> None:
    data = np.random.default_rng(2).normal(size=(40, 41, 42))
    theirs = ndimage.gaussian_laplace(data, 2.5, truncate=8)
    ours = laplacian(data, sigma=2.5, voxel_size=1, kernel="discrete", engine="scipy")
    # The discrete Gaussian is not the sampled one: their second moments agree, higher ones do
    # not (kurtosis 1/sigma^2 = 0.16), hence some percent on white noise.
    assert np.abs(ours - theirs).max() < 0.15 * np.abs(theirs).max()
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.995


@pytest.mark.parametrize("along", ["x", "zz", "zyx", "yyxx"])
def test_normalised_derivatives_are_per_sigma(
    volume: NDArray[np.float64], engine: str, along: str
) -> None:
    options: dict[str, Any] = {"sigma": "1.8 um", "voxel_size": STACK, "engine": engine}
    per_um = derivative(volume, along=along, **options)
    found = derivative(volume, along=along, normalized=True, **options)
    # The same products, scaled in another order.
    np.testing.assert_allclose(found, per_um * 1.8 ** len(along), rtol=1e-11, atol=1e-11)


def test_normalised_gradient_of_a_blob_does_not_depend_on_its_size() -> None:
    largest = []
    for size in (2.0, 4.0):
        place = np.arange(-16, 17) * size / 4
        z, y, x = np.meshgrid(place, place, place, indexing="ij")
        blob = np.exp(-(z**2 + y**2 + x**2) / (2 * size**2))
        found = gradient_magnitude(
            blob, sigma=size, voxel_size=size / 4, kernel="discrete", normalized=True,
            engine="scipy",
        )  # fmt: skip
        largest.append(float(np.max(found)))
    assert largest[0] == pytest.approx(largest[1], rel=1e-9)
    # (t0 / 2 t0)^(3/2) of the blob's height is left, of a Gaussian of sqrt(2) sigma; its slope is
    # steepest at its sigma: sigma times exp(-1/2) / (sqrt(2) sigma).
    assert largest[0] == pytest.approx(0.5**1.5 * math.exp(-0.5) / math.sqrt(2), rel=0.01)


def test_normalised_laplacian_is_largest_at_the_size_of_the_blob() -> None:
    voxels = (1.0, 0.4, 0.4)
    reach = zip(voxels, (12, 30, 30), strict=True)
    grid = np.meshgrid(*(v * np.arange(-r, r + 1) for v, r in reach), indexing="ij")
    blob = np.exp(-sum(g * g for g in grid) / (2 * 1.5**2))
    answers = {}
    for sigma in (0.9, 1.1, 1.2247, 1.35, 1.6):
        found = laplacian(
            blob, sigma=sigma, voxel_size=voxels, kernel="discrete", normalized=True, engine="scipy"
        )
        answers[sigma] = -float(found[12, 30, 30])
    # d/dt of t (t + t0)^(-5/2) vanishes at t = 2/3 t0 in three dimensions: 1.5 sqrt(2/3) = 1.2247.
    assert max(answers, key=answers.__getitem__) == 1.2247


def test_integers_become_floats_and_channels_stay_apart(engine: str) -> None:
    stack = np.zeros((2, 6, 16, 16), np.uint16)
    stack[0, 3, 8, 8] = 1000
    found = derivative(stack, along="x", sigma="2 px", voxel_size=STACK, axes="czyx", engine=engine)
    assert found.dtype == np.float32
    assert found[0].min() < 0 < found[0].max()
    assert not found[1].any()
    wide = gradient_magnitude(
        stack.astype(np.int32), sigma="2 px", voxel_size=STACK, axes="czyx", engine=engine
    )
    assert wide.dtype == np.float64


def test_a_single_plane_has_no_part_along_z(engine: str) -> None:
    plane = np.random.default_rng(3).normal(size=(30, 31))
    flat = gradient_magnitude(plane, sigma="1 um", voxel_size="0.45 0.45 um", engine=engine)
    stack = gradient_magnitude(plane[None], sigma="1 um", voxel_size=STACK, engine=engine)
    np.testing.assert_array_equal(stack[0], flat)
    with pytest.raises(SigmaError, match="axis z has one sample"):
        derivative(plane[None], along="z", sigma="1 um", voxel_size=STACK, engine="scipy")


def test_what_makes_no_sense_is_refused() -> None:
    data = np.ones((5, 6, 7), np.float32)
    with pytest.raises(SigmaError, match="needs a sigma above 0"):
        derivative(data, along="z", sigma=(0, 1, 1), voxel_size=1, engine="scipy")
    with pytest.raises(SigmaError, match=r"axis z, sigma 0\.3 pixels"):
        derivative(data, along="zzz", sigma=0.3, voxel_size=1, kernel="gauss3", engine="scipy")
    with pytest.raises(CalibrationError, match="per='pixel'"):
        derivative(data, along="x", sigma="2 px", engine="scipy")
    with pytest.raises(InputError, match="dtype must be one of float"):
        derivative(data, along="x", sigma=1, voxel_size=1, dtype="same", engine="scipy")
    with pytest.raises(InputError, match="nan must be one of refuse, propagate"):
        derivative(data, along="x", sigma=1, voxel_size=1, nan="ignore", engine="scipy")
    for function in (derivative, gradient_magnitude, laplacian):
        with pytest.raises(InputError, match="per='um' does not go with normalized"):
            function(data, sigma=1, voxel_size=1, per="um", normalized=True, engine="scipy")
    data[2, 3, 4] = np.nan
    with pytest.raises(NotFiniteError, match="z=2, y=3, x=4"):
        laplacian(data, sigma=1, voxel_size=1, engine="scipy")
    per_pixel = derivative(
        data, along="x", sigma="1 px", per="pixel", nan="propagate", kernel="gauss3", engine="scipy"
    )
    assert np.isnan(per_pixel[2, 3, 4])
    assert per_pixel[0, 0, 0] == 0


@pytest.mark.parametrize(
    ("given_order", "message"),
    [
        ("t", "names axis 't'"),
        ("", "is no derivative"),
        ((0, 1), "has 2 values"),
        ((0, 0, -1), "axis x must be a whole number"),
        ({"c": 1}, "names axis 'c'"),
        (1.5, "must be text"),
    ],
)
def test_orders_that_cannot_be_read(given_order: object, message: str) -> None:
    with pytest.raises(SigmaError, match=message):
        read_orders(given_order, ("z", "y", "x"))


def test_orders_however_they_are_written() -> None:
    assert read_orders("zxx", ("z", "y", "x")) == {"z": 1, "y": 0, "x": 2}
    assert read_orders((1, 0, 2), ("z", "y", "x")) == {"z": 1, "y": 0, "x": 2}
    assert read_orders({"x": 2, "z": 1}, ("z", "y", "x")) == {"z": 1, "y": 0, "x": 2}


@pytest.mark.parametrize("sigma", [2.0, 5.0, 7.5, 10.0])
def test_laplacian_of_a_blob_is_right_by_default_and_gauss3_says_what_it_costs(
    sigma: float,
) -> None:
    """A blob of 6 px: gauss3 was 5 … 25 % off without a word."""
    y, x = np.indices((141, 141)) - 70.0
    blob = np.exp(-(y * y + x * x) / (2 * 36))
    right = -2 * sigma**2 * 36 / (36 + sigma**2) ** 2
    found = {
        kernel: float(
            laplacian(
                blob, sigma=sigma, voxel_size=(1, 1), normalized=True, engine="scipy", **options
            )[70, 70]
        )
        for kernel, options in (("default", {}), ("gauss3", {"kernel": "gauss3"}))
    }
    assert found["default"] == pytest.approx(right, rel=5e-4)
    if sigma >= 5:
        assert found["gauss3"] / right > 1.05
        warned = make_plan(
            from_voxel_size((1, 1), "um"), [("y", 141), ("x", 141)], sigma=sigma, kernel="gauss3"
        ).warnings
        assert "too narrow by its second moment" in warned[0]


@pytest.mark.parametrize("size", [1.0, 2.0, 5.0, 12.0, 30.0])
def test_structures_of_every_size_answer_alike(size: float) -> None:
    """At its own scale a blob's normalised Laplacian is the same to 0.5 % from 1 to 30 px."""
    reach = int(8 * size) + 12
    x = np.arange(-reach, reach + 1.0)
    line = np.exp(-x * x / (2 * size**2))[None, :]
    found = laplacian(line, sigma=size, voxel_size=(1, 1), normalized=True, engine="scipy")
    assert float(found[0, reach]) == pytest.approx(-0.5 / math.sqrt(2), rel=5e-3)


@pytest.mark.parametrize("kernel", kernels.KERNELS)
@pytest.mark.parametrize(("along", "level"), [("x", 60000.0), ("yy", 60000.0), ("zz", 1e6)])
def test_a_constant_has_no_derivative(kernel: str, along: str, level: float) -> None:
    flat = np.full((9, 12, 14), level)
    found = derivative(
        flat, along=along, sigma="1.8 um", voxel_size=STACK, kernel=kernel, engine="scipy"
    )
    # The taps sum to exactly 0; what is left is rounding of their products, 1e-16 of the level.
    assert np.abs(np.asarray(found)).max() < 1e-15 * level
