"""File to file and ImagePlus to ImagePlus: what comes in goes out."""

from __future__ import annotations

import json
import math
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fiji_bridge import read, write
from fiji_bridge.errors import AxesError, DTypeError, FileError
from fiji_bridge.image.calibrated import CalibratedImage, ImageJMetadata
from fiji_bridge.image.calibration import AxisCalibration, Calibration
from fiji_bridge.imagej.calibration_text import rational_for
from fiji_bridge.jvm.session import Session
from same_image import differences, without_raw
from strategies import imagej_images, voxel_sizes


@given(imagej_images())
def test_file_to_file(image: CalibratedImage) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write(image, Path(folder) / "a.tif")
        once = read(Path(folder) / "a.tif")
        assert differences(with_sizes_of(once, image), once) == []
        write(once, Path(folder) / "b.tif")
        assert differences(once, read(Path(folder) / "b.tif")) == []


def with_sizes_of(found: CalibratedImage, image: CalibratedImage) -> CalibratedImage:
    """Take over the pixel sizes, which may be a rounding off after the first writing."""
    axes = {}
    for axis in "yx":
        size, kept = found.calibration.axis(axis).size, image.calibration.axis(axis)
        assert size is not None
        assert kept.size is not None
        assert size == pytest.approx(kept.size, rel=RATIONAL_ERROR, abs=0)
        axes[axis] = replace(kept, size=size)
    return replace(image, calibration=image.calibration.with_axes(**axes))


@pytest.mark.jvm
@settings(max_examples=60)
@given(image=imagej_images())
def test_imageplus_to_imageplus(session: Session, image: CalibratedImage) -> None:
    from fiji_bridge.jvm.imageplus import from_imageplus, to_imageplus

    once = from_imageplus(to_imageplus(image))
    assert differences(once, from_imageplus(to_imageplus(once))) == []
    # ImageJ adds display ranges where there are none; all else is there the first time.
    expected = replace(image, calibration=without_raw(image.calibration))
    assert {what for what, _, _ in differences(expected, once)} <= {"ranges", "mode"}


@pytest.mark.jvm
@settings(max_examples=40)
@given(image=imagej_images())
def test_imagej_reads_and_saves_our_files(session: Session, image: CalibratedImage) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ours, resaved = Path(folder) / "a.tif", Path(folder) / "b.tif"
        write(image, ours)
        assert differences(read(ours), read(ours, reader="imagej")) == []
        imp = session.jclass("ij.IJ").openImage(str(ours))
        assert session.jclass("ij.io.FileSaver")(imp).saveAsTiff(str(resaved))
        again = read(resaved)
        assert again.provenance == image.provenance
        assert np.array_equal(again.data, image.data)
        for axis in "zyx":
            kept, found = image.calibration.axis(axis), again.calibration.axis(axis)
            assert (kept.unit, kept.origin) == (found.unit, found.origin)
            # ImageJ's own writer cuts resolutions off at millionths of a pixel per unit.
            if axis in image.axes:
                assert found.size == pytest.approx(kept.size, rel=2e-6 * max(1.0, kept.size or 1))


#: Fractions p/q with both parts below 2^31 lie up to 2^-31 of their size apart, next to simple
#: ones; elsewhere a billion times closer.
RATIONAL_ERROR = 2**-31


@given(voxel_sizes)
def test_a_pixel_size_comes_back(size: float) -> None:
    numerator, denominator = rational_for(size)
    assert max(numerator, denominator) < 2**31
    back = 1.0 / (numerator / denominator)
    assert back == pytest.approx(size, rel=RATIONAL_ERROR, abs=0)
    # Once written it stays as it is.
    again = rational_for(back)
    assert 1.0 / (again[0] / again[1]) == back


@given(st.integers(1, 999_999), st.integers(0, 5))
def test_a_decimal_comes_back_to_the_last_digit(digits: int, places: int) -> None:
    size = float(f"{digits}e-{places}")
    numerator, denominator = rational_for(size)
    # One ulp: some doubles, 0.45 for one, are not 1/r of any double r.
    assert abs(1.0 / (numerator / denominator) - size) <= math.ulp(size)


@pytest.mark.parametrize(
    ("size", "rational"), [(0.45, (20, 9)), (0.5, (2, 1)), (0.1, (10, 1)), (2.0, (1, 2))]
)
def test_simple_sizes_get_simple_resolutions(size: float, rational: tuple[int, int]) -> None:
    assert rational_for(size) == rational


@pytest.mark.parametrize("size", [1e-11, 1e12])
def test_sizes_beyond_a_rational_are_refused(size: float) -> None:
    with pytest.raises(FileError, match="does not fit into an ImageJ TIFF"):
        rational_for(size)


def test_a_single_plane_keeps_its_depth(tmp_path: Path) -> None:
    calibration = Calibration(*(AxisCalibration(size, "µm") for size in (2.0, 0.45, 0.45)))
    write(CalibratedImage(np.ones((4, 5), np.uint8), ("y", "x"), calibration), tmp_path / "a.tif")
    assert read(tmp_path / "a.tif").calibration.voxel_size("z", "um") == 2.0


