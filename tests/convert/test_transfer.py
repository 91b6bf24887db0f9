"""To ImageJ and back: what the ways of the libraries drop is kept."""

from __future__ import annotations

import gc
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import xarray
from hypothesis import given

import fiji_bridge
from fiji_bridge.convert.adapters import FilteredArray, to_image
from fiji_bridge.errors import ArgumentError, AxesError, DTypeError, InputError
from fiji_bridge.image.calibrated import CalibratedImage, ImageJMetadata
from fiji_bridge.image.calibration import AxisCalibration, Calibration
from fiji_bridge.jvm.session import Session
from same_image import differences
from strategies import imagej_images

LUT = np.stack([np.arange(256), np.zeros(256), np.arange(256)[::-1]]).astype(np.uint8)


def usual(image: CalibratedImage) -> CalibratedImage:
    """Give an image sizes that positions can be made of."""
    axes = {
        axis: AxisCalibration(size, "nm", origin)
        for axis, size, origin in (("z", 2000.0, 1.0), ("y", 450.0, 0.0), ("x", 0.5, -3.0))
    }
    made = Calibration(frame_interval=0.5, time_unit="min", source="ImagePlus")
    return replace(image, calibration=made.with_axes(**axes))


@given(imagej_images())
def test_a_dataarray_is_the_image(image: CalibratedImage) -> None:
    image = usual(image)
    back = to_image(image.to_xarray())
    assert differences(back, image) == []


@pytest.mark.jvm
@given(image=imagej_images())
def test_a_round_trip_over_every_kind_changes_nothing(
    session: Session, image: CalibratedImage
) -> None:
    image = usual(image)
    imp = fiji_bridge.to_imagej(image)
    first = fiji_bridge.from_imagej(imp, "image")
    array = fiji_bridge.from_imagej(imp)
    assert isinstance(array, xarray.DataArray)
    again = fiji_bridge.from_imagej(fiji_bridge.to_imagej(array), "image")
    assert differences(again, first) == []
    assert first.calibration.z == image.calibration.z, "also where there is one plane only"
    plain = fiji_bridge.from_imagej(imp, "numpy")
    assert isinstance(plain, FilteredArray)
    assert np.array_equal(plain, image.data)


def test_kinds_that_do_not_exist() -> None:
    with pytest.raises(ArgumentError, match="imageplus, dataset, imglib2; got 'img'"):
        fiji_bridge.to_imagej(np.zeros((4, 5)), "img")  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="image, xarray, numpy; got 'dask'"):
        fiji_bridge.from_imagej(np.zeros((4, 5)), "dask")  # type: ignore[arg-type]


@pytest.mark.jvm
def test_a_dataset_needs_imagej2(session: Session) -> None:
    if getattr(session.ij, "context", None) is not None:
        pytest.skip("this runtime has ImageJ2")
    with pytest.raises(InputError, match="a Dataset needs ImageJ2"):
        fiji_bridge.to_imagej(np.zeros((4, 5), np.uint8), "dataset")


@pytest.mark.jvm
@pytest.mark.parametrize(
    "dtype", ["uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64"]
)
def test_imglib2_and_numpy_share_memory(session: Session, dtype: str) -> None:
    given = np.arange(24, dtype=dtype).reshape(2, 3, 4)
    image = fiji_bridge.to_imagej(given, "imglib2", copy=False)
    assert [image.dimension(d) for d in range(3)] == [4, 3, 2]
    at = image.randomAccess()
    for axis, place in enumerate((3, 1, 0)):
        at.setPosition(place, axis)
    assert at.get().getRealDouble() == given[0, 1, 3]
    at.get().setReal(99.0)
    assert given[0, 1, 3] == 99
    back = fiji_bridge.from_imagej(image, "numpy", copy=False)
    assert np.shares_memory(back, given)
    assert not np.shares_memory(fiji_bridge.from_imagej(image, "numpy"), given)
    copied = fiji_bridge.to_imagej(given, "imglib2")
    given[:] = 0
    assert np.asarray(fiji_bridge.from_imagej(copied, "numpy"))[0, 1, 3] == 99
    blurred = fiji_bridge.gaussian(image, sigma="1 px", voxel_size="2 1 1 um")
    assert not np.any(fiji_bridge.from_imagej(blurred, "numpy"))


@pytest.mark.jvm
def test_shared_memory_lives_as_long_as_the_image(session: Session) -> None:
    image = fiji_bridge.to_imagej(np.full((4, 500, 500), 7.0), "imglib2", copy=False)
    gc.collect()
    for _ in range(5):
        np.full((4, 500, 500), -1.0)
    assert np.all(np.asarray(fiji_bridge.from_imagej(image, "numpy")) == 7.0)


