"""Addresses on the command line: every subcommand's input, outputs, and refusals in a line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from blocks_inputs import make, noise
from fiji_bridge import read
from fiji_bridge.cli import run as program
from remote_servers import no_fault

BLUR = ("--sigma", "1 um", "--engine", "scipy")


@pytest.fixture
def url(bucket: Any, tmp_path: Path) -> str:
    made: str = bucket.put(make(tmp_path / "in.ome.zarr", noise((8, 20, 24)), chunks=(8, 10, 12)))
    return made


def test_from_store_to_store(url: str, bucket: Any, capsys: pytest.CaptureFixture[str]) -> None:
    out = f"{bucket.url}/out.ome.zarr"
    assert program(["gaussian", url, out, *BLUR, "--plan", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["passes"]["0"]["blocks"] >= 1
    assert program(["gaussian", url, out, *BLUR]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith(out)
    assert program(["compare", out, url]) == 1
    assert program(["compare", out, out]) == 0


def test_parts_go_through_memory(url: str, bucket: Any, tmp_path: Path) -> None:
    for out in (f"{bucket.url}/part.ome.zarr", str(tmp_path / "part.tif")):
        assert program(["gaussian", url, out, *BLUR, "--region", "z=0:8um"]) == 0
        assert read(out).shape == (4, 20, 24)


def test_other_subcommands(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert program(["plan", url, "--sigma", "1 um"]) == 0
    assert program(["crosscheck", url, "--sigma", "1 um", "--engine", "scipy"]) in (0, 1)
    assert program(["suggest", url, "--plan"]) == 0
    assert program(["views", url, str(tmp_path / "views.png")]) == 0
    assert (tmp_path / "views.png").exists()
    pyramid = url.replace("in.ome", "levels.ome")
    assert program(["pyramid", url, pyramid, "--levels", "2", "--engine", "scipy"]) == 0
    assert read(pyramid, level=1).shape == (8, 10, 12)
    file = (tmp_path / "in.ome.zarr").as_uri()
    capsys.readouterr()
    assert program(["compare", file, url]) == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["s3://bucket/none.zarr", "out.zarr"], "nothing is there"),
        (["s3://none/a.zarr", "out.zarr"], "there is no bucket 'none'"),
        (["gs://bucket/a.zarr", "out.zarr"], "addresses begin with one of"),
        (["{url}", "https://host/out.zarr"], "https:// is for reading"),
        (["{url}", "s3://none/out.zarr"], "there is no bucket 'none'"),
        (["{url}", "s3://bucket/out.tif"], "must end in .zarr or .ome.zarr"),
        (["{url}", "--output-dir", "results"], "must be on this machine"),
        (["in.tif", "--output-dir", "s3://bucket/out"], "must be on this machine"),
    ],
)
def test_refusals(
    arguments: list[str],
    says: str,
    url: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    given = [one.format(url=url) for one in arguments]
    assert program(["gaussian", *given, *BLUR]) == 2
    said = capsys.readouterr().err.strip()
    assert says in said
    assert len(said.splitlines()) == 1
    assert sorted(tmp_path.iterdir()) == before


def test_nothing_else_is_said(bucket: Any, tmp_path: Path) -> None:
    """Neither of open connections nor of requests beside one that failed."""
    path = make(tmp_path / "in.ome.zarr", noise((8, 32, 32)), chunks=(4, 8, 8))
    url = bucket.put(path, "public-read")
    (path / "0/c/0/1/1").write_bytes(b"no zstd")
    other = bucket.put(path.rename(tmp_path / "damaged.zarr"), "public-read")
    bucket.server.requests.clear()

    def slow(method: str, key: str) -> int | None:
        if key == "/bucket/in.ome.zarr/0/c/0/0/1":
            return 403
        time.sleep(0.5 if "/c/" in key else 0)
        return None

    for number, (source, fault, code, says) in enumerate(
        ((url, no_fault, 0, ""), (other, no_fault, 2, "is damaged"), (url, slow, 2, "refused"))
    ):
        bucket.server.fault = fault
        out = str(tmp_path / f"{number}.tif")
        done = subprocess.run(
            [sys.executable, "-m", "fiji_bridge", "gaussian", source, out, *BLUR],
            capture_output=True, text=True, check=False,
            # As public buckets are read by those who have credentials for others.
            env={**os.environ, "FSSPEC_S3_ANON": "true"},
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        # Warnings are of the blur.
        lines = [one for one in done.stderr.splitlines() if not one.startswith("warning: ")]
        assert [says in line for line in lines] == ([True] if says else [])
    assert all(said is None for _, _, said in bucket.server.requests)
    bucket.server.fault = no_fault
    assert np.array_equal(read(url).data, noise((8, 32, 32)))
