"""Addresses by which viewers read a result without a token, and pages that may."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

import fiji_bridge
from blocks_inputs import make, noise
from fiji_bridge.errors import ServiceError
from fiji_bridge_service.settings import Limits
from service.test_page import browser
from service_helpers import ALICE, Running, Start, tiff

__all__ = ["browser"]
pytestmark = pytest.mark.jvm


class Viewer(BaseHTTPRequestHandler):
    """A page of another origin, as that of a hosted viewer."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>viewer</title>")

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def viewers() -> Iterator[list[str]]:
    """Two pages: one that may read, and one that may not."""
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Viewer) for _ in range(2)]
    for one in servers:
        threading.Thread(target=one.serve_forever, daemon=True).start()
    yield [f"http://127.0.0.1:{one.server_address[1]}" for one in servers]
    for one in servers:
        one.shutdown()
        one.server_close()


@pytest.fixture(scope="module")
def linking(start: Start, viewers: list[str]) -> Running:
    running = start(
        link_hours=1,
        viewers=(viewers[0],),
        limits=Limits(failures_per_minute=1e6, requests_per_second=1e4, burst=1e4),
    )
    make(running.service.settings.roots["scope"] / "a.zarr", noise((12, 40, 44)))
    return running


@pytest.fixture(scope="module")
def job(linking: Running) -> str:
    given = {"root": "scope", "path": "a.zarr"}
    image = linking.alice("POST", "/v1/references", given).json["id"]
    number = str(linking.alice.submit(image)["id"])
    assert linking.alice.wait(number)["state"] == "done"
    return number


def link(running: Running, job: str) -> str:
    made = running.alice("POST", f"/v1/results/{job}/links")
    assert made.status == 201, made.body
    return str(made.json["path"])


def test_a_link_is_all_that_is_needed(linking: Running, job: str) -> None:
    path = link(linking, job)
    direct = linking.alice("GET", f"/v1/results/{job}/result.ome.zarr/0/c/0/0/0")
    assert linking.nobody("GET", f"{path}/0/c/0/0/0").body == direct.body
    part = linking.nobody("GET", f"{path}/0/c/0/0/0", headers={"Range": "bytes=5-9"})
    assert (part.status, part.body) == (206, direct.body[5:10])
    group = zarr.open_group(f"http://127.0.0.1:{linking.port}{path}", mode="r")
    service = fiji_bridge.connect(f"http://127.0.0.1:{linking.port}", ALICE)
    made = service.process("scope/a.zarr", sigma="1 px")
    np.testing.assert_array_equal(group["0"][...], made.open()["0"][...])
    again = zarr.open_group(service.link(made), mode="r")
    np.testing.assert_array_equal(again["0"][...], group["0"][...])


def test_the_reader_of_napari_takes_it(linking: Running, job: str) -> None:
    """napari-ome-zarr opens an address by this reader."""
    from ome_zarr.io import parse_url
    from ome_zarr.reader import Reader

    location = parse_url(f"http://127.0.0.1:{linking.port}{link(linking, job)}")
    assert location is not None
    (node,) = Reader(location)()
    here = fiji_bridge.gaussian(
        fiji_bridge.read(linking.service.settings.roots["scope"] / "a.zarr"), sigma="1 px"
    )
    np.testing.assert_array_equal(node.data[0], here.data)


class TestAttacks:
    def test_it_leads_to_nothing_else(self, linking: Running, job: str) -> None:
        path = link(linking, job)
        other = linking.alice.submit(linking.alice.upload(tiff())["id"])["id"]
        linking.alice.wait(other)
        secret = path.split("/")[3]
        for wrong in (
            f"{path}/../../{other}/result.tif",
            f"{path}/..%2f..%2fresult.tif",
            f"{path}/",
            f"/v1/links/{secret}/result.tif/x",
            f"/v1/links/{secret}x/result.ome.zarr/zarr.json",
            f"/v1/links/{secret[:-1]}/result.ome.zarr/zarr.json",
            f"/v1/links/{job}/result.ome.zarr/zarr.json",
            "/v1/links/%00/result.ome.zarr/zarr.json",
        ):
            answer = linking.nobody("GET", wrong)
            assert answer.status in (401, 404), (wrong, answer.status)
            assert answer.json["detail"]
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert linking.nobody(method, f"{path}/zarr.json").status == 405
        bearer = {"Authorization": f"Bearer {secret}"}
        assert linking.nobody("GET", "/v1/jobs", headers=bearer).status == 401

    def test_who_makes_one(self, linking: Running, running: Running, job: str) -> None:
        assert linking.bob("POST", f"/v1/results/{job}/links").status == 404
        assert linking.nobody("POST", f"/v1/results/{job}/links").status == 401
        other = linking.alice.submit(linking.alice.upload(tiff())["id"])["id"]
        linking.alice.wait(other)
        assert linking.alice("POST", f"/v1/results/{other}/links").status == 409
        # By default there are none.
        image = running.alice.upload(tiff())["id"]
        number = running.alice.submit(image, formats=["ome.zarr"])["id"]
        running.alice.wait(number)
        answer = running.alice("POST", f"/v1/results/{number}/links")
        assert (answer.status, "link_hours" in answer.detail) == (403, True)

    def test_it_ends(self, linking: Running, job: str, monkeypatch: pytest.MonkeyPatch) -> None:
        path = f"{link(linking, job)}/zarr.json"
        assert linking.nobody("GET", path).status == 200
        now = time.time
        monkeypatch.setattr(time, "time", lambda: now() + 3601)
        assert linking.nobody("GET", path).status == 404
        linking.service.files.sweep(linking.service.store, now=now() + 3601)
        monkeypatch.undo()
        assert linking.service.store.links.find() == []

    def test_it_ends_with_its_owner(self, linking: Running, job: str) -> None:
        path = f"{link(linking, job)}/zarr.json"
        tokens = linking.service.tokens.path
        before = tokens.read_text(encoding="utf-8")
        tokens.write_text(before.replace("alice ", "carol "), encoding="utf-8")
        try:
            assert linking.nobody("GET", path).status == 404
        finally:
            tokens.write_text(f"{before}\n", encoding="utf-8")
        assert linking.nobody("GET", path).status == 200

    def test_guesses_are_counted(self, start: Start) -> None:
        running = start(link_hours=1, limits=Limits(failures_per_minute=5))
        answers = [
            running.nobody("GET", f"/v1/links/{'x' * 40}{n}/result.ome.zarr/zarr.json").status
            for n in range(12)
        ]
        assert answers[0] == 404
        assert answers[-1] == 429

    def test_its_secret_stands_in_no_log(self, linking: Running, job: str) -> None:
        path = link(linking, job)
        linking.nobody("GET", f"{path}/zarr.json")
        linking.nobody("GET", f"{path}/none")
        secret = path.split("/")[3]
        folder = linking.service.files.folder
        # Written after each answer, of which the last is waited for.
        while "/none" not in (log := (folder / "audit.log").read_text(encoding="utf-8")):
            time.sleep(0.01)
        assert secret not in log
        did = [json.loads(line)["did"] for line in log.splitlines()]
        assert "GET /v1/links/…/result.ome.zarr/zarr.json" in did
        assert secret not in linking.alice("GET", "/metrics").body.decode()
        for file in folder.glob("store.sqlite*"):
            assert secret.encode() not in file.read_bytes()


