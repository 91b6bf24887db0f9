"""Reading OME-Zarr: our own, those of other writers, damaged ones and those of odd metadata."""

from __future__ import annotations

import json
import shutil
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fiji_bridge
from fiji_bridge import read, write
from fiji_bridge.errors import CalibrationError, FileError, InputError, MemoryLimitError
from fiji_bridge.formats.foreign import MetadataWarning
from fiji_bridge.formats.ome_zarr import write_ome_zarr
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import AxisCalibration, Calibration
from file_cases import CASES, MICROMETRES

zarr = pytest.importorskip("zarr", reason="zarr is not installed")

SHAPE = {"t": 3, "c": 2, "z": 4, "y": 20, "x": 30}
SUBSETS = ["tczyx", "tzyx", "czyx", "tcyx", "zyx", "cyx", "tyx", "yx", "tx", "x"]


def array(axes: str, dtype: str = "uint16") -> np.ndarray[Any, Any]:
    shape = [SHAPE[axis] for axis in axes]
    return (1 + np.arange(np.prod(shape))).astype(dtype).reshape(shape)


def store(
    path: Path,
    data: np.ndarray[Any, Any] | None = None,
    axes: str = "zyx",
    *,
    version: str = "0.5",
    unit: Any = "micrometer",
    steps: list[dict[str, Any]] | None = None,
    above: list[dict[str, Any]] | None = None,
    attributes: dict[str, Any] | None = None,
    **options: Any,
) -> Path:
    """Write an OME-Zarr by zarr alone."""
    data = array(axes) if data is None else data
    root = zarr.open_group(str(path), mode="w", zarr_format=3 if version == "0.5" else 2)
    options.setdefault("chunks", tuple(max(1, size // 2) for size in data.shape))
    made = root.create_array("0", shape=data.shape, dtype=data.dtype, **options)
    made[...] = data
    scale = {"type": "scale", "scale": [{"t": 5.0, "c": 1.0, "z": 2.0}.get(a, 0.5) for a in axes]}
    kinds = {"t": ("time", "second"), "c": ("channel", None)}
    described = []
    for axis in axes:
        kind, own = kinds.get(axis, ("space", unit))
        described.append({"name": axis, "type": kind} | ({} if own is None else {"unit": own}))
    multiscale = {
        "axes": described,
        "datasets": [
            {"path": "0", "coordinateTransformations": [scale] if steps is None else steps}
        ],
    }
    if above is not None:
        multiscale["coordinateTransformations"] = above
    if version == "0.5":
        root.attrs["ome"] = {"version": "0.5", "multiscales": [multiscale], **(attributes or {})}
    else:
        root.attrs.update({"multiscales": [{"version": "0.4", **multiscale}], **(attributes or {})})
    return path


@pytest.mark.parametrize("version", ["0.4", "0.5"])
@pytest.mark.parametrize("axes", SUBSETS)
def test_any_subset_of_the_axes(axes: str, version: str, tmp_path: Path) -> None:
    found = read(store(tmp_path / "a.zarr", axes=axes, version=version))
    order = [axis for axis in "tzcyx" if axis in axes]
    assert found.axes == tuple(order)
    assert np.array_equal(found.data, array(axes).transpose([axes.index(a) for a in order]))
    assert found.calibration.frame_interval == (5.0 if "t" in axes else 0.0)
    assert found.calibration.time_unit == "sec"
    for axis in set(axes) & set("zyx"):
        assert found.calibration.voxel_size(axis, "um") == (2.0 if axis == "z" else 0.5)


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_round_trip(version: str, tmp_path: Path) -> None:
    image = read(CASES / "seventeen_items.ome.tif")
    image = replace(image, metadata=replace(image.metadata, ranges=(1.0, 9.0, 2.0, 8.0)))
    path = write_ome_zarr([image], tmp_path / "a.ome.zarr", version=version)
    found = read(path)
    assert (found.axes, found.dtype, found.name) == (image.axes, image.dtype, image.name)
    assert np.array_equal(found.data, image.data)
    for axis in "zyx":
        mine, theirs = image.calibration.axis(axis), found.calibration.axis(axis)
        assert (theirs.size, theirs.unit, theirs.origin) == (mine.size, mine.unit, mine.origin)
    assert found.channel_names == ("DAPI", "GFP")
    assert found.metadata.ranges == (1.0, 9.0, 2.0, 8.0)
    assert all(
        np.array_equal(a, b) for a, b in zip(found.metadata.luts, image.metadata.luts, strict=True)
    )


def test_round_trip_of_origin_time_and_provenance(tmp_path: Path) -> None:
    calibration = Calibration(
        y=AxisCalibration(0.45, "µm", 10.0), x=AxisCalibration(0.45, "µm", -3.0),
        frame_interval=2.5, time_unit="ms",
    )  # fmt: skip
    image = CalibratedImage(np.zeros((3, 8, 9), np.float32), ("t", "y", "x"), calibration)
    image = image.with_result(image.data, {"operation": "test", "sigma": 1.5})
    with warnings.catch_warnings():
        # A black image is whole: its chunks are there.
        warnings.simplefilter("error")
        write(image, tmp_path / "a.ome.zarr")
        found = read(tmp_path / "a.ome.zarr")
    assert replace(found.calibration, source=calibration.source) == calibration
    assert [dict(entry) for entry in found.provenance] == [{"operation": "test", "sigma": 1.5}]


def test_levels(tmp_path: Path) -> None:
    data = np.random.default_rng(0).integers(0, 999, (8, 40, 40), np.uint16)
    image = CalibratedImage(data, ("z", "y", "x"), MICROMETRES)
    made = fiji_bridge.pyramid(image, levels=3, engine="scipy")
    fiji_bridge.write_images(made, tmp_path / "p.ome.zarr")
    for number, level in enumerate(made.levels):
        found = read(tmp_path / "p.ome.zarr", level=number)
        assert np.array_equal(found.data, level.data)
        for axis in "zyx":
            size = level.calibration.voxel_size(axis)
            assert found.calibration.voxel_size(axis) == pytest.approx(size, rel=1e-14)
    with pytest.raises(InputError, match="has no level 3: there are 3, counted from 0"):
        read(tmp_path / "p.ome.zarr", level=3)


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_stores_of_ngff_zarr(version: str, tmp_path: Path) -> None:
    ngff_zarr = pytest.importorskip("ngff_zarr", reason="ngff-zarr is not installed")
    image = ngff_zarr.to_ngff_image(
        array("zyx"), dims=("z", "y", "x"), scale={"z": 2.0, "y": 0.5, "x": 0.25},
        translation={"z": 4.0, "y": 0.0, "x": 1.0}, axes_units=dict.fromkeys("zyx", "micrometer"),
    )  # fmt: skip
    levels = ngff_zarr.to_multiscales(image, scale_factors=[2])
    ngff_zarr.to_ngff_zarr(str(tmp_path / "n.ome.zarr"), levels, version=version)
    found = read(tmp_path / "n.ome.zarr")
    assert np.array_equal(found.data, array("zyx"))
    assert [found.calibration.voxel_size(axis, "um") for axis in "zyx"] == [2.0, 0.5, 0.25]
    assert [found.calibration.axis(axis).origin for axis in "zyx"] == [-2.0, 0.0, -4.0]
    assert read(tmp_path / "n.ome.zarr", level=1).calibration.voxel_size("x", "um") == 0.5


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_stores_of_ome_zarr_py(version: str, tmp_path: Path) -> None:
    writer = pytest.importorskip("ome_zarr.writer", reason="ome-zarr is not installed")
    formats = pytest.importorskip("ome_zarr.format", reason="ome-zarr is not installed")
    form = formats.FormatV04() if version == "0.4" else formats.FormatV05()
    writer.write_image(
        array("czyx"), str(tmp_path / "o.zarr"), fmt=form,
        axes=[{"name": "c", "type": "channel"}]
        + [{"name": axis, "type": "space", "unit": "micrometer"} for axis in "zyx"],
    )  # fmt: skip
    found = read(tmp_path / "o.zarr")
    assert found.axes == ("z", "c", "y", "x")
    assert np.array_equal(found.data, array("czyx").transpose(1, 0, 2, 3))


@pytest.mark.parametrize("unit", ["micrometer", "micron", "um", "µm", "\u03bcm", "Micrometers"])
def test_spellings_of_a_unit(unit: str, tmp_path: Path) -> None:
    assert read(store(tmp_path / "a.zarr", unit=unit)).calibration.voxel_size("z", "um") == 2.0


def test_a_unit_that_is_missing_or_no_length(tmp_path: Path) -> None:
    path = store(tmp_path / "a.zarr", unit=None)
    with pytest.raises(CalibrationError, match="without a unit; only that is missing"):
        fiji_bridge.gaussian(path, sigma="1 um", engine="scipy")
    assert fiji_bridge.gaussian.plan(path, sigma="1 um", unit="um") is not None
    assert fiji_bridge.gaussian.plan(path, sigma="1 px") is not None
    with pytest.raises(CalibrationError, match="unknown length unit 'parsec'"):
        fiji_bridge.gaussian.plan(store(tmp_path / "b.zarr", unit="parsec"), sigma="1 um")
    # A scale must stand there; ones without a unit say nothing.
    ones = store(tmp_path / "c.zarr", unit=None, steps=[{"type": "scale", "scale": [1, 1, 1]}])
    with pytest.raises(CalibrationError, match="axis z has no voxel size"):
        fiji_bridge.gaussian.plan(ones, sigma="1 um")


def test_transformations_are_combined(tmp_path: Path) -> None:
    path = store(
        tmp_path / "a.zarr",
        steps=[{"type": "scale", "scale": [2.0, 1.0, 0.5]},
               {"type": "translation", "translation": [4.0, 0.0, 1.0]}],
        above=[{"type": "scale", "scale": [1.0, 1.0, 2.0]},
               {"type": "translation", "translation": [0.0, 3.0, 0.0]}],
    )  # fmt: skip
    found = read(path).calibration
    assert [found.voxel_size(axis) for axis in "zyx"] == [2.0, 1.0, 1.0]
    # z: 4 / 2; y: 3 / 1; x: 1 · 2 / 1 samples before the first.
    assert [found.axis(axis).origin for axis in "zyx"] == [-2.0, -3.0, -2.0]


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ([{"type": "affine", "affine": [[1]]}], "of the type 'affine'; only scale"),
        ([{"type": "rotation", "rotation": []}], "of the type 'rotation'"),
        ([{"type": "scale", "scale": [1.0]}], "a scale of 1 values for 3 axes"),
        ([{"type": "scale", "path": "s"}], "a scale of no values"),
        ([{"type": "scale", "scale": ["1", 2, 3]}], "the multiscale image says: datasets.0"),
    ],
)
def test_transformations_that_are_refused(
    steps: list[dict[str, Any]], says: str, tmp_path: Path
) -> None:
    with pytest.raises(FileError) as refused:
        read(store(tmp_path / "a.zarr", steps=steps))
    assert says in str(refused.value)


def test_a_senseless_scale_is_judged_when_it_is_needed(tmp_path: Path) -> None:
    path = store(tmp_path / "a.zarr", steps=[{"type": "scale", "scale": [0.0, 0.5, 0.5]}])
    assert np.array_equal(read(path).data, array("zyx"))
    with pytest.raises(CalibrationError, match=r"axis z makes no sense: scale of z = 0\.0"):
        fiji_bridge.gaussian.plan(path, sigma="1 um")


def test_labels_and_other_levels_are_left_alone(tmp_path: Path) -> None:
    path = store(tmp_path / "a.zarr")
    store(path / "labels" / "cells", np.ones((4, 20, 30), np.int32))
    assert np.array_equal(read(path).data, array("zyx"))
    assert read(path / "labels" / "cells").dtype == np.int32


def test_odd_channels_are_left_out_with_a_warning(tmp_path: Path) -> None:
    path = store(
        tmp_path / "a.zarr", axes="cyx", attributes={"omero": {"channels": [{"color": "blue"}] * 2}}
    )
    with pytest.warns(MetadataWarning, match="omero is left out"):
        assert read(path).metadata.luts == ()


def test_shards(tmp_path: Path) -> None:
    path = store(tmp_path / "a.zarr", chunks=(2, 5, 5), shards=(4, 10, 15))
    assert np.array_equal(read(path).data, array("zyx"))
    assert np.array_equal(read(path, region="y=6:9px").data, array("zyx")[:, 6:9])


def test_big_endian_samples(tmp_path: Path) -> None:
    path = store(tmp_path / "a.zarr", array("zyx", ">u2"), version="0.4")
    found = read(path)
    assert found.dtype == np.dtype("=u2")
    assert np.array_equal(found.data, array("zyx"))


@pytest.mark.parametrize("sharded", [False, True])
def test_a_missing_chunk_is_the_fill_value_and_said(sharded: bool, tmp_path: Path) -> None:
    expected = array("zyx")
    if sharded:
        path = store(tmp_path / "a.zarr", chunks=(2, 10, 15), shards=(4, 10, 15), fill_value=7)
        # Writing the fill value leaves the chunk out of its shard.
        zarr.open_array(str(path / "0"))[2:4, :10, 15:] = 7
    else:
        path = store(tmp_path / "a.zarr", chunks=(2, 10, 15), fill_value=7)
        (path / "0" / "c" / "1" / "0" / "1").unlink()
    expected[2:4, :10, 15:] = 7
    with pytest.warns(MetadataWarning, match="1 of 8 chunks of level 0 missing .* value 7"):
        assert np.array_equal(read(path).data, expected)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read(path, region="z=0:2px")


@pytest.mark.parametrize("shards", [None, (4, 10, 15)])
def test_a_damaged_chunk_is_named(shards: tuple[int, ...] | None, tmp_path: Path) -> None:
    path = store(tmp_path / "a.zarr", chunks=(2, 10, 15), shards=shards)
    key = "0/c/1/0/1" if shards is None else "0/c/0/0/1"
    raw = bytearray((path / key).read_bytes())
    # Without shards the first bytes, with them the index: the first chunk in the shard is met.
    raw[: 12 if shards is None else len(raw)] = bytes(12 if shards is None else len(raw))
    (path / key).write_bytes(raw)
    index = "(1, 0, 1)" if shards is None else "(0, 0, 1)"
    with pytest.raises(FileError) as refused:
        read(path)
    assert f"chunk {index} of level 0 ({key}) is damaged" in str(refused.value)
    assert np.array_equal(read(path, region="y=10:20px").data, array("zyx")[:, 10:])


def test_folders_of_several_images(tmp_path: Path) -> None:
    root = zarr.open_group(str(tmp_path / "b.zarr"), mode="w", zarr_format=2)
    root.attrs["bioformats2raw.layout"] = 3
    store(tmp_path / "b.zarr" / "0", version="0.4")
    assert np.array_equal(read(tmp_path / "b.zarr").data, array("zyx"))
    store(tmp_path / "b.zarr" / "1", version="0.4")
    with pytest.raises(FileError, match=r"holds 2 scenes, 0, 1; choose one .* such as .*/0"):
        read(tmp_path / "b.zarr")
    assert np.array_equal(read(tmp_path / "b.zarr", scene=1).data, array("zyx"))
    assert read(tmp_path / "b.zarr" / "1", scene=0).shape == array("zyx").shape
    with pytest.raises(InputError, match="has no scene 2: its 2 scenes are 0, 1"):
        read(tmp_path / "b.zarr", scene=2)

    plate = zarr.open_group(str(tmp_path / "p.zarr"), mode="w", zarr_format=3)
    plate.attrs["ome"] = {"version": "0.5", "plate": {"wells": [{"path": "A/1"}, {"path": "A/2"}]}}
    for name in ("A/1", "A/2"):
        well = plate.create_group(name)
        well.attrs["ome"] = {"well": {"images": [{"path": "0"}, {"path": "1"}]}}
        store(tmp_path / "p.zarr" / name / "0")
    with pytest.raises(FileError, match="it holds 4 scenes, A/1/0, A/1/1, A/2/0, A/2/1; choose"):
        read(tmp_path / "p.zarr")
    assert np.array_equal(read(tmp_path / "p.zarr", scene="A/2/0").data, array("zyx"))
    with pytest.raises(FileError, match="it holds 2 scenes, 0, 1"):
        read(tmp_path / "p.zarr" / "A" / "1")
    assert np.array_equal(read(tmp_path / "p.zarr/A/1/0").data, array("zyx"))


def damage(path: Path, change: Any) -> Path:
    """Change the attributes of the group."""
    found = json.loads((path / "zarr.json").read_text())
    change(found["attributes"]["ome"])
    found.pop("consolidated_metadata", None)
    (path / "zarr.json").write_text(json.dumps(found))
    return path


DAMAGES: list[tuple[Any, str]] = [
    (lambda ome: ome.update(version="0.3"), "it is NGFF '0.3'; 0.4 and 0.5 are read"),
    (lambda ome: ome.update(multiscales=[]), "no list of images"),
    (lambda ome: ome.update(multiscales=7), "no list of images"),
    (lambda ome: ome.pop("multiscales"), "without an image"),
    (lambda ome: ome["multiscales"][0].pop("axes"), "axes"),
    (lambda ome: ome["multiscales"][0]["axes"].pop(), "3 dimensions and the axes z, y"),
    (lambda ome: ome["multiscales"][0]["axes"][0].update(name="y"), "one of them twice"),
    (lambda ome: ome["multiscales"][0]["axes"][0].update(name="wavelength"), "'wavelength'"),
    (lambda ome: ome["multiscales"][0]["axes"][0].update(unit=5), "unit=5"),
    (lambda ome: ome["multiscales"][0]["datasets"][0].update(path="9"), "'9' that it names"),
    (lambda ome: ome["multiscales"][0]["datasets"][0].update(path="../x"), "leads outside"),
    (lambda ome: ome["multiscales"][0].update(datasets=[]), "datasets"),
]


@pytest.mark.parametrize(("change", "says"), DAMAGES, ids=[says for _, says in DAMAGES])
def test_odd_metadata_are_one_sentence(change: Any, says: str, tmp_path: Path) -> None:
    with pytest.raises(FileError) as refused:
        read(damage(store(tmp_path / "a.zarr"), change))
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_what_is_no_image(tmp_path: Path) -> None:
    path = store(tmp_path / "a.zarr")
    with pytest.raises(FileError, match="it is an array without axes"):
        read(path / "0")
    (path / "zarr.json").write_text("{" * 100_000)
    with pytest.raises(FileError, match="damaged or unsupported Zarr"):
        read(path)
    (tmp_path / "folder.zarr").mkdir()
    with pytest.raises(FileError, match="it is a folder, none of the formats"):
        read(tmp_path / "folder.zarr")


def test_what_does_not_fit_is_refused_before_it_is_made(tmp_path: Path) -> None:
    path = store(tmp_path / "a.zarr")
    shutil.rmtree(path / "0" / "c")
    found = json.loads((path / "0" / "zarr.json").read_text())
    found["shape"] = [1_000_000, 100_000, 1000]
    (path / "0" / "zarr.json").write_text(json.dumps(found))
    with pytest.raises(MemoryLimitError, match=r"needs 181\.9 TiB of memory"):
        read(path)
    # A part of it fits.
    with pytest.warns(MetadataWarning, match="missing in the store"):
        assert read(path, region="z=0:2px y=0:3px x=0:4px").shape == (2, 3, 4)
