"""Projections, orthogonal slices and their picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import fiji_bridge
from fiji_bridge import CalibratedImage, views
from fiji_bridge.errors import AxesError, FileError, InputError, NotFiniteError
from fiji_bridge.formats.views_png import BAR_COLOUR, make_layout, nice_length
from fiji_bridge.image.calibration import AxisCalibration, Calibration, from_voxel_size
from fiji_bridge.ops.output import write_images


@pytest.fixture
def stack() -> CalibratedImage:
    data = np.random.default_rng(0).integers(0, 60_000, (5, 40, 30)).astype(np.uint16)
    calibration = Calibration(
        AxisCalibration(2.0, "um", 1.0), AxisCalibration(0.45, "um"), AxisCalibration(0.5, "um")
    )
    return CalibratedImage(data, ("z", "y", "x"), calibration, name="stack")


@pytest.mark.parametrize("method", ["max", "mean", "sum"])
def test_projections_are_numpys(stack: CalibratedImage, method: str) -> None:
    made = views(stack, method=method, pixels="voxels")
    numpys = getattr(np, method)
    double = stack.data.astype(float)
    tolerance = 0 if method == "max" else 1e-7  # float32
    np.testing.assert_allclose(made["xy"].data, numpys(double, axis=0), rtol=tolerance)
    np.testing.assert_allclose(made["xz"].data, numpys(double, axis=1), rtol=tolerance)
    np.testing.assert_allclose(made["zy"].data, numpys(double, axis=2).T, rtol=tolerance)
    assert made["xy"].data.dtype == (np.uint16 if method == "max" else np.float32)


def test_slices_go_through_the_point(stack: CalibratedImage) -> None:
    made = views(stack, method="slice", position="3 10 20", pixels="voxels")
    np.testing.assert_array_equal(made["xy"].data, stack.data[3])
    np.testing.assert_array_equal(made["xz"].data, stack.data[:, 10])
    np.testing.assert_array_equal(made["zy"].data, stack.data[:, :, 20].T)
    middle = views(stack, method="slice", pixels="voxels")
    np.testing.assert_array_equal(middle["xy"].data, stack.data[2])


def test_each_view_has_the_voxel_sizes_of_its_axes(stack: CalibratedImage) -> None:
    made = views(stack, pixels="voxels")
    found = {n: (v.calibration.y.size, v.calibration.x.size) for n, v in made.images.items()}
    assert found == {"xy": (0.45, 0.5), "xz": (2.0, 0.5), "zy": (0.45, 2.0)}
    assert made["xz"].calibration.y.origin == 1.0
    assert made["zy"].axes == ("y", "x")


def test_pixels_are_square_unless_asked_otherwise(stack: CalibratedImage) -> None:
    made = views(stack)
    # 5 * 2 / 0.5 = 20 rows; 5 * 2 / 0.45 = 22.2 columns.
    assert made["xz"].data.shape == (20, 30)
    assert made["zy"].data.shape == (40, 22)
    assert made["zy"].calibration.x.size == made["zy"].calibration.y.size == 0.45
    assert "XY, XZ, ZY: interpolated to square pixels" in str(views.plan(stack).table())


def test_without_a_voxel_size_pixels_are_left_as_they_are() -> None:
    plain = CalibratedImage(np.zeros((3, 4, 5), np.uint8), ("z", "y", "x"), name="plain")
    assert views(plain)["xz"].data.shape == (3, 5)
    assert "interpolated" not in str(views.plan(plain).table())


@pytest.mark.parametrize("method", ["max", "slice"])
def test_a_flat_image_has_no_views_of_one_pixel(
    stack: CalibratedImage, tmp_path: Path, method: str
) -> None:
    flat = CalibratedImage(stack.data[0], ("y", "x"), stack.calibration, name="flat")
    made = views(flat, method=method)
    assert list(made.images) == ["xy"]
    assert "XZ, ZY: left out" in str(views.plan(flat).table())
    image = pytest.importorskip("matplotlib.image", reason="matplotlib is not installed")
    write_images(made, tmp_path / "flat.png")
    picture = image.imread(tmp_path / "flat.png")
    layout = make_layout(made.images)
    assert picture.shape[:2] == (layout.height, layout.width)
    _, _, width, height = layout.boxes["xy"]
    # 40 samples of 0.45 um by 30 of 0.5 um.
    assert width / height == pytest.approx(15 / 18, rel=0.02)


def test_channels_frames_and_rgb() -> None:
    data = np.random.default_rng(1).normal(size=(2, 3, 4, 8, 9))
    made = views(data, axes="tczyx", voxel_size=1)
    assert made["xz"].axes == ("t", "c", "y", "x")
    np.testing.assert_array_equal(made["zy"].data, np.swapaxes(data.max(axis=4), -1, -2))
    colour = np.random.default_rng(2).integers(0, 256, (4, 8, 9, 3)).astype(np.uint8)
    made = views(colour, axes="zyxs", voxel_size=1, method="mean")
    assert made["xy"].axes == ("y", "x", "s")
    assert made["xy"].data.dtype == np.uint8
    assert np.abs(made["xy"].data - colour.mean(axis=0)).max() <= 0.5
    with pytest.raises(AxesError, match="is RGB"):
        views(colour, axes="zyxs", voxel_size=1, method="sum")


def test_nan_policies() -> None:
    data = np.ones((3, 4, 5), np.float32)
    data[1, 2, 3] = np.nan
    with pytest.raises(NotFiniteError):
        views(data)
    assert np.isnan(views(data, nan="propagate")["xy"].data[2, 3])
    np.testing.assert_array_equal(views(data, nan="ignore", method="sum")["xy"].data[2, 3], 2)
    data[:, 2, 3] = np.nan
    assert np.isnan(views(data, nan="ignore", method="mean")["xy"].data[2, 3])


@pytest.mark.parametrize("position", ["1 2", "9 0 0", "a b c", (0, 0, -1)])
def test_positions_that_do_not_exist(stack: CalibratedImage, position: object) -> None:
    with pytest.raises(InputError, match="position"):
        views(stack, method="slice", position=position)
    with pytest.raises(InputError, match="goes with method='slice'"):
        views(stack, position="0 0 0")


def test_lengths_of_scale_bars() -> None:
    limits = [0.9, 1.0, 1.99, 3.3, 4.99, 5.0, 12, 99]
    assert [nice_length(v) for v in limits] == [0.5, 1, 1, 2, 2, 5, 10, 50]


def test_picture_has_true_aspect_and_a_true_scale_bar(tmp_path: Path) -> None:
    image = pytest.importorskip("matplotlib.image", reason="matplotlib is not installed")
    # 20 um deep, 45 um high, 30 um wide, in voxels that are not isotropic; white all over but
    # for one sample, so that the grey scale has a range.
    data = np.full((10, 100, 60), 200, np.uint8)
    data[:, 0, 0] = 0
    white = CalibratedImage(data, ("z", "y", "x"), from_voxel_size((2, 0.45, 0.5), "um"))
    target = tmp_path / "white.png"
    write_images(views(white, pixels="voxels"), target)
    picture = image.imread(target)[:, :, :3]
    bright = (picture > 0.95).all(axis=2)
    layout = make_layout(views(white, pixels="voxels").images)
    assert picture.shape[:2] == (layout.height, layout.width)
    # Where the views are, to the pixel that an edge may cut.
    for left, top, width, height in layout.boxes.values():
        row, column = int(top + height / 2), int(left + width / 2)
        assert bright[row, int(left) : int(left + width) + 2].sum() == pytest.approx(width, abs=1.5)
        assert bright[int(top) : int(top + height) + 2, column].sum() == pytest.approx(
            height, abs=1.5
        )
    (_, _, wide, high), (_, _, deep, _) = layout.boxes["xy"], layout.boxes["zy"]
    assert wide / high == pytest.approx(30 / 45)
    assert deep / wide == pytest.approx(20 / 30)
    colour = np.array([int(BAR_COLOUR[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    bar = (np.abs(picture - colour) < 0.01).all(axis=2)
    assert layout.bar == 10
    assert bar.sum(axis=1).max() == pytest.approx(10 * layout.pixels_per_unit, abs=1.5)


def test_the_same_views_give_the_same_bytes(stack: CalibratedImage, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    made = views(stack)
    write_images(made, tmp_path / "a.png")
    write_images(made, tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    with pytest.raises(FileError, match="exists"):
        write_images(made, tmp_path / "a.png")


def test_files_of_the_real_bead(bead: Path, tmp_path: Path) -> None:
    made = views(fiji_bridge.read(bead))
    files = write_images(made, tmp_path / "bead.tif")
    assert [file.name for file in files] == ["bead-xy.tif", "bead-xz.tif", "bead-zy.tif"]
    found = fiji_bridge.read(files[1])
    # 41 planes of 0.125 um, in pixels of 0.0225 um.
    assert found.data.shape == (228, 150)
    assert found.calibration.voxel_size("y", "um") == pytest.approx(0.0225, rel=1e-3)
    assert found.calibration.voxel_size("x", "um") == pytest.approx(0.0225, rel=1e-3)


def test_run_gives_what_the_function_gives(stack: CalibratedImage) -> None:
    found = fiji_bridge.run("views", stack.data, voxel_size="2 0.45 0.5 um")
    np.testing.assert_array_equal(found["xz"].data, views(stack)["xz"].data)
