"""Large TIFFs, read by regions: the bits and the metadata of the in-memory call."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import fiji_bridge
import tiff_inputs
from blocks_inputs import make, noise
from fiji_bridge import read
from fiji_bridge.blocks import plan as plans
from fiji_bridge.blocks.process import process
from fiji_bridge.cli import run as program
from fiji_bridge.convert.adapters import to_image
from fiji_bridge.errors import FileError, InputError
from fiji_bridge.formats import imagej_write, ome_tiled, open_regions, tiff_target
from fiji_bridge.formats.foreign import MetadataWarning
from fiji_bridge.formats.regions import ends, nothing
from fiji_bridge.formats.selection import Selection, cut
from fiji_bridge.formats.tiff_directories import read_structure
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


@pytest.mark.parametrize("ending", [".tif", ".ome.tif", ".ome.zarr"])
@pytest.mark.parametrize("kind", ["imagej", "ome-tiles", "zarr"])
@pytest.mark.parametrize(
    "part",
    [
        {"channel": 1},
        {"timepoint": 2, "region": "z=1:6px y=3:40px x=5:30px"},
        {"timepoint": 0, "channel": 1, "region": "y=3:40px"},
        {"region": "z=2:3px"},
    ],
)
def test_a_part_goes_by_blocks(
    tmp_path: Path, part: dict[str, Any], kind: str, ending: str
) -> None:
    if kind == "zarr":
        path = make(tmp_path / "in.ome.zarr", noise((3, 2, 7, 45, 37)), "tczyx", levels=2)
    else:
        path = tiff_inputs.make(tmp_path, kind, tiff_inputs.image_of("tzcyx"))
    target, memory = tmp_path / f"out{ending}", tmp_path / f"memory{ending}"
    process(path, target, workers=2, **part, **BLUR)
    whole = fiji_bridge.gaussian(read(path, **part), **BLUR)
    fiji_bridge.write(whole, memory)
    found = read(target)
    np.testing.assert_array_equal(found.data, whole.data)
    assert_same_image(replace(found, name=""), replace(read(memory), name=""))
    if ending == ".ome.zarr":
        mine, theirs = (
            json.loads((folder / "zarr.json").read_text())["attributes"]["ome"]
            for folder in (target, memory)
        )
        assert mine == theirs
    with pytest.raises(FileError, match="exists"):
        process(path, target, **BLUR)


def test_another_part_does_not_go_on(tmp_path: Path) -> None:
    path = tiff_inputs.make(tmp_path, "imagej", tiff_inputs.image_of("tzcyx"))
    with pytest.raises(StoppedError):
        process(path, tmp_path / "out.tif", channel=1, progress=stop_after(2), **BLUR)
    with pytest.raises(FileError, match="begun with another part of the input"):
        process(path, tmp_path / "out.tif", channel=0, **BLUR)
    with pytest.raises(InputError, match="has no channel 2"):
        process(path, tmp_path / "other.tif", channel=2, **BLUR)


def test_what_is_not_kept_is_said(tmp_path: Path) -> None:
    path = tiff_inputs.make(tmp_path, "imagej", tiff_inputs.image_of("zyx"))
    # A folder of any name is an OME-Zarr.
    with pytest.warns(MetadataWarning, match="OME-Zarr out does not keep: info, slice labels"):
        process(path, tmp_path / "out", **BLUR)
    assert read(tmp_path / "out").shape == (7, 45, 37)


def test_signed_numbers_as_imagej_keeps_them(tmp_path: Path) -> None:
    image = tiff_inputs.image_of("tzcyx")
    lines = {"cf": "0", "c0": "-32768.0", "c1": "1.0", "vunit": "Gray Value"}
    image = replace(image, metadata=replace(image.metadata, description=lines))
    path = tiff_inputs.make(tmp_path, "imagej", image)
    whole = read(path)
    assert whole.data.dtype == np.int16
    assert whole.data.min() < 0
    assert_same_image(read(path, channel=1), cut(whole, {"c": slice(1, 2)}))
    process(path, tmp_path / "out.tif", **BLUR)
    np.testing.assert_array_equal(
        read(tmp_path / "out.tif").data, fiji_bridge.gaussian(whole, **BLUR).data
    )


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


@pytest.fixture
def small_units(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have several tiles, or groups of rows, in a plane of any size."""
    monkeypatch.setattr(ome_tiled, "_TILE", 16)
    monkeypatch.setattr(tiff_target, "_ROWS", 1000)


