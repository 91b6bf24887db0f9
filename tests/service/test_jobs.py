"""Jobs: the bits of the program, states, events, memory, crashes, restarts and kills."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

import fiji_bridge
from fiji_bridge.cli import run as program
from fiji_bridge.client.connection import Connection
from fiji_bridge.errors import CancelledError, NotFiniteError, ServiceError, SigmaError
from fiji_bridge.ops.registry import REGISTRY
from service_helpers import ALICE, BOB, Client, Running, Start, free_port, slow_job, tiff, tokens

pytestmark = pytest.mark.jvm


class TestResults:
    def test_are_those_of_the_program(
        self, running: Running, image: str, job: str, tmp_path: Path
    ) -> None:
        """Byte for byte, whatever the format."""
        (tmp_path / "stack.tif").write_bytes(tiff())
        said = running.alice("GET", f"/v1/results/{job}").json
        for file in said["files"]:
            answer = running.alice("GET", f"/v1/results/{job}/{file['name']}")
            assert sha256(answer.body).hexdigest() == file["sha256"]
            assert len(answer.body) == file["bytes"]
            if file["format"] == "tif":
                out = tmp_path / f"out.{file['format']}"
                code = program(
                    ["gaussian", str(tmp_path / "stack.tif"), str(out), "--sigma", "1 px"]
                )
                assert code == 0
                assert out.read_bytes() == answer.body
        assert said["provenance"][-1]["operation"] == "gaussian"
        assert said["kind"] == "image"

    def test_the_lines_that_do_the_same_do_the_same(
        self, running: Running, image: str, tmp_path: Path
    ) -> None:
        asked = {"image": image, "operation": "gaussian", "parameters": {"sigma": "0.7 um"}}
        same = running.alice("POST", "/v1/plans", asked).json["same_as"]
        (tmp_path / "stack.tif").write_bytes(tiff())
        python: Any = eval(
            same["python"], {"fiji_bridge": fiji_bridge, "image": tmp_path / "stack.tif"}
        )
        words = same["command line"].split(" ", 1)[1]
        assert words == "gaussian stack.tif result.tif '--sigma=0.7 um'"
        assert json.loads(same["http"])["parameters"] == {"sigma": "0.7 um"}
        assert same["macro"] == 'run("Gaussian Blur (Physical)...", "sigma=0.7 unit=um");'
        job = running.alice.submit(image, formats=["npy"], parameters={"sigma": "0.7 um"})
        running.alice.wait(job["id"])
        (tmp_path / "r.npy").write_bytes(
            running.alice("GET", f"/v1/results/{job['id']}/result.npy").body
        )
        np.testing.assert_array_equal(np.load(tmp_path / "r.npy"), python.data)

    def test_with_a_certificate(self, running: Running, image: str) -> None:
        job = running.alice.submit(image, check=True)
        assert running.alice.wait(job["id"])["state"] == "done"
        check = running.alice("GET", f"/v1/results/{job['id']}").json["check"]
        assert check["verdict"] == "passed"
        assert check["table"]["rows"]

    @pytest.mark.parametrize("name", list(REGISTRY))
    def test_every_operation(self, running: Running, image: str, name: str) -> None:
        """By its declared example; those that need other voxels say so in words."""
        operation = REGISTRY[name]
        described = {one["name"]: one for one in running.alice("GET", "/v1/operations").json}
        assert set(described[name]["parameters"]["properties"]) == {
            parameter.name for parameter in operation.parameters
        }
        job = running.alice.submit(
            image, name, parameters=dict(operation.example), voxel_size="1 1 1 um"
        )
        found = running.alice.wait(job["id"])
        assert found["state"] == "done", found
        said = running.alice("GET", f"/v1/results/{job['id']}").json
        assert bool(said["files"]) == (said["kind"] != "report")
        assert running.alice("DELETE", f"/v1/jobs/{job['id']}").status == 204
        assert running.alice("GET", f"/v1/results/{job['id']}").status == 404
        assert not running.service.files.result(job["id"]).exists()

    def test_previews_are_the_result_where_the_image_is_small(
        self, running: Running, image: str
    ) -> None:
        asked = {"image": image, "operation": "gaussian", "parameters": {"sigma": "1 px"}}
        found = running.alice("POST", "/v1/previews", asked).json
        assert found["region"] == {"z": [0, 12], "y": [0, 40], "x": [0, 44]}
        assert found["before"] != found["after"]
        no = running.alice("POST", "/v1/previews", {**asked, "operation": "suggest",
                                                    "parameters": {}})  # fmt: skip
        assert no.status == 422


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"operation": "gausian"}, "did you mean 'gaussian'"),
        ({"parameters": {"sigm": 1}}, "did you mean 'sigma'"),
        ({"parameters": {"sigma": "-1 px"}}, "must be finite and not negative"),
        ({"parameters": {"sigma": "1e7 px"}}, "at most"),
        ({"parameters": {"sigma": {"q": 1}}}, "sigma"),
        ({"parameters": {"border": "none"}}, "border"),
        ({"parameters": {"sigma": ["1"] * 50}}, "sigma"),
        ({"parameters": {"sigma": "x" * 5000}}, "sigma"),
        ({"operation": "__import__"}, "operation"),
        ({"operation": "run_macro", "parameters": {}}, "no operation"),
        ({"operation": "os:system"}, "operation"),
        ({"voxel_size": "1 2 3 4 um"}, "voxel_size"),
        ({"image": "x"}, "image"),
        ({"more": 1}, "more"),
        ({"engine": "rm -rf"}, "engine"),
        ({"formats": ["exe"]}, "formats"),
        ({"formats": []}, "formats"),
        ({"key": "a b"}, "key"),
    ],
    ids=str,
)
def test_senseless_requests(
    running: Running, image: str, asked: dict[str, Any], words: str
) -> None:
    body = {"image": image, "operation": "gaussian", "parameters": {"sigma": 1}} | asked
    answer = running.alice("POST", "/v1/jobs", body)
    assert answer.status == 422, answer.body
    assert words in answer.detail


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'{"a":' * 5000, b'"\xff"', b'{"image":"\\ud800"}'], ids=str
)
def test_bodies_that_are_no_json_of_ours(running: Running, body: bytes) -> None:
    kind = {"Content-Type": "application/json"}
    assert running.alice("POST", "/v1/jobs", body, headers=kind).status == 422


class TestStates:
    def test_a_cancelled_job_ends_its_worker(self, running: Running) -> None:
        before = running.service.scheduler.pids
        number = slow_job(running)
        running.alice.wait(number, "running")
        waiting = slow_job(running)
        assert running.alice("POST", f"/v1/jobs/{waiting}/cancel").json["state"] == "cancelled"
        assert running.alice("GET", f"/v1/results/{number}").status == 409
        assert running.alice("DELETE", f"/v1/jobs/{number}").status == 409
        found = running.alice("POST", f"/v1/jobs/{number}/cancel").json
        assert found["state"] == "cancelled"
        assert not psutil.pid_exists(before[0])
        assert running.alice("POST", f"/v1/jobs/{number}/cancel").json["state"] == "cancelled"
        assert list((running.service.files.folder / "results").glob("*.part")) == []

    def test_a_crash_is_a_state_and_harms_no_other_job(self, running: Running, image: str) -> None:
        number = slow_job(running)
        following = running.alice.submit(image)
        running.alice.wait(number, "running")
        time.sleep(0.3)
        os.kill(running.service.scheduler.pids[0], signal.SIGKILL)
        found = running.alice.wait(number)
        assert found["state"] == "failed"
        assert "SIGKILL" in found["error"]
        assert running.alice.wait(following["id"])["state"] == "done"

    def test_events(self, running: Running, image: str) -> None:
        number = running.alice.submit(image)["id"]
        running.alice.wait(number)
        answer = running.alice("GET", f"/v1/jobs/{number}/events")
        assert answer.headers["content-type"].startswith("text/event-stream")
        event, data = answer.body.decode().strip().splitlines()
        assert event == "event: done"
        assert json.loads(data.removeprefix("data: "))["id"] == number

    def test_the_same_key_is_the_same_job(self, running: Running, image: str) -> None:
        first = running.alice.submit(image, key="k1")
        assert running.alice.submit(image, key="k1")["id"] == first["id"]
        assert running.alice.submit(image, key="k2")["id"] != first["id"]

    def test_only_so_many_wait(self, running: Running, image: str) -> None:
        numbers = [slow_job(running)]
        body = {"image": image, "operation": "gaussian", "parameters": {"sigma": 1}}
        while (answer := running.alice("POST", "/v1/jobs", body)).status == 201:
            numbers.append(answer.json["id"])
        assert answer.status == 429
        assert len(numbers) == 20
        # Another user's turn comes before the rest of alice's.
        bobs = running.bob.upload(tiff())
        job = running.bob.submit(bobs["id"])
        running.alice("POST", f"/v1/jobs/{numbers[0]}/cancel")
        assert running.bob.wait(job["id"])["state"] == "done"
        for number in numbers:
            running.alice("POST", f"/v1/jobs/{number}/cancel")

    def test_an_image_in_use_stays(self, running: Running) -> None:
        number = slow_job(running)
        image = running.alice("GET", f"/v1/jobs/{number}").json["image"]
        assert running.alice("DELETE", f"/v1/images/{image}").status == 409
        running.alice("POST", f"/v1/jobs/{number}/cancel")
        assert running.alice("DELETE", f"/v1/images/{image}").status == 204


def test_memory_and_disk_are_looked_at_first(start: Start) -> None:
    """What can never fit is refused with the numbers; what fits later waits."""
    running = start(memory=150_000_000, workers=2, heap="200m")
    small = running.alice.upload(tiff())["id"]
    body = {"image": small, "operation": "rescale", "parameters": {"to": "0.02 um"}}
    answer = running.alice("POST", "/v1/jobs", body)
    assert answer.status == 422
    assert answer.json["available_bytes"] == 150_000_000 < answer.json["needed_bytes"]
    first = slow_job(running)
    running.alice.wait(first, "running")
    scheduler = running.service.scheduler
    room = scheduler._settings.memory_budget - scheduler.memory_in_use
    second = slow_job(running)
    found = running.alice("GET", f"/v1/jobs/{second}").json
    assert (found["state"], found["needed_bytes"] > room) == ("queued", True)
    # There is a worker for it, and a small one does not overtake it.
    third = running.alice.submit(small)["id"]
    assert running.alice("GET", f"/v1/jobs/{third}").json["state"] == "queued"
    running.alice("POST", f"/v1/jobs/{first}/cancel")
    running.alice.wait(second, "running")
    running.alice("POST", f"/v1/jobs/{second}/cancel")
    assert running.alice.wait(third)["state"] == "done"


class TestClient:
    def test_gives_what_the_function_gives(self, running: Running) -> None:
        service = fiji_bridge.connect(f"http://127.0.0.1:{running.port}", ALICE)
        array = np.random.default_rng(8).random((6, 20, 24)).astype(np.float32)
        told: list[tuple[int, int]] = []
        given: dict[str, Any] = {"sigma": ("1 um", 0.5, 0.5), "voxel_size": "2 0.45 0.45 um"}
        there = service.gaussian(array, progress=lambda *both: told.append(both), **given)
        here = fiji_bridge.gaussian(array, **given)
        assert type(there) is type(here)
        np.testing.assert_array_equal(there, here)
        assert there.dtype == here.dtype
        assert json.dumps(there.provenance) == json.dumps(here.provenance)
        plan = service.plan(array, **given)
        assert str(plan.table()) == str(fiji_bridge.plan(array, **given).table())
        assert set(service.operations) == set(REGISTRY)

    def test_of_any_kind(self, running: Running, tmp_path: Path) -> None:
        service = fiji_bridge.connect(f"http://127.0.0.1:{running.port}", ALICE)
        (tmp_path / "a.ome.tif").write_bytes(tiff(name="a.ome.tif"))
        image = fiji_bridge.read(tmp_path / "a.ome.tif")
        here, there = (way.gaussian(image, sigma="1 um") for way in (fiji_bridge, service))
        np.testing.assert_array_equal(there.data, here.data)
        assert there.calibration == here.calibration
        assert (there.ome_xml, there.name) == (here.ome_xml, here.name)
        tensor = service.structure_tensor(image, sigma="1 um")
        direct = fiji_bridge.structure_tensor(image, sigma="1 um")
        assert list(tensor.images) == list(direct.images)
        for name, one in direct.images.items():
            np.testing.assert_array_equal(tensor[name].data, one.data)
        kernel = np.array([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]])
        np.testing.assert_array_equal(
            service.convolve(image, kernel=kernel).data,
            fiji_bridge.convolve(image, kernel=kernel).data,
        )

    def test_raises_what_the_function_raises(self, running: Running) -> None:
        service = fiji_bridge.connect(f"http://127.0.0.1:{running.port}", ALICE)
        array = np.zeros((3, 9, 9), np.float32)
        with pytest.raises(SigmaError, match="not negative"):
            service.gaussian(array, sigma="-1 px")
        array[1, 1, 1] = np.nan
        with pytest.raises(NotFiniteError, match="z=1, y=1, x=1"):
            service.gaussian(array, sigma="1 px")
        with pytest.raises(ServiceError, match="401") as caught:
            fiji_bridge.connect(f"http://127.0.0.1:{running.port}", "w" * 30)
        assert caught.value.status == 401
        assert "www" not in str(caught.value)

    def test_a_result_that_is_here_is_not_lost_when_tidying_up_fails(
        self, running: Running, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As when the service dies behind it: the second attempt finds no such job."""
        service = fiji_bridge.connect(f"http://127.0.0.1:{running.port}", ALICE)
        send, seen = Connection.json, []

        def twice(self: Connection, method: str, path: str, body: Any = None) -> Any:
            if method == "DELETE":
                send(self, method, path)
                seen.append(path)
            return send(self, method, path, body)

        monkeypatch.setattr(Connection, "json", twice)
        array = np.random.default_rng(8).random((6, 20, 24)).astype(np.float32)
        there = service.gaussian(array, sigma="2 px")
        np.testing.assert_array_equal(there, fiji_bridge.gaussian(array, sigma="2 px"))
        assert len(seen) == 1

    @pytest.mark.parametrize("broken", [1, 99])
    def test_a_result_that_breaks_off_is_asked_for_again(
        self, running: Running, monkeypatch: pytest.MonkeyPatch, broken: int
    ) -> None:
        service = fiji_bridge.connect(f"http://127.0.0.1:{running.port}", ALICE)
        stream, cut = Connection.stream, []

        def breaking(self: Connection, method: str, path: str, *more: Any) -> Iterator[bytes]:
            for piece in stream(self, method, path, *more):
                if path.endswith(".npy") and len(cut) < broken:
                    cut.append(path)
                    yield piece[:100]
                    raise ConnectionResetError
                yield piece

        monkeypatch.setattr(Connection, "stream", breaking)
        array = np.random.default_rng(8).random((6, 20, 24)).astype(np.float32)
        if broken == 1:
            there = service.gaussian(array, sigma="2 px")
            np.testing.assert_array_equal(there, fiji_bridge.gaussian(array, sigma="2 px"))
        else:
            with pytest.raises(ServiceError, match="did not come as it was sent; ask again"):
                service.gaussian(array, sigma="2 px")
        assert cut

    def test_an_interrupt_cancels(self, running: Running) -> None:
        service = fiji_bridge.connect(f"http://127.0.0.1:{running.port}", BOB)
        before = {job["id"] for job in running.bob("GET", "/v1/jobs").json}
        array = np.random.default_rng(8).random((64, 128, 128)).astype(np.float32)

        def interrupted(job: str, progress: Any) -> None:
            running.bob.wait(job, "running")
            raise KeyboardInterrupt

        service._wait = interrupted  # type: ignore[method-assign]
        with pytest.raises(KeyboardInterrupt):
            service.median(array, radius="20 px")
        (job,) = (one for one in running.bob("GET", "/v1/jobs").json if one["id"] not in before)
        assert job["state"] == "cancelled"

    def test_somebody_elses_cancelling(self, running: Running) -> None:
        service = fiji_bridge.connect(f"http://127.0.0.1:{running.port}", BOB)
        wait = service._wait

        def cancelled(job: str, progress: Any) -> None:
            running.bob("POST", f"/v1/jobs/{job}/cancel")
            wait(job, progress)

        service._wait = cancelled  # type: ignore[method-assign]
        array = np.random.default_rng(9).random((64, 128, 128)).astype(np.float32)
        with pytest.raises(CancelledError):
            service.median(array, radius="20 px")


