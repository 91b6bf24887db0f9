"""Blocks on a dask scheduler: the bits of the call in memory, and workers that die."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import distributed
import numpy as np
import pytest

from blocks.test_process import assert_equals_memory
from blocks_inputs import make, noise
from fiji_bridge import process
from fiji_bridge.blocks import plan as plans
from fiji_bridge.cli import run as program
from fiji_bridge.errors import InputError, NotFiniteError, WorkerError

SHAPE = (24, 40, 50)
SMALL: dict[str, Any] = {"chunks": (8, 16, 16)}
BLUR: dict[str, Any] = {"sigma": "1 um"}


@pytest.fixture(scope="module")
def cluster() -> Iterator[distributed.LocalCluster]:
    """Two processes of one thread each."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
    ) as made:
        yield made


@pytest.fixture
def client(cluster: distributed.LocalCluster) -> Iterator[distributed.Client]:
    with distributed.Client(cluster, set_as_default=False) as made:
        yield made


@pytest.fixture(autouse=True)
def many_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the smallest blocks that fit, rather than those that read least."""
    monkeypatch.setattr(plans, "SLACK", np.inf)


@pytest.mark.jvm
@pytest.mark.parametrize("engine", ["scipy", "fused"])
@pytest.mark.parametrize("shards", [None, (16, 32, 32)])
def test_the_bits_of_the_call_in_memory(
    tmp_path: Path, client: distributed.Client, engine: str, shards: Any
) -> None:
    source = make(tmp_path / "in.zarr", noise(SHAPE), levels=2, shards=shards, **SMALL)
    done = process(source, tmp_path / "out.zarr", client=client, engine=engine, **BLUR)
    assert (done.complete, done.retries) == (True, 0)
    assert done.blocks > 4
    assert_equals_memory(source, tmp_path / "out.zarr", "gaussian", engine=engine, **BLUR)


@pytest.mark.jvm
def test_another_grid(tmp_path: Path, client: distributed.Client) -> None:
    source = make(tmp_path / "in.zarr", noise(SHAPE), levels=2, **SMALL)
    how = {"to": "finest", "engine": "fused"}
    done = process(source, tmp_path / "out.zarr", "rescale", client=client, **how)
    assert (done.complete, done.retries) == (True, 0)
    assert done.blocks > 4
    assert_equals_memory(source, tmp_path / "out.zarr", "rescale", **how)


def test_a_worker_that_is_killed(tmp_path: Path, client: distributed.Client) -> None:
    source = make(tmp_path / "in.zarr", noise(SHAPE), **SMALL)
    given = {"engine": "scipy", **BLUR}
    before = set(client.run(os.getpid).values())
    killed: list[int] = []

    def kill(done: int, total: int) -> None:
        if not killed:
            killed.append(min(before))
            os.kill(killed[0], signal.SIGKILL)

    done = process(source, tmp_path / "out.zarr", client=client, progress=kill, **given)
    assert (done.complete, done.before) == (True, 0)
    assert done.retries >= 1
    client.wait_for_workers(2, timeout=60)
    assert killed[0] not in client.run(os.getpid).values()
    assert_equals_memory(source, tmp_path / "out.zarr", "gaussian", **given)


def test_what_was_stopped_goes_on_elsewhere(tmp_path: Path, client: distributed.Client) -> None:
    source = make(tmp_path / "in.zarr", noise(SHAPE), **SMALL)
    given = {"engine": "scipy", **BLUR}

    def interrupt(done: int, total: int) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        process(source, tmp_path / "out.zarr", client=client, progress=interrupt, **given)
    assert not (tmp_path / "out.zarr" / "zarr.json").exists()
    done = process(source, tmp_path / "out.zarr", workers=1, **given)
    assert (done.complete, done.before >= 1) == (True, True)
    assert_equals_memory(source, tmp_path / "out.zarr", "gaussian", **given)


def test_a_nan_is_told_with_its_place(tmp_path: Path, client: distributed.Client) -> None:
    data = noise(SHAPE, "float32")
    data[20, 30, 40] = np.nan
    source = make(tmp_path / "in.zarr", data, **SMALL)
    with pytest.raises(NotFiniteError, match="z=20, y=30, x=40"):
        process(source, tmp_path / "out.zarr", client=client, engine="scipy", **BLUR)


def test_a_scheduler_that_is_gone(tmp_path: Path) -> None:
    source = make(tmp_path / "in.zarr", noise(SHAPE), **SMALL)
    made = distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=True, dashboard_address=":0"
    )
    closing = threading.Thread(target=made.close)

    def close(done: int, total: int) -> None:
        if not closing.ident:
            closing.start()
            time.sleep(2)

    address = made.scheduler_address
    with pytest.raises(WorkerError, match="is gone; the same call goes on"):
        process(
            source, tmp_path / "out.zarr", client=address, engine="scipy", progress=close, **BLUR
        )
    closing.join()
    done = process(source, tmp_path / "out.zarr", engine="scipy", workers=1, **BLUR)
    assert done.complete
    assert_equals_memory(source, tmp_path / "out.zarr", "gaussian", engine="scipy", **BLUR)


def test_the_program(
    tmp_path: Path, cluster: distributed.LocalCluster, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    source = make(tmp_path / "in.zarr", noise(SHAPE), **SMALL)
    call = ["gaussian", str(source), str(tmp_path / "out.zarr"), "--sigma", "1 um",
            "--engine", "scipy"]  # fmt: skip
    assert program([*call, "--scheduler", cluster.scheduler_address]) == 0
    assert_equals_memory(source, tmp_path / "out.zarr", "gaussian", engine="scipy", **BLUR)
    capsys.readouterr()
    monkeypatch.setattr("fiji_bridge.blocks.cluster._PATIENCE", 1.0)
    monkeypatch.setenv("FIJI_BRIDGE_SCHEDULER", "tcp://127.0.0.1:9")
    call[2] = str(tmp_path / "other.zarr")
    assert program(call) == 2
    assert "cannot reach a dask scheduler at tcp://127.0.0.1:9" in capsys.readouterr().err
    assert not (tmp_path / "other.zarr").exists()
    call[2] = str(tmp_path / "other.tif")
    assert program(call) == 0, "what goes not by blocks needs no scheduler"


def test_what_is_no_client(tmp_path: Path) -> None:
    source = make(tmp_path / "in.zarr", noise(SHAPE), **SMALL)
    with pytest.raises(InputError, match=r"must be a distributed\.Client or an address; got int"):
        process(source, tmp_path / "out.zarr", client=3, **BLUR)
