"""A service in this process, with one worker for jobs and one for the rest."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import fiji_bridge
from fiji_bridge_service.service import Service
from fiji_bridge_service.serving import server
from fiji_bridge_service.settings import Limits, Settings
from service_helpers import ALICE, BOB, Client, Running, Start, free_port, tiff, tokens


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Start services with settings; all of them end with the tests."""
    ended: list[Callable[[], None]] = []

    def begin(**settings: Any) -> Running:
        folder = tmp_path_factory.mktemp("service")
        port = free_port()
        root = folder / "root"
        root.mkdir()
        given: dict[str, Any] = {
            "data": folder / "data",
            "tokens": tokens(folder),
            "listen": f"127.0.0.1:{port}",
            "roots": {"scope": root},
            "heap": "400m",
            "threads": 1,
            "min_free": 0,
            "grace_seconds": 0,
            **settings,
        }
        before = os.umask(0o022)
        made = server(Settings(**given))
        os.umask(before)
        service: Service = made.config.app._service
        thread = threading.Thread(target=made.run, daemon=True)
        thread.start()
        while not made.started:
            time.sleep(0.01)

        def end() -> None:
            made.should_exit = True
            thread.join()

        ended.append(end)
        secret = (str(folder), str(Path(fiji_bridge.__file__).parent.parent))
        return Running(
            service,
            port,
            Client(port, secret, ALICE),
            Client(port, secret, BOB),
            Client(port, secret),
        )

    yield begin
    for end in ended:
        end()


@pytest.fixture(scope="session")
def running(start: Start) -> Running:
    """One service for most tests: short times, small limits."""
    return start(
        quota=200 * 2**20,
        limits=Limits(
            part_bytes=32 * 2**20,
            json_bytes=100_000,
            image_bytes=64 * 2**20,
            streams=3,
            jobs=20,
            requests_per_second=10_000,
            burst=10_000,
            failures_per_minute=1e6,
            header_seconds=1,
            idle_seconds=1,
            write_seconds=1,
        ),
    )


@pytest.fixture(scope="session")
def image(running: Running) -> str:
    """Return the id of an image of alice's."""
    found = running.alice.upload(tiff())
    assert found["state"] == "ready", found
    return str(found["id"])


@pytest.fixture(scope="session")
def job(running: Running, image: str) -> str:
    """Return the id of a job of alice's that is done."""
    made = running.alice.submit(image, formats=["tif", "ome.tif", "npy"])
    found = running.alice.wait(made["id"])
    assert found["state"] == "done", found
    return str(found["id"])
