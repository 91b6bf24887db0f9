"""From one OME-Zarr to another: the bits of the in-memory call, whatever happens on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fiji_bridge
from blocks_inputs import make, noise
from fiji_bridge import CalibratedImage, read
from fiji_bridge.blocks import plan as plans
from fiji_bridge.blocks.job import Job
from fiji_bridge.blocks.process import Run, plan_process, process
from fiji_bridge.cli import run as program
from fiji_bridge.errors import (
    CancelledError,
    FileError,
    InputError,
    MemoryLimitError,
    NotFiniteError,
)
from fiji_bridge.formats.foreign import MetadataWarning
from fiji_bridge.jvm.session import Session

BLUR: dict[str, Any] = {"sigma": "1 um", "engine": "scipy"}


@pytest.fixture(autouse=True)
def smallest_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have blocks of one chunk or shard: small volumes would be one block."""
    monkeypatch.setattr(plans, "SLACK", float("inf"))


def assert_equals_memory(source: Path, target: Path, operation: str, **given: Any) -> None:
    """Compare with the in-memory call, and the levels with the pyramid of that."""
    whole = fiji_bridge.run(operation, read(source), **given)
    count = len(list(target.glob("[0-9]")))
    levels = fiji_bridge.pyramid(whole, levels=count, engine=given["engine"]).levels
    for number, level in enumerate(levels):
        found = read(target, level=number)
        assert found.axes == level.axes
        assert found.data.dtype == level.data.dtype
        np.testing.assert_array_equal(found.data, level.data)
        assert_same_places(found, level)


def assert_same_places(found: CalibratedImage, wanted: CalibratedImage) -> None:
    """Compare voxel sizes and origins."""
    for axis in wanted.spatial_axes:
        a, b = found.calibration.axis(axis), wanted.calibration.axis(axis)
        assert a.unit == b.unit
        # Files hold lengths, which origins in samples are made of again: some roundings.
        assert (a.size, a.origin) == pytest.approx((b.size, b.origin), rel=1e-13, abs=1e-13)


STORES: dict[str, dict[str, Any]] = {
    "chunks": {"chunks": (1, 1, 8, 32, 16)},
    "shards": {"chunks": (1, 1, 4, 8, 8), "shards": (1, 1, 8, 32, 16)},
    "zarr2": {"version": "0.4", "chunks": (1, 1, 8, 32, 16)},
    "channels-together": {"chunks": (1, 2, 8, 32, 16)},
}


@pytest.mark.parametrize("kind", STORES)
def test_every_store(tmp_path: Path, kind: str) -> None:
    data = noise((1, 2, 20, 40, 30))
    source = make(tmp_path / "in.ome.zarr", data, "tczyx", levels=3, **STORES[kind])
    target = tmp_path / "out.ome.zarr"
    report = process(source, target, workers=2, **BLUR)
    assert report.complete
    assert report.blocks > 2 * 4
    assert_equals_memory(source, target, "gaussian", **BLUR)
    assert not (target / ".fiji_bridge").exists()


@pytest.mark.parametrize("kind", STORES)
@pytest.mark.parametrize("to", ["finest", "1.3 um", "z=6 um, y=0.7 um, x=0.5 um"])
def test_another_grid(tmp_path: Path, kind: str, to: str) -> None:
    data = noise((1, 2, 20, 40, 30))
    source = make(tmp_path / "in.ome.zarr", data, "tczyx", levels=2, **STORES[kind])
    target = tmp_path / "out.ome.zarr"
    given = {"to": to, "border": "mirror-single", "engine": "scipy"}
    plan = plan_process(source, target, "rescale", **given).passes["0"]
    report = process(source, target, "rescale", workers=2, **given)
    assert report.complete
    assert plan.blocks >= 2
    assert_equals_memory(source, target, "rescale", **given)
    whole = fiji_bridge.run("rescale", read(source), **given)
    assert dict(zip(plan.axes, plan.made, strict=True)) == dict(
        zip(whole.axes, whole.shape, strict=True)
    )
    assert plan.written_bytes == whole.data.nbytes
    assert plan.read_bytes >= data.nbytes
    fiji_bridge.write(whole, tmp_path / "memory.ome.zarr")
    saved = _transformations(tmp_path / "memory.ome.zarr")
    for found, wanted in zip(_transformations(target), saved, strict=True):
        assert found[-3:] == wanted[-3:]


