"""Dask arrays stay lazy: nothing is computed in the call, and the bits are those of memory."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dask
import numpy as np
import pytest
import xarray
from dask import array as dask_array
from hypothesis import given, settings
from hypothesis import strategies as st

import fiji_bridge
import strategies
from fiji_bridge.blocks import lazily
from fiji_bridge.errors import ArgumentError, InputError, NotFiniteError

RNG = np.random.default_rng(0)
STACK = RNG.integers(0, 4000, (7, 20, 30)).astype(np.uint16)
HOW: dict[str, Any] = {"sigma": "1 um", "engine": "scipy"}
SIZE = "2 0.5 0.5 um"


@pytest.fixture(scope="module", params=["scipy", pytest.param("fused", marks=pytest.mark.jvm)])
def engine(request: pytest.FixtureRequest) -> str:
    """Each engine of which that is said."""
    name = str(request.param)
    if name != "scipy":
        request.getfixturevalue("session")
    return name


def forbidden(data: Any, chunks: Any) -> Any:
    """Return a dask array that fails when one of its samples is computed."""

    def fail(block: Any) -> Any:
        raise AssertionError("a sample was computed")

    return dask_array.from_array(data, chunks=chunks).map_blocks(fail, dtype=data.dtype)


@contextmanager
def small_blocks() -> Iterator[None]:
    """Let no block be larger than a chunk."""
    made = lazily.make_block_plan

    def plan(axes: Any, shape: Any, **given: Any) -> Any:
        return made(axes, shape, **given, block=given["target"].chunk)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lazily, "make_block_plan", plan)
        yield


def test_nothing_is_computed_in_the_call() -> None:
    array = forbidden(STACK, (2, 8, 5))
    result = fiji_bridge.gaussian(array, voxel_size=SIZE, **HOW)
    assert (type(result), result.shape, result.dtype) == (type(array), STACK.shape, STACK.dtype)
    assert fiji_bridge.gaussian.plan(array, voxel_size=SIZE, sigma="1 um").needed_bytes
    with pytest.raises(AssertionError, match="a sample was computed"):
        result.compute()


@settings(max_examples=25)
@given(
    shape=st.tuples(st.integers(1, 7), st.integers(1, 20), st.integers(1, 30)),
    chunks=st.tuples(st.integers(1, 7), st.integers(3, 20), st.integers(4, 30)),
    sigma=st.tuples(*(st.sampled_from([0.0, 0.7, 3.0, 30.0]) for _ in range(3))),
    border=strategies.borders,
    mean=st.sampled_from([None, 100.0, 60000.0]),
)
def test_bits_are_those_of_memory(
    engine: str, shape: Any, chunks: Any, sigma: Any, border: str, mean: float | None
) -> None:
    data = STACK[tuple(slice(n) for n in shape)]
    if mean is not None:
        data = (data / 4000 + mean).astype(np.float32)
    how: dict[str, Any] = {
        "sigma": [f"{s} um" for s in sigma], "border": border, "engine": engine,
        "voxel_size": 1, "unit": "um",
    }  # fmt: skip
    array = dask_array.from_array(data, chunks=tuple(map(min, chunks, shape)))
    with small_blocks():
        result = fiji_bridge.gaussian(array, **how)
    np.testing.assert_array_equal(result.compute(), fiji_bridge.gaussian(data, **how))


def test_channels_and_times_have_pedestals_of_their_own(engine: str) -> None:
    data = RNG.normal(0, 1, (2, 7, 2, 20, 30)).astype(np.float32)
    data[1, :, 0] += 60000
    how: dict[str, Any] = {
        "sigma": "3 um", "engine": engine, "voxel_size": 1, "unit": "um", "axes": "tzcyx"
    }  # fmt: skip
    array = dask_array.from_array(data, chunks=(2, 3, 1, 8, 9))
    with small_blocks():
        result = fiji_bridge.gaussian(array, **how)
    assert result.npartitions > 8
    np.testing.assert_array_equal(result.compute(), fiji_bridge.gaussian(data, **how))


OTHERS: dict[str, dict[str, Any]] = {
    "median": {"radius": "1 um"},
    "bilateral": {"radius": "0.6 um", "contrast": 900.0},
    "gradient_magnitude": {"sigma": "1 um"},
    "unsharp_mask": {"sigma": "1 um"},
    "laplacian": {"sigma": "1 um"},
    "rescale": {"to": "finest"},
}


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_other_operations(name: str) -> None:
    operation = getattr(fiji_bridge, name)
    how = OTHERS[name] | ({"engine": "scipy"} if operation.operation.uses_engine else {})
    array = forbidden(STACK, (2, 8, 7))
    assert isinstance(operation(array, voxel_size=SIZE, **how), dask_array.Array)
    array = dask_array.from_array(STACK, chunks=(2, 8, 7))
    with small_blocks():
        result = operation(array, voxel_size=SIZE, **how)
    assert result.npartitions > 8
    np.testing.assert_array_equal(result.compute(), operation(STACK, voxel_size=SIZE, **how))


def named(data: Any, falling: bool = False) -> xarray.DataArray:
    step = -0.5 if falling else 0.5
    coords = {
        "z": ("z", np.arange(7) * 2.0, {"units": "um"}),
        "y": ("y", 3 + np.arange(20) * step, {"units": "um"}),
        "x": ("x", np.arange(30) * 0.5, {"units": "um"}),
    }
    return xarray.DataArray(data, coords, ["z", "y", "x"], name="cells", attrs={"kept": 1})


@pytest.mark.parametrize("falling", [False, True])
def test_dataarray_and_dataset(falling: bool) -> None:
    lazy = named(forbidden(STACK, (2, 8, 5)), falling)
    assert fiji_bridge.gaussian(lazy, **HOW).chunks is not None
    given = named(dask_array.from_array(STACK, chunks=(2, 8, 5)), falling)
    wanted = fiji_bridge.gaussian(named(STACK, falling), **HOW)
    xarray.testing.assert_identical(fiji_bridge.gaussian(given, **HOW).compute(), wanted)
    result = fiji_bridge.gaussian(given.to_dataset(), **HOW)
    assert result["cells"].chunks is not None
    xarray.testing.assert_identical(result["cells"].compute(), wanted)


@pytest.mark.parametrize("falling", [False, True])
def test_a_dataarray_on_another_grid(falling: bool) -> None:
    how = {"to": "0.7 um", "engine": "scipy"}
    given = named(dask_array.from_array(STACK, chunks=(2, 8, 5)), falling)
    found = fiji_bridge.rescale(given, **how)
    assert found.chunks is not None
    wanted = fiji_bridge.rescale(named(STACK, falling), **how)
    xarray.testing.assert_identical(found.compute(), wanted)


def test_one_task_per_block() -> None:
    array = dask_array.zeros((64, 256, 256), chunks=(8, 32, 32), dtype=np.uint16)
    result = fiji_bridge.gaussian(array, voxel_size=1, unit="um", **HOW)
    assert result.npartitions == 1, "512 chunks of 16 KiB are one block"


def test_nan_is_refused_with_its_place_when_it_is_met() -> None:
    data = STACK.astype(np.float32)
    data[3, 4, 5] = np.nan
    result = fiji_bridge.gaussian(dask_array.from_array(data), voxel_size=SIZE, **HOW)
    with pytest.raises(NotFiniteError, match="z=3, y=4, x=5"):
        result.compute()


def test_what_depends_on_the_whole_says_so() -> None:
    array = dask_array.from_array(STACK, chunks=(2, 8, 5))
    with pytest.warns(UserWarning, match="rescale of this image depends on the whole of it"):
        result = fiji_bridge.rescale(array, voxel_size=SIZE, to="1 um", interpolation="cubic")
    assert isinstance(result, dask_array.Array)


def test_what_measures_the_image_measures_it() -> None:
    how: dict[str, Any] = {"match": "isotropic", "voxel_size": SIZE, "engine": "scipy"}
    flat = np.zeros((4, 5, 6), np.float32)
    noise = RNG.normal(100, 5, (8, 40, 40)).astype(np.float32)
    said = []
    for data in (flat, noise):
        with pytest.raises(InputError) as plain:
            fiji_bridge.gaussian(data, **how)
        with (
            pytest.warns(UserWarning, match="gaussian of this image depends on the whole"),
            pytest.raises(InputError) as lazy,
        ):
            fiji_bridge.gaussian(dask_array.from_array(data), **how)
        assert str(lazy.value) == str(plain.value)
        said.append(str(plain.value))
    assert said[0] != said[1]


def test_what_makes_no_sense_later_is_refused() -> None:
    array = dask_array.from_array(STACK)
    with pytest.raises(ArgumentError, match=r"use dask\.diagnostics\.ProgressBar"):
        fiji_bridge.gaussian(array, voxel_size=SIZE, progress=print, **HOW)
    unknown = dask_array.from_array(STACK.ravel())
    with pytest.raises(InputError, match=r"call compute_chunk_sizes\(\) first"):
        fiji_bridge.gaussian(unknown[unknown > 7], voxel_size=1, unit="um", **HOW)


def test_big_endian_empty_and_masked() -> None:
    swapped = STACK.astype(">u2")
    result = fiji_bridge.gaussian(dask_array.from_array(swapped), voxel_size=SIZE, **HOW)
    wanted = fiji_bridge.gaussian(STACK, voxel_size=SIZE, **HOW)
    np.testing.assert_array_equal(result.compute(), wanted)
    empty = fiji_bridge.gaussian(dask_array.zeros((0, 4, 4)), voxel_size=SIZE, **HOW)
    assert empty.compute().shape == (0, 4, 4)
    masked = dask_array.from_array(np.ma.MaskedArray(STACK, mask=STACK < 9))
    with pytest.raises(NotFiniteError):
        fiji_bridge.gaussian(masked, voxel_size=SIZE, **HOW)


def test_the_graph_can_be_sent_and_is_small() -> None:
    array = dask_array.zeros((64, 2048, 2048), chunks=64, dtype=np.uint16)
    result = fiji_bridge.gaussian(array, voxel_size=1, unit="um", **HOW)
    assert result.npartitions > 1
    import cloudpickle

    assert len(cloudpickle.dumps(result)) < array.nbytes / 100
    small = fiji_bridge.gaussian(dask_array.from_array(STACK), voxel_size=SIZE, **HOW)
    again = pickle.loads(cloudpickle.dumps(small))
    with dask.config.set(scheduler="sync"):
        np.testing.assert_array_equal(again.compute(), small.compute())
