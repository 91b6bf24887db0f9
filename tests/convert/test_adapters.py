"""Arrays, DataArrays and ImagePlus in and out."""

from __future__ import annotations

import json
import math
import pickle
import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pint
import pytest
import xarray
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from fiji_bridge.convert.adapters import FilteredArray, like, to_image
from fiji_bridge.errors import AxesError, CalibrationError, DTypeError, InputError, UnitError
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import AxisCalibration, Calibration
from fiji_bridge.image.units import canonical
from fiji_bridge.jvm.session import Session
from same_image import differences
from strategies import arrays, imagej_images, unit_spellings, voxel_sizes

UM = pint.UnitRegistry().um
STACK = np.arange(60, dtype=np.uint16).reshape(3, 4, 5)
PROVENANCE = ({"operation": "gaussian", "engine": "scipy"},)


def data_array(**changes: Any) -> xarray.DataArray:
    """The stack everyone has, with an origin along z."""
    coords: dict[str, Any] = {
        "z": ("z", (np.arange(3) - 1) * 2.0, {"units": "um"}),
        "y": ("y", np.arange(4) * 0.45, {"units": "um"}),
        "x": ("x", np.arange(5) * 450.0, {"units": "nm"}),
        **changes,
    }
    attrs = {"microscope": "made up"}
    return xarray.DataArray(STACK, coords, ("z", "y", "x"), name="stack", attrs=attrs)


# --- NumPy ---


@pytest.mark.parametrize(("ndim", "axes"), [(1, "x"), (2, "yx"), (3, "zyx")])
def test_axes_by_number_of_dimensions(ndim: int, axes: str) -> None:
    assert to_image(np.zeros((2,) * ndim)).axes == tuple(axes)


@given(arrays())
def test_an_array_comes_back_as_an_array_of_the_same_memory(array: NDArray[Any]) -> None:
    image = to_image(array)
    assert np.shares_memory(image.data, array)
    back = like(array, replace(image, provenance=PROVENANCE))
    assert isinstance(back, np.ndarray)
    assert np.array_equal(back, array)
    assert back.provenance == PROVENANCE  # type: ignore[attr-defined]


def test_provenance_of_views_copies_and_pickles_but_not_of_computed_arrays() -> None:
    result = like(STACK, replace(to_image(STACK), provenance=PROVENANCE))
    assert isinstance(result, FilteredArray)
    for kept in (result[1], result.copy(), result.T, pickle.loads(pickle.dumps(result))):
        assert kept.provenance == PROVENANCE
        assert isinstance(kept, FilteredArray)
    assert np.array_equal(pickle.loads(pickle.dumps(result)), STACK)
    assert type(result + 1) is np.ndarray
    assert type(result.max()) is np.uint16
    assert to_image(result).provenance == PROVENANCE


@pytest.mark.parametrize("shape", [(), (1, 2, 3, 4), (1, 2, 3, 4, 5)])
def test_other_numbers_of_dimensions_need_names(shape: tuple[int, ...]) -> None:
    with pytest.raises(AxesError, match=r"needs names.*axes='czyx'"):
        to_image(np.zeros(shape))


def test_named_axes() -> None:
    assert to_image(np.zeros((2, 3, 4, 5)), axes="CZYX").axes == ("c", "z", "y", "x")
    with pytest.raises(AxesError, match="2 axis names"):
        to_image(STACK, axes="yx")
    with pytest.raises(AxesError, match="'q'"):
        to_image(STACK, axes="qyx")


def test_rgb_is_not_taken_for_a_stack() -> None:
    photo = np.zeros((40, 50, 3), np.uint8)
    with pytest.raises(AxesError, match="looks like an RGB image; say axes='yxs'"):
        to_image(photo)
    assert to_image(photo, axes="yxs").axes == ("y", "x", "s")
    assert to_image(photo, axes="zyx").axes == ("z", "y", "x")


@pytest.mark.parametrize("thing", [[[1, 2], [3, 4]], None, 5, object()])
def test_other_things_are_refused(thing: Any) -> None:
    with pytest.raises(InputError, match=r"must be one of .*numpy\.ndarray.*got"):
        to_image(thing)
    with pytest.raises(InputError):
        like(thing, to_image(STACK))


# --- voxel_size= ---