def _transformations(path: Path) -> list[list[float]]:
    """Return scale and translation of the finest level."""
    file = path / ("zarr.json" if (path / "zarr.json").exists() else ".zattrs")
    said = json.loads(file.read_text())
    said = said.get("attributes", said)
    said = said.get("ome", said)["multiscales"][0]["datasets"][0]["coordinateTransformations"]
    return [list(step[step["type"]]) for step in said]


def test_another_grid_is_taken_up(tmp_path: Path) -> None:
    source = make(tmp_path / "in.zarr", noise((20, 40, 50)), levels=2, chunks=(8, 16, 16))
    target, given = tmp_path / "out.zarr", {"to": "finest", "engine": "scipy"}
    with pytest.raises(StoppedError):
        process(source, target, "rescale", workers=1, progress=stop_after(5), **given)
    report = process(source, target, "rescale", **given)
    assert report.before == 5
    assert_equals_memory(source, target, "rescale", **given)


@pytest.mark.parametrize("name", ["out.tif", "out.ome.tif"])
def test_another_grid_as_tiff(tmp_path: Path, name: str) -> None:
    source = make(tmp_path / "in.zarr", noise((9, 40, 50)), chunks=(4, 16, 16))
    given = {"zoom": 1.7, "engine": "scipy"}
    process(source, tmp_path / name, "rescale", **given)
    wanted = fiji_bridge.run("rescale", read(source), **given)
    fiji_bridge.write(wanted, tmp_path / f"memory-{name}")
    found, saved = read(tmp_path / name), read(tmp_path / f"memory-{name}")
    np.testing.assert_array_equal(found.data, wanted.data)
    assert found.calibration == saved.calibration


@pytest.mark.parametrize(
    ("axes", "shape"),
    [("zyx", (20, 30, 40)), ("yx", (50, 60)), ("czyx", (2, 1, 40, 30)), ("tcyx", (1, 2, 30, 20))],
)
@pytest.mark.parametrize("dtype", ["uint8", "float32", "int32"])
def test_any_axes_and_types(tmp_path: Path, axes: str, shape: tuple[int, ...], dtype: str) -> None:
    source = make(tmp_path / "in.zarr", noise(shape, dtype), axes, levels=2)
    target = tmp_path / "out.zarr"
    process(source, target, **BLUR)
    assert_equals_memory(source, target, "gaussian", **BLUR)


@pytest.mark.parametrize(
    ("operation", "given"),
    [
        ("laplacian", {"sigma": "1 um"}),
        ("difference_of_gaussians", {"sigma": "1 um"}),
        ("unsharp_mask", {"sigma": "1 um", "border": "periodic"}),
        ("gaussian", {"sigma": "z=30 um, y=1 um, x=9 um", "border": "constant", "cval": 9.0}),
        ("gaussian", {"sigma": "1 um", "dtype": "float64"}),
        ("rescale", {"to": "1.1 um", "dtype": "float32"}),
    ],
)
def test_operations_on_the_engine(
    tmp_path: Path, session: Session, operation: str, given: dict[str, Any]
) -> None:
    source = make(tmp_path / "in.zarr", noise((20, 40, 50)), levels=3, chunks=(8, 16, 16))
    given = {**given, "engine": "fused"}
    process(source, tmp_path / "out.zarr", operation, workers=2, **given)
    assert_equals_memory(source, tmp_path / "out.zarr", operation, **given)


test_operations_on_the_engine = pytest.mark.jvm(test_operations_on_the_engine)


