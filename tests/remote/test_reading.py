"""OME-Zarr read from S3 and over HTTP: the bits of the local store."""

from __future__ import annotations

import json
import shutil
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

import fiji_bridge
from blocks_inputs import make, noise
from fiji_bridge import read
from fiji_bridge.errors import ArgumentError, FileError, InputError, RemoteError
from fiji_bridge.formats.foreign import MetadataWarning
from fiji_bridge.image.places import Remote, to_place
from remote_servers import Server, every, http_server

STORES: dict[str, dict[str, Any]] = {
    "chunks": {"chunks": (1, 4, 16, 16)},
    "shards": {"chunks": (1, 4, 8, 8), "shards": (1, 8, 16, 16)},
    "zarr2": {"version": "0.4", "chunks": (1, 4, 16, 16)},
    "zarr2-dots": {
        "version": "0.4",
        "chunks": (1, 4, 16, 16),
        "chunk_key_encoding": {"name": "v2", "separator": "."},
    },
}
PARTS: tuple[dict[str, Any], ...] = (
    {},
    {"level": 1},
    {"channel": 1, "region": "z=2:10um y=5:30px"},
)


def same(found: Any, wanted: Any) -> None:
    assert found.axes == wanted.axes
    np.testing.assert_array_equal(found.data, wanted.data)
    assert found.calibration == wanted.calibration
    assert found.provenance == wanted.provenance


def local_copy(folder: Path, kind: str) -> Path:
    return make(
        folder / "in.ome.zarr", noise((2, 10, 40, 30)), "czyx", levels=2,
        config={"write_empty_chunks": True}, **STORES[kind],
    )  # fmt: skip


@pytest.mark.parametrize("part", PARTS, ids=("whole", "level", "region"))
@pytest.mark.parametrize("kind", STORES)
def test_s3(kind: str, part: dict[str, Any], bucket: Any, tmp_path: Path) -> None:
    path = local_copy(tmp_path, kind)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        same(read(bucket.put(path), **part), read(path, **part))


@pytest.mark.parametrize("ranges", [False, True])
@pytest.mark.parametrize("kind", STORES)
def test_http(kind: str, ranges: bool, tmp_path: Path) -> None:
    path = local_copy(tmp_path, kind)
    with http_server(tmp_path, ranges=ranges) as server:
        for part in PARTS:
            same(read(f"{server.url}/in.ome.zarr", **part), read(path, **part))


def test_file(tmp_path: Path) -> None:
    path = local_copy(tmp_path / "with space", "chunks")
    same(read(path.as_uri()), read(path))
    assert to_place(path.as_uri(), "it") == path
    with pytest.raises(FileError, match="is on another machine, elsewhere"):
        read("file://elsewhere/a.ome.zarr")


def test_a_region_asks_for_no_other_chunk(web: tuple[Server, Path]) -> None:
    server, folder = web
    make(folder / "a.zarr", noise((8, 32, 32)), chunks=(4, 8, 8))
    server.requests.clear()
    read(f"{server.url}/a.zarr/", region="z=0:4px y=8:16px x=0:16px")
    asked = {path for _, path, _ in server.requests if "/c/" in path}
    assert asked == {"/a.zarr/0/c/0/1/0", "/a.zarr/0/c/0/1/1"}


def test_several_reads_in_flight(web: tuple[Server, Path]) -> None:
    server, folder = web
    make(folder / "a.zarr", noise((8, 32, 32)), chunks=(4, 8, 8))

    def slow(method: str, path: str) -> None:
        time.sleep(0.05 if "/c/" in path else 0)

    server.fault = slow
    read(f"{server.url}/a.zarr")
    # zarr has ten at a time, unless its configuration says otherwise.
    assert 5 <= server.most_at_once <= 20


def test_an_operation_takes_an_address(bucket: Any, tmp_path: Path) -> None:
    path = make(tmp_path / "a.zarr", noise((8, 20, 20)))
    url = bucket.put(path)
    same(
        fiji_bridge.gaussian(url, sigma="1 um", engine="scipy"),
        fiji_bridge.gaussian(path, sigma="1 um", engine="scipy"),
    )
    assert fiji_bridge.compare(url, path).verdict == "passed"