@pytest.mark.parametrize(
    "given_size",
    [
        "2 0.45 0.45 um",
        "2, 0.45, 0.45 um",
        "2; 0.45; 0.45 µm",
        "2um 450nm 450nm",
        "2 um 450 nm 0.00045 mm",
        "z=2 um, y=0.45 um, x=450 nm",
        "x=0.45 y=0.45 z=2 um",
        "z = 2 um; y = 0.45 um; x = 0.45 um",
        {"z": "2 um", "y": "450 nm", "x": 0.45 * UM},
        ["2 um", "450 nm", "0.45 um"],
        (2.0, 0.45, 0.45) * UM,
        np.array([2.0, 0.45, 0.45]) * UM,
        [2 * UM, 0.45 * UM, 0.45 * UM],
    ],
    ids=str,
)
def test_ways_to_write_a_voxel_size(given_size: Any) -> None:
    calibration = to_image(STACK, voxel_size=given_size).calibration
    found = [calibration.voxel_size(axis, "um") for axis in "zyx"]
    assert found == pytest.approx([2.0, 0.45, 0.45], rel=1e-15)


@pytest.mark.parametrize(
    "given_size", [(2, 0.45, 0.45), "2 0.45 0.45", [2.0, 0.45, 0.45], np.array([2.0, 0.45, 0.45])]
)
def test_bare_numbers_have_no_unit(given_size: Any) -> None:
    calibration = to_image(STACK, voxel_size=given_size).calibration
    assert calibration.source == "voxel_size="
    assert calibration.z == AxisCalibration(2.0, "", bare=True)
    assert calibration.x == AxisCalibration(0.45, "", bare=True)


@given(st.tuples(voxel_sizes, voxel_sizes, voxel_sizes), unit_spellings)
def test_any_size_in_any_unit(sizes: tuple[float, float, float], unit: tuple[str, str]) -> None:
    text = " ".join(repr(size) for size in sizes) + f" {unit[0]}"
    calibration = to_image(STACK, voxel_size=text).calibration
    assert tuple(calibration.axis(axis).size for axis in "zyx") == sizes
    assert canonical(calibration.z.unit) == unit[1]


@pytest.mark.parametrize("one", ["0.5 um", 0.5 * UM])
def test_one_size_for_all_axes(one: Any) -> None:
    calibration = to_image(STACK, voxel_size=one).calibration
    assert [calibration.voxel_size(axis) for axis in "zyx"] == [0.5, 0.5, 0.5]


def test_some_axes_only() -> None:
    image = to_image(to_image(data_array()), voxel_size="z=3 um")
    assert image.calibration.z == AxisCalibration(3.0, "µm", origin=1.0)
    assert image.calibration.voxel_size("x", "um") == 0.45


