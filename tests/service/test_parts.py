"""Parts of the service by themselves, without a worker."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner

from conftest import ROOT
from fiji_bridge.errors import FileError, InputError
from fiji_bridge.ops.registry import REGISTRY
from fiji_bridge_service import errors, roots, schema
from fiji_bridge_service.api import ROUTES
from fiji_bridge_service.cli import serve
from fiji_bridge_service.errors import RefusalError
from fiji_bridge_service.events import Events
from fiji_bridge_service.files import Files
from fiji_bridge_service.guards import LINKS, PUBLIC, PUBLIC_FOLDER, Pace
from fiji_bridge_service.openapi import document
from fiji_bridge_service.service import shown
from fiji_bridge_service.settings import Settings, load, split_address
from fiji_bridge_service.store import Image, Job, Session, Store, new_id
from fiji_bridge_service.tokens import Tokens

TOKEN = "t" * 40


class TestSettings:
    def test_from_a_file_and_beside_it(self, tmp_path: Path) -> None:
        path = tmp_path / "service.toml"
        path.write_text(f'workers = 3\n[limits]\njobs = 5\n[roots]\na = "{tmp_path}"\n')
        found = load(path, workers=2, listen=None)
        assert (found.workers, found.limits.jobs) == (2, 5)
        assert found.roots == {"a": Path(os.path.realpath(tmp_path))}
        assert found.listen == "127.0.0.1:8765"

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("workers = 0", "workers"),
            ("worker = 1", "worker"),
            ('[roots]\na = "relative"', "absolute"),
            ('[roots]\na = "/does/not/exist"', "folder"),
            ('[roots]\n"../a" = "/"', "roots"),
            ('listen = "8765"', "ADDRESS:PORT"),
            ('listen = "example.org:80"', "listen"),
            ('base_path = "fiji/"', "base_path"),
            ("a = ", "is not valid TOML"),
        ],
    )
    def test_what_makes_no_sense_is_named(self, tmp_path: Path, text: str, words: str) -> None:
        path = tmp_path / "service.toml"
        path.write_text(text)
        with pytest.raises(InputError, match=words):
            load(path)

    def test_names_under_which_it_answers(self) -> None:
        here = Settings(listen="127.0.0.1:8765", hosts=("Fiji.example.org",))
        assert here.known_hosts == {
            "127.0.0.1:8765", "localhost:8765", "[::1]:8765", "fiji.example.org"
        }  # fmt: skip
        everywhere = Settings(listen="0.0.0.0:80", hosts=("fiji.example.org",))
        assert everywhere.known_hosts == {"fiji.example.org"}
        assert not everywhere.is_loopback
        assert split_address("[::1]:1") == ("::1", 1)
        assert Settings(listen="[::1]:1").is_loopback


class TestTokens:
    def write(self, folder: Path, text: str, mode: int = 0o600) -> Path:
        path = folder / "tokens"
        path.write_text(text)
        path.chmod(mode)
        return path

    def test_one_is_made(self, tmp_path: Path) -> None:
        made = Tokens(tmp_path / "tokens")
        assert stat.S_IMODE((tmp_path / "tokens").stat().st_mode) == 0o600
        name, token = (tmp_path / "tokens").read_text().split()
        found = made.find(token)
        assert found is not None
        assert found.owner == name == "owner"
        assert made.find(token + "x") is None
        assert made.find("") is None

    @pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
    def test_a_file_for_all_to_read_is_refused(self, tmp_path: Path, mode: int) -> None:
        with pytest.raises(InputError, match="chmod 600"):
            Tokens(self.write(tmp_path, f"a {TOKEN}\n", mode))

    @pytest.mark.parametrize("line", ["a short", TOKEN, f"a/b {TOKEN}", f"a {TOKEN} never",
                                      f"a {TOKEN} 2027-01-31 x"])  # fmt: skip
    def test_a_line_is_refused_without_its_secret(self, tmp_path: Path, line: str) -> None:
        with pytest.raises(InputError, match="line 2") as caught:
            Tokens(self.write(tmp_path, f"a {TOKEN}\n{line}\n"))
        assert TOKEN not in str(caught.value)
        assert "short" not in str(caught.value)

    def test_all_are_compared_in_constant_time(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        compared = []
        import hmac

        real = hmac.compare_digest
        monkeypatch.setattr(hmac, "compare_digest", lambda a, b: compared.append(a) or real(a, b))
        made = Tokens(self.write(tmp_path, f"a {TOKEN}\nb {'u' * 40}\nc {'v' * 40}\n"))
        made.find(TOKEN)
        assert len(compared) == 3

    def test_of_the_environment(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FIJI_BRIDGE_TOKEN", "e" * 40)
        found = Tokens(self.write(tmp_path, "")).find("e" * 40)
        assert found is not None
        assert found.owner == "environment"
        monkeypatch.setenv("FIJI_BRIDGE_TOKEN", "short")
        with pytest.raises(InputError, match="at least"):
            Tokens(tmp_path / "tokens")


def test_an_open_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    with pytest.raises(InputError, match="chmod 700"):
        Files(Settings(data=folder))


def test_one_service_per_folder(tmp_path: Path) -> None:
    first = Files(Settings(data=tmp_path / "data"))
    with pytest.raises(InputError, match="another service"):
        Files(Settings(data=tmp_path / "data"))
    first.close()
    Files(Settings(data=tmp_path / "data")).close()


class TestStore:
    def test_rows_come_back_and_stay_in_order(self, tmp_path: Path) -> None:
        store = Store(tmp_path / "s")
        image = Image(new_id(), "a", "n", 5, "", 1.0, 1.0, found={"x": [1]})
        jobs = [Job(new_id(), "a", image.id, "", {"q": 1}, 1, float(n)) for n in range(3)]
        store.images.put(image)
        for job in jobs:
            store.jobs.put(job)
        store.jobs.change(jobs[0], state="done", result={"r": None}, size=7)
        store.sessions.put(Session("i", "a", "t", "c", 1.0))
        store.close()
        again = Store(tmp_path / "s")
        assert again.images.one(id=image.id, owner="a") == image
        assert again.images.one(id=image.id, owner="b") is None
        assert [job.id for job in again.jobs.find()] == [job.id for job in jobs]
        assert again.jobs.find(state=("done",))[0].result == {"r": None}
        assert again.used("a") == 12
        assert again.used("b") == 0

    def test_what_is_out_of_date_goes(self, tmp_path: Path) -> None:
        files = Files(Settings(data=tmp_path / "data", retention_hours=1))
        store = Store(files.folder / "s")
        now = time.time()
        old, new, needed = (
            Image(new_id(), "a", "n", 5, "", now, used)
            for used in (now - 4000, now - 3000, now - 4000)
        )
        for image in (old, new, needed):
            store.images.put(image)
            files.image(image.id).parent.mkdir()
        job = store.jobs.put(Job(new_id(), "a", needed.id, "", {}, 1, now))
        gone = store.jobs.put(
            Job(new_id(), "a", new.id, "", {}, 1, now, state="failed", ended=now - 4000)
        )
        files.result(gone.id).mkdir()
        (files.folder / "results" / "stranger").mkdir()
        files.sweep(store, now)
        assert {image.id for image in store.images.find()} == {new.id, needed.id}
        assert not files.image(old.id).parent.exists()
        assert [one.id for one in store.jobs.find()] == [job.id]
        assert list((files.folder / "results").iterdir()) == []
        files.close()


class TestTexts:
    @pytest.mark.parametrize(
        ("text", "left"),
        [
            ("cannot read /srv/data/images/ab/content: bad", "cannot read stack.tif: bad"),
            ('File "/usr/lib/python3/x.py", line 3', 'File "x.py", line 3'),
            ("in '/home/a b/c.tif'", "in 'a b/c.tif'"),
            (r"at C:\Users\x\y.dll", "at y.dll"),
            ("1.5 GB/s of 3 um/px, http://host/a/b", "1.5 GB/s of 3 um/px, http://host/a/b"),
            ("σ/z and x/y", "σ/z and x/y"),
        ],
    )
    def test_say_nothing_of_folders(self, text: str, left: str) -> None:
        known = (("/srv/data/images/ab/content", "stack.tif"), ("/home/", ""))
        assert errors.without_paths(text, *known) == left

    def test_faults_stay_inside(self) -> None:
        assert "secret" not in errors.sentence(KeyError("secret"))
        assert errors.sentence(FileError("cannot read /a/b/c.tif")) == "cannot read c.tif"

    @pytest.mark.parametrize(
        ("name", "left"),
        [("a\nb", "a_b"), ("../x", ".._x"), ("\u202ex", "_x"), (" ", "image"), ("ü.tif", "ü.tif"),
         ("a" * 300, "a" * 200), ("\x00", "_"), ("\ud800", "_")],
    )  # fmt: skip
    def test_names_are_one_line(self, name: str, left: str) -> None:
        assert shown(name) == left


def test_pace() -> None:
    pace = Pace(per_second=1e-9, burst=2)
    pace.take("a")
    pace.take("a")
    with pytest.raises(RefusalError):
        pace.take("a")
    pace.take("b")


def test_roots_resolve_nothing_outside(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "rootless").mkdir()
    root = Path(os.path.realpath(tmp_path / "root"))
    assert roots.resolve(root, ".") == root
    for path in ("../rootless", "..", "/", "x", "\0", "a" * 5000):
        with pytest.raises(InputError):
            roots.resolve(root, path)


def test_listeners_hear_the_latest() -> None:
    events = Events()

    async def listen() -> bool:
        with events.listening("a") as happened:
            events.tell("b")
            await asyncio.sleep(0)
            assert not happened.is_set()
            for _ in range(1000):
                events.tell("a")
            await asyncio.wait_for(happened.wait(), 60)
        events.tell("a")
        return not events._listeners

    assert asyncio.run(listen())


class TestDocument:
    def test_has_every_route_and_operation(self) -> None:
        found = document(ROUTES)
        listed = {
            (method.upper(), path) for path, ways in found["paths"].items() for method in ways
        }
        assert listed == {(one.method, one.shown) for one in ROUTES}
        for name in REGISTRY:
            made = found["components"]["schemas"][f"parameters_{name}"]
            jsonschema.Draft202012Validator.check_schema(made)
            jsonschema.validate(dict(REGISTRY[name].example), made)
        names = [one["operationId"] for ways in found["paths"].values() for one in ways.values()]
        assert len(names) == len(set(names))
        json.dumps(found, allow_nan=False)

    def test_public_routes_are_those_that_the_guard_lets_through(self) -> None:
        for route in ROUTES:
            open_to_all = route.path in PUBLIC or route.path.startswith((PUBLIC_FOLDER, LINKS))
            assert route.public == open_to_all, route

    def test_schemas_refuse_what_no_parameter_is(self) -> None:
        made = schema.schema(REGISTRY["gaussian"])
        wrong: list[dict[str, Any]] = [
            {"border": "x"}, {"cval": "1"}, {"more": 1}, {"sigma": [1, 2, 3, 4]}, {"sigma": True},
            {"sigma": {"t": 1}},
        ]  # fmt: skip
        for given in wrong:
            with pytest.raises(jsonschema.ValidationError):
                jsonschema.validate(given, made)


class TestProgram:
    def test_refuses_what_makes_no_sense(self, tmp_path: Path) -> None:
        run = CliRunner().invoke
        found = run(serve, ["--root", "a"])
        assert found.exit_code == 2
        assert "NAME=FOLDER" in found.output
        found = run(serve, ["--listen", "example.org:1", "--data", str(tmp_path / "d")])
        assert isinstance(found.exception, InputError)
        assert not (tmp_path / "d").exists()


def test_the_table_of_threats_names_tests_that_exist() -> None:
    import re

    text = (ROOT / "docs" / "service.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+) \| (.+) \| `(\w+\.py)::(\w+)` \|$", text, re.M)
    assert len(rows) >= 20
    for _, _, file, name in rows:
        folder = ROOT / "tests" / ("" if file == "service_helpers.py" else "service")
        source = (folder / file).read_text(encoding="utf-8")
        assert re.search(rf"^ *(?:def|class) {name}\b", source, re.M), name