def test_credentials_are_those_of_the_environment(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = bucket.put(make(tmp_path / "a.zarr", noise((4, 9, 9))), "public-read")
    other = bucket.put(make(tmp_path / "b.zarr", noise((4, 9, 9))))
    bucket.server.requests.clear()
    read(url)
    assert all("Credential=test/" in (said or "") for _, _, said in bucket.server.requests)
    # Where there are none, requests are not signed: public buckets.
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    bucket.server.requests.clear()
    read(url)
    assert len(bucket.server.requests) > 4
    assert all(said is None for _, _, said in bucket.server.requests)
    with pytest.raises(RemoteError, match=r"b\.zarr.*: access is refused \(403\); credentials"):
        read(other)


def test_a_bucket_that_may_not_be_listed(bucket: Any, tmp_path: Path) -> None:
    """Such ones say 403 of what is not there, too."""
    path = make(tmp_path / "a.zarr", noise((4, 9, 9)), version="0.4")
    url = bucket.put(path)
    there = {f"/{bucket.name}/{key}" for key in bucket.names()}
    bucket.server.fault = lambda method, key: None if key in there else 403
    same(read(url), read(path))
    with pytest.raises(RemoteError, match=r"access is refused \(403\); credentials"):
        read(f"{bucket.url}/b.zarr")


def collection(folder: Path) -> Path:
    """Write two images as bioformats2raw does."""
    root = zarr.open_group(str(folder / "many.zarr"), mode="w", zarr_format=3)
    root.attrs["ome"] = {"version": "0.5", "bioformats2raw.layout": 3}
    for number in range(2):
        make(folder / "many.zarr" / str(number), noise((4, 9, 9), seed=number))
    return folder / "many.zarr"


def test_several_images(bucket: Any, web: tuple[Server, Path]) -> None:
    server, folder = web
    path = collection(folder)
    for url in (bucket.put(path), f"{server.url}/many.zarr"):
        with pytest.raises(FileError, match="it holds 2 scenes, 0, 1; choose one"):
            read(url)
        same(read(url, scene=1), read(path, scene=1))
    (path / "zarr.json").write_text(
        json.dumps({"zarr_format": 3, "node_type": "group", "attributes": {}})
    )
    with pytest.raises(FileError, match="a server of files does not say what else lies there"):
        read(f"{server.url}/many.zarr")


def test_missing_chunks_are_counted(bucket: Any, web: tuple[Server, Path]) -> None:
    server, folder = web
    path = make(folder / "a.zarr", noise((8, 32, 32)), chunks=(4, 8, 8))
    shutil.rmtree(path / "0/c/1/2")
    for url in (bucket.put(path), f"{server.url}/a.zarr"):
        said = "4 of 32 chunks of level 0 missing in the store; samples there are the fill value 0"
        with pytest.warns(MetadataWarning, match=said):
            found = read(url)
        with pytest.warns(MetadataWarning, match=said):
            same(found, read(path))


def test_missing_chunks_of_shards_are_counted(bucket: Any, tmp_path: Path) -> None:
    data = noise((8, 32, 32))
    path = make(tmp_path / "a.zarr", data, chunks=(4, 8, 8), shards=(8, 16, 16))
    # Blank chunks are not stored, unless one says so.
    zarr.open_group(str(path))["0"][:4, :8, :8] = 0
    shutil.rmtree(path / "0/c/0/1")
    with pytest.warns(MetadataWarning, match="17 of 32 chunks of level 0 missing"):
        found = read(bucket.put(path))
    with pytest.warns(MetadataWarning, match="17 of 32 chunks of level 0 missing"):
        same(found, read(path))


def test_a_damaged_chunk_is_named(bucket: Any, web: tuple[Server, Path]) -> None:
    server, folder = web
    path = make(folder / "a.zarr", noise((8, 32, 32)), chunks=(4, 8, 8))
    (path / "0/c/1/2/3").write_bytes(b"no zstd")
    for url in (bucket.put(path), f"{server.url}/a.zarr"):
        with pytest.raises(FileError, match=r"chunk \(1, 2, 3\) of level 0 \(0/c/1/2/3\) is damag"):
            read(url)


@pytest.mark.parametrize("fault", [503, 500, 429, "cut"])
def test_a_server_that_fails_now_and_then(
    fault: int | str, bucket: Any, web: tuple[Server, Path]
) -> None:
    server, folder = web
    path = make(folder / "a.zarr", noise((8, 32, 32)), chunks=(4, 8, 8))
    for url, one in ((bucket.put(path), bucket.server), (f"{server.url}/a.zarr", server)):
        one.requests.clear()
        one.fault = every(3, fault)
        same(read(url), read(path))
        # Some were asked for again.
        chunks = [key for _, key, _ in one.requests if "/c/" in key]
        assert len(chunks) > len(set(chunks)) == 32


def test_a_server_that_goes_on_failing(web: tuple[Server, Path]) -> None:
    server, folder = web
    make(folder / "a.zarr", noise((8, 32, 32)), chunks=(4, 8, 8))
    server.fault = every(1, 503, "/c/1/2/3")
    with pytest.raises(RemoteError, match=r"a\.zarr/0/c/1/2/3: the server answers 503, 6 times"):
        read(f"{server.url}/a.zarr")
    server.fault = every(1, "cut", "/c/1/2/3")
    with pytest.raises(RemoteError, match=r"0/c/1/2/3: the server does not answer, 6 times \("):
        read(f"{server.url}/a.zarr")


def test_what_is_not_there(bucket: Any, web: tuple[Server, Path]) -> None:
    server, _ = web
    for url, says in (
        ("s3://other/a.zarr", "there is no bucket 'other'"),
        (f"{bucket.url}/a.zarr", "nothing is there, or none of the formats that are read from"),
        (f"{server.url}/a.zarr", "nothing is there, or none of the formats that are read from"),
        ("http://127.0.0.1:9/a.zarr", r"cannot reach http://127\.0\.0\.1:9/a\.zarr: "),
    ):
        with pytest.raises(FileError, match=says) as refused:
            read(url)
        assert "\n" not in str(refused.value)
    server.fault = every(1, 403)
    with pytest.raises(RemoteError, match=r"access is refused \(403\)$"):
        read(f"{server.url}/a.zarr")
    server.fault = every(1, 400)
    with pytest.raises(RemoteError, match="the server answers 400"):
        read(f"{server.url}/a.zarr")


def test_s3_that_is_not_there(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(RemoteError, match=r"cannot reach s3://bucket/a\.zarr: Could not connect"):
        read("s3://bucket/a.zarr")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(RemoteError, match=r"cannot open s3://bucket/a.zarr: .*nobody"):
        read("s3://bucket/a.zarr")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("gs://bucket/a.zarr", "addresses begin with one of s3://, https://, http://, file://"),
        ("s3://", "names no bucket"),
        ("https:///a.zarr", "names no host"),
        ("https://me:secret@host/a.zarr", "neither belongs there"),
        ("https://host/a.zarr?token=1", r"has no \? and no #"),
    ],
)
def test_addresses_that_make_no_sense(url: str, says: str) -> None:
    with pytest.raises(FileError, match=says) as refused:
        read(url)
    assert "secret" not in str(refused.value)


