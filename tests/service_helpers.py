"""Plain HTTP for tests of the service, as those who attack it speak it.

Every answer that a test gets is looked through for what no answer may say.
"""

from __future__ import annotations

import http.client
import io
import json
import socket
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

import fiji_bridge
from fiji_bridge_service.service import Service

ALICE, BOB, OLD = "alice-" + "a" * 30, "bob-" + "b" * 30, "old-" + "o" * 30


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def detail(self) -> str:
        return str(self.json["detail"])


class Client:
    """Plain HTTP: no header is there that is not given, but for Host and the length of a body."""

    def __init__(self, port: int, secret_paths: tuple[str, ...], token: str | None = None) -> None:
        self.port = port
        self.token = token
        self._secret = secret_paths

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        token: str | None = None,
    ) -> Answer:
        sent = dict(headers or {})
        token = self.token if token is None else token
        if token:
            sent.setdefault("Authorization", f"Bearer {token}")
        if isinstance(body, dict):
            body = json.dumps(body)
            sent.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request(method, path, body, sent)
            found = connection.getresponse()
            answer = Answer(
                found.status, {k.lower(): v for k, v in found.getheaders()}, found.read()
            )
        finally:
            connection.close()
        self.judge(answer)
        return answer

    def judge(self, answer: Answer) -> None:
        """Hold an answer to what all of them keep."""
        assert answer.status != 500, answer.body
        if not answer.headers.get("content-type", "").startswith(("image/", "application/x-npy")):
            # Archives and chunks are no text, and say as little.
            text = answer.body.decode(errors="replace")
            assert "Traceback" not in text
            for path in self._secret:
                assert path not in text, text
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in answer.headers
        assert "server" not in answer.headers

    def upload(
        self, data: bytes, name: str = "stack.tif", described: Any = None, part: int = 1 << 20
    ) -> dict[str, Any]:
        said = {"name": name, "size": len(data), "sha256": sha256(data).hexdigest()}
        if described is not None:
            said["described"] = described
        made = self("POST", "/v1/images", said)
        assert made.status == 201, made.body
        for start in range(0, len(data), part):
            answer = self.patch(made.json["id"], start, data[start : start + part])
            assert answer.status == 200, answer.body
        found: dict[str, Any] = answer.json
        return found

    def patch(self, image: str, offset: int, data: Any, **headers: str) -> Answer:
        kind = {"Upload-Offset": str(offset), "Content-Type": "application/octet-stream"}
        return self("PATCH", f"/v1/images/{image}", data, headers={**kind, **headers})

    def submit(self, image: str, operation: str = "gaussian", **more: Any) -> dict[str, Any]:
        more.setdefault("parameters", {"sigma": "1 px"})
        made = self("POST", "/v1/jobs", {"image": image, "operation": operation, **more})
        assert made.status == 201, made.body
        found: dict[str, Any] = made.json
        return found

    def wait(self, job: str, *states: str) -> dict[str, Any]:
        states = states or ("done", "failed", "cancelled", "interrupted")
        while True:
            found: dict[str, Any] = self("GET", f"/v1/jobs/{job}").json
            if found["state"] in states:
                return found
            time.sleep(0.02)

    def socket(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)


@dataclass
class Running:
    service: Service
    port: int
    alice: Client
    bob: Client
    nobody: Client


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def tokens(folder: Path) -> Path:
    path = folder / "tokens"
    path.touch(mode=0o600)
    path.write_text(f"alice {ALICE}\nbob {BOB}\n# gone\nold {OLD} 2020-01-31\n", encoding="utf-8")
    return path


Start = Callable[..., Running]


def np_file(size: int) -> tuple[bytes, dict[str, object]]:
    """Return the bytes of a stack of that size as an .npy file, and its description."""
    file = io.BytesIO()
    np.save(file, np.arange(size // 4, dtype=np.float32).reshape(-1, 64, 64) % 1000)
    return file.getvalue(), {"axes": ["z", "y", "x"]}


def slow_job(running: Running, **more: Any) -> str:
    """Submit a job that takes minutes: a median over many neighbours."""
    data, described = np_file(16 * 2**20)
    image = running.alice.upload(data, "slow.npy", described, part=16 << 20)
    parameters = {"radius": "20 px"}
    return str(running.alice.submit(image["id"], "median", parameters=parameters, **more)["id"])


def tiff(data: Any | None = None, voxel_size: str = "2 0.45 0.45 um", name: str = "a.tif") -> bytes:
    """Return the bytes of a calibrated TIFF."""
    if data is None:
        data = np.random.default_rng(5).integers(0, 4000, (12, 40, 44), np.uint16)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        fiji_bridge.write(data, path, voxel_size=voxel_size)
        return path.read_bytes()