def read_only() -> Any:
    made = np.zeros((4, 5))
    made.flags.writeable = False
    return made


@pytest.mark.jvm
@pytest.mark.parametrize(
    ("array", "kind", "said"),
    [
        (np.zeros((4, 5), np.uint8), "imageplus", "Java arrays of its own, so they are copied"),
        (np.zeros((4, 5)).T, "imglib2", r"do not lie one behind the other \(in C order\); copy it"),
        (np.zeros((4, 5), ">f4"), "imglib2", "another order than this machine's"),
        (read_only(), "imglib2", "it is read-only"),
        (np.broadcast_to(np.zeros(()), (4, 5)), "imglib2", "it is read-only"),
    ],
)
def test_memory_that_cannot_be_shared(session: Session, array: Any, kind: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        fiji_bridge.to_imagej(array, kind, copy=False)
    fiji_bridge.to_imagej(array.astype(np.float32, order="C"), kind)
    with pytest.raises(InputError, match="no memory that NumPy can share"):
        fiji_bridge.from_imagej(fiji_bridge.to_imagej(np.zeros((4, 5), "f4")), copy=False)


@pytest.mark.fiji
def test_a_dataset_shares_memory(session: Session) -> None:
    given = np.arange(24, dtype=np.uint16).reshape(2, 3, 4)
    dataset = fiji_bridge.to_imagej(given, "dataset", copy=False, voxel_size="2 1 1 um")
    back = fiji_bridge.from_imagej(dataset, "image", copy=False)
    assert np.shares_memory(back.data, given)
    assert back.calibration.z.size == 2.0


def sample() -> CalibratedImage:
    """Two channels, with a unit per axis, an origin and colour tables."""
    return CalibratedImage(
        np.random.default_rng(0).integers(0, 60000, (6, 2, 8, 10)).astype(np.uint16),
        ("z", "c", "y", "x"),
        Calibration(
            AxisCalibration(2.0, "µm", 1.0),
            AxisCalibration(0.5, "µm"),
            AxisCalibration(500.0, "nm", -2.0),
        ),
        ImageJMetadata(luts=(LUT, LUT[::-1].copy())),
        "made",
    )


@pytest.mark.fiji
def test_a_dataset_keeps_units_origins_and_colour_tables(session: Session) -> None:
    image = sample()
    dataset = fiji_bridge.to_imagej(image, "dataset")
    back = fiji_bridge.from_imagej(dataset, "image")
    assert differences(back, image) == []
    one = fiji_bridge.to_imagej(image.to_xarray().isel(z=slice(0, 1), c=0), "dataset")
    assert one.axis(2).scale() == 2.0, "of an axis with one sample, too"


@pytest.mark.fiji
def test_imagej2_computes_in_the_memory_of_an_array(session: Session) -> None:
    given = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    dataset: Any = fiji_bridge.to_imagej(given, "dataset", copy=False)
    one = session.jclass("net.imglib2.type.numeric.real.FloatType")(1.0)
    ops = session.ij.context().getService(session.jclass("net.imagej.ops.OpService"))
    ops.run("math.add", dataset.getImgPlus(), dataset.getImgPlus(), one)
    assert np.array_equal(given.ravel(), np.arange(1, 25))
    given[:] = 0
    assert not np.any(fiji_bridge.from_imagej(dataset, "numpy"))


@pytest.mark.fiji
@pytest.mark.parametrize(
    ("dtype", "colours", "merged"),
    [("uint8", 3, True), ("uint8", 4, False), ("uint16", 3, False)],
)
def test_colours_become_channels(session: Session, dtype: str, colours: int, merged: bool) -> None:
    given = np.arange(4 * 5 * colours, dtype=dtype).reshape(4, 5, colours)
    dataset: Any = fiji_bridge.to_imagej(given, "dataset", axes="yxs", voxel_size="0.5 0.2 um")
    assert [str(dataset.axis(d).type()) for d in range(3)] == ["X", "Y", "Channel"]
    assert bool(dataset.isRGBMerged()) is merged
    back = fiji_bridge.from_imagej(dataset, "image")
    assert back.axes == ("c", "y", "x")
    assert np.array_equal(back.data, given.transpose(2, 0, 1))
    assert (back.calibration.y.size, back.calibration.x.size) == (0.5, 0.2)


@pytest.mark.fiji
def test_colours_beside_channels(session: Session) -> None:
    with pytest.raises(AxesError, match="colours \\(s\\) beside its channels"):
        fiji_bridge.to_imagej(np.zeros((2, 4, 5, 3), np.uint8), "dataset", axes="cyxs")


@pytest.mark.fiji
def test_an_array_that_pyimagej_converted(session: Session) -> None:
    """Axes of its Dataset have no type, from the third on."""
    given = np.random.default_rng(2).random((4, 5, 6), np.float32)
    dataset: Any = session.ij.py.to_java(given)
    assert [str(dataset.axis(d).type()) for d in range(3)] == ["X", "Y", "Unknown"]
    taken = fiji_bridge.from_imagej(dataset)
    assert taken.dims == ("z", "y", "x")
    assert np.array_equal(taken, given)
    assert to_image(dataset, axes="cyx").axes == ("c", "y", "x")
    for wrong in ("cxy", "yx"):
        with pytest.raises(AxesError, match=r"axes \['Unknown', 'Y', 'X'\].* needs names"):
            to_image(dataset, axes=wrong)
    with pytest.raises(AxesError, match="of 4 dimensions needs names"):
        to_image(session.ij.py.to_java(given[None]))
    with pytest.raises(InputError, match="no memory that NumPy can share"):
        fiji_bridge.from_imagej(dataset, copy=False)
    blurred: Any = fiji_bridge.gaussian(dataset, sigma="1 um", voxel_size="2 1 1 um")
    assert type(blurred) is type(dataset)
    assert blurred.axis(2).scale() == 2.0
    expected = fiji_bridge.gaussian(given, sigma="1 um", voxel_size="2 1 1 um")
    assert np.array_equal(session.ij.py.from_java(blurred), expected)


@pytest.mark.fiji
def test_samples_that_are_none_of_ours(session: Session) -> None:
    dataset: Any = fiji_bridge.to_imagej(np.arange(20.0, dtype="f4").reshape(4, 5), "dataset")
    mask = session.ij.op().threshold().otsu(dataset)
    with pytest.raises(DTypeError, match="cannot take samples of ImgLib2's BitType; convert them"):
        fiji_bridge.from_imagej(mask)
    converted = session.ij.op().convert().float32(mask)
    assert set(np.unique(fiji_bridge.from_imagej(converted))) == {0.0, 1.0}
    with pytest.raises(DTypeError, match="samples of type bool; convert the array first"):
        fiji_bridge.to_imagej(np.zeros((4, 5), bool), "dataset")


@pytest.mark.fiji
@pytest.mark.parametrize("kind", ["Dataset", "ImgPlus", "DatasetView"])
def test_images_of_imagej2_come_back_as_themselves(session: Session, kind: str) -> None:
    dataset: Any = fiji_bridge.to_imagej(sample(), "dataset")
    dataset.getProperties().put("mine", "kept")
    given = dataset
    if kind == "ImgPlus":
        given = dataset.getImgPlus()
    if kind == "DatasetView":
        service = session.jclass("net.imagej.display.ImageDisplayService")
        given = session.ij.context().getService(service).createDataView(dataset)
        given.rebuild()
    result = fiji_bridge.gaussian(given, sigma="1 um", engine="scipy")
    assert type(result) is type(given)
    image = to_image(result)
    expected = fiji_bridge.gaussian(sample(), sigma="1 um", engine="scipy")
    assert np.array_equal(image.data, expected.data)
    assert image.calibration.x == sample().calibration.x
    assert image.provenance[-1]["operation"] == "gaussian"
    assert len(image.metadata.luts) == 2


@pytest.mark.fiji
@pytest.mark.parametrize(
    "dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "float32", "float64"]
)
def test_images_of_imglib2_whatever_they_are_made_of(session: Session, dtype: str) -> None:
    import jpype

    samples = (np.random.default_rng(1).random((3, 4, 5)) * 100).astype(dtype)
    dataset: Any = fiji_bridge.to_imagej(samples, "dataset", voxel_size="1 um")
    array = dataset.getImgPlus().getImg()
    assert np.array_equal(to_image(array).data, samples)
    kind = session.jclass("net.imglib2.util.Util").getTypeFromInterval(array)
    sides = jpype.JArray(jpype.JInt)([3, 3, 2])
    copy = session.jclass("net.imglib2.util.ImgUtil").copy
    longs = jpype.JArray(jpype.JLong)
    for factory in (
        session.jclass("net.imglib2.img.planar.PlanarImgFactory")(kind),
        session.jclass("net.imglib2.img.cell.CellImgFactory")(kind, sides),
    ):
        made = factory.create(5, 4, 3)
        copy(array, made)
        assert np.array_equal(to_image(made).data, samples)
        view = session.jclass("net.imglib2.view.Views").interval(
            made, longs([1, 1, 0]), longs([3, 2, 2])
        )
        assert np.array_equal(to_image(view).data, samples[:, 1:3, 1:4])
