"""Large TIFFs, read by regions: the bits and the metadata of the in-memory call."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import fiji_bridge
import tiff_inputs
from fiji_bridge import read
from fiji_bridge.blocks import plan as plans
from fiji_bridge.blocks.process import process
from fiji_bridge.formats import open_regions
from fiji_bridge.formats.selection import Selection, cut
from fiji_bridge.image.calibrated import CalibratedImage

BLUR: dict[str, Any] = {"sigma": "1 um", "engine": "scipy"}


@pytest.fixture(autouse=True)
def smallest_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have blocks of one chunk or shard: small volumes would be one block."""
    monkeypatch.setattr(plans, "SLACK", float("inf"))


def assert_same_image(found: CalibratedImage, wanted: CalibratedImage) -> None:
    """Compare all that two images know."""
    assert found.axes == wanted.axes
    assert found.data.dtype == wanted.data.dtype
    np.testing.assert_array_equal(found.data, wanted.data)
    np.testing.assert_equal(found.metadata.luts, wanted.metadata.luts)
    plain = [replace(i, data=wanted.data, metadata=replace(i.metadata, luts=())) for i in
             (found, wanted)]  # fmt: skip
    for name in ("calibration", "metadata", "name", "channel_names", "ome_xml"):
        assert getattr(plain[0], name) == getattr(plain[1], name), name
    assert len(found.provenance) == len(wanted.provenance)
    for mine, theirs in zip(found.provenance, wanted.provenance, strict=True):
        assert mine["operation"] == theirs["operation"]
        assert mine["plan"] == theirs["plan"]


@pytest.mark.parametrize("axes", ["zyx", "tzcyx", "czyx", "yx"])
@pytest.mark.parametrize("layout", tiff_inputs.LAYOUTS)
def test_a_part_is_read_alone(tmp_path: Path, layout: str, axes: str) -> None:
    path = tiff_inputs.make(tmp_path, layout, tiff_inputs.image_of(axes))
    whole = read(path)
    chosen: list[dict[str, Any]] = [{"region": "y=3:20px x=10:30px"}]
    if "t" in axes:
        chosen.append({"timepoint": 2, "channel": 1})
    if "c" in axes:
        chosen.append({"channel": 1, "region": "z=2:6um x=3:9px"})
    for part in chosen:
        assert_same_image(read(path, **part), cut(whole, Selection(**part).slices(whole)))


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "float32"])
@pytest.mark.parametrize("layout", ["imagej", "imagej-single", "ome-tiles"])
def test_any_region_of_any_type(tmp_path: Path, layout: str, dtype: str) -> None:
    path = tiff_inputs.make(tmp_path, layout, tiff_inputs.image_of("tzcyx", dtype))
    whole = read(path)
    source = open_regions(path, Selection())
    data = whole.data.transpose([whole.axes.index(axis) for axis in source.axes])
    rng = np.random.default_rng(0)
    for _ in range(10):
        ends = [sorted(rng.choice(n + 1, 2, replace=False)) for n in data.shape]
        region = tuple(slice(int(a), int(b)) for a, b in ends)
        out = np.zeros([s.stop - s.start for s in region], data.dtype)
        source.read(region, out)
        np.testing.assert_array_equal(out, data[region])


@pytest.mark.parametrize("axes", ["zyx", "tzcyx"])
@pytest.mark.parametrize("layout", tiff_inputs.LAYOUTS)
def test_into_an_ome_zarr(tmp_path: Path, layout: str, axes: str) -> None:
    path = tiff_inputs.make(tmp_path, layout, tiff_inputs.image_of(axes))
    target = tmp_path / "out.ome.zarr"
    report = process(path, target, chunks=(1,) * (len(axes) - 3) + (3, 20, 20), **BLUR)
    assert report.blocks > 4
    whole = fiji_bridge.gaussian(read(path), **BLUR)
    fiji_bridge.write(whole, tmp_path / "memory.ome.zarr")
    assert_same_image(read(target), read(tmp_path / "memory.ome.zarr"))
    np.testing.assert_array_equal(read(target).data, whole.data)
    mine, theirs = (
        json.loads((folder / "zarr.json").read_text())["attributes"]["ome"]
        for folder in (target, tmp_path / "memory.ome.zarr")
    )
    assert mine == theirs


@pytest.mark.parametrize("ending", [".tif", ".ome.tif"])
@pytest.mark.parametrize("axes", ["zyx", "tzcyx", "czyx", "yx"])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "float32"])
def test_into_a_tiff(tmp_path: Path, dtype: str, axes: str, ending: str) -> None:
    path = tiff_inputs.make(tmp_path, "imagej", tiff_inputs.image_of(axes, dtype))
    target = tmp_path / f"out{ending}"
    report = process(path, target, workers=2, **BLUR)
    assert report.blocks == 1 if axes == "yx" else report.blocks > 6
    whole = fiji_bridge.gaussian(read(path), **BLUR)
    fiji_bridge.write(whole, tmp_path / f"memory{ending}")
    found, memory = read(target), read(tmp_path / f"memory{ending}")
    assert_same_image(replace(found, name=""), replace(memory, name=""))
    np.testing.assert_array_equal(found.data, whole.data)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.tif", f"memory{ending}", target.name]
    with tifffile.TiffFile(target) as tif:
        np.testing.assert_array_equal(tif.asarray().reshape(found.shape), found.data)
        assert tif.is_bigtiff == (ending == ".ome.tif")
        assert tif.pages.first.is_tiled == (ending == ".ome.tif")


@pytest.mark.parametrize("layout", tiff_inputs.LAYOUTS)
def test_from_any_tiff_into_both(tmp_path: Path, layout: str) -> None:
    path = tiff_inputs.make(tmp_path, layout, tiff_inputs.image_of("tzcyx"))
    whole = fiji_bridge.gaussian(read(path), **BLUR)
    for ending in (".tif", ".ome.tif"):
        process(path, tmp_path / f"out{ending}", workers=2, **BLUR)
        fiji_bridge.write(whole, tmp_path / f"memory{ending}")
        found, memory = (read(tmp_path / f"{name}{ending}") for name in ("out", "memory"))
        assert_same_image(replace(found, name=""), replace(memory, name=""))


@pytest.mark.parametrize("operation", ["gaussian", "laplacian"])
def test_the_range_of_floats_is_that_of_the_samples(tmp_path: Path, operation: str) -> None:
    image = tiff_inputs.image_of("czyx", "float32")
    image = replace(image, metadata=replace(image.metadata, ranges=()))
    path = tiff_inputs.make(tmp_path, "imagej", image)
    process(path, tmp_path / "out.ome.zarr", operation, **BLUR)
    whole = fiji_bridge.run(operation, read(path), **BLUR)
    fiji_bridge.write(whole, tmp_path / "memory.ome.zarr")
    mine, theirs = (
        json.loads((tmp_path / name / "zarr.json").read_text())["attributes"]["ome"]["omero"]
        for name in ("out.ome.zarr", "memory.ome.zarr")
    )
    assert mine == theirs