@pytest.mark.usefixtures("small_units")
@pytest.mark.parametrize("ending", [".tif", ".ome.tif"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_planes_in_several_pieces(tmp_path: Path, dtype: str, ending: str) -> None:
    path = tiff_inputs.make(tmp_path, "ome-tiles", tiff_inputs.image_of("tzcyx", dtype))
    report = process(path, tmp_path / f"out{ending}", workers=2, **BLUR)
    assert report.blocks > 3 * 7 * 2
    whole = fiji_bridge.gaussian(read(path), **BLUR)
    fiji_bridge.write(whole, tmp_path / f"memory{ending}")
    found, memory = (read(tmp_path / f"{name}{ending}") for name in ("out", "memory"))
    assert_same_image(replace(found, name=""), replace(memory, name=""))
    if ending == ".tif":
        # But for the pieces, nothing is left to chance.
        assert (tmp_path / "out.tif").read_bytes() == (tmp_path / "memory.tif").read_bytes()


@pytest.mark.parametrize("ending", [".tif", ".ome.tif"])
def test_from_an_ome_zarr(tmp_path: Path, ending: str) -> None:
    channels = [{"label": name, "color": "00FF00"} for name in ("DAPI", "GFP")]
    data = noise((1, 2, 8, 20, 30))
    source = make(tmp_path / "in.ome.zarr", data, "tczyx", levels=2, omero={"channels": channels})
    process(source, tmp_path / f"out{ending}", **BLUR)
    whole = fiji_bridge.gaussian(read(source), **BLUR)
    fiji_bridge.write(whole, tmp_path / f"memory{ending}")
    found, memory = (read(tmp_path / f"{name}{ending}") for name in ("out", "memory"))
    assert_same_image(replace(found, name=""), replace(memory, name=""))


@pytest.mark.parametrize(
    ("operation", "more"), [("gaussian", {}), ("unsharp_mask", {"amount": 9.0})]
)
def test_bits_that_count_are_said_as_in_memory(
    tmp_path: Path, operation: str, more: dict[str, Any]
) -> None:
    path = tiff_inputs.make(tmp_path, "ome-planes", tiff_inputs.image_of("zyx"))
    bits = 'SignificantBits="13" SizeX'
    tifffile.tiffcomment(path, tifffile.tiffcomment(path).replace("SizeX", bits, 1).encode())
    found = {}
    for name in ("out", "memory"):
        target = tmp_path / f"{name}.ome.tif"
        if name == "out":
            process(path, target, operation, **BLUR, **more)
        else:
            fiji_bridge.write(fiji_bridge.run(operation, read(path), **BLUR, **more), target)
        found[name] = tifffile.tiffcomment(target)
    assert ("SignificantBits" in found["out"]) == (operation == "gaussian")
    assert read(tmp_path / "out.ome.tif").ome_xml == read(tmp_path / "memory.ome.tif").ome_xml


def test_samples_that_are_one_value_are_those_of_an_axis() -> None:
    none = nothing(np.dtype("uint16"), (10**6, 10**6, 10**6))
    assert none.nbytes > 10**18
    assert ends(np.dtype("uint16"), (10**6, 10**6, 4), 3, 9)[-1, -1].tolist() == [3, 9, 9, 9]


class StoppedError(Exception):
    """What ends a run in the middle."""


def stop_after(count: int) -> Callable[[int, int], None]:
    calls = iter(range(1, 10**6))

    def told(done: int, total: int) -> None:
        if next(calls) == count:
            raise StoppedError

    return told


@pytest.mark.parametrize("ending", [".tif", ".ome.tif"])
def test_a_run_that_was_stopped_is_taken_up(tmp_path: Path, ending: str) -> None:
    path = tiff_inputs.make(tmp_path, "imagej", tiff_inputs.image_of("tzcyx"))
    target = tmp_path / f"out{ending}"
    with pytest.raises(StoppedError):
        process(path, target, workers=1, progress=stop_after(5), **BLUR)
    assert not target.exists()
    report = process(path, target, **BLUR)
    assert report.before == 5
    whole = fiji_bridge.gaussian(read(path), **BLUR)
    np.testing.assert_array_equal(read(target).data, whole.data)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.tif", target.name]


KILLED = """
import os, signal, sys
from fiji_bridge.blocks import plan
from fiji_bridge.blocks.process import process
plan.SLACK = float("inf")
left = int(sys.argv[3])
def told(done, total):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
process(sys.argv[1], sys.argv[2], sigma="1 um", engine="scipy", memory="1g", workers=2,
        progress=told)
"""


@pytest.mark.parametrize("ending", [".tif", ".ome.tif"])
def test_a_process_that_was_killed_twice_is_taken_up(tmp_path: Path, ending: str) -> None:
    path = tiff_inputs.make(tmp_path, "ome-big-tiles-deflate", tiff_inputs.image_of("tzcyx"))
    target = tmp_path / f"out{ending}"
    for blocks in (3, 4):
        command = [sys.executable, "-c", KILLED, str(path), str(target), str(blocks)]
        killed = subprocess.run(command, check=False, env=dict(os.environ))
        assert killed.returncode == -signal.SIGKILL
        assert not target.exists()
    report = process(path, target, **BLUR)
    assert report.before >= 7
    whole = fiji_bridge.gaussian(read(path), **BLUR)
    np.testing.assert_array_equal(read(target).data, whole.data)


@pytest.mark.parametrize("ending", [".tif", ".ome.tif"])
def test_parts_that_run_side_by_side(tmp_path: Path, ending: str) -> None:
    path = tiff_inputs.make(tmp_path, "ome-tiles", tiff_inputs.image_of("tzcyx"))
    target = tmp_path / f"out{ending}"
    call = ["gaussian", str(path), str(target), "--sigma", "1 um", "--engine", "scipy"]
    parts = [[*call, "--memory", "1g", "--part", f"{n}/2"] for n in (1, 2)]
    running = [subprocess.Popen([sys.executable, "-m", "fiji_bridge", *part]) for part in parts]
    assert [process.wait(timeout=120) for process in running] == [0, 0]
    assert not target.exists()
    assert program([*call, "--finish"]) == 0
    whole = fiji_bridge.gaussian(read(path), **BLUR)
    np.testing.assert_array_equal(read(target).data, whole.data)


def test_on_a_cluster(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    path = tiff_inputs.make(tmp_path, "ome-big-tiles-deflate", tiff_inputs.image_of("tzcyx"))
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as here,
        distributed.Client(here, set_as_default=False) as client,
    ):
        report = process(path, tmp_path / "out.tif", client=client, **BLUR)
    assert report.blocks >= 6
    whole = fiji_bridge.gaussian(read(path), **BLUR)
    np.testing.assert_array_equal(read(tmp_path / "out.tif").data, whole.data)


@pytest.mark.parametrize("ending", [".tif", ".ome.tif"])
def test_a_full_disk_leaves_what_can_be_taken_up(tmp_path: Path, ending: str) -> None:
    image = to_image(noise((40, 45, 37)), voxel_size="2 0.5 0.5 um")
    path = tiff_inputs.make(tmp_path, "imagej", image)
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=100k", "none", str(disk)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk needs root")
    target = disk / f"out{ending}"
    try:
        with pytest.raises(FileError, match=r"no space left on device; \d+ of .* blocks are done"):
            process(path, target, **BLUR)
        assert not target.exists()
        subprocess.run(["mount", "-o", "remount,size=10m", str(disk)], check=True)
        report = process(path, target, **BLUR)
        assert 0 < report.before < report.blocks
        whole = fiji_bridge.gaussian(read(path), **BLUR)
        np.testing.assert_array_equal(read(target).data, whole.data)
        assert [p.name for p in disk.iterdir()] == [target.name]
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_samples_that_are_gone_are_not_made_up(tmp_path: Path) -> None:
    path = tiff_inputs.make(tmp_path, "imagej", tiff_inputs.image_of("zyx"))
    target = tmp_path / "out.tif"
    with pytest.raises(StoppedError):
        process(path, target, workers=1, progress=stop_after(2), **BLUR)
    (tmp_path / ".out.tif.fiji_bridge.new" / tiff_target.NAME).unlink()
    with pytest.raises(FileError, match="samples of 2 blocks that are done are no longer"):
        process(path, target, **BLUR)
    assert process(path, target, overwrite=True, **BLUR).before == 0


def test_what_is_replaced_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tiff_inputs.make(tmp_path, "imagej", tiff_inputs.image_of("zyx"))
    target = tmp_path / "out.tif"
    process(path, target, **BLUR)
    before = target.read_bytes()
    with pytest.raises(FileError, match=r"out\.tif exists; choose another name or allow"):
        process(path, target, sigma="2 um", engine="scipy")
    again: dict[str, Any] = {"sigma": "2 um", "engine": "scipy", "overwrite": True, "workers": 1}
    with pytest.raises(StoppedError):
        process(path, target, progress=stop_after(2), **again)
    assert target.read_bytes() == before
    assert process(path, target, **again).before == 2
    assert target.read_bytes() != before


@pytest.mark.parametrize("link", [False, True])
def test_an_output_that_is_the_input_is_refused(tmp_path: Path, link: bool) -> None:
    path = tiff_inputs.make(tmp_path, "imagej", tiff_inputs.image_of("zyx"))
    target, before = path, path.read_bytes()
    if link:
        target = tmp_path / "link.tif"
        target.symlink_to(path)
    with pytest.raises(FileError, match="is the input; choose another name"):
        process(path, target, overwrite=True, **BLUR)
    assert path.read_bytes() == before


@pytest.mark.parametrize("layout", ["imagej", "imagej-single", "ome-tiles", "imagej-lzw"])
def test_a_file_that_is_cut_off_is_refused_before_any_work(tmp_path: Path, layout: str) -> None:
    path = tiff_inputs.make(tmp_path, layout, tiff_inputs.image_of("zyx"))
    os.truncate(path, path.stat().st_size - 5000)
    with pytest.raises(FileError, match="cut off"):
        process(path, tmp_path / "out.tif", **BLUR)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("layout", "said"),
    [
        ("imagej-deflate", "page 3 is damaged"),
        ("ome-tiles-zstd", "page 3 is damaged"),
        ("ome-strips-lzw", "of page 3 has a code of LZW that cannot stand there"),
    ],
)
def test_a_damaged_page_is_named(tmp_path: Path, layout: str, said: str) -> None:
    path = tiff_inputs.make(tmp_path, layout, tiff_inputs.image_of("zyx"))
    page = read_structure(path).directories[2]
    with path.open("r+b") as file:
        file.seek(page.offsets[-1])
        file.write(b"\xff" * page.counts[-1])
    with pytest.raises(FileError, match=said):
        process(path, tmp_path / "out.tif", **BLUR)
    assert not (tmp_path / "out.tif").exists()
    # What is not touched is read.
    assert read(path, region="z=4:6px").shape == (2, 45, 37)