@pytest.mark.jvm
def test_imagej_reads_the_depth_of_a_single_plane(session: Session, tmp_path: Path) -> None:
    calibration = Calibration(*(AxisCalibration(size, "µm") for size in (2.0, 0.45, 0.45)))
    write(CalibratedImage(np.ones((4, 5), np.uint8), ("y", "x"), calibration), tmp_path / "a.tif")
    imp = session.jclass("ij.IJ").openImage(str(tmp_path / "a.tif"))
    assert (imp.getCalibration().pixelDepth, imp.getCalibration().pixelWidth) == (2.0, 1 / (20 / 9))


@pytest.mark.jvm
def test_imagej_shows_the_provenance(session: Session, tmp_path: Path) -> None:
    image = CalibratedImage(
        np.ones((2, 4, 5), np.uint8), ("z", "y", "x"), provenance=({"sigma": "1 µm"},)
    )
    write(image, tmp_path / "a.tif")
    imp = session.jclass("ij.IJ").openImage(str(tmp_path / "a.tif"))
    assert json.loads(str(imp.getProp("fiji_bridge.provenance"))) == [{"sigma": "1 µm"}]
    from fiji_bridge.jvm.imageplus import from_imageplus

    assert from_imageplus(imp).provenance == ({"sigma": "1 µm"},)
    assert imp.provenance == ({"sigma": "1 µm"},)


def test_provenance_that_is_no_json_stays_a_property(tmp_path: Path) -> None:
    metadata = ImageJMetadata(properties={"fiji_bridge.provenance": "not JSON"})
    write(
        CalibratedImage(np.ones((4, 5), np.uint8), ("y", "x"), metadata=metadata),
        tmp_path / "a.tif",
    )
    image = read(tmp_path / "a.tif")
    assert image.provenance == ()
    assert image.metadata.properties == metadata.properties


@pytest.mark.parametrize("dtype", ["float64", "int32", "uint32", "float16", "int8", "bool"])
def test_types_that_imagej_lacks_are_refused(dtype: str, tmp_path: Path) -> None:
    image = CalibratedImage(np.ones((4, 5), dtype), ("y", "x"))
    with pytest.raises(DTypeError, match=rf"{dtype}.*dtype float32.*\.ome\.tif"):
        write(image, tmp_path / "a.tif")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("shape", "axes", "dtype", "error"),
    [
        ((4, 5, 3), "yxs", "uint16", DTypeError),
        ((4, 5, 4), "yxs", "uint8", DTypeError),
        ((2, 4, 5, 3), "cyxs", "uint8", DTypeError),
        ((4, 5), "zx", "uint8", AxesError),
        ((0, 5), "yx", "uint8", AxesError),
    ],
)
def test_what_imagej_cannot_hold_is_refused(
    shape: tuple[int, ...], axes: str, dtype: str, error: type[Exception], tmp_path: Path
) -> None:
    with pytest.raises(error):
        write(CalibratedImage(np.ones(shape, dtype), tuple(axes)), tmp_path / "a.tif")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("order", ["zcyx", "cyxz", "xyzct", "tczyx"])
def test_any_order_of_axes_is_written(order: str, tmp_path: Path) -> None:
    sizes = {"t": 2, "z": 3, "c": 4, "y": 5, "x": 6}
    shape = [sizes[axis] for axis in order]
    data = np.arange(np.prod(shape), dtype=np.uint16).reshape(shape)
    write(CalibratedImage(data, tuple(order)), tmp_path / "a.tif")
    found = read(tmp_path / "a.tif")
    assert np.array_equal(found.data, data.transpose([order.index(axis) for axis in found.axes]))


def test_big_endian_strided_and_read_only_samples(tmp_path: Path) -> None:
    data = np.arange(2 * 8 * 10, dtype=">u2").reshape(2, 8, 10)[:, ::2, ::-1]
    data.flags.writeable = False
    write(CalibratedImage(data, ("z", "y", "x")), tmp_path / "a.tif")
    assert np.array_equal(read(tmp_path / "a.tif").data, data)


def test_channel_names_become_labels(tmp_path: Path) -> None:
    image = CalibratedImage(
        np.zeros((2, 3, 4, 5), np.uint8), ("z", "c", "y", "x"), channel_names=("a", "b", "c")
    )
    write(image, tmp_path / "a.tif")
    assert read(tmp_path / "a.tif").metadata.labels == ("a", "b", "c") * 2


@pytest.mark.jvm
def test_a_stack_above_4_gb(session: Session, tmp_path: Path) -> None:
    # All planes are one and the same memory; the file is as large as it says.
    plane = np.arange(2**20, dtype=np.float32).reshape(1024, 1024)
    stack = np.broadcast_to(plane, (1030, 1024, 1024))
    free, memory = shutil.disk_usage(tmp_path).free, psutil.virtual_memory().available
    if free < 2 * stack.nbytes or memory < 2 * stack.nbytes:
        pytest.skip(
            f"needs {2 * stack.nbytes >> 30} GB of disk and memory; "
            f"{free >> 30} and {memory >> 30} are free"
        )
    path = tmp_path / "big.tif"
    write(CalibratedImage(stack, ("z", "y", "x")), path)
    assert path.stat().st_size > 2**32
    image = read(path)
    assert image.data.shape == stack.shape
    assert np.array_equal(image.data[-1], plane)
    # ImageJ opens the last plane alone; all of them would fill its memory.
    last = session.jclass("ij.io.Opener")().openTiff(str(path), 1030)
    pixels = np.frombuffer(memoryview(last.getProcessor().getPixels()), np.float32)
    assert np.array_equal(pixels, plane.ravel())
    path.unlink()
