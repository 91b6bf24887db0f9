"""Each guard of docs/service.md, attacked."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fiji_bridge_service.api import ROUTES, Route
from fiji_bridge_service.settings import Limits
from service_helpers import (
    ALICE,
    BOB,
    OLD,
    Answer,
    Client,
    Running,
    Start,
    np_file,
    slow_job,
    tiff,
)

pytestmark = pytest.mark.jvm

GUARDED = [route for route in ROUTES if not route.public]


def path_of(route: Route, number: str) -> str:
    return (
        route.path.replace("{id:id}", number)
        .replace("{root}", "scope")
        .replace("{name}", "result.tif")
    )


@pytest.mark.parametrize("route", GUARDED, ids=lambda route: f"{route.method} {route.path}")
class TestEveryRoute:
    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Authorization": "Bearer wrong-" + "w" * 30},
            {"Authorization": f"Bearer {OLD}"},
            {"Authorization": f"Bearer {ALICE[:-1]}"},
            {"Authorization": f"Bearer {ALICE}x"},
            {"Authorization": f"Basic {ALICE}"},
            {"Authorization": ALICE},
            {"Authorization": "Bearer "},
            {"Cookie": f"token={ALICE}"},
            {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-User": "alice"},
        ],
        ids=str,
    )
    def test_needs_a_token(
        self, running: Running, job: str, route: Route, headers: dict[str, str]
    ) -> None:
        path = path_of(route, job)
        answer = running.nobody(route.method, path, headers=headers)
        assert answer.status == 401, answer.body
        assert running.nobody(route.method, f"{path}?token={ALICE}", headers=headers).status == 401

    def test_other_users_find_nothing(
        self, running: Running, image: str, job: str, route: Route
    ) -> None:
        # Those that name no object are held to it by the next test.
        for number in (image, job) if "{id" in route.path else ():
            answer = running.bob(
                route.method, path_of(route, number), b"x", headers={"Upload-Offset": "0"}
            )
            assert answer.status == 404, (route, answer.body)

    def test_foreign_pages_and_names_are_refused(
        self, running: Running, job: str, route: Route
    ) -> None:
        path = path_of(route, job)
        for headers, status in (
            ({"Host": "evil.example"}, 421),
            ({"Host": f"127.0.0.1.evil.example:{running.port}"}, 421),
            ({"Host": "127.0.0.1:1"}, 421),
            ({"Origin": "https://evil.example"}, 403),
            ({"Origin": "null"}, 403),
            ({"Origin": f"http://127.0.0.1:{running.port + 1}"}, 403),
            ({"Origin": f"https://127.0.0.1:{running.port}"}, 403),
            ({"Sec-Fetch-Site": "cross-site"}, 403),
            ({"Sec-Fetch-Site": "same-site"}, 403),
        ):
            answer = running.alice(route.method, path, headers=headers)
            assert answer.status == status, (headers, answer.body)


def test_other_users_images_cannot_be_used_in_jobs_or_plans(running: Running, image: str) -> None:
    for path in ("/v1/plans", "/v1/jobs", "/v1/previews"):
        answer = running.bob("POST", path, {"image": image, "operation": "gaussian"})
        assert answer.status == 404
    job = running.alice("POST", "/v1/jobs", {"image": image, "operation": "views"}).json["id"]
    for path, identity in (("/v1/images", image), ("/v1/jobs", job)):
        theirs, own = (
            [one["id"] for one in who("GET", path).json] for who in (running.bob, running.alice)
        )
        assert identity in own
        assert identity not in theirs


class TestPage:
    """The session of the page: half of the proof in a cookie, half in the page."""

    def login(self, client: Client, token: str = ALICE) -> tuple[str, str]:
        answer = client("POST", "/v1/session", {"token": token})
        assert answer.status == 201
        cookie = answer.headers["set-cookie"]
        assert re.search(r"; HttpOnly; Path=/; SameSite=strict$", cookie), cookie
        assert token not in cookie
        return cookie.partition(";")[0], answer.json["csrf"]

    def test_cookie_and_csrf_belong_together(self, running: Running) -> None:
        cookie, csrf = self.login(running.nobody)
        both = {"Cookie": cookie, "X-CSRF-Token": csrf}
        assert running.nobody("GET", "/v1/operations", headers=both).status == 200
        other_cookie, other_csrf = self.login(running.nobody, BOB)
        for headers in (
            {"Cookie": cookie},
            {"X-CSRF-Token": csrf},
            {"Cookie": cookie, "X-CSRF-Token": other_csrf},
            {"Cookie": other_cookie, "X-CSRF-Token": csrf},
            {"Cookie": cookie.upper(), "X-CSRF-Token": csrf},
        ):
            for method, path in (("GET", "/v1/images"), ("POST", "/v1/jobs")):
                answer = running.nobody(method, path, b"{}", headers=headers)
                assert answer.status == 401, headers
        assert running.nobody("DELETE", "/v1/session", headers=both).status == 204
        assert running.nobody("GET", "/v1/operations", headers=both).status == 401

    def test_wrong_tokens_open_nothing(self, running: Running) -> None:
        for token in ("w" * 40, OLD, " ", "\0", "é" * 30):
            answer = running.nobody("POST", "/v1/session", {"token": token})
            assert answer.status == 401
            assert "set-cookie" not in answer.headers
        form = {"Content-Type": "text/plain"}
        answer = running.nobody("POST", "/v1/session", f'{{"token":"{ALICE}"}}', headers=form)
        assert answer.status == 415

    def test_only_the_parts_of_the_page_are_served(self, running: Running) -> None:
        assert running.nobody("GET", "/").status == 200
        for name in ("..%2fapi.py", "../api.py", "%2e%2e/api.py", "app.js%00", "APP.JS", ""):
            assert running.nobody("GET", f"/page/{name}").status == 404, name


def test_a_token_that_is_taken_out_is_out(start: Start) -> None:
    running = start()
    cookie, csrf = TestPage().login(running.nobody)
    both = {"Cookie": cookie, "X-CSRF-Token": csrf}
    assert running.nobody("GET", "/v1/images", headers=both).status == 200
    path = running.service.tokens.path
    path.write_text(f"bob {BOB}\n", encoding="utf-8")
    assert running.alice("GET", "/v1/images").status == 401
    assert running.nobody("GET", "/v1/images", headers=both).status == 401
    assert running.bob("GET", "/v1/images").status == 200


def test_pace_of_users_and_of_wrong_tokens(start: Start) -> None:
    running = start(limits=Limits(requests_per_second=0.001, burst=5, failures_per_minute=3))
    seen = [running.alice("GET", "/v1/operations").status for _ in range(7)]
    assert seen == [200] * 5 + [429] * 2
    assert running.bob("GET", "/v1/operations").status == 200
    wrong = [running.nobody("GET", "/v1/jobs", token="w" * 30).status for _ in range(5)]
    assert wrong == [401] * 3 + [429] * 2
    # Guessing goes on nowhere else, and the right token does not help him who guesses.
    assert running.nobody("POST", "/v1/session", {"token": ALICE}).status == 429
    assert int(running.alice("GET", "/v1/images").headers["retry-after"]) > 0


@pytest.mark.parametrize(
    "number",
    ["..", "../../store.sqlite", "%2e%2e%2f%2e%2e%2ftokens", "0" * 31, "0" * 33, "A" * 32, "%00",
     "0" * 32, "0" * 32 + "%0a", "*", "' OR 1=1 --".replace(" ", "%20"), "\u0660".encode().hex()],
)  # fmt: skip
def test_ids_lead_nowhere(running: Running, number: str, job: str) -> None:
    for path in (
        f"/v1/images/{number}",
        f"/v1/images/{number}/views.png",
        f"/v1/jobs/{number}",
        f"/v1/results/{number}",
        f"/v1/results/{number}/result.tif",
    ):
        assert running.alice("GET", path).status == 404
    for name in (number, f"..%2f{job}%2fresult.tif", f"..%2f..%2f{number}"):
        assert running.alice("GET", f"/v1/results/{job}/{name}").status == 404


class TestRoots:
    @pytest.fixture
    def root(self, running: Running) -> Path:
        return running.service.settings.roots["scope"]

    def refer(self, running: Running, path: str, root: str = "scope") -> Answer:
        return running.alice("POST", "/v1/references", {"root": root, "path": path})

    def test_what_is_below_is_used_where_it_is(self, running: Running, root: Path) -> None:
        (root / "day").mkdir(exist_ok=True)
        (root / "day" / "a b.tif").write_bytes(tiff())
        answer = self.refer(running, "day/a b.tif")
        assert answer.status == 201
        assert answer.json["shape"] == [12, 40, 44]
        listed = running.alice("GET", "/v1/roots/scope?path=day").json
        assert [one["name"] for one in listed] == ["a b.tif"]
        # What it was, it has to stay.
        (root / "day" / "a b.tif").write_bytes(tiff(name="b.tif") + b"x")
        plan = {"image": answer.json["id"], "operation": "gaussian", "parameters": {"sigma": 1}}
        views = running.alice("GET", f"/v1/images/{answer.json['id']}/views.png")
        assert views.status == 422
        assert "changed" in views.detail
        assert running.alice("POST", "/v1/plans", plan).status == 200

    @pytest.mark.parametrize(
        "path",
        ["../tokens", "day/../../tokens", "/etc/passwd", "..", "out", "out/tokens", "tokens.tif",
         "\\..\\tokens", "a\0b", "loop", "missing.tif", ".", "//etc/passwd", "pipe"],
    )  # fmt: skip
    def test_nothing_else_is(self, running: Running, root: Path, path: str) -> None:
        outside = root.parent
        for name, target in (("out", outside), ("tokens.tif", outside / "tokens"),
                             ("loop", root / "loop")):  # fmt: skip
            if not (root / name).is_symlink():
                (root / name).symlink_to(target)
        if not (root / "pipe").exists():
            os.mkfifo(root / "pipe")
        answer = self.refer(running, path)
        assert answer.status == 422, answer.body
        assert ALICE not in answer.body.decode()
        listed = running.alice("GET", "/v1/roots/scope").json
        assert not {"out", "tokens.tif", "loop", "pipe"} & {one["name"] for one in listed}
        assert self.refer(running, path, "other").status == 404

    def test_a_link_put_in_place_later_leads_nowhere(self, running: Running, root: Path) -> None:
        path = root / "swapped.tif"
        path.write_bytes(tiff())
        number = self.refer(running, "swapped.tif").json["id"]
        path.unlink()
        secret = root.parent / "secret.tif"
        secret.write_bytes(tiff())
        path.symlink_to(secret)
        for path_of_it in (f"/v1/images/{number}/views.png",):
            assert running.alice("GET", path_of_it).status == 422
        job = running.alice("POST", "/v1/jobs", {
            "image": number, "operation": "gaussian", "parameters": {"sigma": "1 px"},
        })  # fmt: skip
        assert job.status == 422

    def test_links_beside_an_ome_tiff_lead_nowhere(self, running: Running, root: Path) -> None:
        folder = root / "set"
        folder.mkdir()
        (folder / "a.ome.tif").write_bytes(tiff(name="a.ome.tif"))
        (folder / "b.ome.tif").symlink_to(root.parent / "secret.tif")
        answer = self.refer(running, "set/a.ome.tif")
        assert answer.status == 422
        assert "link" in answer.detail


class TestBodies:
    def announce(self, running: Running, size: int, digest: str = "0" * 64) -> str:
        said = {"name": "a.tif", "size": size, "sha256": digest}
        return str(running.alice("POST", "/v1/images", said).json["id"])

    def test_too_much_is_refused_before_it_comes(self, running: Running) -> None:
        said = {"name": "a.tif", "size": 2**40, "sha256": "0" * 64}
        assert running.alice("POST", "/v1/images", said).status == 413
        with running.alice.socket() as line:
            head = (
                f"POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1:{running.port}\r\n"
                f"Authorization: Bearer {ALICE}\r\nContent-Type: application/json\r\n"
                "Content-Length: 99999999\r\n\r\n"
            )
            line.sendall(head.encode())
            assert b" 413 " in line.recv(1000)

    def test_more_than_was_announced(self, running: Running) -> None:
        number = self.announce(running, 100)
        answer = running.alice.patch(number, 0, b"x" * 101)
        assert answer.status == 413
        assert running.alice.patch(number, 50, b"x").status == 409
        assert running.alice.patch(number, -1, b"x").status == 400

    @pytest.mark.parametrize("size", [60, 3000])
    def test_endless_bodies_end(self, running: Running, size: int) -> None:
        """Chunk after chunk without a length: too much ends it, and a silence does."""
        with running.alice.socket() as line:
            line.sendall(
                f"POST /v1/plans HTTP/1.1\r\nHost: 127.0.0.1:{running.port}\r\n"
                f"Authorization: Bearer {ALICE}\r\nContent-Type: application/json\r\n"
                "Transfer-Encoding: chunked\r\n\r\n".encode()
            )
            sent = b"%x\r\n" % size + b" " * size + b"\r\n"
            for _ in range(50):
                line.sendall(sent)
            answer = line.recv(1000)
        assert (b" 408 " if size == 60 else b" 413 ") in answer

    def test_heads_that_never_end_are_cut(self, running: Running) -> None:
        lines = [running.alice.socket() for _ in range(20)]
        for line in lines:
            line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-a: ")
        for line in lines:
            with line:
                assert line.recv(100) == b""
        assert running.alice("GET", "/health").status == 200

    def test_an_idle_connection_is_cut_after_an_answer_too(self, running: Running) -> None:
        with running.alice.socket() as line:
            line.sendall(f"GET /health HTTP/1.1\r\nHost: 127.0.0.1:{running.port}\r\n\r\n".encode())
            assert b" 200 " in line.recv(4000)
            line.sendall(b"GET /health HTTP/1.1\r\nHost")
            while line.recv(4000):
                pass

    def test_large_heads_and_many_fields(self, running: Running) -> None:
        many = {f"X-{number}": "a" for number in range(100)}
        assert running.alice("GET", "/health", headers=many).status == 431
        with running.alice.socket() as line:
            line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-a: " + b"a" * 100_000)
            assert b" 400 " in line.recv(1000)

    def test_compressed_bodies_are_refused(self, running: Running) -> None:
        headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
        assert running.alice("POST", "/v1/plans", b"x", headers=headers).status == 415

    def test_smuggled_requests_are_not_seen(self, running: Running) -> None:
        with running.alice.socket() as line:
            line.sendall(
                f"POST /v1/plans HTTP/1.1\r\nHost: 127.0.0.1:{running.port}\r\n"
                "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                "GET /v1/jobs HTTP/1.1\r\nHost: x\r\n\r\n".encode()
            )
            answer = line.recv(10_000)
        assert answer.startswith((b"HTTP/1.1 401", b"HTTP/1.1 400"))
        assert answer.count(b"HTTP/1.1 ") <= 2

    def test_two_hosts(self, running: Running) -> None:
        with running.alice.socket() as line:
            line.sendall(
                f"GET /health HTTP/1.1\r\nHost: 127.0.0.1:{running.port}\r\n"
                "Host: evil.example\r\n\r\n".encode()
            )
            assert line.recv(1000).startswith((b"HTTP/1.1 421", b"HTTP/1.1 400"))


class TestThoseWhoDoNotRead:
    def test_a_download_that_is_not_taken_is_cut(self, running: Running, job: str) -> None:
        """The client's window is small and stays full: the server lets go after a second."""
        data = np_file(20 * 2**20)
        image = running.alice.upload(data[0], "a.npy", data[1], part=8 << 20)
        made = running.alice.submit(image["id"], formats=["npy"])
        assert running.alice.wait(made["id"])["state"] == "done"
        with socket.socket() as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.connect(("127.0.0.1", running.port))
            line.sendall(
                f"GET /v1/results/{made['id']}/result.npy HTTP/1.1\r\n"
                f"Host: 127.0.0.1:{running.port}\r\nAuthorization: Bearer {ALICE}\r\n\r\n".encode()
            )
            line.settimeout(60)
            time.sleep(2.5)
            received = 0
            with contextlib.suppress(ConnectionResetError):
                while piece := line.recv(1 << 20):
                    received += len(piece)
        assert received < 20 * 2**20
        assert running.alice("DELETE", f"/v1/jobs/{made['id']}").status == 204
        assert running.alice("DELETE", f"/v1/images/{image['id']}").status == 204

    def test_streams_of_events_are_few(self, running: Running, image: str) -> None:
        made = slow_job(running)
        lines = []
        try:
            for number in range(4):
                line = running.alice.socket()
                lines.append(line)
                line.sendall(
                    f"GET /v1/jobs/{made}/events HTTP/1.1\r\nHost: 127.0.0.1:{running.port}\r\n"
                    f"Authorization: Bearer {ALICE}\r\n\r\n".encode()
                )
                answer = line.recv(100)
                assert (b" 429 " if number == 3 else b" 200 ") in answer
            assert running.bob("GET", "/v1/operations").status == 200
        finally:
            for line in lines:
                line.close()
            running.alice("POST", f"/v1/jobs/{made}/cancel")