class Process:
    """``fiji-bridge serve`` as a process that can be killed."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.port = free_port()
        lines = [f"{key} = {value}" for key, value in settings.items()]
        config = folder / "config.toml"
        path = folder / "tokens"
        path = path if path.exists() else tokens(folder)
        config.write_text(
            "\n".join([f'tokens = "{path}"', 'heap = "300m"', "min_free = 0", *lines]),
            encoding="utf-8",
        )
        self.process = subprocess.Popen(
            [sys.executable, "-m", "fiji_bridge", "serve", "--config", config,
             "--data", folder / "data", "--listen", f"127.0.0.1:{self.port}"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        self.client = Client(self.port, (str(folder),), ALICE)
        while True:
            try:
                assert self.client("GET", "/health").status == 200
                break
            except ConnectionError:
                assert self.process.poll() is None, self.process.communicate()[0]
                time.sleep(0.1)

    def end(self, how: int) -> list[psutil.Process]:
        workers = psutil.Process(self.process.pid).children(recursive=True)
        self.process.send_signal(how)
        self.output = self.process.communicate(timeout=120)[0]
        return workers


@pytest.fixture
def serve(tmp_path: Path) -> Any:
    made: list[Process] = []

    def begin(**settings: str) -> Process:
        made.append(Process(tmp_path, **settings))
        return made[-1]

    yield begin
    for one in made:
        if one.process.poll() is None:
            one.end(signal.SIGKILL)


Serve = Callable[..., Process]


def median_job(client: Client, radius: str) -> str:
    data = np.random.default_rng(2).integers(0, 200, (16, 64, 64), np.uint8)
    image = client.upload(tiff(data))
    job = client.submit(image["id"], "median", parameters={"radius": radius})
    return str(job["id"])


def test_a_kill_loses_no_job(serve: Serve, tmp_path: Path) -> None:
    """Killed with one job running, one waiting and half an upload; all go on afterwards."""
    first = serve()
    data = tiff()
    said = {"name": "a.tif", "size": len(data), "sha256": sha256(data).hexdigest()}
    half = first.client("POST", "/v1/images", said).json["id"]
    assert first.client.patch(half, 0, data[:2000]).status == 200
    ready = first.client.upload(data)["id"]
    number = median_job(first.client, "8 px")
    waiting = first.client.submit(ready)["id"]
    first.client.wait(number, "running")
    workers = first.end(signal.SIGKILL)
    psutil.wait_procs(workers, 60)
    assert not any(worker.is_running() for worker in workers)
    (tmp_path / "data" / "images" / ("f" * 32)).mkdir()
    (tmp_path / "data" / "results" / f"{number}.9.part").mkdir()

    second = serve()
    assert second.client.patch(half, 2000, data[2000:]).json["state"] == "ready"
    assert second.client.wait(waiting)["state"] == "done"
    found = second.client.wait(number)
    assert (found["state"], found["attempts"]) == ("done", 2)
    result = second.client("GET", f"/v1/results/{number}/result.tif").body
    again = median_job(second.client, "8 px")
    second.client.wait(again)
    assert second.client("GET", f"/v1/results/{again}/result.tif").body == result
    assert not (tmp_path / "data" / "images" / ("f" * 32)).exists()
    assert not list((tmp_path / "data" / "results").glob("*.part"))
    assert second.end(signal.SIGTERM) is not None
    assert second.process.returncode in (0, -signal.SIGTERM)


def test_a_job_can_be_marked_instead_and_a_stop_hands_it_back(serve: Serve, tmp_path: Path) -> None:
    first = serve(recovery='"interrupted"', grace_seconds="0")
    number = median_job(first.client, "20 px")
    first.client.wait(number, "running")
    workers = first.end(signal.SIGTERM)
    psutil.wait_procs(workers, 60)
    assert not any(worker.is_running() for worker in workers)
    assert ALICE not in first.output

    second = serve(recovery='"interrupted"')
    # Handed back in order: it waits again, and was begun no time.
    second.client.wait(number, "running")
    second.end(signal.SIGKILL)

    third = serve(recovery='"interrupted"')
    found = third.client.wait(number)
    assert found["state"] == "interrupted"
    assert "the service ended" in found["error"]
    shutil.copytree(tmp_path / "data", tmp_path / "copy")
    refused = subprocess.run(
        [sys.executable, "-m", "fiji_bridge", "serve", "--data", tmp_path / "data",
         "--listen", f"127.0.0.1:{free_port()}"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert refused.returncode == 2
    assert "another service is running" in refused.stderr
