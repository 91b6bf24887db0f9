"""Blocks give the bits of the in-memory call: whatever they, the kernels and the borders are."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import strategies
from fiji_bridge.blocks.compute import compute, gather, pedestal, pedestals
from fiji_bridge.blocks.cut import cuts
from fiji_bridge.blocks.plan import Block
from fiji_bridge.convert.adapters import to_image
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import SPATIAL_AXES
from fiji_bridge.jvm.session import Session
from fiji_bridge.ops.registry import REGISTRY
from fiji_bridge.ops.separable import Context


@pytest.fixture(scope="module", params=["scipy", pytest.param("fused", marks=pytest.mark.jvm)])
def engine(request: pytest.FixtureRequest) -> str:
    """Each engine of which that is said."""
    name = str(request.param)
    if name != "scipy":
        request.getfixturevalue("session")
    return name


def image_of(data: NDArray[Any]) -> CalibratedImage:
    sizes = (2.0, 1.0, 1.5)[-data.ndim :]
    return to_image(data, voxel_size=sizes, axes="tzyx"[-data.ndim :])


def by_blocks(
    operation: str,
    data: NDArray[Any],
    steps: tuple[int, int, int],
    engine: str,
    **parameters: Any,
) -> NDArray[Any]:
    """Run an operation block by block on samples in memory."""
    image = image_of(data)
    placeholder = image.with_data(np.broadcast_to(np.zeros((), data.dtype), data.shape))
    prepared = REGISTRY[operation].prepared(placeholder, **parameters)
    parts = prepared.by_parts
    assert parts is not None
    context = Context(engine=engine, threads=1)
    reach = dict(zip(SPATIAL_AXES, parts.reach(context), strict=True))
    of = dict(zip(SPATIAL_AXES, steps, strict=True))
    grids = [parts.grid(axis, size) for axis, size in zip(image.axes, data.shape, strict=True)]
    spans = [
        cuts(size, of.get(axis, 1), reach.get(axis, (0, 0)), parts.border, grid)
        for axis, size, grid in zip(image.axes, data.shape, grids, strict=True)
    ]
    out = np.zeros([grid.count for grid in grids], parts.dtype)
    for number, taken in enumerate(itertools.product(*spans)):
        block = Block(number, taken)

        def read(region: tuple[slice, ...], into: NDArray[Any]) -> None:
            into[...] = data[region]

        given = gather(block, data.dtype, read)
        found = pedestals(image, block, lambda place: pedestal(image, place, engine, read))
        out[block.writes] = compute(image, parts, block, given, context, found).data
    return out


def in_memory(operation: str, data: NDArray[Any], engine: str, **parameters: Any) -> NDArray[Any]:
    image = image_of(data)
    found = REGISTRY[operation].apply(image, context=Context(engine=engine), **parameters)
    result: NDArray[Any] = found.data
    return result


def assert_same_bits(got: NDArray[Any], wanted: NDArray[Any]) -> None:
    assert got.dtype == wanted.dtype
    np.testing.assert_array_equal(got, wanted)


@st.composite
def samples(draw: st.DrawFn) -> NDArray[Any]:
    shape = tuple(draw(st.integers(1, most)) for most in (12, 40, 50)[draw(st.integers(0, 1)) :])
    name = draw(strategies.dtypes)
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    kind = np.dtype(name)
    if kind.kind == "f":
        # Some on a pedestal: sums are made in another way there.
        mean, spread = draw(st.sampled_from([(100, 50), (60000, 5)]))
        return rng.normal(mean, spread, shape).astype(kind)
    limits = np.iinfo(kind)
    return rng.integers(max(limits.min, -1000), min(limits.max, 4000), shape).astype(kind)


sigmas = st.tuples(*(st.sampled_from([0.0, 0.3, 1.0, 2.4, 9.0, 40.0]) for _ in range(3)))
blocks = st.tuples(st.integers(1, 12), st.integers(1, 40), st.integers(1, 50))


@settings(max_examples=60)
@given(data=samples(), sigma=sigmas, steps=blocks, border=strategies.borders, more=st.data())
def test_any_gaussian(
    engine: str,
    data: NDArray[Any],
    sigma: tuple[float, float, float],
    steps: tuple[int, int, int],
    border: str,
    more: st.DataObject,
) -> None:
    kernel = more.draw(st.sampled_from(["gauss3", "band-limited", "scipy", "discrete"]))
    dtype = more.draw(st.sampled_from(["same", "float32", "float64"]))
    nan = more.draw(st.sampled_from(["refuse", "propagate", "ignore"]))
    if data.dtype.kind == "f" and nan != "refuse" and kernel != "band-limited":
        rng = np.random.default_rng(1)
        holes = rng.random(data.shape) < more.draw(st.sampled_from([0.0, 0.002, 0.3]))
        data = np.where(holes, rng.choice([np.nan, np.inf, -np.inf], data.shape), data).astype(
            data.dtype
        )
    said = {
        "sigma": ", ".join(f"{axis}={s} px" for axis, s in zip("zyx", sigma, strict=True)
                           if axis in "zyx"[-data.ndim :]),
        "border": border, "cval": 7.5 if border == "constant" else 0.0, "kernel": kernel,
        "dtype": dtype, "nan": nan,
    }  # fmt: skip
    assert_same_bits(
        by_blocks("gaussian", data, steps, engine, **said),
        in_memory("gaussian", data, engine, **said),
    )


OTHERS: dict[str, dict[str, Any]] = {
    "derivative": {"along": "xz", "sigma": "2 px"},
    "gradient_magnitude": {"sigma": "1.5 px"},
    "laplacian": {"sigma": "3 px"},
    "difference_of_gaussians": {"sigma": "2 px"},
    "unsharp_mask": {"sigma": "2 px", "amount": 0.7},
    "convolve": {"kernel": "physical-laplace"},
    "median": {"radius": "2"},
    "bilateral": {"radius": "z=0.5 px, y=1 px, x=1.4 px", "contrast": 20000.0},
    "rescale": {"to": "2.7"},
}


@settings(max_examples=60)
@given(data=samples(), steps=blocks, border=strategies.borders, more=st.data())
def test_any_rescale(
    engine: str,
    data: NDArray[Any],
    steps: tuple[int, int, int],
    border: str,
    more: st.DataObject,
) -> None:
    sizes = [more.draw(st.sampled_from([0.37, 0.5, 1.0, 1.3, 2.0, 7.7, 90.0])) for _ in data.shape]
    nan = more.draw(st.sampled_from(["refuse", "propagate"]))
    if data.dtype.kind == "f" and nan == "propagate":
        holes = np.random.default_rng(1).random(data.shape) < 0.02
        data = np.where(holes, np.inf, data).astype(data.dtype)
    said = {
        "to": ", ".join(f"{a}={s} px" for a, s in zip("zyx"[-data.ndim :], sizes, strict=True)),
        "interpolation": more.draw(st.sampled_from(["nearest", "linear"])),
        "antialias": more.draw(st.sampled_from(["auto", "gaussian", "strong", "none"])),
        "border": border, "cval": 7.5 if border == "constant" else 0.0,
        "dtype": more.draw(st.sampled_from(["same", "float32", "float64"])), "nan": nan,
    }  # fmt: skip
    # Small volumes are sampled without Java, which would leave its part untried.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fiji_bridge.ops.rescale.scipy_pays", lambda samples, order: False)
        wanted = in_memory("rescale", data, engine, **said)
        assert_same_bits(by_blocks("rescale", data, steps, engine, **said), wanted)


@pytest.mark.parametrize("operation", ["difference_of_gaussians", "unsharp_mask"])
@pytest.mark.parametrize("border", ["nearest", "constant"])
def test_means_beside_blocks_where_all_is_there(engine: str, operation: str, border: str) -> None:
    data = np.random.default_rng(2).random((2, 9, 60, 63)).astype(np.float32)
    data[1, 3:5, 10:20, 12] = np.nan
    said = {**OTHERS[operation], "border": border, "nan": "ignore", "kernel": "scipy"}
    assert_same_bits(
        by_blocks(operation, data, (4, 16, 17), engine, **said),
        in_memory(operation, data, engine, **said),
    )


@pytest.mark.parametrize("operation", OTHERS)
@pytest.mark.parametrize("border", ["mirror-double", "mirror-single", "constant", "periodic"])
def test_every_operation_by_parts(engine: str, operation: str, border: str) -> None:
    data = np.random.default_rng(2).integers(0, 60000, (2, 9, 30, 33)).astype(np.uint16)
    said = {**OTHERS[operation], "border": border}
    assert_same_bits(
        by_blocks(operation, data, (4, 13, 16), engine, **said),
        in_memory(operation, data, engine, **said),
    )


@pytest.mark.jvm
@pytest.mark.parametrize("border", sorted(["mirror-double", "constant", "periodic", "nearest"]))
def test_the_grid_of_sums_in_two_steps_is_the_volumes(session: Session, border: str) -> None:
    data = np.random.default_rng(3).random((3, 210, 260), np.float32)
    said = {"sigma": "z=0.5 px, y=17 px, x=21 px", "kernel": "discrete", "border": border,
            **({"cval": 0.3} if border == "constant" else {})}  # fmt: skip
    wanted = in_memory("gaussian", data, "fused", **said)
    assert_same_bits(by_blocks("gaussian", data, (2, 61, 70), "fused", **said), wanted)


@pytest.mark.jvm
def test_a_line_of_a_volume_is_summed_as_in_the_volume(session: Session) -> None:
    data = np.random.default_rng(3).random((40, 6, 7), np.float32)
    said = {"sigma": "z=2 px, y=0 px, x=0 px"}
    wanted = in_memory("gaussian", data, "fused", **said)
    assert_same_bits(by_blocks("gaussian", data, (9, 1, 1), "fused", **said), wanted)


@pytest.mark.jvm
def test_a_bundle_of_lines_is_summed_as_in_the_volume(session: Session) -> None:
    data = np.random.default_rng(3).random((4500, 3, 2), np.float32)
    said = {"sigma": "z=20 px, y=1 px, x=0.7 px", "kernel": "discrete"}
    wanted = in_memory("gaussian", data, "fused", **said)
    assert_same_bits(by_blocks("gaussian", data, (500, 2, 1), "fused", **said), wanted)


def test_operations_that_need_the_whole_image_say_so() -> None:
    image = to_image(np.zeros((4, 8, 8), np.float32), voxel_size="2 1 1 um")
    for name, more in {
        "structure_tensor": {},
        "views": {},
        "rescale": {"interpolation": "cubic"},
    }.items():
        operation = REGISTRY[name]
        assert operation.prepared(image, **operation.example, **more).by_parts is None
    holes = {"to": "1 um", "nan": "ignore"}
    assert REGISTRY["rescale"].prepared(image, **holes).by_parts is None
