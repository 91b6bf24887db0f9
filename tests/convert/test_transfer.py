"""To ImageJ and back: what the ways of the libraries drop is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import xarray
from hypothesis import given

import fiji_bridge
from fiji_bridge.convert.adapters import FilteredArray, to_image
from fiji_bridge.errors import ArgumentError, InputError
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
    with pytest.raises(ArgumentError, match="imageplus, dataset; got 'img'"):
        fiji_bridge.to_imagej(np.zeros((4, 5)), "img")  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="image, xarray, numpy; got 'dask'"):
        fiji_bridge.from_imagej(np.zeros((4, 5)), "dask")  # type: ignore[arg-type]


@pytest.mark.jvm
def test_a_dataset_needs_imagej2(session: Session) -> None:
    if getattr(session.ij, "context", None) is not None:
        pytest.skip("this runtime has ImageJ2")
    with pytest.raises(InputError, match="a Dataset needs ImageJ2"):
        fiji_bridge.to_imagej(np.zeros((4, 5), np.uint8), "dataset")


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
