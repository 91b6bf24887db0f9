"""Remote stores on this machine; no test reaches another one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("s3fs", reason="fiji-bridge[remote] is not installed")
pytest.importorskip("moto", reason="moto is not installed")

from fiji_bridge.blocks import notes
from fiji_bridge.formats import remote_store
from remote_servers import Server, http_server, no_fault, s3_server


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for nothing long, and know of no credentials of this machine."""
    monkeypatch.setattr(remote_store, "WAITS", (0.01, 0.02, 0.02, 0.02, 0.02))
    monkeypatch.setattr(notes, "BEAT", 0.1)
    monkeypatch.setattr(notes, "PATIENCE", 0.4)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "FSSPEC_S3_ANON"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture(scope="session")
def one_s3() -> Iterator[Server]:
    with s3_server() as server:
        yield server


class Bucket:
    """An empty bucket.

    Attributes
    ----------
    server : Server
    url : str
    """

    def __init__(self, server: Server, name: str) -> None:
        import s3fs

        self.server, self.name = server, name
        self.url = f"s3://{name}"
        self._fs = s3fs.S3FileSystem(
            endpoint_url=server.url, use_listings_cache=False, key="test", secret="test"
        )
        self._fs.mkdir(name)

    def put(self, folder: Path, access: str = "private") -> str:
        """Copy a folder into it; return its address."""
        self._fs.put(str(folder), f"{self.name}/{folder.name}", recursive=True, ACL=access)
        return f"{self.url}/{folder.name}"

    def get(self, name: str, folder: Path) -> Path:
        """Copy what is below a name into a folder."""
        self._fs.get(f"{self.name}/{name}/", str(folder), recursive=True)
        return folder

    def names(self, name: str = "") -> list[str]:
        """Return the keys below a name."""
        found = self._fs.find(f"{self.name}/{name}".rstrip("/"))
        return [key.removeprefix(f"{self.name}/") for key in found]

    def write(self, key: str, data: bytes) -> None:
        """Write an object."""
        self._fs.pipe_file(f"{self.name}/{key}", data)

    def delete(self, key: str) -> None:
        """Delete an object."""
        self._fs.rm_file(f"{self.name}/{key}")


@pytest.fixture
def bucket(one_s3: Server, request: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """Give a bucket of its own to a test."""
    from moto.core.models import DEFAULT_ACCOUNT_ID
    from moto.s3.models import s3_backends

    monkeypatch.setenv("AWS_ENDPOINT_URL", one_s3.url)
    for partition in s3_backends[DEFAULT_ACCOUNT_ID].values():
        partition.reset()
    one_s3.fault = no_fault
    made = Bucket(one_s3, "bucket")
    one_s3.requests.clear()
    one_s3.most_at_once = 0
    yield made
    one_s3.fault = no_fault


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[Server, Path]]:
    """Serve a folder by Python's own HTTP server."""
    folder = tmp_path / "web"
    folder.mkdir()
    with http_server(folder) as server:
        yield server, folder
