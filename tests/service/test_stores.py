"""OME-Zarr below a root: looked at by parts, worked through by blocks, served file by file."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import distributed
import numpy as np
import psutil
import pytest
import zarr

import fiji_bridge
from blocks_inputs import make, noise
from fiji_bridge.cli import run as program
from fiji_bridge.errors import InputError, ServiceError
from fiji_bridge_service import roots
from fiji_bridge_service.settings import Limits
from service.test_jobs import Process, Serve, serve
from service_helpers import ALICE, Answer, Client, Running, Start, tiff

__all__ = ["serve"]
pytestmark = pytest.mark.jvm

#: With this for one job, half of it for its blocks, `LARGE` takes four and eight of them.
MEMORY = 2 * 360 * 2**20
LARGE = (64, 256, 256)
SMALL = (12, 40, 44)


@pytest.fixture(scope="module")
def stores(start: Start) -> Running:
    """A service with stores below its root."""
    running = start(memory=MEMORY)
    make(root_of(running) / "large.zarr", noise(LARGE), levels=2, chunks=(16, 32, 32))
    make(root_of(running) / "small.zarr", noise(SMALL), chunks=(8, 16, 16))
    make(root_of(running) / "old.zarr", noise(SMALL), version="0.4", chunks=(8, 16, 16))
    make(root_of(running) / "many.zarr", noise((3, 2, *SMALL)), "tczyx", chunks=(1, 1, 8, 32, 32))
    return running


def root_of(running: Running) -> Path:
    return running.service.settings.roots["scope"]


def refer(client: Client, path: str) -> Answer:
    return client("POST", "/v1/references", {"root": "scope", "path": path})


def referred(running: Running, path: str) -> str:
    found = refer(running.alice, path)
    assert found.status == 201, found.body
    return str(found.json["id"])


def slow(client: Client, image: str) -> str:
    """Submit a job by blocks that takes a while."""
    return str(client.submit(image, "median", parameters={"radius": "12 um"})["id"])


def copied(client: Client, job: str, target: Path) -> Path:
    """Fetch a result by HTTP alone, file by file, as a viewer would: by what metadata name."""
    base = f"/v1/results/{job}/result.ome.zarr"

    def fetch(path: str) -> bytes | None:
        answer = client("GET", f"{base}/{path}")
        assert answer.status in (200, 404), answer.body
        if answer.status == 200:
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            (target / path).write_bytes(answer.body)
            return answer.body
        return None

    top = fetch("zarr.json")
    attributes = fetch(".zattrs") if top is None else json.dumps(json.loads(top)["attributes"])
    fetch(".zgroup")
    said = json.loads(attributes or "")
    said = said.get("ome", said)
    for one in said["multiscales"][0]["datasets"]:
        assert fetch(f"{one['path']}/zarr.json") or fetch(f"{one['path']}/.zarray")
        fetch(f"{one['path']}/.zattrs")
        array = zarr.open_array(str(target / one["path"]), mode="r")
        for chunk in np.ndindex(*array.cdata_shape):
            key = array.metadata.encode_chunk_key(chunk)
            fetch(f"{one['path']}/{key}")
    return target


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


class TestLooking:
    def test_what_it_is_is_read_from_its_metadata(self, stores: Running) -> None:
        listed = {one["name"]: one for one in stores.alice("GET", "/v1/roots/scope").json}
        assert not listed["small.zarr"]["folder"]
        found = refer(stores.alice, "many.zarr").json
        assert (found["axes"], found["shape"]) == (["t", "z", "c", "y", "x"], [3, 12, 2, 40, 44])
        assert found["bytes"] == 3 * 2 * 12 * 40 * 44 * 2
        assert found["voxels"]["z"]["size"] == 2

    @pytest.mark.parametrize("name", ["small.zarr", "old.zarr"])
    def test_pictures_are_those_of_the_same_image_sent(
        self, stores: Running, name: str, tmp_path: Path
    ) -> None:
        fiji_bridge.write(fiji_bridge.read(root_of(stores) / name), tmp_path / "a.ome.tif")
        sent = stores.alice.upload((tmp_path / "a.ome.tif").read_bytes(), "a.ome.tif")["id"]
        there = referred(stores, name)
        query = "method=slice&z=3&y=8&x=40"
        pictures = [
            stores.alice("GET", f"/v1/images/{image}/views.png?{query}") for image in (sent, there)
        ]
        assert pictures[0].body == pictures[1].body
        asked = {"operation": "gaussian", "parameters": {"sigma": "1 um"}}
        previews = [
            stores.alice("POST", "/v1/previews", {"image": image, **asked}).json
            for image in (sent, there)
        ]
        for key in ("before", "after", "region"):
            assert previews[0][key] == previews[1][key]

    def test_a_time_and_a_channel(self, stores: Running) -> None:
        image = referred(stores, "many.zarr")
        seen = {
            stores.alice("GET", f"/v1/images/{image}/views.png?frame={t}&channel={c}").body
            for t in range(3)
            for c in range(2)
        }
        assert len(seen) == 6
        for query in ("frame=3", "channel=2", "z=12&y=0&x=0"):
            answer = stores.alice("GET", f"/v1/images/{image}/views.png?{query}")
            assert answer.status == 422, answer.body

    def test_the_plan_says_the_blocks(self, stores: Running) -> None:
        image = referred(stores, "large.zarr")
        asked = {"image": image, "operation": "gaussian", "parameters": {"sigma": "1 um"}}
        said = stores.alice("POST", "/v1/plans", asked).json
        # How many there are depends on the memory that the engine takes.
        assert " blocks, 1 at a time" in said["table"]["notes"][-2]
        assert said["needed_bytes"] <= MEMORY // 2
        assert "result.ome.zarr" in said["same_as"]["command line"]
        assert "macro" not in said["same_as"]


class TestResults:
    @pytest.mark.parametrize("name", ["large.zarr", "old.zarr", "many.zarr"])
    def test_are_those_of_the_program(self, stores: Running, name: str, tmp_path: Path) -> None:
        """Each file that is served has the bytes of the one that the program writes."""
        job = stores.alice.submit(referred(stores, name), parameters={"sigma": "1 um"})["id"]
        assert stores.alice.wait(job)["state"] == "done"
        source, out = root_of(stores) / name, tmp_path / "out.ome.zarr"
        assert program(["gaussian", str(source), str(out), "--sigma", "1 um"]) == 0
        there = copied(stores.alice, job, tmp_path / "there.ome.zarr")
        assert files_of(there).keys() == files_of(out).keys()
        for path, content in files_of(out).items():
            if not path.endswith(("zarr.json", ".zattrs")):
                assert files_of(there)[path] == content, path
        a, b = fiji_bridge.read(there), fiji_bridge.read(out)
        np.testing.assert_array_equal(a.data, b.data)
        assert a.calibration == b.calibration
        said = stores.alice("GET", f"/v1/results/{job}").json
        assert said["files"][0]["format"] == "ome.zarr"
        assert said["provenance"][-1]["operation"] == "gaussian"

    def test_opened_by_its_address(self, stores: Running) -> None:
        """With zarr's own store over HTTP, as napari does."""
        job = stores.alice.submit(referred(stores, "large.zarr"))["id"]
        stores.alice.wait(job)
        address = f"http://127.0.0.1:{stores.port}/v1/results/{job}/result.ome.zarr"
        options = {"headers": {"Authorization": f"Bearer {ALICE}"}}
        group = zarr.open_group(address, mode="r", storage_options=options)
        here = fiji_bridge.gaussian(fiji_bridge.read(root_of(stores) / "large.zarr"), sigma="1 px")
        np.testing.assert_array_equal(group["0"][...], here.data)
        assert group.attrs["ome"]["multiscales"][0]["datasets"][1]["path"] == "1"

    def test_ranges(self, stores: Running) -> None:
        job = stores.alice.submit(referred(stores, "small.zarr"))["id"]
        stores.alice.wait(job)
        path = f"/v1/results/{job}/result.ome.zarr/0/c/0/0/0"
        whole = stores.alice("GET", path)
        assert whole.headers["content-type"] == "application/octet-stream"
        part = stores.alice("GET", path, headers={"Range": "bytes=10-19"})
        assert (part.status, part.body) == (206, whole.body[10:20])
        end = stores.alice("GET", path, headers={"Range": "bytes=-4"})
        assert (end.status, end.body) == (206, whole.body[-4:])
        head = stores.alice("HEAD", path)
        assert (head.status, head.body) == (200, b"")
        assert int(head.headers["content-length"]) == len(whole.body)
        beyond = stores.alice("GET", path, headers={"Range": "bytes=999999-"})
        assert beyond.status == 416

    def test_of_an_upload(self, stores: Running, tmp_path: Path) -> None:
        image = stores.alice.upload(tiff())["id"]
        job = stores.alice.submit(image, formats=["ome.zarr", "npy"])["id"]
        assert stores.alice.wait(job)["state"] == "done"
        there = fiji_bridge.read(copied(stores.alice, job, tmp_path / "a.ome.zarr"))
        (tmp_path / "a.tif").write_bytes(tiff())
        here = fiji_bridge.gaussian(tmp_path / "a.tif", sigma="1 px")
        np.testing.assert_array_equal(there.data, here.data)

    def test_by_the_client(self, stores: Running, tmp_path: Path) -> None:
        service = fiji_bridge.connect(f"http://127.0.0.1:{stores.port}", ALICE)
        told: list[tuple[int, int]] = []
        made = service.process(
            "scope/large.zarr", sigma="1 um", progress=lambda *both: told.append(both)
        )
        here = fiji_bridge.gaussian(fiji_bridge.read(root_of(stores) / "large.zarr"), sigma="1 um")
        np.testing.assert_array_equal(made.open()["0"][...], here.data)
        assert told[-1][0] == told[-1][1] > 0
        assert ALICE not in repr(made)
        with pytest.raises(InputError, match="suggest"):
            service.process("scope/small.zarr", "suggest")
        with pytest.raises(InputError, match="below this root"):
            service.process("scope/../tokens", sigma="1 um")
        with pytest.raises(ServiceError, match="404"):
            service.process("other/a.zarr", sigma="1 um")