class TestNames:
    HOSTILE = (
        "<script>alert(1)</script>.tif",
        'a"; filename=evil.exe\r\nSet-Cookie: x=1\r\n\r\n.tif',
        "../../../etc/passwd",
        "\u202egnp.tif",
        "\x1b[31mred\x1b[0m.tif",
        "line\nfeed\u2028.tif",
        "%n%s%x{0}${jndi:ldap://x}",
        "ü" * 200,
    )

    @pytest.mark.parametrize("name", HOSTILE)
    def test_stay_names(self, running: Running, name: str) -> None:
        before = running.service.files.folder.joinpath("audit.log").read_text().count("\n")
        found = running.alice.upload(tiff(), name)
        assert found["state"] == "ready"
        assert not re.search("[\x00-\x1f\u202e\u2028/\\\\]", found["name"])
        made = running.alice.submit(found["id"])
        assert running.alice.wait(made["id"])["state"] == "done"
        answer = running.alice("GET", f"/v1/results/{made['id']}/result.tif")
        assert answer.status == 200
        assert "set-cookie" not in answer.headers
        assert re.fullmatch(
            r"attachment; filename\*=UTF-8''[A-Za-z0-9%._~-]+",
            answer.headers["content-disposition"],
        )
        log = running.service.files.folder.joinpath("audit.log").read_text()
        lines = log.splitlines()
        assert len(lines) == log.count("\n") > before
        # What an earlier test did may have been written since; this one is alice's.
        assert "alice" in [json.loads(line)["who"] for line in lines[before:]]
        for line in lines[before:]:
            assert line.isascii()
            assert line.isprintable()
        assert ALICE not in log


@pytest.fixture(autouse=True)
def still_alive(running: Running) -> Iterator[None]:
    """Whatever was done, the service serves."""
    yield
    assert running.bob("GET", "/v1/images").status == 200