@pytest.mark.parametrize(
    ("target", "operation", "given", "said"),
    [
        (
            "out.tif",
            "gaussian",
            {"codec": "zstd"},
            "codec is of an OME-Zarr, and a TIFF",
        ),
        ("out.tif", "gaussian", {"chunks": (1, 8, 8)}, "chunks is of an OME-Zarr"),
        ("out.tif", "gaussian", {"dtype": "float64"}, "cannot hold samples of type float64"),
        ("out.tif", "pyramid", {"levels": 2, "sigma": None}, "several levels; write an OME-Zarr"),
        ("out.tif", "gaussian", {"memory": "1k"}, "or use fewer workers$"),
        ("out.tif", "gaussian", {"level": 1}, "has no level 1"),
        ("none/out.tif", "gaussian", {}, "the folder .* does not exist"),
    ],
)
def test_requests_that_make_no_sense_write_nothing(
    tmp_path: Path, target: str, operation: str, given: dict[str, Any], said: str
) -> None:
    path = tiff_inputs.make(tmp_path, "imagej", tiff_inputs.image_of("zyx"))
    how = {key: value for key, value in {**BLUR, **given}.items() if value is not None}
    with pytest.raises(InputError, match=said):
        process(path, tmp_path / target, operation, **how)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_rgb_is_held_in_memory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "rgb.tif"
    samples = noise((5, 20, 30, 3), "uint8")
    tifffile.imwrite(path, samples, imagej=True, photometric="rgb", metadata={"axes": "ZYXS"})
    with pytest.raises(InputError, match="cannot be read by regions"):
        process(path, tmp_path / "out.tif", sigma="1 px", engine="scipy")
    command = ["gaussian", str(path), str(tmp_path / "out.ome.zarr"), "--sigma", "1 px"]
    assert program([*command, "--engine", "scipy"]) == 0
    assert read(tmp_path / "out.ome.zarr").axes == ("z", "c", "y", "x")
    capsys.readouterr()