def test_what_a_store_says_goes_along(tmp_path: Path) -> None:
    channels = [
        {"label": name, "color": colour, "active": True,
         "window": {"min": 0, "max": 65535, "start": 5, "end": 900}}
        for name, colour in (("DAPI", "0000FF"), ("GFP", "00FF00"))
    ]  # fmt: skip
    omero = {"channels": channels, "version": "0.5", "rdefs": {"model": "color"}}
    source = make(tmp_path / "in.zarr", noise((2, 8, 20, 20)), "czyx", omero=omero)
    before = {p: p.read_bytes() for p in source.rglob("*") if p.is_file()}
    process(source, tmp_path / "out.zarr", codec="gzip", **BLUR)
    found = json.loads((tmp_path / "out.zarr/zarr.json").read_text())["attributes"]
    assert found["ome"]["omero"] == omero
    image = read(tmp_path / "out.zarr")
    assert image.channel_names == ("DAPI", "GFP")
    assert image.provenance[-1]["operation"] == "gaussian"
    array = json.loads((tmp_path / "out.zarr/0/zarr.json").read_text())
    assert array["codecs"][-1]["name"] == "gzip"
    assert {p: p.read_bytes() for p in source.rglob("*") if p.is_file()} == before


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_others_read_it(tmp_path: Path, version: str) -> None:
    ngff_zarr = pytest.importorskip("ngff_zarr")
    source = make(tmp_path / "in.zarr", noise((8, 30, 30)), levels=2)
    process(source, tmp_path / "out.zarr", ngff=version, **BLUR)
    theirs = ngff_zarr.from_ngff_zarr(str(tmp_path / "out.zarr"), version=version, validate=True)
    mine = read(tmp_path / "out.zarr")
    assert len(theirs.images) == 2
    np.testing.assert_array_equal(np.asarray(theirs.images[0].data), mine.data)
    assert theirs.images[0].scale == {"z": 2.0, "y": 0.5, "x": 0.5}


class StoppedError(Exception):
    """What ends a run in the middle."""


def stop_after(count: int) -> Callable[[int, int], None]:
    calls = iter(range(1, 10**6))

    def told(done: int, total: int) -> None:
        if next(calls) == count:
            raise StoppedError

    return told


def test_a_run_that_was_stopped_is_taken_up(tmp_path: Path) -> None:
    source = make(tmp_path / "in.zarr", noise((20, 40, 50)), levels=2, chunks=(8, 16, 16))
    target = tmp_path / "out.zarr"
    with pytest.raises(StoppedError):
        process(source, target, workers=1, progress=stop_after(5), **BLUR)
    with pytest.raises(FileError):
        read(target)
    assert not list(target.rglob("zarr.json"))
    report = process(source, target, **BLUR)
    assert report.before == 5
    assert report.blocks > 10
    assert_equals_memory(source, target, "gaussian", **BLUR)