def test_paths_that_were_addresses() -> None:
    with pytest.raises(FileError, match=r"give s3:/bucket/a\.zarr as text with two slashes"):
        read(Path("s3://bucket/a.zarr"))
    with pytest.raises(ArgumentError, match="the file to read is given by its path"):
        read(3)  # type: ignore[arg-type]
    assert to_place("S3://bucket/a/", "it") == Remote("s3://bucket/a")


def test_other_readers_read_files_of_this_machine(bucket: Any) -> None:
    for reader in ("imagej", "bioio"):
        with pytest.raises(FileError, match=r"must be on this machine; got s3://bucket/a\.zarr"):
            read("s3://bucket/a.zarr", reader=reader)
    with pytest.raises(InputError, match="must be on this machine; got s3://bucket"):
        fiji_bridge.run_many("gaussian", ["s3://bucket/a.zarr"], "results", sigma="1 um")


@pytest.mark.parametrize("name", ["fsspec", "s3fs"])
def test_without_the_extra(name: str, bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from fiji_bridge.formats import remote_store

    monkeypatch.setattr(remote_store, "_opened", {})
    monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "fiji_bridge.formats.remote_store")
    with pytest.raises(FileError, match=r'pip install "fiji-bridge\[remote\]"$'):
        read("s3://bucket/a.zarr")
