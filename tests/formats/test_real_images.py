"""Real files, as ImageJ wrote them, through every reader and writer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fiji_bridge import read, write
from fiji_bridge.jvm.session import Session
from same_image import differences

NAMES = ("Bead_Image1_crop.tif", "DeconvolutionSampleVerticalGrid1AU-crop.tif", "hela-cells.tif")


@pytest.fixture(params=NAMES)
def path(request: pytest.FixtureRequest, shared_images: Path) -> Path:
    return shared_images / str(request.param)


def test_the_bead(bead: Path) -> None:
    image = read(bead)
    # The figures of the collection's own description, which rounds to 22.5 nm.
    assert (image.axes, image.data.shape) == (("z", "y", "x"), (41, 150, 150))
    assert image.data.dtype == "uint8"
    assert image.calibration.voxel_size("z", "um") == 0.125
    assert image.calibration.voxel_size("y", "nm") == pytest.approx(22.5, abs=0.05)
    assert image.calibration.x == image.calibration.y
    assert image.metadata.labels == ("ChS1",) * 41


def test_the_cells(shared_images: Path) -> None:
    image = read(shared_images / "hela-cells.tif")
    assert (image.axes, image.data.shape) == (("c", "y", "x"), (3, 512, 672))
    assert image.metadata.mode == "composite"
    assert image.metadata.ranges == (165.0, 2832.0) * 3
    assert image.metadata.labels == ("Red", "Green", "Blue")
    assert image.metadata.info is not None
    assert "HeLa" in image.metadata.info


@pytest.mark.parametrize("ending", ["tif", "ome.tif"])
def test_file_to_file(path: Path, ending: str, tmp_path: Path) -> None:
    image = replace(read(path), provenance=({"operation": "none"},))
    write(image, tmp_path / f"a.{ending}")
    assert differences(image, read(tmp_path / f"a.{ending}")) == []


@pytest.mark.jvm
def test_both_readers_agree(session: Session, path: Path) -> None:
    found = differences(read(path), read(path, reader="imagej"))
    # ImageJ fits the box of a text to the fonts of the machine when it reads the overlay.
    assert {what for what, _, _ in found} <= {"overlay"}
    assert len(read(path).metadata.overlay) == len(read(path, reader="imagej").metadata.overlay)


@pytest.mark.jvm
def test_imagej_reads_what_is_written(session: Session, path: Path, tmp_path: Path) -> None:
    image = read(path)
    write(image, tmp_path / "a.tif")
    found = differences(image, read(tmp_path / "a.tif", reader="imagej"))
    assert {what for what, _, _ in found} <= {"overlay"}


@pytest.mark.jvm
def test_imageplus_to_imageplus(session: Session, path: Path) -> None:
    from fiji_bridge.jvm.imageplus import from_imageplus, to_imageplus

    imp = session.jclass("ij.IJ").openImage(str(path))
    again = to_imageplus(from_imageplus(imp))
    assert differences(from_imageplus(imp), from_imageplus(again)) == []
    assert again.getCalibration().equals(imp.getCalibration())