KILLED = """
import os, signal, sys
from fiji_bridge.blocks import plan
from fiji_bridge.blocks.process import plan_process, process
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


def test_a_process_that_was_killed_twice_is_taken_up(tmp_path: Path) -> None:
    source = make(tmp_path / "in.zarr", noise((20, 40, 50)), levels=2, chunks=(8, 16, 16))
    target = tmp_path / "out.zarr"
    for blocks in (3, 4):
        command = [sys.executable, "-c", KILLED, str(source), str(target), str(blocks)]
        killed = subprocess.run(command, check=False, env=dict(os.environ))
        assert killed.returncode == -signal.SIGKILL
    # What a killed run had begun may be anything.
    done = {path.name for path in (target / ".fiji_bridge/done").iterdir()}
    assert len(done) >= 7
    process(source, target, **BLUR)
    assert_equals_memory(source, target, "gaussian", **BLUR)


def begun(tmp_path: Path) -> tuple[Path, Path]:
    source = make(tmp_path / "in.zarr", noise((20, 40, 50)), chunks=(8, 16, 16))
    with pytest.raises(StoppedError):
        process(source, tmp_path / "out.zarr", memory="1g", progress=stop_after(2), **BLUR)
    return source, tmp_path / "out.zarr"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sigma": "2 um"}, "another parameters"),
        ({"border": "nearest"}, "another parameters"),
        ({"voxel_size": "1 1 1 um"}, "another voxel_size"),
        ({"codec": "gzip"}, "another codec"),
        ({"memory": "2g"}, "was begun with a memory of 1073741824 bytes"),
    ],
)
def test_another_request_does_not_go_on(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    source, target = begun(tmp_path)
    with pytest.raises(FileError, match=said):
        process(source, target, **{**BLUR, **change})
    process(source, target, overwrite=True, **{**BLUR, **change})
    assert read(target).shape == (20, 40, 50)


def test_another_version_or_input_does_not_go_on(tmp_path: Path) -> None:
    source, target = begun(tmp_path)
    notes = target / ".fiji_bridge/request.json"
    said = json.loads(notes.read_text())
    said["request"]["version"] = "0.0.1"
    notes.write_text(json.dumps(said))
    with pytest.raises(FileError, match="another version"):
        process(source, target, **BLUR)
    other = make(tmp_path / "other.zarr", noise((20, 40, 50)), chunks=(8, 16, 16))
    with pytest.raises(FileError, match="another source"):
        process(other, target, **BLUR)


def test_two_runs_at_once(tmp_path: Path) -> None:
    source, target = begun(tmp_path)
    run = Run.of(source, target, **BLUR)
    with run.journal.locked(), pytest.raises(FileError, match="another run is working on"):
        process(source, target, **BLUR)
    process(source, target, **BLUR)


@pytest.mark.parametrize("where", ["in.zarr", "in.zarr/out.zarr", "."])
def test_an_output_in_the_input_is_refused(tmp_path: Path, where: str) -> None:
    source = make(tmp_path / "in.zarr", noise((4, 8, 8)))
    with pytest.raises(FileError, match="choose another"):
        process(source, tmp_path / where, overwrite=True, **BLUR)
    assert read(source).shape == (4, 8, 8)


def test_an_output_that_is_there_is_kept_until_that_is_said(tmp_path: Path) -> None:
    source = make(tmp_path / "in.zarr", noise((4, 8, 8)))
    process(source, tmp_path / "out.zarr", **BLUR)
    with pytest.raises(FileError, match="exists"):
        process(source, tmp_path / "out.zarr", **BLUR)
    process(source, tmp_path / "out.zarr", overwrite=True, **BLUR)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.zarr", "out.zarr"]
    (tmp_path / "folder.zarr").mkdir()
    (tmp_path / "folder.zarr/mine.txt").write_text("mine")
    with pytest.raises(FileError, match="not a Zarr"):
        process(source, tmp_path / "folder.zarr", overwrite=True, **BLUR)


def test_a_damaged_chunk_is_named(tmp_path: Path) -> None:
    source = make(tmp_path / "in.zarr", noise((16, 32, 32)), chunks=(8, 16, 16))
    (source / "0/c/1/0/1").write_bytes(b"nothing that any codec knows")
    with pytest.raises(FileError, match=r"chunk \(1, 0, 1\) of level 0 \(0/c/1/0/1\) is damaged"):
        process(source, tmp_path / "out.zarr", **BLUR)
    with pytest.raises(FileError):
        read(tmp_path / "out.zarr")


@pytest.mark.parametrize("zoom", [0.5, 2.3])
def test_missing_chunks_are_counted_once_on_another_grid(tmp_path: Path, zoom: float) -> None:
    source = make(tmp_path / "in.zarr", noise((16, 32, 32)), chunks=(4, 8, 8))
    for name in ("0/1/1", "1/0/1", "3/3/3"):
        (source / "0/c" / name).unlink()
    with pytest.warns(MetadataWarning, match="3 of 64 chunks of level 0 missing"):
        report = process(source, tmp_path / "out.zarr", "rescale", zoom=zoom, engine="scipy")
    assert report.missing == 3


@pytest.mark.parametrize("options", [{}, {"chunks": (4, 8, 8), "shards": (8, 16, 16)}])
def test_missing_chunks_are_counted_once(tmp_path: Path, options: dict[str, Any]) -> None:
    options = {"chunks": (8, 16, 16), **options}
    source = make(tmp_path / "in.zarr", noise((16, 32, 32)), **options)
    (source / "0/c/1/0/1").unlink()
    count = 8 if "shards" in options else 1
    with pytest.warns(MetadataWarning, match=f"{count} of .* chunks of level 0 missing"):
        report = process(source, tmp_path / "out.zarr", **BLUR)
    assert report.blocks > 1
    assert report.missing == count


def test_nan_ends_the_run_with_count_and_place(tmp_path: Path) -> None:
    data = noise((16, 32, 32), "float32")
    data[9, 20:22, 3] = np.nan
    source = make(tmp_path / "in.zarr", data, chunks=(8, 16, 16))
    with pytest.raises(NotFiniteError, match=r"2 samples .* the first at z=9, y=20, x=3; choose"):
        process(source, tmp_path / "out.zarr", workers=1, **BLUR)
    process(source, tmp_path / "out.zarr", overwrite=True, nan="ignore", **BLUR)
    assert_equals_memory(source, tmp_path / "out.zarr", "gaussian", nan="ignore", **BLUR)


def test_a_full_disk_leaves_what_can_be_taken_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make(tmp_path / "in.zarr", noise((20, 40, 50)), chunks=(8, 16, 16))
    target, small = tmp_path / "out.zarr", tmp_path / "disk"
    target.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(target)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        target.joinpath(".fiji_bridge").mkdir()
        monkeypatch.setattr("fiji_bridge.blocks.process.check_zarr_target", lambda *_, **__: None)
        with pytest.raises(FileError, match=r"no space left on device; . of .* blocks are done"):
            process(source, target, **BLUR)
        subprocess.run(["mount", "-o", "remount,size=10m", str(target)], check=True)
        report = process(source, target, **BLUR)
        assert report.before > 0
        assert_equals_memory(source, target, "gaussian", **BLUR)
    finally:
        subprocess.run(["umount", str(target)], check=True)
    assert not small.exists()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    source = make(tmp_path / "in.zarr", noise((4, 8, 8)))
    (tmp_path / "locked").mkdir(mode=0o555)
    with pytest.raises(FileError, match="permission denied"):
        process(source, tmp_path / "locked/out.zarr", **BLUR)


@pytest.mark.parametrize(
    ("operation", "given", "error", "said"),
    [
        ("structure_tensor", {"sigma": "1 um"}, InputError, "does not go by blocks"),
        ("rescale", {"zoom": 0.5, "interpolation": "cubic"}, InputError, "does not go by blocks"),
        ("rescale", {"zoom": 0.5, "memory": "1k"}, MemoryLimitError, "with the 4 x 8 x 8 that"),
        ("gaussian", {"sigma": "1 um", "match": "isotropic"}, InputError, "cannot tell how blurre"),
        ("gaussian", {"sigma": "1 um", "memory": "1k"}, MemoryLimitError, "one chunk of 1 x 2 x"),
        ("gaussian", {"sigma": "1 um", "memory": "much"}, InputError, "such as '4GB'"),
        ("gaussian", {"sigma": "1 um", "chunks": "4,4"}, InputError, "one whole number above 0"),
        ("gaussian", {"sigma": "1 um", "shards": "3,3,3"}, InputError, "not whole numbers of"),
        ("gaussian", {"sigma": "1 um", "codec": "rar"}, InputError, "unknown codec"),
        ("gaussian", {"sigma": "1 um", "level": 3}, InputError, "has no level 3"),
        ("gaussian", {"sgima": "1 um"}, InputError, "did you mean 'sigma'"),
        ("gaussian", {"sigma": "1 um", "workers": 0}, InputError, "workers must be at least 1"),
    ],
)
def test_requests_that_make_no_sense_write_nothing(
    tmp_path: Path, operation: str, given: dict[str, Any], error: type[Exception], said: str
) -> None:
    source = make(tmp_path / "in.zarr", noise((4, 8, 8)))
    with pytest.raises(error, match=said):
        process(source, tmp_path / "out.zarr", operation, engine="scipy", **given)
    assert not (tmp_path / "out.zarr").exists()


def test_ctrl_c_says_how_to_go_on(tmp_path: Path) -> None:
    source = make(tmp_path / "in.zarr", noise((20, 40, 50)), chunks=(8, 16, 16))

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(CancelledError, match=r"1 of \d+ blocks are done, and the same command"):
        process(source, tmp_path / "out.zarr", workers=1, progress=interrupt, **BLUR)


def test_the_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = make(tmp_path / "in.zarr", noise((20, 40, 50)), levels=2, chunks=(8, 16, 16))
    command = ["gaussian", str(source), str(tmp_path / "out.zarr"), "--sigma", "1 um",
               "--engine", "scipy"]  # fmt: skip
    assert program([*command, "--dry-run", "--json", "--memory", "1g"]) == 0
    plan = json.loads(capsys.readouterr().out)["passes"]["0"]
    assert plan["axes"] == ["z", "y", "x"]
    assert not (tmp_path / "out.zarr").exists()
    assert program([*command, "--plan", "--memory", "1g"]) == 0
    assert "memory of a worker" in capsys.readouterr().out
    assert program([*command, "--json", "--workers", "2"]) == 0
    done = json.loads(capsys.readouterr().out)
    assert done["complete"]
    assert done["operation"] == "gaussian"
    assert_equals_memory(source, tmp_path / "out.zarr", "gaussian", **BLUR)
    assert program([*command, "--workers", "2", "--reader", "bioio"]) == 2
    assert "--workers is for an OME-Zarr" in capsys.readouterr().err


def test_what_does_not_go_by_blocks_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = make(tmp_path / "in.zarr", noise((4, 12, 12)))
    command = ["rescale", str(source), str(tmp_path / "out.zarr"), "--zoom", "0.5"]
    command += ["--interpolation", "cubic"]
    assert program(command) == 0
    assert "does not go by blocks: the image is held in memory" in capsys.readouterr().err


@pytest.mark.parametrize("dtype", ["uint8", "float32", "int32"])
@pytest.mark.parametrize("downsampling", ["auto", "none"])
def test_a_pyramid_has_the_levels_of_the_one_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dtype: str, downsampling: str
) -> None:
    data = noise((20, 40, 50), dtype)
    source = make(tmp_path / "in.zarr", data, chunks=(8, 16, 16))
    monkeypatch.setattr(plans, "SLACK", np.inf)
    how: dict[str, Any] = {"levels": 3, "downsampling": downsampling, "engine": "scipy"}
    process(source, tmp_path / "out.zarr", "pyramid", **how)
    made = fiji_bridge.pyramid(read(source), **how)
    for number, level in enumerate(made.levels):
        found = read(tmp_path / "out.zarr", level=number)
        np.testing.assert_array_equal(found.data, level.data)
        assert found.data.dtype == data.dtype
        assert found.calibration.z == level.calibration.z
        assert found.calibration.x == level.calibration.x
    with pytest.raises(InputError, match="has no level 3"):
        read(tmp_path / "out.zarr", level=3)


def test_a_pyramid_by_the_program(tmp_path: Path) -> None:
    source = make(tmp_path / "in.zarr", noise((20, 40, 50)), chunks=(8, 16, 16))
    common = ["pyramid", str(source), "--levels", "3"]
    assert program([*common, str(tmp_path / "a.zarr"), "--memory", "1GB", "--ngff", "0.4"]) == 0
    assert program([*common, str(tmp_path / "b.ome.zarr")]) == 0
    for level in range(3):
        first, second = (read(tmp_path / n, level=level) for n in ("a.zarr", "b.ome.zarr"))
        np.testing.assert_array_equal(first.data, second.data)
    assert (tmp_path / "a.zarr" / ".zattrs").exists()
    # Several TIFFs are made in memory.
    assert program([*common, str(tmp_path / "c.tif")]) == 0
    assert (tmp_path / "c-level2.tif").exists()


def test_workers_and_blocks_change_no_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = make(tmp_path / "in.zarr", noise((20, 40, 50), "float32"), chunks=(8, 16, 16))
    found = []
    for number, (slack, workers) in enumerate(((np.inf, 1), (np.inf, 2), (1.05, 3))):
        target = tmp_path / f"{number}.zarr"
        monkeypatch.setattr(plans, "SLACK", slack)
        process(source, target, workers=workers, **BLUR)
        found.append({p.relative_to(target): p.read_bytes() for p in target.rglob("c/*/*/*")})
    assert found[0] == found[1] == found[2]


def test_requests_can_be_sent_to_other_processes(tmp_path: Path) -> None:
    import pickle

    source = make(tmp_path / "in.zarr", noise((4, 8, 8)))
    run = Run.of(source, tmp_path / "out.zarr", **BLUR)
    again = pickle.loads(pickle.dumps(run.job.request))
    assert again == run.job.request
    found = [one.plan.block for one in Job(again, 10**9, 2, 2).passes]
    assert found == [one.plan.block for one in run.job.passes]


def test_samples_that_have_their_type_are_not_rounded_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Rounding takes several copies in float64: more memory than the plan states.
    monkeypatch.setattr("fiji_bridge.blocks.job.round_to", None)
    source = make(tmp_path / "in.zarr", noise((8, 16, 16)))
    assert process(source, tmp_path / "out.zarr", **BLUR).complete


def test_what_is_replaced_stays_until_the_new_one_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make(tmp_path / "in.zarr", noise((20, 40, 50)), chunks=(8, 16, 16))
    target = tmp_path / "out.zarr"
    process(source, target, **BLUR)
    before = read(target).data
    real, calls = Job.run, []

    def stopped(self: Job, *args: Any, **given: Any) -> Any:
        calls.append(1)
        if len(calls) > 3:
            raise KeyboardInterrupt
        return real(self, *args, **given)

    again: dict[str, Any] = {"sigma": "2 um", "engine": "scipy", "overwrite": True, "workers": 1}
    monkeypatch.setattr(Job, "run", stopped)
    with pytest.raises(CancelledError, match="3 of "):
        process(source, target, **again)
    monkeypatch.undo()
    monkeypatch.setattr(plans, "SLACK", float("inf"))
    np.testing.assert_array_equal(read(target).data, before)
    # Another request begins anew, the same one goes on.
    assert Run.of(source, target, **{**again, "sigma": "3 um"}).fresh
    report = process(source, target, **again)
    assert report.before == 3
    assert report.output == target
    assert_equals_memory(source, target, "gaussian", sigma="2 um", engine="scipy")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.zarr", "out.zarr"]


def test_a_derived_quantity_is_shown_in_its_own_range(tmp_path: Path) -> None:
    window = {"min": 0, "max": 65535, "start": 100, "end": 4000}
    channels = [{"label": f"c{i}", "color": "FF0000", "window": window} for i in range(2)]
    data = noise((2, 8, 20, 20))
    data[1] *= 3
    source = make(tmp_path / "in.zarr", data, "czyx", omero={"channels": channels})
    process(source, tmp_path / "out.zarr", "laplacian", **BLUR)
    said = json.loads((tmp_path / "out.zarr/zarr.json").read_text())
    found = said["attributes"]["ome"]["omero"]["channels"]
    image = read(tmp_path / "out.zarr")
    for number, channel in enumerate(found):
        samples = image.data.take(number, axis=image.axes.index("c"))
        low, high = float(samples.min()), float(samples.max())
        assert channel["window"] == {"min": low, "max": high, "start": low, "end": high}
        assert channel["label"] == f"c{number}"
    # A blur of the same type keeps what was chosen.
    process(source, tmp_path / "blur.zarr", **BLUR)
    said = json.loads((tmp_path / "blur.zarr/zarr.json").read_text())
    assert said["attributes"]["ome"]["omero"]["channels"] == channels


PART = """
import sys
from fiji_bridge.blocks import plan
from fiji_bridge.cli import run

