"""Two images against each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fiji_bridge.blocks.process import process
from fiji_bridge.check import sides
from fiji_bridge.check.compare import compare
from fiji_bridge.errors import InputError
from fiji_bridge.formats import read, write
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import AxisCalibration, from_voxel_size


def image(**changes: Any) -> CalibratedImage:
    data = changes.pop("data", np.arange(24, dtype=np.uint8).reshape(2, 3, 4))
    voxel_size = changes.pop("voxel_size", (2.0, 0.45, 0.45))
    unit = changes.pop("unit", "um")
    return CalibratedImage(
        data, changes.pop("axes", ("z", "y", "x")), from_voxel_size(voxel_size, unit), **changes
    )


def test_same() -> None:
    found = compare(image(), image())
    assert found.passed
    assert found.structure == ()
    assert found.difference is not None
    assert found.difference.maximum == 0


def test_same_size_in_another_unit_and_a_tiffs_rational_are_the_same() -> None:
    assert compare(image(), image(voxel_size=(2000.0, 450.0, 450.0), unit="nm")).passed
    assert compare(image(), image(voxel_size=(2.0, 0.450000045, 0.45))).passed


def test_dropped_unit_and_changed_size_are_named() -> None:
    found = compare(image(), image(voxel_size=(1.0, 0.45, 0.45)))
    assert found.structure == ("voxel size of axis z: 2.0 µm and 1.0 µm",)
    assert not found.passed
    other = image()
    bare = other.with_data(
        other.data, calibration=other.calibration.with_axes(z=AxisCalibration(2.0, ""))
    )
    assert compare(image(), bare).structure == ("voxel size of axis z: 2.0 µm and 2.0",)


def test_shape_and_type_are_named() -> None:
    found = compare(image(), image(data=np.zeros((2, 3, 5), np.float32)))
    assert found.structure[0].startswith("shape: {'z': 2, 'y': 3, 'x': 4}")
    assert found.structure[1] == "sample type: uint8 and float32"
    assert found.difference is None
    assert not found.passed


@pytest.mark.parametrize(("tolerance", "passed"), [(None, True), (0.5, False), (1.0, True)])
def test_tolerance(tolerance: float | None, passed: bool) -> None:
    data = image().data.copy()
    data[1, 2, 3] += 1
    found = compare(image(), image(data=data), tolerance=tolerance)
    assert found.passed is passed
    assert found.difference is not None
    assert found.difference.where == (1, 2, 3)


def test_integers_may_differ_in_few_samples_only() -> None:
    """One grey level everywhere is a fault (an offset, cut-off fractions), not rounding."""
    data = np.random.default_rng(0).integers(0, 200, (6, 20, 30)).astype(np.uint8)
    other = data.copy()
    other[3, 4, 5] += 1
    assert compare(data, other).verdict == "passed"
    assert compare(data, data + np.uint8(1)).verdict == "differs"
    assert compare((data > 190).astype(np.uint8), np.zeros_like(data)).verdict == "differs"


def test_an_offset_does_not_widen_the_tolerance() -> None:
    """1e5 + noise of 1: twelve float32 steps of 0.0078 each, not 1e-5 of 100 000."""
    noise = np.random.default_rng(1).random((5, 20, 30)).astype(np.float32)
    given = np.float32(1e5) + noise
    assert compare(given, given + np.float32(0.0078125)).verdict == "passed"
    assert compare(given, given[::-1].copy()).verdict == "differs"


def test_a_tolerance_that_hides_everything_cannot_tell() -> None:
    data = np.random.default_rng(2).random((4, 9, 9))
    found = compare(data, data + 0.1, tolerance=2)
    assert found.verdict == "cannot tell"
    assert not found.passed
    assert [s.fault for s in found.faults if s.gross] == ["all zeros", "its mean everywhere"]
    # Equal in every bit is no matter of tolerances.
    assert compare(data, data, tolerance=2).verdict == "passed"


def test_wrong_types_are_told_what_is_taken() -> None:
    with pytest.raises(InputError, match=r"an image must be .*ndarray.*got .*dict"):
        compare({"a": 1}, image())


def test_senseless_tolerance() -> None:
    with pytest.raises(InputError, match="0 or more"):
        compare(image(), image(), tolerance=-1)


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """So small that every chunk is a piece."""
    monkeypatch.setattr(sides, "_PIECE", 1)


def stored(path: Path, given: CalibratedImage, chunks: tuple[int, ...]) -> Path:
    """Write an OME-Zarr with chunks of that size."""
    plain = path.with_name("plain.ome.zarr")
    write(given, plain, overwrite=True)
    process(plain, path, sigma="0 px", engine="scipy", chunks=chunks)
    return path


@pytest.mark.usefixtures("small_pieces")
def test_stores_are_compared_piece_by_piece(tmp_path: Path) -> None:
    """With the figures of the comparison in memory, in whatever chunks the two lie."""
    data = np.random.default_rng(3).integers(0, 1000, (2, 7, 9, 11)).astype(np.uint16)
    other = data.copy()
    other[1, 5, 7, 10] += 9
    other[0, 2, 3, 4] -= 2
    axes = ("c", "z", "y", "x")
    one, two = image(data=data, axes=axes), image(data=other, axes=axes)
    expected = compare(data, other, axes="czyx")
    a = stored(tmp_path / "a.ome.zarr", one, (1, 3, 4, 5))
    b = stored(tmp_path / "b.ome.zarr", two, (1, 7, 2, 11))
    found = compare(a, b)
    assert found.difference is not None
    assert expected.difference is not None
    assert found.verdict == expected.verdict == "differs"
    assert found.tolerance == expected.tolerance
    assert found.axes == ("z", "c", "y", "x")
    assert found.difference.where == (5, 1, 7, 10)
    assert found.difference.maximum == 9
    assert (found.difference.differing, found.difference.samples) == (2, data.size)
    assert found.difference.mean == pytest.approx(11 / data.size, rel=1e-12)
    # A store beside an image in memory, and beside a TIFF.
    assert compare(a, read(tmp_path / "a.ome.zarr")).passed
    write(two, tmp_path / "b.tif")
    assert compare(b, tmp_path / "b.tif").passed
    assert compare(a, tmp_path / "b.tif").difference == found.difference


@pytest.mark.usefixtures("small_pieces")
def test_a_tolerance_that_hides_everything_is_named_for_stores_too(tmp_path: Path) -> None:
    data = np.arange(2 * 6 * 8, dtype=np.uint8).reshape(2, 6, 8)
    other = data.copy()
    other[1, 5, 7] += 1
    a = stored(tmp_path / "a.ome.zarr", image(data=data), (1, 3, 4))
    b = stored(tmp_path / "b.ome.zarr", image(data=other), (2, 6, 8))
    assert compare(a, b, tolerance=1).verdict == "passed"
    assert compare(a, b, tolerance=300).verdict == "cannot tell"
    assert compare(a, b, tolerance=0.5).verdict == "differs"