@pytest.mark.parametrize(
    ("bad", "error", "said"),
    [
        ("2,0 0,45 0,45 um", CalibrationError, "decimals with a point"),
        ("2,0.45,0.45 um", CalibrationError, "decimals with a point"),
        ("2 0.45 um", CalibrationError, "2 values but the image has 3 spatial axes"),
        ((1, 2), CalibrationError, r"one each for \(z, y, x\)"),
        ("0 1 1 um", CalibrationError, r"axis z must be finite and above zero; got 0\.0"),
        ((1, -1, 1), CalibrationError, r"axis y .* got -1\.0"),
        ((1, 1, math.nan), CalibrationError, "axis x .* got nan"),
        ("1 1 inf um", CalibrationError, "axis x .* got inf"),
        ("", CalibrationError, "cannot read"),
        ("z=1 z=2 um", CalibrationError, "every axis once"),
        ("z=1 2 3 um", CalibrationError, "every axis once"),
        ("1 1 1 sec", UnitError, "unknown length unit 'sec'"),
        ("c=1 um", AxesError, "axis 'c'"),
        ({"q": 1}, AxesError, "axis 'q'"),
        ((1, 1, None), CalibrationError, "got None"),
        ((True, 1, 1), CalibrationError, "got True"),
        ((1, 1, pint.UnitRegistry().second), CalibrationError, "must be a length"),
        ((1, 1, 1 * pint.UnitRegistry().second), UnitError, "not a length"),
    ],
    ids=repr,
)
def test_voxel_sizes_that_are_refused(bad: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        to_image(STACK, voxel_size=bad)


def test_an_axis_that_the_image_lacks() -> None:
    with pytest.raises(AxesError, match="axis 'z', but the image has only y, x"):
        to_image(STACK[0], voxel_size="z=1 um")


# --- xarray ---


def test_coordinates_are_voxel_sizes() -> None:
    calibration = to_image(data_array()).calibration
    assert calibration.z == AxisCalibration(2.0, "um", origin=1.0)
    assert calibration.y == AxisCalibration(0.45, "um")
    assert calibration.x == AxisCalibration(450.0, "nm")


def test_a_data_array_comes_back_with_everything() -> None:
    given_array = data_array()
    result = replace(to_image(given_array), data=STACK * 2, provenance=PROVENANCE)
    back = like(given_array, result)
    assert back.provenance == PROVENANCE
    assert back.attrs == {"microscope": "made up", "provenance": PROVENANCE}
    assert "provenance" not in given_array.attrs
    assert (back.name, back.dims) == ("stack", given_array.dims)
    assert back.coords.equals(given_array.coords)
    assert back.coords["x"].attrs == {"units": "nm"}
    assert np.array_equal(back.values, STACK * 2)
    assert to_image(back).provenance == PROVENANCE


@given(
    st.tuples(voxel_sizes, voxel_sizes, voxel_sizes),
    st.tuples(*(st.integers(-5, 5),) * 3),
    hnp.array_shapes(min_dims=3, max_dims=3, min_side=2, max_side=50),
)
def test_sizes_and_origins_survive_their_coordinates(
    sizes: tuple[float, ...], origins: tuple[int, ...], shape: tuple[int, ...]
) -> None:
    coords = {
        axis: (axis, (np.arange(n) - origin) * size, {"units": "um"})
        for axis, size, origin, n in zip("zyx", sizes, origins, shape, strict=True)
    }
    array = xarray.DataArray(np.zeros(shape), coords, ("z", "y", "x"))
    calibration = to_image(array).calibration
    for axis, size, origin in zip("zyx", sizes, origins, strict=True):
        # The positions are rounded, at most 55 of them times half an ulp each.
        assert calibration.axis(axis).size == pytest.approx(size, rel=2e-14)
        assert calibration.axis(axis).origin == pytest.approx(origin, abs=1e-9)
    assert like(array, to_image(array)).coords.equals(array.coords)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_decimal_sizes_come_back_as_they_were_written(kind: type[Any]) -> None:
    positions = (np.arange(1000) * 0.45).astype(kind)
    array = xarray.DataArray(np.zeros(1000), {"x": ("x", positions, {"units": "um"})}, ("x",))
    assert to_image(array).calibration.x.size == 0.45


@pytest.mark.parametrize(
    ("positions", "said"),
    [
        ([0.0, 2.0, 5.0], "uneven coordinates, with steps from 2 to 3"),
        ([0.0, 2.0, math.nan], "not finite"),
        ([1.0, 1.0, 1.0], r"all coordinates 1\.0"),
        (["a", "b", "c"], "coordinates of type"),
    ],
)
def test_uneven_coordinates_are_refused_when_a_length_is_needed(
    positions: list[Any], said: str
) -> None:
    image = to_image(data_array(z=("z", positions, {"units": "um"})))
    with pytest.raises(CalibrationError, match=f"axis z makes no sense: .*{said}"):
        image.calibration.voxel_size("z")
    assert image.calibration.voxel_size("y") == 0.45


def test_falling_coordinates_have_a_size_too() -> None:
    image = to_image(data_array(y=("y", [9.0, 6.0, 3.0, 0.0], {"units": "um"})))
    assert image.calibration.y == AxisCalibration(3.0, "um", origin=0.0)
    assert np.array_equal(image.data, STACK[:, ::-1]), "read from the low end on"


def test_coordinates_without_unit_are_no_lengths() -> None:
    image = to_image(data_array(z=("z", [0.0, 2.0, 4.0])))
    with pytest.raises(CalibrationError, match=r"axis z is 2 \(.*DataArray\).*'um'.*z=2 um"):
        image.calibration.voxel_size("z")


def test_missing_coordinates() -> None:
    image = to_image(xarray.DataArray(STACK, dims=("z", "y", "x")))
    with pytest.raises(CalibrationError, match="axis z has no voxel size"):
        image.calibration.voxel_size("z")


def test_names_of_dimensions_elsewhere() -> None:
    array = xarray.DataArray(np.zeros((1, 2, 3, 4, 5)), dims=("t", "pln", "row", "col", "ch"))
    assert to_image(array).axes == ("t", "z", "y", "x", "c")
    with pytest.raises(AxesError, match="dimension 'depth'"):
        to_image(xarray.DataArray(STACK, dims=("depth", "y", "x")))
    deep = xarray.DataArray(STACK, dims=("depth", "y", "x"))
    assert to_image(deep, axes="zyx").axes == ("z", "y", "x")
    assert like(deep, to_image(deep, axes="zyx")).dims == deep.dims


def test_time_and_channels() -> None:
    array = xarray.DataArray(
        np.zeros((2, 3, 4, 5)),
        {"t": ("t", [0.0, 0.5], {"units": "min"}), "c": ["DAPI", "b", "c"]},
        ("t", "c", "y", "x"),
    )
    image = to_image(array)
    assert (image.calibration.frame_interval, image.calibration.time_unit) == (0.5, "min")
    assert image.channel_names == ("DAPI", "b", "c")


def test_provenance_as_text_is_understood() -> None:
    array = data_array().assign_attrs(provenance=json.dumps(PROVENANCE))
    assert to_image(array).provenance == PROVENANCE


def test_a_result_of_another_size_gets_new_coordinates() -> None:
    given_array = data_array()
    before = to_image(given_array)
    calibration = before.calibration.with_axes(z=AxisCalibration(1.0, "µm", 2.0))
    result = replace(before, data=np.zeros((6, 4, 5)), calibration=calibration)
    back = like(given_array, result)
    assert back.coords["z"].values.tolist() == [-2.0, -1.0, 0.0, 1.0, 2.0, 3.0]
    assert back.coords["z"].attrs == {"units": "µm"}
    assert back.coords["y"].equals(given_array.coords["y"])


def test_a_result_without_an_axis() -> None:
    given_array = data_array()
    before = to_image(given_array)
    result = CalibratedImage(np.zeros((4, 5)), ("y", "x"), before.calibration)
    back = like(given_array, result)
    assert back.dims == ("y", "x")
    assert set(back.coords) == {"y", "x"}


def test_a_result_with_one_more_axis() -> None:
    given_array = data_array()
    before = to_image(given_array)
    result = CalibratedImage(np.zeros((2, 3, 4, 5)), ("c", "z", "y", "x"), before.calibration)
    back = like(given_array, result)
    assert back.dims == ("c", "z", "y", "x")
    assert back.coords["z"].equals(given_array.coords["z"])


# --- CalibratedImage and ImagePlus ---


def test_an_image_stays_an_image() -> None:
    image = CalibratedImage(STACK, ("z", "y", "x"), Calibration(source="here"))
    assert to_image(image) is image
    assert to_image(image, axes="tyx").axes == ("t", "y", "x")
    assert like(image, image) is image


@pytest.mark.jvm
@given(image=imagej_images())
def test_an_imageplus_comes_back_as_an_imageplus(session: Session, image: CalibratedImage) -> None:
    from fiji_bridge.jvm.imageplus import to_imageplus

    imp = to_imageplus(image)
    back = like(imp, replace(to_image(imp), provenance=PROVENANCE))
    assert back.provenance == PROVENANCE
    assert differences(to_image(back), replace(to_image(imp), provenance=PROVENANCE)) == []
    assert imp.provenance == image.provenance, "the original is left alone"


@pytest.mark.jvm
def test_an_imageplus_has_axes_of_its_own(session: Session) -> None:
    imp = session.jclass("ij.IJ").createImage("made", "8-bit", 5, 4, 3)
    assert to_image(imp).axes == ("z", "y", "x")
    with pytest.raises(AxesError, match="axes= is for arrays"):
        to_image(imp, axes="zyx")


@pytest.mark.jvm
@pytest.mark.parametrize("dtype", ["float64", "int32", "bool", "float16"])
def test_types_that_imagej_lacks(session: Session, dtype: str) -> None:
    imp = session.jclass("ij.IJ").createImage("made", "8-bit", 5, 4, 1)
    with pytest.raises(DTypeError, match=f"an ImagePlus cannot hold samples of type {dtype}"):
        like(imp, CalibratedImage(np.zeros((4, 5), dtype), ("y", "x")))


def test_arrays_need_neither_a_jvm_nor_xarray() -> None:
    code = (
        "import sys, numpy; from fiji_bridge.convert.adapters import to_image, like;"
        "a = numpy.zeros((3, 4, 5)); like(a, to_image(a, voxel_size='1 um'));"
        "print(sorted({'jpype', 'scyjava', 'xarray', 'tifffile'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.jvm
@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "float32"])
def test_read_only_and_strided_samples_reach_imagej(session: Session, dtype: str) -> None:
    from fiji_bridge.jvm.imageplus import from_imageplus, to_imageplus

    data = np.arange(240).reshape(3, 8, 10).astype(dtype).astype(np.dtype(dtype).newbyteorder(">"))
    data = data[:, ::2, ::-1]
    data.flags.writeable = False
    plane = np.ascontiguousarray(data[1].astype(dtype))
    plane.flags.writeable = False
    for samples, axes in ((data, "zyx"), (plane, "yx")):
        image = CalibratedImage(samples, tuple(axes))
        assert np.array_equal(from_imageplus(to_imageplus(image)).data, samples)
