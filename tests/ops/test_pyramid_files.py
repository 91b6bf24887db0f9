"""Pyramids in files: one TIFF per level, and OME-Zarr that others read."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import fiji_bridge
from fiji_bridge import CalibratedImage, pyramid
from fiji_bridge.errors import FileError
from fiji_bridge.image.calibration import Calibration, from_voxel_size
from fiji_bridge.ops.output import write_images
from pyramid_scene import scene

Program = Callable[..., subprocess.CompletedProcess[str]]


def test_one_calibrated_tiff_per_level(tmp_path: Path) -> None:
    made = pyramid(scene(), levels=4, engine="scipy")
    files = write_images(made, tmp_path / "p.tif")
    assert [file.name for file in files] == [f"p-level{n}.tif" for n in range(4)]
    for file, level in zip(files, made.levels, strict=True):
        found = fiji_bridge.read(file)
        np.testing.assert_array_equal(found.data, level.data)
        for axis in "zyx":
            # X and Y are rationals over a million in ImageJ's TIFF.
            assert found.calibration.voxel_size(axis, "um") == pytest.approx(
                level.calibration.axis(axis).size, rel=1e-6
            )
            assert found.calibration.axis(axis).origin == pytest.approx(
                level.calibration.axis(axis).origin
            )
    with pytest.raises(FileError, match="exists"):
        write_images(made, tmp_path / "p.tif")


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_ome_zarr_is_read_by_others(tmp_path: Path, version: str) -> None:
    ngff_zarr = pytest.importorskip("ngff_zarr", reason="the reader ngff-zarr is not installed")
    reader = pytest.importorskip("ome_zarr.reader", reason="the reader ome-zarr is not installed")
    ome_io = pytest.importorskip("ome_zarr.io")
    made = pyramid(scene(), levels=4, ngff=version, engine="scipy")
    (path,) = write_images(made, tmp_path / "p.ome.zarr")

    # Validated against the JSON schema of the specification.
    theirs = ngff_zarr.from_ngff_zarr(str(path), version=version, validate=True)
    assert [axis.unit for axis in theirs.metadata.axes] == ["micrometer"] * 3
    for image, level in zip(theirs.images, made.levels, strict=True):
        np.testing.assert_array_equal(np.asarray(image.data), level.data)
        for axis in "zyx":
            own = level.calibration.axis(axis)
            assert image.scale[axis] == pytest.approx(own.size)
            assert image.translation[axis] == pytest.approx(-own.origin * own.size)

    nodes = list(reader.Reader(ome_io.parse_url(str(path)))())
    arrays = nodes[0].data
    assert [array.shape for array in arrays] == [level.data.shape for level in made.levels]
    np.testing.assert_array_equal(np.asarray(arrays[3]), made.levels[3].data)
    assert [axis["unit"] for axis in nodes[0].metadata["axes"]] == ["micrometer"] * 3


def test_a_point_keeps_its_place_in_every_level_of_the_zarr(tmp_path: Path) -> None:
    ngff_zarr = pytest.importorskip("ngff_zarr", reason="the reader ngff-zarr is not installed")
    data = np.zeros((41, 121, 121), np.float32)
    data[20, 60, 61] = 1e6
    image = scene().with_data(data)
    (path,) = write_images(pyramid(image, levels=4, engine="scipy"), tmp_path / "p.ome.zarr")
    for level in ngff_zarr.from_ngff_zarr(str(path)).images:
        profile = np.asarray(level.data).astype(float).sum(axis=(0, 1))
        at = level.translation["x"] + np.arange(len(profile)) * level.scale["x"]
        # Half a voxel of the last level would be 1.8 um.
        assert (profile * at).sum() / profile.sum() == pytest.approx((61 - 3) * 0.45, abs=0.01)


def test_channels_time_and_rgb_in_a_zarr(tmp_path: Path) -> None:
    zarr = pytest.importorskip("zarr", reason="zarr is not installed")
    data = np.zeros((2, 4, 3, 10, 10), np.uint16)
    calibration = from_voxel_size((2, 0.45, 0.45), "um")
    movie = CalibratedImage(
        data, ("t", "z", "c", "y", "x"),
        Calibration(calibration.z, calibration.y, calibration.x, 1.5, "sec"),
    )  # fmt: skip
    (path,) = write_images(pyramid(movie, levels=2, engine="scipy"), tmp_path / "m.ome.zarr")
    group = zarr.open_group(str(path), mode="r")
    (multiscale,) = group.attrs["ome"]["multiscales"]
    assert [axis["name"] for axis in multiscale["axes"]] == ["t", "c", "z", "y", "x"]
    assert multiscale["axes"][0]["unit"] == "second"
    transformations = multiscale["datasets"][1]["coordinateTransformations"]
    assert transformations[0]["scale"] == [1.5, 1, 2, 0.9, 0.9]
    assert group["0"].shape == (2, 3, 4, 10, 10)
    colour = CalibratedImage(
        np.zeros((8, 8, 3), np.uint8), ("y", "x", "s"), calibration, name="colour"
    )
    (path,) = write_images(pyramid(colour, levels=2, engine="scipy"), tmp_path / "c.ome.zarr")
    assert zarr.open_group(str(path), mode="r")["0"].shape == (3, 8, 8)


def test_only_a_zarr_is_replaced_and_only_when_asked(tmp_path: Path) -> None:
    pytest.importorskip("zarr", reason="zarr is not installed")
    made = pyramid(scene((5, 16, 16)), levels=2, engine="scipy")
    target = tmp_path / "p.ome.zarr"
    write_images(made, target)
    with pytest.raises(FileError, match="exists"):
        write_images(made, target)
    write_images(replace(made, ngff="0.4"), target, overwrite=True)
    assert (target / ".zgroup").is_file()
    assert not (target / "zarr.json").exists()
    mine = tmp_path / "mine.zarr"
    mine.mkdir()
    (mine / "diary.txt").write_text("precious")
    with pytest.raises(FileError, match="is not a Zarr"):
        write_images(made, mine, overwrite=True)
    assert (mine / "diary.txt").read_text() == "precious"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["mine.zarr", "p.ome.zarr"]


def test_from_the_command_line(program_here: Program, tmp_path: Path) -> None:
    pytest.importorskip("zarr", reason="zarr is not installed")
    source = tmp_path / "in.tif"
    fiji_bridge.write(scene((9, 32, 32)), source)
    target = tmp_path / "out.ome.zarr"
    options = ("--levels", 3, "--engine", "scipy")
    planned = program_here("pyramid", source, target, *options, "--plan", "--json")
    assert planned.returncode == 0, planned.stderr
    assert [level["sigma"] for level in json.loads(planned.stdout)["levels"]] == [1, 2, 4]
    assert not target.exists()
    done = program_here("pyramid", source, target, *options)
    assert done.returncode == 0, done.stderr
    assert "half a voxel of axis z" in done.stdout
    assert (target / "2" / "zarr.json").is_file()
    assert program_here("pyramid", source, target, *options).returncode == 2
    assert program_here("pyramid", source, target, *options, "--overwrite").returncode == 0
    files = program_here("pyramid", source, tmp_path / "out.tif", *options, "--json")
    outputs = json.loads(files.stdout)["outputs"]
    assert outputs == [str(tmp_path / f"out-level{n}.tif") for n in range(3)]
    again = pyramid(fiji_bridge.read(source), levels=3, engine="scipy")
    np.testing.assert_array_equal(fiji_bridge.read(outputs[2]).data, again.levels[2].data)
