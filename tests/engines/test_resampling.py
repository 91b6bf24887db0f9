"""What Java and NumPy interpolate is what SciPy interpolates."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import affine_transform

import fiji_bridge
from fiji_bridge.engines.resampling import Order, by_java, sampler, scipy_pays
from fiji_bridge.image.dtypes import round_to
from fiji_bridge.jvm.session import Session
from fiji_bridge.kernels.borders import BORDERS

pytestmark = pytest.mark.jvm

#: Steps and starts along z, y, x: finer, coarser, kept, and ties of the nearest sample.
GRIDS = {
    "finer": ((0.5, 0.31, 0.47), (-0.25, -0.345, -0.265), (14, 70, 61)),
    "coarser": ((1.6, 2.0, 3.3), (0.3, 0.5, 1.15), (4, 10, 9)),
    "one axis": ((1.0, 1.0, 0.37), (0.0, 0.0, -0.315), (7, 21, 80)),
}


def volume(kind: str) -> NDArray[np.generic]:
    made = np.random.default_rng(8).uniform(0, 250, (7, 21, 29))
    return made.astype(kind)


def both(
    in_java: bool, given: NDArray[np.generic], grid: str, order: Order, border: str, kind: str
) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    """Return what Java gives, or NumPy where there is a choice, and what SciPy itself gives."""
    steps, starts, shape = GRIDS[grid]
    sample, _ = sampler(order, in_java=in_java)
    out = np.empty(shape, kind)
    sample(given, out, steps, starts, border, 7.5, None, None)
    mode = {"constant": "grid-constant", "periodic": "grid-wrap"}.get(border, BORDERS[border].scipy)
    expected = affine_transform(
        given.astype(np.float64), np.array(steps), np.array(starts), output_shape=shape,
        order=order, mode=mode, cval=7.5,
    )  # fmt: skip
    return out, round_to(expected, np.dtype(kind))


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("order", [0, 1, 3])
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("in_java", [True, False])
def test_java_and_numpy_give_what_scipy_gives(
    session: Session, grid: str, order: Order, border: str, in_java: bool
) -> None:
    for given, kind in (("float64", "float64"), ("float32", "float32"), ("uint16", "float32")):
        found, expected = both(in_java, volume(given), grid, order, border, kind)
        # The order of sums in float64; rounded to float32 that is half a step of 250.
        np.testing.assert_allclose(
            found, expected, atol={"float64": 2e-13, "float32": 1.6e-5}[kind]
        )
    for kind in ("uint8", "int16", "int32", "uint32", "float16"):
        found, expected = both(in_java, volume(kind), grid, order, border, kind)
        # But next to a tie; 250 in float16 has steps of 0.125.
        limit = 0.125 if kind == "float16" else 1
        off = np.abs(found.astype(float) - expected.astype(float))
        assert off.max() <= limit
        assert (off > 0).mean() < 0.01, "ties are rare"
    if order == 0:
        labels = volume("uint32") * np.uint32(17_179_869)
        found, expected = both(in_java, labels, grid, order, border, "uint32")
        np.testing.assert_array_equal(found, expected)


def test_any_memory_and_number_of_threads(session: Session) -> None:
    given = volume("float32")
    steps, starts, shape = GRIDS["finer"]
    expected = np.empty(shape, np.float32)
    by_java(session, 1, 1, given, expected, steps, starts, "nearest", 0)
    for other in (np.asfortranarray(given), given.astype(">f4"), given[:, ::-1][:, ::-1]):
        out = np.empty(shape, np.float32, order="F")
        by_java(session, 1, 3, other, out, steps, starts, "nearest", 0)
        np.testing.assert_array_equal(out, expected)


def test_what_is_not_finite_reaches_no_further_than_it_counts(session: Session) -> None:
    given = volume("float32")
    given[3, 10, 14] = np.nan
    out = np.empty((7, 21, 58), np.float32)
    by_java(session, 1, None, given, out, (1, 1, 0.5), (0, 0, -0.25), "nearest", 0)
    assert np.argwhere(np.isnan(out)).tolist() == [[3, 10, x] for x in (27, 28, 29, 30)]


@pytest.mark.parametrize("interpolation", ["nearest", "linear", "cubic"])
def test_a_large_image_is_javas_and_a_small_one_scipys(interpolation: str) -> None:
    small = np.zeros((4, 20, 20), np.float32)
    large = np.zeros((30, 200, 200), np.float32)
    assert scipy_pays(8 * small.size, 3)
    assert not scipy_pays(8 * large.size, 0)
    options = {"zoom": 2, "voxel_size": 1, "interpolation": interpolation}
    ran = [
        fiji_bridge.run("rescale", image, **options).provenance[-1]["sampled_by"].split(",")[0]
        for image in (small, large)
    ]
    python = {"cubic": "scipy.ndimage.affine_transform"}.get(
        interpolation, "fiji_bridge.engines.resampling.by_numpy"
    )
    assert ran == [python, "org.fijibridge.engine.Resampling"]
    without_java = fiji_bridge.run("rescale", large, engine="scipy", **options)
    assert without_java.provenance[-1]["sampled_by"].startswith(python)
