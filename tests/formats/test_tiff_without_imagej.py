"""Plain TIFFs, TIFFs that tifffile wrote for ImageJ, and damaged ones."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from fiji_bridge import read, write
from fiji_bridge.errors import AxesError, CalibrationError, FileError, InputError, MemoryLimitError
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.jvm.session import Session
from fiji_bridge.ops.blur_plan import make_plan
from same_image import differences

PLANE = np.arange(20, dtype=np.uint8).reshape(4, 5)
STACK = np.arange(60, dtype=np.uint16).reshape(3, 4, 5)


def plain(path: Path, data: Any = PLANE, **options: Any) -> Path:
    """Write a TIFF that says nothing but its tags."""
    options = {"metadata": None, "photometric": "minisblack", **options}
    tifffile.imwrite(path, data, **options)
    return path


PLAIN = {
    "300 dpi": ({"resolution": (300, 300), "resolutionunit": "INCH"}, 25400 / 300),
    "per cm": ({"resolution": (500, 500), "resolutionunit": "CENTIMETER"}, 20.0),
    "per cm, above 1e-3": ({"resolution": (100, 100), "resolutionunit": "CENTIMETER"}, 100.0),
    "per cm, below 1e-3": ({"resolution": (20000, 20000), "resolutionunit": "CENTIMETER"}, 0.5),
}


@pytest.mark.parametrize("case", PLAIN)
def test_resolution_tags_of_plain_tiffs(case: str, tmp_path: Path) -> None:
    options, micrometres = PLAIN[case]
    image = read(plain(tmp_path / "a.tif", **options))
    # Four roundings: two of the tag, two of the change of unit.
    assert image.calibration.voxel_size("x", "um") == pytest.approx(micrometres, rel=1e-15)


UNCALIBRATED: dict[str, dict[str, Any]] = {
    "72 dpi": {"resolution": (72, 72), "resolutionunit": "INCH"},
    "no unit": {"resolution": (3, 3), "resolutionunit": "NONE"},
    "no tags": {},
    "resolution 0": {"resolution": ((0, 1), (0, 1)), "resolutionunit": "CENTIMETER"},
}


@pytest.mark.parametrize("case", UNCALIBRATED)
def test_plain_tiffs_without_calibration_are_refused(case: str, tmp_path: Path) -> None:
    image = read(plain(tmp_path / "a.tif", **UNCALIBRATED[case]))
    with pytest.raises(CalibrationError, match=r"axis y.*--voxel-size"):
        make_plan(image.calibration, [("y", 4)], sigma="1 um")


@pytest.mark.jvm
@pytest.mark.parametrize("case", [*PLAIN, *UNCALIBRATED])
@pytest.mark.parametrize("planes", [1, 3])
def test_imagej_agrees_on_plain_tiffs(
    session: Session, case: str, planes: int, tmp_path: Path
) -> None:
    options = PLAIN[case][0] if case in PLAIN else UNCALIBRATED[case]
    path = plain(tmp_path / "a.tif", PLANE if planes == 1 else STACK.astype(np.uint8), **options)
    found = differences(read(path), read(path, reader="imagej"))
    assert found == []


def test_planes_of_a_plain_tiff_are_z_without_a_distance(tmp_path: Path) -> None:
    image = read(plain(tmp_path / "a.tif", STACK, resolution=(5000, 5000), resolutionunit=3))
    assert image.axes == ("z", "y", "x")
    assert image.calibration.voxel_size("x", "um") == 2.0
    with pytest.raises(CalibrationError, match=r"axis z.*no distance between the planes"):
        image.calibration.voxel_size("z")


def test_more_unnamed_axes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((2, 3, 4, 5), np.uint8), photometric="minisblack")
    with pytest.raises(AxesError, match="save it as ImageJ hyperstack or OME-TIFF"):
        read(path)


def test_named_axes_of_tifffile(tmp_path: Path) -> None:
    path, data = tmp_path / "a.tif", np.arange(120, dtype=np.uint8).reshape(2, 3, 4, 5)
    tifffile.imwrite(path, data, photometric="minisblack", metadata={"axes": "CZYX"})
    image = read(path)
    assert image.axes == ("z", "c", "y", "x")
    assert np.array_equal(image.data, data.transpose(1, 0, 2, 3))


def test_images_of_different_shape_are_refused(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(np.zeros((4, 5), np.uint8), metadata=None)
        writer.write(np.zeros((6, 7), np.uint8), metadata=None)
    with pytest.raises(FileError, match="2 images of different shape"):
        read(tmp_path / "a.tif")


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_rgb_samples_are_no_axis_x(planar: str, tmp_path: Path) -> None:
    data = np.arange(60, dtype=np.uint8).reshape(4, 5, 3)
    stored = data if planar == "contig" else np.moveaxis(data, -1, 0)
    path = plain(tmp_path / "a.tif", stored, photometric="rgb", planarconfig=planar)
    image = read(path)
    assert image.axes == ("y", "x", "s")
    assert np.array_equal(image.data, data)


@pytest.mark.parametrize("order", ["<", ">"])
def test_samples_come_in_the_byte_order_of_the_machine(order: str, tmp_path: Path) -> None:
    image = read(plain(tmp_path / "a.tif", STACK, byteorder=order))
    assert image.data.dtype == np.dtype(np.uint16)
    assert image.data.dtype.isnative
    assert np.array_equal(image.data, STACK)


IMAGEJ_BY_TIFFFILE: dict[str, dict[str, Any]] = {
    "as documented": {"resolution": (1 / 0.45, 1 / 0.45),
                      "metadata": {"spacing": 2.0, "unit": "um", "axes": "ZYX"}},
    "escaped µ": {"resolution": (4, 2), "metadata": {"spacing": 2.0, "unit": "\\u00B5m"}},
    "cm and um": {"resolution": (2e4, 2e4), "resolutionunit": "CENTIMETER",
                  "metadata": {"unit": "um", "spacing": 2.0}},
    "per axis": {"resolution": (4, 2), "metadata": {"unit": "um", "yunit": "nm", "zunit": "mm"}},
    "time": {"resolution": (4, 2), "metadata": {"unit": "um", "axes": "TYX", "finterval": 0.5}},
    "channels": {"resolution": (4, 2), "metadata": {"unit": "um", "axes": "CYX"}},
    "labels and info": {"resolution": (4, 2), "metadata":
                        {"unit": "um", "Labels": ["a", "b", "c"], "Info": "some µm"}},
}  # fmt: skip


@pytest.mark.jvm
@pytest.mark.parametrize("case", IMAGEJ_BY_TIFFFILE)
def test_imagej_agrees_on_files_by_tifffile(session: Session, case: str, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", STACK, imagej=True, **IMAGEJ_BY_TIFFFILE[case])
    path = tmp_path / "a.tif"
    # ImageJ takes its display range from the samples where the file has none.
    found = {what for what, _, _ in differences(read(path), read(path, reader="imagej"))}
    assert found <= {"ranges"}


def test_resolution_per_cm_with_um_in_the_description(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", STACK, imagej=True, **IMAGEJ_BY_TIFFFILE["cm and um"])
    assert read(tmp_path / "a.tif").calibration.voxel_size("x", "um") == 0.5


def test_unit_without_resolution_is_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", STACK, imagej=True, metadata={"unit": "um", "spacing": 2})
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+b") as tif:
        for code, other in ((282, 60001), (283, 60002)):  # hide both tags
            tag = tif.pages.first.tags[code]
            tif.filehandle.seek(tag.offset)
            tif.filehandle.write(other.to_bytes(2, "big" if tif.byteorder == ">" else "little"))
    image = read(tmp_path / "a.tif")
    assert image.calibration.voxel_size("z") == 2.0
    with pytest.raises(CalibrationError, match="axis x makes no sense: no XResolution tag"):
        image.calibration.voxel_size("x")


def test_dimensions_that_do_not_multiply_to_the_planes_are_slices(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", STACK, imagej=True, metadata={"axes": "CYX"})
    content = (tmp_path / "a.tif").read_bytes()
    assert content.count(b"channels=3") == 1
    (tmp_path / "a.tif").write_bytes(content.replace(b"channels=3", b"channels=2"))
    assert read(tmp_path / "a.tif").axes == ("z", "y", "x")


@pytest.mark.parametrize("length", [0, 3, 8, 20, 100, 300])
def test_a_cut_off_file_is_an_error_in_one_sentence(length: int, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", STACK, imagej=True)
    content = (tmp_path / "a.tif").read_bytes()
    assert len(content) > length
    (tmp_path / "a.tif").write_bytes(content[:length])
    with pytest.raises(FileError, match="cannot read") as caught:
        read(tmp_path / "a.tif")
    assert "\n" not in str(caught.value)


@pytest.fixture(scope="module")
def small_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """One small file of each kind, as bytes."""
    folder = tmp_path_factory.mktemp("small")
    stack = CalibratedImage(STACK, ("z", "y", "x"))
    write(stack, folder / "imagej.tif")
    write(stack, folder / "ome.ome.tif")
    plain(folder / "plain.tif", STACK, compression="zlib")
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@settings(max_examples=300)
@given(
    name=st.sampled_from(["imagej.tif", "ome.ome.tif", "plain.tif"]),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=4),
)
def test_damage_is_survived_or_named(
    small_files: dict[str, bytes], name: str, changes: list[tuple[float, int]]
) -> None:
    content = bytearray(small_files[name])
    for where, value in changes:
        # The first half kilobyte holds the directory, where damage does most.
        content[int(where * (min(len(content), 512) - 1))] = value
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(content)
        with contextlib.suppress(InputError):  # one sentence is all right, anything else is not
            image = read(Path(folder) / name)
            assert image.data.ndim == len(image.axes)


@pytest.mark.parametrize("name", ["imagej.tif", "ome.ome.tif", "plain.tif"])
def test_a_file_larger_than_the_memory_is_refused_before_it_is_read(
    small_files: dict[str, bytes], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).write_bytes(small_files[name])
    monkeypatch.setattr("fiji_bridge.image.memory.available_bytes", lambda: STACK.nbytes - 1)
    with pytest.raises(MemoryLimitError, match=rf"{name} needs 120 B of memory but 119 B"):
        read(tmp_path / name)


def test_no_tiff_at_all(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(b"\x89PNG\r\n\x1a\n" + b"x" * 100)
    with pytest.raises(FileError, match=r"cannot read .*a\.tif"):
        read(tmp_path / "a.tif")


@pytest.mark.jvm
def test_no_tiff_for_imagej_either(session: Session, tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(b"\x89PNG\r\n\x1a\n" + b"x" * 100)
    with pytest.raises(FileError, match=r"cannot read .*a\.tif"):
        read(tmp_path / "a.tif", reader="imagej")


@pytest.mark.jvm
@pytest.mark.parametrize("dtype", ["float16", "int64"])
def test_what_imagej_cannot_open(session: Session, dtype: str, tmp_path: Path) -> None:
    path = plain(tmp_path / "a.tif", np.zeros((32, 32), dtype))
    assert read(path).data.shape == (32, 32)
    with pytest.raises(FileError, match=r"ImageJ cannot open .*; try reader='tifffile'"):
        read(path, reader="imagej")


@pytest.mark.parametrize(("name", "said"), [("missing.tif", "does not exist"), ("", "is a folder")])
def test_nothing_to_read(name: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(FileError, match=said):
        read(tmp_path / name)


def test_unknown_reader(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="tifffile, imagej, bioio, bioformats; got 'scifio'"):
        read(plain(tmp_path / "a.tif"), reader="scifio")