def test_the_program(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    image = to_image(noise((400, 45, 37)), voxel_size="2 0.5 0.5 um")
    path = tiff_inputs.make(tmp_path, "imagej", image)
    whole = fiji_bridge.gaussian(read(path), **BLUR)

    def command(target: str, *more: str) -> list[str]:
        return ["gaussian", str(path), str(tmp_path / target), "--sigma", "1 um", "--engine",
                "scipy", "--json", *more]  # fmt: skip

    def blocks() -> Any:
        return json.loads(capsys.readouterr().out).get("blocks")

    # Asked for, or into an OME-Zarr.
    for target, more in (("a.tif", ("--memory", "1GB")), ("b.ome.tif", ("--workers", "2")),
                         ("c.ome.zarr", ())):  # fmt: skip
        assert program(command(target, *more)) == 0
        assert blocks()
        np.testing.assert_array_equal(read(tmp_path / target).data, whole.data)
    assert program(command("part.tif", "--memory", "1GB", "--region", "z=3:9px")) == 0
    assert blocks()
    assert read(tmp_path / "part.tif").shape == (6, 45, 37)
    # As before where it fits, by blocks where it does not.
    assert program(command("d.tif")) == 0
    assert blocks() is None
    monkeypatch.setattr("fiji_bridge.blocks.process.available_bytes", lambda: 15 * 10**5)
    monkeypatch.setattr("fiji_bridge.blocks.job.BASE_BYTES", 0)
    assert program(command("e.tif")) == 0
    assert blocks()
    for name in ("d.tif", "e.tif"):
        np.testing.assert_array_equal(read(tmp_path / name).data, whole.data)


LARGE = """
import sys, time
import numpy as np
import fiji_bridge
from fiji_bridge import system
path, region = sys.argv[1:]
image = fiji_bridge.read(path, region=region)
blurred = fiji_bridge.gaussian(image, sigma="1 um", engine="scipy")
print(image.shape, int(image.data.max()), float(blurred.data.max()), system.peak_memory())
"""


def sparse(path: Path, shape: tuple[int, int, int]) -> Path:
    """Write an ImageJ TIFF above 4 GiB, one directory for all planes, of which few are samples."""
    image = to_image(nothing(np.dtype("uint16"), shape), voxel_size="2 0.5 0.5 um")
    with path.open("wb") as file:
        imagej_write.write_around(image, file)
        start = read_structure(path).directories[0].offsets[0]
        samples = np.full(10, 5000, ">u2").tobytes()
        for y in range(100, 110):
            file.seek(start + 2 * (((shape[0] - 2) * shape[1] + y) * shape[2] + 200))
            file.write(samples)
    return path


@pytest.mark.parametrize("shape", [(600, 2048, 2048), (3, 30000, 30000)])
def test_a_file_above_4_gib(tmp_path: Path, shape: tuple[int, int, int]) -> None:
    if shutil.disk_usage(tmp_path).free < 100 * 2**20:
        pytest.skip("a sparse file of 5 GiB needs 100 MiB of free disk")
    path = sparse(tmp_path / "large.tif", shape)
    if path.stat().st_blocks * 512 > 100 * 2**20:
        pytest.skip("the file system keeps no sparse files")
    assert path.stat().st_size > 2**32
    assert len(read_structure(path).directories) == 1
    region = f"z={shape[0] - 3}:{shape[0]}px y=0:200px x=100:300px"
    command = [sys.executable, "-c", LARGE, str(path), region]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    said, peak = done.stdout.rsplit(maxsplit=1)
    assert said.startswith("(3, 200, 200) 5000 ")
    # Python and its libraries take about 150 MB; a plane of the second file has 1.8 GB.
    assert int(peak) < 400 * 2**20
    # The last planes of all are behind 4 GiB.
    source = open_regions(path, Selection())
    out = np.empty((3, 20, 20), np.uint16)
    source.read((slice(shape[0] - 3, shape[0]), slice(95, 115), slice(195, 215)), out)
    assert (out == 5000).sum(axis=(1, 2)).tolist() == [0, 100, 0]


def test_an_output_above_4_gib(tmp_path: Path) -> None:
    shape = (600, 2048, 2048)
    image = to_image(nothing(np.dtype("uint16"), shape), voxel_size="2 0.5 0.5 um")
    if shutil.disk_usage(tmp_path).free < 100 * 2**20:
        pytest.skip("a sparse file of 4.7 GiB needs 100 MiB of free disk")
    block = noise((3, 300, 2048))
    for name, grid in tiff_target.GRIDS.items():
        target = tiff_target.TiffTarget(tmp_path, grid(image))
        target.prepare(image)
        if target.file.stat().st_blocks * 512 > 100 * 2**20:
            pytest.skip("the file system keeps no sparse files")
        whole = (slice(590, 593), slice(256, 556), slice(0, 2048))
        if name == "OME-TIFF":
            whole = (slice(590, 593), slice(256, 768), slice(0, 2048))
            block = noise((3, 512, 2048))
        target.write("0", whole, block)
        path = tmp_path / ("large.ome.tif" if name == "OME-TIFF" else "large.tif")
        target.finish(image, path, overwrite=False)
        target.file.unlink(missing_ok=True)
        assert path.stat().st_size > 2**32
        found = read(path, region={axis: s for axis, s in zip("zyx", whole, strict=True)})
        np.testing.assert_array_equal(found.data, block)
        assert found.calibration.z.size == 2.0
        path.unlink()
