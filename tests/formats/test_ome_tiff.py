"""OME-TIFF in and out."""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from ome_types import from_tiff

from fiji_bridge import read, write
from fiji_bridge.errors import AxesError, CalibrationError, DTypeError, FileError
from fiji_bridge.formats.foreign import MetadataWarning
from fiji_bridge.image.calibrated import CalibratedImage, ImageJMetadata
from fiji_bridge.image.calibration import AxisCalibration, Calibration
from fiji_bridge.ops.blur_plan import make_plan
from same_image import differences
from strategies import imagej_images

CALIBRATION = Calibration(
    AxisCalibration(2.0, "µm", 1.0), AxisCalibration(450.0, "nm"), AxisCalibration(0.45, "um")
)


def stack(dtype: str = "uint16", **changes: Any) -> CalibratedImage:
    data = np.arange(60).reshape(3, 4, 5).astype(dtype)
    return CalibratedImage(data, ("z", "y", "x"), CALIBRATION, **changes)


@settings(max_examples=30)
@given(imagej_images())
def test_everything_that_imagej_keeps_comes_back(image: CalibratedImage) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write(image, Path(folder) / "a.ome.tif")
        assert differences(image, read(Path(folder) / "a.ome.tif")) == []


@pytest.mark.parametrize(
    "dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "float32", "float64"]
)
def test_sample_types(dtype: str, tmp_path: Path) -> None:
    write(stack(dtype), tmp_path / "a.ome.tiff")
    assert differences(stack(dtype), read(tmp_path / "a.ome.tiff")) == []


@pytest.mark.parametrize("dtype", ["float16", "bool", "int64", "complex64"])
def test_types_that_it_lacks_are_refused(dtype: str, tmp_path: Path) -> None:
    with pytest.raises(DTypeError, match=f"samples of type {dtype}.*dtype float32"):
        write(stack(dtype), tmp_path / "a.ome.tif")
    assert list(tmp_path.iterdir()) == []


def test_others_read_the_voxel_sizes(tmp_path: Path) -> None:
    calibration = replace(CALIBRATION, frame_interval=0.5, time_unit="min")
    data = np.zeros((2, 3, 4, 4, 5), np.uint8)
    image = CalibratedImage(
        data, ("t", "z", "c", "y", "x"), calibration, channel_names=("DAPI", "α", "b", "c")
    )
    write(image, tmp_path / "a.ome.tif")
    pixels = from_tiff(tmp_path / "a.ome.tif").images[0].pixels
    assert (pixels.physical_size_x, pixels.physical_size_x_unit.value) == (0.45, "µm")
    assert (pixels.physical_size_y, pixels.physical_size_y_unit.value) == (450.0, "nm")
    assert (pixels.physical_size_z, pixels.physical_size_z_unit.value) == (2.0, "µm")
    assert (pixels.time_increment, pixels.time_increment_unit.value) == (0.5, "min")
    assert [channel.name for channel in pixels.channels] == ["DAPI", "α", "b", "c"]
    assert (pixels.size_t, pixels.size_z, pixels.size_c) == (2, 3, 4)
    assert read(tmp_path / "a.ome.tif").channel_names == ("DAPI", "α", "b", "c")


def test_rgb_and_channels(tmp_path: Path) -> None:
    data = np.arange(2 * 3 * 4 * 5 * 3, dtype=np.uint8).reshape(2, 3, 4, 5, 3)
    image = CalibratedImage(data, ("z", "c", "y", "x", "s"))
    write(image, tmp_path / "a.ome.tif")
    found = read(tmp_path / "a.ome.tif")
    assert found.axes == image.axes
    assert np.array_equal(found.data, data)


def test_provenance(tmp_path: Path) -> None:
    image = stack(provenance=({"sigma": "1 µm", "nested": {"a": [1, 2]}},))
    write(image, tmp_path / "a.ome.tif")
    assert read(tmp_path / "a.ome.tif").provenance == image.provenance


def test_another_program_may_change_the_voxel_size(tmp_path: Path) -> None:
    write(stack(), tmp_path / "a.ome.tif")
    edit(tmp_path / "a.ome.tif", 'PhysicalSizeZ="2.0"', 'PhysicalSizeZ="3.0"')
    z = read(tmp_path / "a.ome.tif").calibration.z
    assert (z.size, z.origin) == (3.0, 1.0)


SENSELESS = ["0", "0.0", "-2.0", "NaN", "INF", "2,5", "two", ""]