plan.SLACK = float("inf")
sys.exit(run(sys.argv[1:]))
"""


def test_parts_that_run_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = make(tmp_path / "in.zarr", noise((20, 40, 50)), levels=2, chunks=(8, 16, 16))
    target = tmp_path / "out.zarr"
    call = ["gaussian", str(source), str(target), "--sigma", "1 um", "--engine", "scipy"]
    assert program([*call, "--finish"]) == 2
    assert "do its parts first" in capsys.readouterr().err
    parts = [[*call, "--memory", "1g", "--workers", str(n), "--part", f"{n}/3"] for n in (1, 2, 3)]
    running = [
        subprocess.Popen([sys.executable, "-c", PART, *part], stdout=subprocess.PIPE)
        for part in parts[:2]
    ]
    assert [process.wait(timeout=120) for process in running] == [0, 0]
    assert program([*call, "--finish"]) == 2
    assert "12 of 36 blocks of" in capsys.readouterr().err
    assert not (target / "zarr.json").exists()
    assert program(parts[2]) == 0
    assert not (target / "zarr.json").exists()
    capsys.readouterr()
    assert program([*parts[2], "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert (again["complete"], again["before"]) == (False, 36)
    assert program([*call, "--finish"]) == 0
    assert_equals_memory(source, target, "gaussian", **BLUR)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"part": "4/3", "memory": "1g"}, "part must be such as 3/16, the third of sixteen; got"),
        ({"part": "1of2", "memory": "1g"}, "part must be such as 3/16"),
        ({"part": "1/2"}, "give the memory of a worker"),
        ({"part": "1/2", "memory": "1g", "overwrite": True}, "a part cannot replace an output"),
        ({"part": "1/2", "memory": "1g", "finish": True}, "part and finish exclude each other"),
    ],
)
def test_parts_that_make_no_sense(tmp_path: Path, more: dict[str, Any], said: str) -> None:
    source = make(tmp_path / "in.zarr", noise((4, 12, 12)))
    with pytest.raises(InputError, match=said):
        process(source, tmp_path / "out.zarr", **BLUR, **more)
    assert not (tmp_path / "out.zarr").exists()