def test_events_say_how_fast(stores: Running) -> None:
    number = slow(stores.alice, referred(stores, "large.zarr"))
    rates = []
    while True:
        found = stores.alice("GET", f"/v1/jobs/{number}").json
        if found["total"]:
            rates.append((found["done"], found["bytes_per_second"]))
        if found["state"] == "done":
            break
        time.sleep(0.05)
    size = int(np.prod(LARGE)) * 2
    assert max(done for done, _ in rates) > size
    assert max(rate for _, rate in rates) > 0
    said = stores.alice("GET", f"/v1/results/{number}").json
    assert "GB/s" in said["table"]["columns"]


class TestRefusals:
    @pytest.mark.parametrize(
        ("asked", "words"),
        [
            ({"operation": "suggest"}, "suggest"),
            ({"operation": "structure_tensor", "parameters": {"sigma": "1 um"}}, "blocks"),
            ({"formats": ["tif"]}, "ome.zarr"),
            ({"check": True}, "cross-checked"),
            ({"parameters": {"sigma": "-1 um"}}, "not negative"),
            ({"blocks": {"memory": 1}}, "blocks"),
            ({"level": 1}, "level"),
        ],
        ids=str,
    )
    def test_senseless_requests(self, stores: Running, asked: dict[str, Any], words: str) -> None:
        image = referred(stores, "small.zarr")
        body = {"image": image, "operation": "gaussian", "parameters": {"sigma": "1 um"}} | asked
        if asked.get("operation") == "suggest":
            body["parameters"] = {}
        answer = stores.alice("POST", "/v1/jobs", body)
        assert answer.status == 422, answer.body
        assert words in answer.detail

    def test_macros_hold_images_in_memory(self, start: Start) -> None:
        running = start(commands=("Invert",))
        make(root_of(running) / "a.zarr", noise(SMALL))
        body = {"image": referred(running, "a.zarr"), "command": "Invert"}
        answer = running.alice("POST", "/v1/jobs", body)
        assert (answer.status, "TIFF" in answer.detail) == (422, True)


