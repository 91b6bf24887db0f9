"""Every kind of object that comes in: what it says is understood, and the same kind comes back."""

from __future__ import annotations

import subprocess
import sys
from collections import namedtuple
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import SimpleITK
import xarray
import zarr
from dask import array as dask_array

import fiji_bridge
from fiji_bridge.convert import zarr_arrays
from fiji_bridge.convert.adapters import like, to_image
from fiji_bridge.convert.catalogue import kinds
from fiji_bridge.convert.registry import Kind, Registry
from fiji_bridge.errors import AxesError, CalibrationError, InputError
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import AxisCalibration

STACK = np.arange(6 * 8 * 10, dtype=np.uint16).reshape(6, 8, 10)
PROVENANCE = ({"operation": "made up"},)
UM = {"units": "um"}
HOW: dict[str, Any] = {"sigma": "1 um", "engine": "scipy"}
SIZE = "2 0.5 0.5 um"
#: What every kind must give: the blur of the plain array.
BLURRED = np.asarray(fiji_bridge.gaussian(STACK, voxel_size=SIZE, **HOW))


# --- the registry ---


def test_a_kind_is_one_file_and_one_line() -> None:
    folder = Path(fiji_bridge.__file__).parent / "convert"
    files = {p.stem for p in folder.glob("*.py")} - {
        "__init__",
        "adapters",
        "catalogue",
        "registry",
        "transfer",
    }
    listed = (folder / "catalogue.py").read_text(encoding="utf-8")
    assert all(f"    {name},\n" in listed for name in files)
    said = (folder.parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert f"There are {len(kinds().names())} kinds of input" in said


def test_another_package_adds_a_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    class Tomogram:
        def __init__(self, voxels: Any) -> None:
            self.voxels = voxels

    kind = Kind(
        "a tomogram",
        (f"{Tomogram.__module__.partition('.')[0]}.{Tomogram.__qualname__}",),
        lambda tomogram, axes: CalibratedImage(tomogram.voxels, ("z", "y", "x")),
        lambda tomogram, result: Tomogram(result.data),
    )
    monkeypatch.setattr(sys.modules[__name__], "TOMOGRAM", kind, raising=False)
    kinds().add_entry_points([EntryPoint("tomogram", f"{__name__}:TOMOGRAM", "fiji_bridge.inputs")])
    try:
        result = fiji_bridge.gaussian(Tomogram(STACK), voxel_size=SIZE, **HOW)
        assert isinstance(result, Tomogram)
        assert np.array_equal(result.voxels, BLURRED)
        with pytest.raises(InputError, match="'a tomogram' is registered twice"):
            kinds().add(kind)
        with pytest.raises(InputError, match="belongs to 'a tomogram'"):
            kinds().add(replace(kind, name="another"))
    finally:
        # The registry is one for the process.
        kinds.cache_clear()
    with pytest.raises(InputError, match=r"must be one of .*got"):
        to_image(Tomogram(STACK))


@pytest.mark.parametrize(
    ("value", "said"),
    [("sys:version", r"gives no .*Kind"), ("no_such_module:KIND", "cannot be loaded")],
)
def test_entry_points_that_do_not_fit_are_named(value: str, said: str) -> None:
    with pytest.raises(InputError, match=f"entry point odd = {value}.*{said}"):
        Registry([]).add_entry_points([EntryPoint("odd", value, "fiji_bridge.inputs")])


def test_kinds_are_recognised_without_their_libraries() -> None:
    code = (
        "import sys, numpy; from fiji_bridge.convert.adapters import to_image;"
        "to_image(numpy.zeros((3, 4, 5)));"
        "heavy = {'xarray', 'dask', 'zarr', 'SimpleITK', 'jpype', 'tifffile', 'napari', 'pint'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# --- NumPy's relatives ---


def test_memory_mapped(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", STACK)
    mapped = np.load(tmp_path / "a.npy", mmap_mode="r")
    assert np.array_equal(fiji_bridge.gaussian(mapped, voxel_size=SIZE, **HOW), BLURRED)


def test_what_is_masked_is_missing() -> None:
    masked = np.ma.MaskedArray(STACK, mask=STACK == 200)
    filled = STACK.astype(np.float32)
    filled[STACK == 200] = np.nan
    with pytest.raises(InputError, match="NaN"):
        fiji_bridge.gaussian(masked, voxel_size=SIZE, **HOW)
    result = fiji_bridge.gaussian(masked, voxel_size=SIZE, nan="ignore", **HOW)
    assert isinstance(result, np.ma.MaskedArray)
    expected = fiji_bridge.gaussian(filled, voxel_size=SIZE, nan="ignore", **HOW)
    assert np.array_equal(result.data, expected)
    assert not result.mask.any(), "a mean of the others is there everywhere"
    assert result.provenance[-1]["operation"] == "gaussian"
    spread = fiji_bridge.gaussian(masked, voxel_size=SIZE, nan="propagate", **HOW)
    assert spread.mask.sum() > 1


def test_a_mask_that_masks_nothing_changes_nothing() -> None:
    result = fiji_bridge.gaussian(np.ma.MaskedArray(STACK), voxel_size=SIZE, **HOW)
    assert (result.dtype, result.mask.any()) == (np.uint16, False)
    assert np.array_equal(result.data, BLURRED)


def test_dask() -> None:
    given = dask_array.from_array(STACK, chunks=(2, 8, 5))
    result = fiji_bridge.gaussian(given, voxel_size=SIZE, **HOW)
    assert (type(result), result.chunksize) == (dask_array.Array, STACK.shape), "one block"
    assert np.array_equal(result.compute(), BLURRED)


def in_zarr(version: int) -> Any:
    return zarr.create_array(
        {},
        data=STACK,
        chunks=(2, 8, 5),
        zarr_format=version,  # type: ignore[arg-type]
        attributes={"kept": 1},
    )


@pytest.mark.parametrize("version", [2, 3])
def test_zarr_is_read_when_the_result_is(version: int, monkeypatch: pytest.MonkeyPatch) -> None:
    given = in_zarr(version)
    real, read = zarr.Array.__getitem__, list[int]()

    def counting(array: Any, selection: Any) -> Any:
        found = real(array, selection)
        read.append(np.size(found))
        return found

    monkeypatch.setattr(zarr.Array, "__getitem__", counting)
    result = fiji_bridge.gaussian(given, voxel_size=SIZE, **HOW)
    assert (type(result), result.shape, sum(read)) == (dask_array.Array, STACK.shape, 0)
    assert np.array_equal(result.compute(), BLURRED)
    assert sum(read) >= STACK.size


@pytest.mark.parametrize("version", [2, 3])
def test_zarr_without_dask(version: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zarr_arrays, "find_spec", lambda name: None)
    result = fiji_bridge.gaussian(in_zarr(version), voxel_size=SIZE, **HOW)
    assert isinstance(result, zarr.Array)
    assert (result.chunks, result.metadata.zarr_format) == ((2, 8, 5), version)
    assert result.attrs["kept"] == 1
    assert "gaussian" in str(result.attrs["fiji_bridge.provenance"])
    assert np.array_equal(result[...], BLURRED)


class Foreign:
    """What an array library with DLPack looks like."""

    device = 1

    def __init__(self, data: Any) -> None:
        self.data = data

    def __dlpack__(self, **keywords: Any) -> Any:
        return self.data.__dlpack__(**keywords)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.device, 0

    def __array_namespace__(self) -> Any:
        return SimpleNamespace(asarray=Foreign)


def test_arrays_over_dlpack() -> None:
    result = fiji_bridge.gaussian(Foreign(STACK), voxel_size=SIZE, **HOW)
    assert isinstance(result, Foreign)
    assert np.array_equal(result.data, BLURRED)
    elsewhere = Foreign(STACK)
    elsewhere.device = 2
    with pytest.raises(InputError, match="memory of another device; bring it to the CPU"):
        to_image(elsewhere)


# --- xarray ---


def scene(y: Any, unit: Any = UM, **attrs: Any) -> xarray.DataArray:
    """A DataArray each of whose samples is its own y position."""
    z, x = np.arange(4) * 2.0, np.arange(12) * 0.5
    data = np.broadcast_to(np.asarray(y)[None, :, None], (4, len(y), 12)).astype(np.float32)
    coords = {"z": ("z", z, unit), "y": ("y", y, unit), "x": ("x", x, unit)}
    return xarray.DataArray(data.copy(), coords, ("z", "y", "x"), attrs=attrs)


FALLING = scene(np.arange(9.5, -0.01, -0.5))


@pytest.mark.parametrize("kind", ["uint8", "uint64", "int8", "float32", "float64"])
def test_falling_coordinates_of_every_type(kind: str) -> None:
    """Differences of unsigned integers are never negative."""
    given = scene(np.arange(40, -1, -2).astype(kind))
    result = fiji_bridge.derivative(given, sigma="2 um", along="y", engine="scipy")
    # Away from the edges; float32 of values up to 40, divided by 2.
    assert result.values[0, 10, 5] == pytest.approx(1.0, abs=1e-5)


def test_falling_coordinates_keep_their_places_when_rescaled() -> None:
    to = {"z": "2 um", "y": "1 um", "x": "1 um"}
    result = fiji_bridge.rescale(FALLING, to=to, antialias="none", engine="scipy")
    assert result.y.values[[0, -1]] == pytest.approx([9.25, 0.25])
    assert np.abs(result - result.y).max() < 1e-5
    rising = fiji_bridge.rescale(FALLING[:, ::-1], to=to, antialias="none", engine="scipy")
    assert np.array_equal(result[:, ::-1], rising)


def test_derivatives_are_along_the_coordinate() -> None:
    result = fiji_bridge.derivative(FALLING, sigma="0.5 um", along="y", engine="scipy")
    # Away from the edges; float32 of values up to 9.5, divided by 0.5.
    assert result.values[0, 8, 5] == pytest.approx(1.0, abs=1e-5)
    assert result.coords.equals(FALLING.coords)


@pytest.mark.parametrize("axis", ["z", "y", "x"])
def test_turning_an_axis_over_turns_the_result_over(axis: str) -> None:
    data = np.random.default_rng(3).random(FALLING.shape).astype(np.float32)
    given = FALLING.copy(data=data)
    turned = given.isel({axis: slice(None, None, -1)})
    one = fiji_bridge.gaussian(given, sigma="0.7 um", engine="scipy")
    other = fiji_bridge.gaussian(turned, sigma="0.7 um", engine="scipy")
    xarray.testing.assert_equal(one, other.isel({axis: slice(None, None, -1)}))


def test_a_dataset_of_one_variable() -> None:
    dataset = FALLING.to_dataset(name="nuclei").assign_attrs(microscope="made up")
    result = fiji_bridge.gaussian(dataset, **HOW)
    assert isinstance(result, xarray.Dataset)
    assert result.attrs == dataset.attrs
    xarray.testing.assert_equal(result["nuclei"], fiji_bridge.gaussian(FALLING, **HOW))
    with pytest.raises(InputError, match=r"has 2: nuclei, other; give one of them"):
        to_image(dataset.assign(other=FALLING))


def test_a_scale_without_unit_needs_only_the_unit() -> None:
    """What PyImageJ gives: dimensions pln, row, col, positions, and no unit."""
    given = scene(np.arange(20) * 0.5, {}).rename(z="pln", y="row", x="col")
    with pytest.raises(CalibrationError, match=r"without a unit; only that.*unit='um'"):
        fiji_bridge.gaussian(given, **HOW)
    result = fiji_bridge.gaussian(given, unit="um", **HOW)
    assert result.dims == ("pln", "row", "col")
    expected = fiji_bridge.gaussian(scene(np.arange(20) * 0.5), **HOW)
    assert np.array_equal(result, expected)


def test_the_units_of_the_array_count_where_they_are_lengths() -> None:
    assert to_image(scene(np.arange(5.0), {}, units="um")).calibration.voxel_size("z") == 2
    assert to_image(scene(np.arange(5.0), {"units": "nm"}, units="um")).calibration.y.unit == "nm"
    assert to_image(scene(np.arange(5.0), {}, units="HU")).calibration.y.unit == ""


def test_quantities_of_pint_xarray() -> None:
    pytest.importorskip("pint_xarray", reason="pint-xarray is not installed")
    plain = scene(np.arange(20) * 0.5)
    given = plain.pint.quantify({"z": "um", "y": "um", "x": "um"})
    assert to_image(given).calibration.voxel_size("z", "um") == 2
    counts = plain.assign_attrs(units="volt").pint.quantify()
    result = fiji_bridge.gaussian(counts, **HOW)
    assert str(result.data.units) == "volt"
    assert np.array_equal(result.data.magnitude, fiji_bridge.gaussian(plain, **HOW))


# --- ITK ---


def itk_image() -> Any:
    """An image that lies obliquely in space."""
    image = SimpleITK.GetImageFromArray(STACK)
    image.SetSpacing((0.5, 0.5, 2.0))
    image.SetOrigin((3.0, -4.0, 7.5))
    angle = 0.3
    c, s = np.cos(angle), np.sin(angle)
    image.SetDirection((c, -s, 0, s, c, 0, 0, 0, 1))
    image.SetMetaData("0010|0010", "made up")
    return image


def test_simpleitk_keeps_spacing_origin_and_direction() -> None:
    image = itk_image()
    result = fiji_bridge.gaussian(image, unit="um", **HOW)
    assert result.GetSpacing() == image.GetSpacing()
    assert result.GetOrigin() == image.GetOrigin()
    assert result.GetDirection() == image.GetDirection()
    assert result.GetMetaData("0010|0010") == "made up"
    assert "gaussian" in result.GetMetaData("fiji_bridge.provenance")
    assert np.array_equal(SimpleITK.GetArrayFromImage(result), BLURRED)


def test_a_bare_number_is_in_the_unit_of_the_spacing_as_in_itk() -> None:
    bare = fiji_bridge.gaussian(itk_image(), sigma=1, engine="scipy")
    assert np.array_equal(SimpleITK.GetArrayFromImage(bare), BLURRED)
    with pytest.raises(CalibrationError, match="only that is missing: say unit="):
        fiji_bridge.gaussian(itk_image(), **HOW)


def test_a_rescaled_image_lies_where_itk_says() -> None:
    image = SimpleITK.Cast(itk_image(), SimpleITK.sitkFloat32)
    result = fiji_bridge.rescale(image, to=1, antialias="none", engine="scipy")
    assert result.GetSpacing() == (1.0, 1.0, 1.0)
    # Voxel 2 of the new grid, inside of the image, asked of ITK's own interpolation.
    where = result.TransformIndexToPhysicalPoint((2, 2, 2))
    # float32 of values up to 500.
    assert result[2, 2, 2] == pytest.approx(image.EvaluateAtPhysicalPoint(where), abs=1e-3)


def test_colours_of_itk() -> None:
    photo = np.random.default_rng(1).integers(0, 255, (9, 8, 3)).astype(np.uint8)
    image = SimpleITK.GetImageFromArray(photo, isVector=True)
    assert to_image(image).axes == ("y", "x", "s")
    result = fiji_bridge.gaussian(image, sigma="1 px", engine="scipy")
    assert result.GetNumberOfComponentsPerPixel() == 3


def test_itk_by_its_interface(monkeypatch: pytest.MonkeyPatch) -> None:
    """itk need not be installed: SimpleITK's image stands behind its interface."""

    class itkImageUS3:  # noqa: N801
        def __init__(self, inner: Any) -> None:
            self.inner = inner

        def __getattr__(self, name: str) -> Any:
            return getattr(self.inner, name)

    itkImageUS3.__module__ = "itk.itkImagePython"
    library = SimpleNamespace(
        array_from_image=lambda image: SimpleITK.GetArrayFromImage(image.inner),
        image_from_array=lambda data, is_vector: itkImageUS3(
            SimpleITK.GetImageFromArray(data, isVector=is_vector)
        ),
    )
    monkeypatch.setitem(sys.modules, "itk", library)  # type: ignore[arg-type]
    result = fiji_bridge.gaussian(itkImageUS3(itk_image()), sigma=1, engine="scipy")
    assert isinstance(result, itkImageUS3)
    assert result.GetOrigin() == itk_image().GetOrigin()
    assert np.array_equal(SimpleITK.GetArrayFromImage(result.inner), BLURRED)


# --- BioIO and napari, by their interfaces ---

Sizes = namedtuple("Sizes", "Z Y X")


class BioImage:
    """What bioio.BioImage looks like."""

    ome_metadata: Any
    current_scene_index: int

    def __init__(self, data: Any, **said: Any) -> None:
        self.data = data
        self.physical_pixel_sizes = said["physical_pixel_sizes"]
        self.channel_names = said["channel_names"]
        self.dims = SimpleNamespace(order=said["dim_order"])


BioImage.__module__ = "bioio.bio_image"


def test_bioimage() -> None:
    given = BioImage(
        STACK[None, None],
        physical_pixel_sizes=Sizes(2.0, 0.5, 0.5),
        channel_names=["DAPI"],
        dim_order="TCZYX",
    )
    with pytest.raises(CalibrationError, match="only that is missing"):
        fiji_bridge.gaussian(given, **HOW)
    result = fiji_bridge.gaussian(given, unit="um", **HOW)
    assert isinstance(result, BioImage)
    assert (result.physical_pixel_sizes, result.channel_names) == (Sizes(2, 0.5, 0.5), ["DAPI"])
    assert np.array_equal(result.data[0, 0], BLURRED)
    pixels = SimpleNamespace(
        **{f"physical_size_{a}": n for a, n in zip("zyx", given.physical_pixel_sizes, strict=True)},
        **{f"physical_size_{a}_unit": SimpleNamespace(value="µm") for a in "zyx"},
    )
    scene = SimpleNamespace(pixels=pixels)
    given.ome_metadata = SimpleNamespace(images=[None, scene])
    given.current_scene_index = 1
    assert np.array_equal(fiji_bridge.gaussian(given, **HOW).data[0, 0], BLURRED)
    pixels.physical_size_x = 500.0
    with pytest.raises(CalibrationError, match="voxel size of axis x"):
        fiji_bridge.gaussian(given, **HOW)
    given.dims.order = "TMZYX"
    with pytest.raises(AxesError, match="a dimension 'M'"):
        to_image(given)


LAYER: dict[str, Any] = {
    "scale": (2.0, 0.5, 0.5),
    "translate": (4.0, 0.0, 1.0),
    "units": ("um", "um", "um"),
    "name": "nuclei",
    "colormap": "green",
    "contrast_limits": (0, 100),
    "metadata": {"mine": 1},
}


def test_layer_data() -> None:
    data, said, kind = fiji_bridge.gaussian((STACK, LAYER, "image"), **HOW)
    assert np.array_equal(data, BLURRED)
    assert (kind, said["name"], said["colormap"]) == ("image", "nuclei", "green")
    assert tuple(said["scale"]) == LAYER["scale"]
    assert tuple(said["translate"]) == LAYER["translate"]
    assert said["units"] == LAYER["units"]
    assert said["metadata"]["mine"] == 1
    assert "contrast_limits" not in said, "they belong to the old samples"
    assert to_image((STACK, LAYER, "image")).calibration.z == AxisCalibration(2.0, "um", -2.0)
    half = fiji_bridge.rescale((STACK, LAYER, "image"), to="1 um", engine="scipy")
    assert half[1]["scale"] == [1.0, 1.0, 1.0]
    assert half[1]["translate"] == [3.5, 0.25, 1.25]
    with pytest.raises(InputError, match="type 'image'; this is 'labels'"):
        to_image((STACK, LAYER, "labels"))


def test_a_layer_of_napari() -> None:
    class Image:
        def __init__(self, data: Any, **said: Any) -> None:
            self.data, self.said = data, said

        def as_layer_data_tuple(self) -> tuple[Any, dict[str, Any], str]:
            return self.data, self.said, "image"

    Image.__module__ = "napari.layers.image.image"
    Image.__qualname__ = "Image"
    result = fiji_bridge.gaussian(Image(STACK, **LAYER), **HOW)
    assert isinstance(result, Image)
    assert np.array_equal(result.data, BLURRED)
    assert to_image(result).provenance[-1]["operation"] == "gaussian"


@pytest.mark.parametrize("thing", [STACK, FALLING, (STACK, LAYER, "image"), itk_image()], ids=type)
def test_every_kind_comes_back_as_itself(thing: Any) -> None:
    result = replace(to_image(thing), provenance=PROVENANCE)
    back = like(thing, result)
    assert type(back).__name__ in (type(thing).__name__, "FilteredArray")
    again = to_image(back)
    assert np.array_equal(again.data, result.data)
    assert (again.calibration.z, again.axes) == (result.calibration.z, result.axes)
