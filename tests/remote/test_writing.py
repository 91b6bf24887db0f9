"""Block by block out of and into remote stores: the bits of local runs, and faults on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fiji_bridge
from blocks_inputs import make, noise
from fiji_bridge import read
from fiji_bridge.blocks import notes
from fiji_bridge.blocks import plan as plans
from fiji_bridge.blocks.journal import Journal
from fiji_bridge.blocks.process import Run, process
from fiji_bridge.errors import FileError, RemoteError
from fiji_bridge.formats.foreign import MetadataWarning
from fiji_bridge.image.places import Remote
from remote_servers import every, http_server

BLUR: dict[str, Any] = {"sigma": "1 um", "engine": "scipy", "memory": "1g"}


@pytest.fixture(autouse=True)
def smallest_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have blocks of one chunk or shard: small volumes would be one block."""
    monkeypatch.setattr(plans, "SLACK", float("inf"))


def source(folder: Path, **options: Any) -> Path:
    return make(
        folder / "in.ome.zarr", noise((16, 32, 40)), levels=2,
        **{"chunks": (8, 16, 16), "config": {"write_empty_chunks": True}, **options},
    )  # fmt: skip


def files(folder: Path) -> dict[str, bytes]:
    """Return all files; dates and paths in the provenance are as they are."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def assert_same_store(found: Path, wanted: Path) -> None:
    """Compare two outputs, file by file; their provenance may say when it was."""
    mine, theirs = files(found), files(wanted)
    assert mine.keys() == theirs.keys()
    for name, data in theirs.items():
        if name in ("zarr.json", ".zattrs"):
            assert json.loads(mine[name]).keys() == json.loads(data).keys()
        else:
            assert mine[name] == data, name


KINDS: dict[str, dict[str, Any]] = {
    "chunks": {},
    "shards": {"chunks": (4, 8, 8), "shards": (8, 16, 16)},
    "zarr2": {"version": "0.4"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_from_s3_to_s3(kind: str, bucket: Any, tmp_path: Path) -> None:
    path = source(tmp_path, **KINDS[kind])
    process(path, tmp_path / "local.ome.zarr", **BLUR)
    report = process(bucket.put(path), f"{bucket.url}/out.ome.zarr", workers=2, **BLUR)
    assert report.complete
    assert report.blocks > 8
    assert str(report.output) == report.as_dict()["output"] == f"{bucket.url}/out.ome.zarr"
    assert_same_store(bucket.get("out.ome.zarr", tmp_path / "got"), tmp_path / "local.ome.zarr")
    for level in range(2):
        found = read(f"{bucket.url}/out.ome.zarr", level=level)
        wanted = read(tmp_path / "local.ome.zarr", level=level)
        np.testing.assert_array_equal(found.data, wanted.data)
        assert found.calibration == wanted.calibration


def test_from_http_to_here_and_from_here_to_s3(bucket: Any, tmp_path: Path) -> None:
    path = source(tmp_path / "web")
    process(path, tmp_path / "local.ome.zarr", **BLUR)
    with http_server(tmp_path / "web") as server:
        process(f"{server.url}/in.ome.zarr", tmp_path / "a.ome.zarr", **BLUR)
    assert_same_store(tmp_path / "a.ome.zarr", tmp_path / "local.ome.zarr")
    process(path, f"{bucket.url}/b.ome.zarr", **BLUR)
    assert_same_store(bucket.get("b.ome.zarr", tmp_path / "b"), tmp_path / "local.ome.zarr")
    process(path, (tmp_path / "c.ome.zarr").as_uri(), **BLUR)
    assert_same_store(tmp_path / "c.ome.zarr", tmp_path / "local.ome.zarr")


def test_sums_of_levels_are_kept_in_the_store_meanwhile(bucket: Any, tmp_path: Path) -> None:
    path = make(tmp_path / "in.zarr", noise((8, 40, 50)), levels=3, chunks=(8, 16, 16))
    process(path, tmp_path / "local.zarr", **BLUR)
    process(path, f"{bucket.url}/out.zarr", **BLUR)
    assert_same_store(bucket.get("out.zarr", tmp_path / "got"), tmp_path / "local.zarr")


class StoppedError(Exception):
    """What ends a run in the middle."""


def stop_after(count: int) -> Any:
    calls = iter(range(1, 10**6))

    def told(done: int, total: int) -> None:
        if next(calls) == count:
            raise StoppedError

    return told


def test_what_makes_it_look_whole_is_written_last(bucket: Any, tmp_path: Path) -> None:
    path = source(tmp_path)
    url = f"{bucket.url}/out.zarr"
    with pytest.raises(StoppedError):
        process(path, url, workers=1, progress=stop_after(5), **BLUR)
    names = bucket.names("out.zarr")
    assert any("/0/c/" in name for name in names)
    assert not [name for name in names if name.endswith("zarr.json")]
    with pytest.raises(FileError, match="nothing is there"):
        read(url)
    bucket.server.requests.clear()
    report = process(path, url, **BLUR)
    assert report.before == 5
    puts = [key for method, key, _ in bucket.server.requests if method == "PUT"]
    whole = puts.index("/bucket/out.zarr/zarr.json")
    assert all("/c/" not in key for key in puts[whole:])
    process(path, tmp_path / "local.zarr", **BLUR)
    assert_same_store(bucket.get("out.zarr", tmp_path / "got"), tmp_path / "local.zarr")


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


def test_a_process_that_was_killed_is_taken_up(bucket: Any, tmp_path: Path) -> None:
    path = source(tmp_path)
    url = bucket.put(path)
    command = [sys.executable, "-c", KILLED, url, f"{bucket.url}/out.zarr", "4"]
    killed = subprocess.run(command, check=False, env=dict(os.environ))
    assert killed.returncode == -signal.SIGKILL
    # It has left its lock, which shows no sign of life.
    assert "out.zarr/.fiji_bridge/lock" in bucket.names("out.zarr")
    report = process(url, f"{bucket.url}/out.zarr", **BLUR)
    assert report.before >= 4
    process(path, tmp_path / "local.zarr", **BLUR)
    assert_same_store(bucket.get("out.zarr", tmp_path / "got"), tmp_path / "local.zarr")


def test_two_runs_on_one_output(bucket: Any, tmp_path: Path) -> None:
    path = source(tmp_path)
    url = f"{bucket.url}/out.zarr"
    with pytest.raises(StoppedError):
        process(path, url, workers=1, progress=stop_after(2), **BLUR)
    before = bucket.names("out.zarr")
    with (
        Journal(Remote(url)).locked(),
        pytest.raises(FileError, match=r"another run is working on s3://bucket/out\.zarr"),
    ):
        process(path, url, **BLUR)
    assert bucket.names("out.zarr") == before
    assert process(path, url, **BLUR).before == 2


def test_one_of_several_gets_the_lock_of_a_dead_run(
    bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"{bucket.url}/out.zarr"
    bucket.write("out.zarr/.fiji_bridge/lock", b"dead")
    inside, refused, most = [], [], []

    def run() -> None:
        try:
            with Journal(Remote(url)).locked():
                inside.append(1)
                most.append(len(inside))
                threading.Event().wait(1.5 * notes.PATIENCE)
                inside.pop()
        except FileError:
            refused.append(1)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (max(most), len(most), len(refused)) == (1, 1, 1)


def test_parts_by_several_runs(bucket: Any, tmp_path: Path) -> None:
    path = source(tmp_path)
    url = f"{bucket.url}/out.zarr"
    threads = [
        threading.Thread(target=process, args=(path, url), kwargs={"part": f"{n}/3", **BLUR})
        for n in (1, 2, 3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert process(path, url, finish=True, **BLUR).complete
    process(path, tmp_path / "local.zarr", **BLUR)
    assert_same_store(bucket.get("out.zarr", tmp_path / "got"), tmp_path / "local.zarr")


def test_another_request_for_the_same_output(bucket: Any, tmp_path: Path) -> None:
    path = source(tmp_path)
    url = f"{bucket.url}/out.zarr"
    with pytest.raises(StoppedError):
        process(path, url, workers=1, progress=stop_after(2), **BLUR)
    with pytest.raises(FileError, match="was begun with another parameters"):
        process(path, url, **{**BLUR, "sigma": "2 um"})
    assert process(path, url, overwrite=True, **{**BLUR, "sigma": "2 um"}).before == 0


def test_outputs_that_are_there(bucket: Any, tmp_path: Path) -> None:
    path = source(tmp_path)
    url = f"{bucket.url}/out.zarr"
    bucket.write("out.zarr/notes.txt", b"mine")
    with pytest.raises(FileError, match=r"s3://bucket/out\.zarr exists; choose another name"):
        process(path, url, **BLUR)
    with pytest.raises(FileError, match=r"cannot replace s3://bucket/out\.zarr: it is not a Zarr"):
        process(path, url, overwrite=True, **BLUR)
    bucket.delete("out.zarr/notes.txt")
    # Neighbours whose names begin alike, or that a pattern would mean, are others.
    for name in ("out.zarr2/a", "out[1].zarr/a", "out1.zarr/a"):
        bucket.write(name, b"mine")
    process(path, url, **BLUR)
    process(path, url, overwrite=True, **BLUR)
    process(path, f"{bucket.url}/out[2].zarr", **BLUR)
    process(path, f"{bucket.url}/out[2].zarr", overwrite=True, **BLUR)
    assert {"out.zarr2/a", "out[1].zarr/a", "out1.zarr/a"} <= set(bucket.names())
    np.testing.assert_array_equal(read(url).data, read(f"{bucket.url}/out[2].zarr").data)


def test_outputs_that_make_no_sense(bucket: Any, tmp_path: Path) -> None:
    path = source(tmp_path)
    url = bucket.put(path)
    before = bucket.names()
    for target, says in (
        ("https://host/out.zarr", r"cannot write https://host/out\.zarr: https:// is for reading"),
        ("http://host/out.zarr", "http:// is for reading; write to s3://, or on this machine"),
        ("gs://bucket/out.zarr", "addresses begin with one of"),
        ("s3://other/out.zarr", "there is no bucket 'other'"),
        (url, "is the input; choose another name"),
        (f"{url}/out.zarr", "lies inside the input"),
        (bucket.url, "lies around the input"),
    ):
        with pytest.raises(FileError, match=says):
            process(url, target, **BLUR)
    assert bucket.names() == before
    assert not Path("s3:").exists()


def test_a_store_that_lets_nobody_write(bucket: Any, tmp_path: Path) -> None:
    path = source(tmp_path)
    bucket.server.fault = lambda method, key: 403 if method == "PUT" else None
    with pytest.raises(RemoteError, match=r"cannot write s3://bucket/out.*access is refused"):
        process(path, f"{bucket.url}/out.zarr", **BLUR)
    with pytest.raises(RemoteError, match=r"cannot write s3://bucket/out.*access is refused"):
        fiji_bridge.write(read(path), f"{bucket.url}/out.zarr")


def test_a_server_that_fails_now_and_then(bucket: Any, tmp_path: Path) -> None:
    path = source(tmp_path)
    process(path, tmp_path / "local.zarr", **BLUR)
    url = bucket.put(path)
    bucket.server.fault = every(7, 503)
    report = process(url, f"{bucket.url}/out.zarr", **BLUR)
    bucket.server.fault = lambda method, key: None
    assert report.repeats > 10
    assert f"made again: {report.repeats}" in "".join(report.table().notes)
    assert_same_store(bucket.get("out.zarr", tmp_path / "got"), tmp_path / "local.zarr")


def test_an_input_that_goes_in_the_middle(tmp_path: Path) -> None:
    path = source(tmp_path / "web")
    target = tmp_path / "out.zarr"
    with http_server(tmp_path / "web") as server:
        url = f"{server.url}/in.ome.zarr"
        port = int(server.url.rpartition(":")[2])
        run = Run.of(url, target, workers=1, **BLUR)
        calls = iter(range(100))

        def told(done: int, total: int) -> None:
            if next(calls) == 3:
                server.fault = every(1, "cut")

        with pytest.raises(RemoteError) as ended:
            run.run(told)
    said = str(ended.value)
    assert "the server does not answer, 6 times" in said
    assert said.endswith("; what is done stays, and the same command goes on")
    assert "\n" not in said
    # And when it is really gone.
    with pytest.raises(RemoteError, match="cannot reach http://"):
        process(url, target, **BLUR)
    with http_server(tmp_path / "web", port=port):
        report = process(url, target, **BLUR)
    assert report.before == 4
    process(path, tmp_path / "local.zarr", **BLUR)
    assert_same_store(target, tmp_path / "local.zarr")


def test_an_output_that_goes_in_the_middle(bucket: Any, tmp_path: Path) -> None:
    path = source(tmp_path)
    url = f"{bucket.url}/out.zarr"
    calls = iter(range(100))

    def told(done: int, total: int) -> None:
        if next(calls) == 3:
            bucket.server.fault = every(1, 503)

    with pytest.raises(RemoteError, match="the server answers 503, 6 times; what is done stays"):
        process(path, url, workers=1, progress=told, **BLUR)
    bucket.server.fault = lambda method, key: None
    report = process(path, url, **BLUR)
    assert report.before == 4
    process(path, tmp_path / "local.zarr", **BLUR)
    assert_same_store(bucket.get("out.zarr", tmp_path / "got"), tmp_path / "local.zarr")


@pytest.mark.parametrize("kind", ["chunks", "shards"])
def test_missing_chunks_are_counted_once(kind: str, bucket: Any, tmp_path: Path) -> None:
    path = source(tmp_path, **KINDS[kind])
    for name in ("0/c/1/1/1", "0/c/0/0/2"):
        (path / name).unlink()
    url = bucket.put(path)
    found = []
    for one, target in ((path, tmp_path / "local.zarr"), (url, f"{bucket.url}/out.zarr")):
        with pytest.warns(MetadataWarning, match="chunks of level 0 missing in the store"):
            found.append(process(one, target, **BLUR).missing)
    # Of the last shard along x one half lies in the image.
    assert found == ([2, 2] if kind == "chunks" else [8 + 4, 8 + 4])
    assert_same_store(bucket.get("out.zarr", tmp_path / "got"), tmp_path / "local.zarr")


def test_a_damaged_chunk_is_named(bucket: Any, tmp_path: Path) -> None:
    path = source(tmp_path)
    (path / "0/c/1/1/1").write_bytes(b"no zstd")
    url = bucket.put(path)
    with pytest.raises(FileError, match=r"chunk \(1, 1, 1\) of level 0 \(0/c/1/1/1\) is damaged"):
        process(url, f"{bucket.url}/out.zarr", **BLUR)


def test_write_and_pyramids(bucket: Any, tmp_path: Path) -> None:
    image = read(source(tmp_path))
    url = f"{bucket.url}/image.ome.zarr"
    fiji_bridge.write(image, url)
    np.testing.assert_array_equal(read(url).data, image.data)
    with pytest.raises(FileError, match="exists; choose another name"):
        fiji_bridge.write(image, url)
    fiji_bridge.write(image.with_data(image.data + 1), url, overwrite=True)
    np.testing.assert_array_equal(read(url).data, image.data + 1)
    levels = fiji_bridge.pyramid(image, levels=2, engine="scipy")
    written = fiji_bridge.write_images(levels, f"{bucket.url}/levels.ome.zarr")
    assert [str(place) for place in written] == [f"{bucket.url}/levels.ome.zarr"]
    found = read(f"{bucket.url}/levels.ome.zarr", level=1)
    np.testing.assert_array_equal(found.data, levels.levels[1].data)
    with pytest.raises(FileError, match=r"in a remote store must end in \.zarr or \.ome\.zarr"):
        fiji_bridge.write(image, f"{bucket.url}/image.tif")
    views = fiji_bridge.views(image)
    for name in ("views.png", "views.tif"):
        with pytest.raises(FileError, match="that is no OME-Zarr must be on this machine"):
            fiji_bridge.write_images(views, f"{bucket.url}/{name}")


def test_a_write_that_fails_leaves_nothing(bucket: Any, tmp_path: Path) -> None:
    image = read(source(tmp_path))
    bucket.server.fault = every(1, 503, "/0/c/")
    with pytest.raises(RemoteError, match="the server answers 503"):
        fiji_bridge.write(image, f"{bucket.url}/image.ome.zarr")
    bucket.server.fault = lambda method, key: None
    assert not bucket.names("image.ome.zarr")


def test_results_of_many_files_stay_on_this_machine(bucket: Any, tmp_path: Path) -> None:
    path = source(tmp_path)
    with pytest.raises(FileError, match=r"results of several files must be on this machine"):
        fiji_bridge.run_many("gaussian", [path], f"{bucket.url}/results", sigma="1 um")
    assert not Path("s3:").exists()