@pytest.mark.parametrize("text", SENSELESS)
def test_senseless_sizes_are_refused_by_axis_and_raw_value(text: str, tmp_path: Path) -> None:
    write(stack(), tmp_path / "a.ome.tif")
    edit(tmp_path / "a.ome.tif", 'PhysicalSizeZ="2.0"', f'PhysicalSizeZ="{text}"')
    image = read(tmp_path / "a.ome.tif")
    said = rf'axis z.*PhysicalSizeZ="{re.escape(text)}".*--voxel-size'
    with pytest.raises(CalibrationError, match=said):
        make_plan(image.calibration, [("z", 3)], sigma="1 um")
    write(image, tmp_path / "b.ome.tif")
    assert differences(image, read(tmp_path / "b.ome.tif")) == []
    # Nor does the way through an ImageJ TIFF make it a sensible one.
    write(image, tmp_path / "c.tif")
    with pytest.raises(CalibrationError, match="axis z"):
        read(tmp_path / "c.tif").calibration.voxel_size("z")


def test_a_missing_size_is_refused(tmp_path: Path) -> None:
    tifffile.imwrite(
        tmp_path / "a.ome.tif", np.zeros((3, 4, 5), np.uint8), metadata={"axes": "ZYX"}
    )
    with pytest.raises(CalibrationError, match=r"axis z has no voxel size \(OME-TIFF\)"):
        read(tmp_path / "a.ome.tif").calibration.voxel_size("z")


def test_a_missing_unit_is_micrometres_by_the_schema(tmp_path: Path) -> None:
    tifffile.imwrite(
        tmp_path / "a.ome.tif",
        np.zeros((3, 4, 5), np.uint8),
        metadata={"axes": "ZYX", "PhysicalSizeX": 0.45, "PhysicalSizeY": 0.45, "PhysicalSizeZ": 2},
    )
    image = read(tmp_path / "a.ome.tif")
    assert [image.calibration.voxel_size(axis, "nm") for axis in "zyx"] == [2000.0, 450.0, 450.0]


@pytest.mark.parametrize(
    ("unit", "micrometres"), [("mm", 1000.0), ("Å", 1e-4), ("in", 25400.0), ("cm", 1e4)]
)
def test_units(unit: str, micrometres: float, tmp_path: Path) -> None:
    tifffile.imwrite(
        tmp_path / "a.ome.tif",
        np.zeros((4, 5), np.uint8),
        metadata={"PhysicalSizeX": 1.0, "PhysicalSizeXUnit": unit},
    )
    assert read(tmp_path / "a.ome.tif").calibration.voxel_size("x", "um") == micrometres


def test_several_images_are_refused(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.ome.tif", ome=True) as writer:
        writer.write(np.zeros((4, 5), np.uint8))
        writer.write(np.zeros((6, 7), np.uint8))
    with pytest.raises(FileError, match="2 scenes"):
        read(tmp_path / "a.ome.tif")


def test_a_pyramid_gives_its_finest_level(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.ome.tif", ome=True) as writer:
        writer.write(np.ones((64, 64), np.uint8), subifds=1, tile=(16, 16))
        writer.write(np.ones((32, 32), np.uint8), subfiletype=1, tile=(16, 16))
    assert read(tmp_path / "a.ome.tif").data.shape == (64, 64)


def test_imagej_is_not_asked_for_ome_xml(tmp_path: Path) -> None:
    write(stack(), tmp_path / "a.ome.tif")
    with pytest.raises(FileError, match="use reader='tifffile'"):
        read(tmp_path / "a.ome.tif", reader="imagej")


def test_samples_without_x_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AxesError, match="needs the axes y and x"):
        write(CalibratedImage(np.zeros((3, 4)), ("z", "y")), tmp_path / "a.ome.tif")


def test_damaged_annotations_do_not_hide_the_image(tmp_path: Path) -> None:
    image = stack(metadata=ImageJMetadata(labels=("a", "b", "c")))
    write(image, tmp_path / "a.ome.tif")
    edit(tmp_path / "a.ome.tif", '{"labels"', '["labels"')
    with pytest.warns(MetadataWarning, match="the ImageJ annotation of a.ome.tif is left out"):
        found = read(tmp_path / "a.ome.tif")
    assert found.metadata == ImageJMetadata()
    assert np.array_equal(found.data, image.data)


def edit(path: Path, old: str, new: str) -> None:
    """Replace a piece of the OME-XML."""
    with tifffile.TiffFile(path) as tif:
        xml = tif.ome_metadata
    assert xml is not None
    assert xml.count(old) == 1
    tifffile.tiffcomment(path, xml.replace(old, new).encode())