class TestAttacks:
    @pytest.mark.parametrize(
        "path",
        ["../result.tif", "..%2f..%2ftokens", "%2e%2e/%2e%2e/store.sqlite", "0/../../../tokens",
         "/etc/passwd", "%2fetc%2fpasswd", ".fiji_bridge/request.json", "0//zarr.json", "0", "",
         "zarr.json/", "zarr.json%00", "0\\..\\zarr.json", "c/0/../../zarr.json", "./zarr.json",
         "link", "0/link/zarr.json"],
    )  # fmt: skip
    def test_paths_lead_nowhere(self, stores: Running, path: str) -> None:
        job = stores.alice.submit(referred(stores, "small.zarr"))["id"]
        stores.alice.wait(job)
        folder = stores.service.files.result(job) / "result.ome.zarr"
        (folder / "link").symlink_to(stores.service.files.folder / "store.sqlite")
        (folder / "0" / "link").symlink_to(folder)
        assert stores.alice("GET", f"/v1/results/{job}/result.ome.zarr/zarr.json").status == 200
        answer = stores.alice("GET", f"/v1/results/{job}/result.ome.zarr/{path}")
        assert answer.status == 404, answer.body

    def test_of_others_and_without_a_token(self, stores: Running) -> None:
        job = stores.alice.submit(referred(stores, "small.zarr"))["id"]
        stores.alice.wait(job)
        path = f"/v1/results/{job}/result.ome.zarr/zarr.json"
        assert stores.bob("GET", path).status == 404
        assert stores.nobody("GET", path).status == 401
        assert stores.nobody("GET", f"{path}?token={ALICE}").status == 401
        for headers, status in (
            ({"Origin": "https://viewer.example"}, 403),
            ({"Host": "evil.example"}, 421),
        ):
            assert stores.alice("GET", path, headers=headers).status == status
        other = stores.alice.submit(stores.alice.upload(tiff())["id"])["id"]
        stores.alice.wait(other)
        path = f"/v1/results/{other}/result.tif/zarr.json"
        assert stores.alice("GET", path).status == 404

    def test_chunks_that_are_links_are_not_read(self, stores: Running) -> None:
        """A link in a store is a way to any file: neither at first nor when put there later."""
        root = root_of(stores)
        made = make(root / "linked.zarr", noise(SMALL), chunks=(8, 16, 16), compressors=None)
        image = referred(stores, "linked.zarr")
        chunk = made / "0" / "c" / "0" / "0" / "0"
        chunk.unlink()
        chunk.symlink_to(root.parent / "tokens")
        assert refer(stores.alice, "linked.zarr").status == 422
        for answer in (
            stores.alice("GET", f"/v1/images/{image}/views.png"),
            stores.alice("POST", "/v1/jobs", {"image": image, "operation": "gaussian",
                                              "parameters": {"sigma": 1}}),
        ):  # fmt: skip
            assert answer.status == 422, answer.body
            assert "changed" in answer.detail
        chunk.unlink()
        os.mkfifo(chunk)
        assert refer(stores.alice, "linked.zarr").status == 422

    def test_folders_that_are_no_store(self, stores: Running) -> None:
        root = root_of(stores)
        (root / "folder").mkdir()
        assert refer(stores.alice, "folder").status == 422
        (root / "out.zarr").symlink_to(root.parent)
        assert refer(stores.alice, "out.zarr").status == 422
        (root / "folder" / "zarr.json").write_text('{"zarr_format": 3, "node_type": "group"}')
        assert refer(stores.alice, "folder").status == 422

    def test_levels_elsewhere(self, stores: Running) -> None:
        made = make(root_of(stores) / "elsewhere.zarr", noise(SMALL))
        group = json.loads((made / "zarr.json").read_text())
        group["attributes"]["ome"]["multiscales"][0]["datasets"][0]["path"] = "../small.zarr/0"
        (made / "zarr.json").write_text(json.dumps(group))
        assert refer(stores.alice, "elsewhere.zarr").status == 422

    def test_chunks_that_claim_too_much(self, stores: Running) -> None:
        made = make(root_of(stores) / "claims.zarr", noise(SMALL))
        array = json.loads((made / "0" / "zarr.json").read_text())
        array["chunk_grid"]["configuration"]["chunk_shape"] = [2**12, 2**12, 2**12]
        (made / "0" / "zarr.json").write_text(json.dumps(array))
        answer = refer(stores.alice, "claims.zarr")
        assert answer.status == 422
        assert "128.0 GiB" in answer.detail

    def test_too_many_files(self, stores: Running, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(roots, "STORED", 20)
        assert "more than 20 files" in refer(stores.alice, "large.zarr").detail

    def test_chunks_have_a_pace_of_their_own(self, start: Start) -> None:
        limits = Limits(requests_per_second=50, burst=50, chunks_per_second=100)
        running = start(limits=limits)
        make(root_of(running) / "a.zarr", noise(SMALL))
        job = running.alice.submit(referred(running, "a.zarr"))["id"]
        running.alice.wait(job)
        path = f"/v1/results/{job}/result.ome.zarr/0/c/0/0/0"
        answers = [running.alice("GET", path).status for _ in range(120)]
        assert set(answers) == {200}
        lines = (running.service.files.folder / "audit.log").read_text().splitlines()
        assert not any("/0/c/" in line for line in lines)


def test_jobs_have_their_time_by_their_kind(start: Start) -> None:
    """An OME-Zarr may take longer than what is held in memory; both end."""
    running = start(memory=MEMORY, job_seconds=0.01, blocks_seconds=600)
    make(root_of(running) / "a.zarr", noise(SMALL))
    uploaded = running.alice.upload(tiff())["id"]
    assert "no answer within" in running.alice.wait(running.alice.submit(uploaded)["id"])["error"]
    job = running.alice.submit(referred(running, "a.zarr"))["id"]
    assert running.alice.wait(job)["state"] == "done"
    short = start(memory=MEMORY, blocks_seconds=0.01)
    make(root_of(short) / "a.zarr", noise(LARGE), chunks=(16, 32, 32))
    number = slow(short.alice, referred(short, "a.zarr"))
    assert "no answer within" in short.alice.wait(number)["error"]
    assert not list((short.service.files.folder / "results").glob(f"{number}*"))


def test_a_cancelled_job_leaves_nothing(stores: Running) -> None:
    number = slow(stores.alice, referred(stores, "large.zarr"))
    stores.alice.wait(number, "running")
    results = stores.service.files.folder / "results"
    while not list(results.glob(f"{number}.blocks.part/result.ome.zarr")):
        time.sleep(0.02)
    started = time.monotonic()
    assert stores.alice("POST", f"/v1/jobs/{number}/cancel").json["state"] == "cancelled"
    # Busy machines included; the process is killed at once.
    assert time.monotonic() - started < 10
    assert not list(results.glob(f"{number}*"))


@pytest.mark.parametrize("recovery", ["again", "interrupted"])
def test_a_kill_loses_no_block(serve: Serve, tmp_path: Path, recovery: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    make(root / "a.zarr", noise(LARGE), levels=2, chunks=(16, 32, 32))
    given = {
        "recovery": f'"{recovery}"',
        "memory": str(MEMORY),
        "threads": "1",
        "roots": f'{{scope = "{root}"}}',
    }
    first = serve(**given)
    image = refer(first.client, "a.zarr").json["id"]
    number = slow(first.client, image)
    part = tmp_path / "data" / "results" / f"{number}.blocks.part" / "result.ome.zarr"
    done = part / ".fiji_bridge" / "done"
    while not list(done.glob("0-*.json")):
        time.sleep(0.02)
    killed(first, signal.SIGKILL)
    before = len(list(done.glob("*.json")))
    assert not (part / "zarr.json").exists()

    second = serve(**given)
    found = second.client.wait(number)
    if recovery == "interrupted":
        assert found["state"] == "interrupted"
        assert not part.exists()
        return
    assert (found["state"], found["attempts"]) == ("done", 2), found
    row = second.client("GET", f"/v1/results/{number}").json["table"]["rows"][0]
    assert int(row[1]) >= before >= 1
    made = copied(second.client, number, tmp_path / "made.ome.zarr")
    here = fiji_bridge.median(fiji_bridge.read(root / "a.zarr"), radius="12 um")
    np.testing.assert_array_equal(fiji_bridge.read(made).data, here.data)
    assert not part.exists()


def test_a_stop_in_order_keeps_what_is_done(serve: Serve, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    make(root / "a.zarr", noise(LARGE), levels=2, chunks=(16, 32, 32))
    given = {
        "memory": str(MEMORY),
        "threads": "1",
        "roots": f'{{scope = "{root}"}}',
        "grace_seconds": "0",
    }
    first = serve(**given)
    number = slow(first.client, refer(first.client, "a.zarr").json["id"])
    results = tmp_path / "data" / "results"
    while not list(results.glob(f"{number}.*/result.ome.zarr/.fiji_bridge/done/0-*.json")):
        time.sleep(0.02)
    killed(first, signal.SIGTERM)
    second = serve(**given)
    found = second.client.wait(number)
    assert (found["state"], found["attempts"]) == ("done", 1), found
    row = second.client("GET", f"/v1/results/{number}").json["table"]["rows"][0]
    assert int(row[1]) >= 1


def test_a_kill_right_before_the_name(serve: Serve, tmp_path: Path) -> None:
    """The output is whole, and the service dies before it says so: it is made again."""
    root = tmp_path / "root"
    root.mkdir()
    make(root / "a.zarr", noise(LARGE), chunks=(16, 32, 32))
    given = settings_of(root)
    first = serve(**given)
    number = slow(first.client, refer(first.client, "a.zarr").json["id"])
    first.client.wait(number, "running")
    killed(first, signal.SIGKILL)
    part = tmp_path / "data" / "results" / f"{number}.blocks.part" / "result.ome.zarr"
    if part.exists():
        assert not (part / "zarr.json").exists()
    fiji_bridge.process(root / "a.zarr", part, sigma="1 um", overwrite=part.exists())
    second = serve(**given)
    assert second.client.wait(number)["state"] == "done"
    made = copied(second.client, number, tmp_path / "made.ome.zarr")
    here = fiji_bridge.median(fiji_bridge.read(root / "a.zarr"), radius="12 um")
    np.testing.assert_array_equal(fiji_bridge.read(made).data, here.data)


def settings_of(root: Path) -> dict[str, str]:
    return {"memory": str(MEMORY), "threads": "1", "roots": f'{{scope = "{root}"}}'}


def killed(one: Process, how: int) -> None:
    psutil.wait_procs(one.end(how), 60)


@pytest.fixture(scope="module")
def cluster() -> Iterator[distributed.LocalCluster]:
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
    ) as made:
        yield made


class TestCluster:
    def test_blocks_are_done_there(
        self, start: Start, cluster: distributed.LocalCluster, tmp_path: Path
    ) -> None:
        running = start(memory=MEMORY, scheduler=cluster.scheduler_address)
        make(root_of(running) / "a.zarr", noise(LARGE), levels=2, chunks=(16, 32, 32))
        image = referred(running, "a.zarr")
        job = running.alice.submit(image, parameters={"sigma": "1 um"})["id"]
        found = running.alice.wait(job)
        assert found["state"] == "done", found
        assert cluster.scheduler_address not in json.dumps(found)
        made = fiji_bridge.read(copied(running.alice, job, tmp_path / "a.ome.zarr"))
        here = fiji_bridge.gaussian(fiji_bridge.read(root_of(running) / "a.zarr"), sigma="1 um")
        np.testing.assert_array_equal(made.data, here.data)
        with distributed.Client(cluster, set_as_default=False) as client:
            counts = client.run(lambda: "fiji_bridge.blocks.job" in sys.modules)
        assert any(counts.values())

    def test_a_scheduler_that_is_not_there(self, start: Start) -> None:
        running = start(memory=MEMORY, scheduler="tcp://127.0.0.1:9")
        make(root_of(running) / "a.zarr", noise(SMALL))
        job = running.alice.submit(referred(running, "a.zarr"))["id"]
        found = running.alice.wait(job)
        assert found["state"] == "failed"
        assert "cannot reach a dask scheduler" in found["error"]