def raw(running: Running, method: str, path: str, **headers: str) -> tuple[int, dict[str, str]]:
    """Ask as a page would; the other client holds that nothing ever allows another origin."""
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=60)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}


def test_only_pages_on_the_list_read_and_only_links(
    linking: Running, job: str, viewers: list[str]
) -> None:
    path = f"{link(linking, job)}/zarr.json"
    good, bad = viewers
    status, said = raw(linking, "GET", path, Origin=good)
    assert (status, said["access-control-allow-origin"]) == (200, good)
    assert "access-control-allow-credentials" not in said
    assert said["vary"] == "Origin"
    status, said = raw(linking, "OPTIONS", path, Origin=good)
    assert (status, said["access-control-allow-headers"]) == (204, "Range")
    token = {"Authorization": f"Bearer {ALICE}"}
    for method, where, headers in (
        ("GET", path, {"Origin": bad}),
        ("OPTIONS", path, {"Origin": bad}),
        ("GET", path, {"Origin": f"{good}.evil.example"}),
        ("GET", path, {"Origin": "null"}),
        ("POST", path, {"Origin": good}),
        ("GET", "/v1/jobs", {"Origin": good, **token}),
        ("OPTIONS", "/v1/jobs", {"Origin": good}),
        ("GET", f"/v1/results/{job}/result.ome.zarr/zarr.json", {"Origin": good, **token}),
        ("POST", f"/v1/results/{job}/links", {"Origin": good, **token}),
        ("GET", path, {"Sec-Fetch-Site": "cross-site"}),
    ):
        status, said = raw(linking, method, where, **headers)
        assert status == 403, (method, where, headers, status)
        assert "access-control-allow-origin" not in said


def test_in_a_browser(browser: Any, linking: Running, job: str, viewers: list[str]) -> None:
    """A page of another origin fetches metadata and a range of a chunk, or is not let."""
    address = f"http://127.0.0.1:{linking.port}{link(linking, job)}"
    read = """async (address) => {
        try {
            const said = await (await fetch(`${address}/zarr.json`)).json();
            const part = await fetch(`${address}/0/c/0/0/0`, { headers: { Range: "bytes=2-5" } });
            const body = new Uint8Array(await part.arrayBuffer());
            return [said.node_type, part.status, body.length, part.headers.get("Content-Range")];
        } catch (error) { return error.name; }
    }"""
    whole = linking.alice("GET", f"/v1/results/{job}/result.ome.zarr/0/c/0/0/0").body
    for viewer, expected in (
        (viewers[0], ["group", 206, 4, f"bytes 2-5/{len(whole)}"]),
        (viewers[1], "TypeError"),
    ):
        page = browser.new_page()
        page.goto(viewer)
        assert page.evaluate(read, address) == expected
        page.close()


def test_from_the_page(browser: Any, linking: Running, job: str) -> None:
    page = browser.new_page()
    page.goto(f"http://127.0.0.1:{linking.port}/")
    page.get_by_label("The token of this service").fill(ALICE)
    page.get_by_role("button", name="Come in").click()
    page.get_by_role("button", name="Show").last.click()
    page.get_by_role("button", name="Make an address for viewers").click()
    made = page.locator("#addresses code", has_text="/v1/links/").text_content()
    assert (
        linking.nobody(
            "GET", made.removeprefix(f"http://127.0.0.1:{linking.port}") + "/zarr.json"
        ).status
        == 200
    )
    page.close()


def test_the_client_says_that_there_are_none(running: Running, tmp_path: Path) -> None:
    make(running.service.settings.roots["scope"] / "l.zarr", noise((4, 20, 20)))
    service = fiji_bridge.connect(f"http://127.0.0.1:{running.port}", ALICE)
    made = service.process("scope/l.zarr", sigma="1 px")
    with pytest.raises(ServiceError, match="makes no links"):
        service.link(made)
