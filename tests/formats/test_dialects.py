"""Dialects of TIFF, and units that contradict each other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from fiji_bridge import read, write
from fiji_bridge.errors import CalibrationError, FileError, InputError
from file_cases import CASES


def test_scifio_channels_and_units() -> None:
    image = read(CASES / "scifio_um.tif")
    assert (image.axes, image.data.shape) == (("z", "c", "y", "x"), (5, 2, 32, 32))
    assert (image.data[:, 0] == 1000).all()
    assert (image.data[:, 1] == 0).all()
    assert [image.calibration.voxel_size(axis, "um") for axis in "zyx"] == [2.0, 0.5, 0.5]
    assert image.metadata.mode == "composite"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"lengths=32,32,2,5", b"lengths=32,32,5,5", "25 planes"),
        (b"lengths=32,32,2,5", b"lengths=32,32,2,x", "whole numbers"),
        (b"axes=X,Y,Channel,Z", b"axes=X,Y,Unknown,Z", "only X, Y, Z, Channel and Time"),
        (b"axes=X,Y,Channel,Z", b"axes=Y,X,Channel,Z", "begin with X, Y"),
        (b"axes=X,Y,Channel,Z", b"axis=X,Y,Channel,Z", "begin with X, Y"),
    ],
)
def test_scifio_that_contradicts_itself(old: bytes, new: bytes, said: str, tmp_path: Path) -> None:
    content = (CASES / "scifio_um.tif").read_bytes()
    assert content.count(old) == 1
    (tmp_path / "a.tif").write_bytes(content.replace(old, new))
    with pytest.raises(InputError, match=said):
        read(tmp_path / "a.tif")


def test_units_that_contradict_each_other_are_refused() -> None:
    image = read(CASES / "json2d.tif")
    for axis in "yx":
        with pytest.raises(CalibrationError, match=f"axis {axis}.*per inch, unit=um"):
            image.calibration.voxel_size(axis)


@pytest.mark.parametrize(
    ("tag", "said", "agrees"),
    [
        ("INCH", (0.5, "um"), False),
        ("CENTIMETER", (0.5, "mm"), False),
        ("CENTIMETER", (0.5, None), False),
        ("INCH", (1.27, "cm"), True),
        ("CENTIMETER", (5.0, "mm"), True),
    ],
)
def test_sizes_in_tifffiles_json_that_contradict_the_tags(
    tag: str, said: tuple[float, str | None], agrees: bool, tmp_path: Path
) -> None:
    """With ome=False, tifffile puts OME's names into JSON and the resolution into the tags."""
    size, unit = said
    metadata = {"axes": "YX", "PhysicalSizeX": size, "PhysicalSizeY": size}
    metadata |= {} if unit is None else {"PhysicalSizeXUnit": unit, "PhysicalSizeYUnit": unit}
    tifffile.imwrite(
        tmp_path / "a.tif", np.zeros((8, 9), np.uint8), resolution=(2, 2), resolutionunit=tag,
        metadata=metadata,
    )  # fmt: skip
    image = read(tmp_path / "a.tif")
    if agrees:
        assert image.calibration.voxel_size("x", "cm") in (0.5, pytest.approx(1.27))
        return
    for axis in "yx":
        with pytest.raises(CalibrationError, match=f"axis {axis}.*=0.5 .*Resolution=2/1 per"):
            image.calibration.voxel_size(axis)
    for name in ("b.tif", "b.ome.tif"):
        write(image, tmp_path / name)
        with pytest.raises(CalibrationError):
            read(tmp_path / name).calibration.voxel_size("x")


@pytest.mark.parametrize(
    ("tag", "said", "micrometres"),
    [("NONE", "um", 0.5), ("CENTIMETER", "cm", 5000.0), ("INCH", "inch", 12700.0)],
)
def test_units_of_tifffiles_json(tag: str, said: str, micrometres: float, tmp_path: Path) -> None:
    tifffile.imwrite(
        tmp_path / "a.tif", np.zeros((3, 8, 9), np.uint8), resolution=(2, 2), resolutionunit=tag,
        metadata={"axes": "ZYX", "unit": said, "spacing": 2.0}, photometric="minisblack",
    )  # fmt: skip
    calibration = read(tmp_path / "a.tif").calibration
    assert calibration.voxel_size("x", "um") == micrometres
    assert calibration.voxel_size("z", said) == 2.0


def test_images_of_equal_shape_that_were_appended(tmp_path: Path) -> None:
    for _ in range(5):
        tifffile.imwrite(tmp_path / "a.tif", np.zeros((6, 7), np.uint8), append=True)
    with pytest.raises(FileError, match=r"5 images of equal shape \(6, 7\).* one by one"):
        read(tmp_path / "a.tif")
