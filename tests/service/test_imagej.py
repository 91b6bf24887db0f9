"""Macros and ImageJ commands as jobs: those on the list, and nothing else."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from click.testing import CliRunner

import fiji_bridge
from fiji_bridge.commands.results import CommandResult, ResultTable, word
from fiji_bridge.commands.rois import Rois
from fiji_bridge.errors import InputError, MacroError, ServiceError
from fiji_bridge_service.cli import serve
from fiji_bridge_service.settings import load
from service_helpers import ALICE, Answer, Running, Start, tiff

pytestmark = pytest.mark.jvm

COUNT = """
run("Set Measurements...", "area mean redirect=None decimal=3");
makeRectangle(2, 3, 10, 12);
run("Measure");
roiManager("Add");
setThreshold(2000, 65535);
run("Analyze Particles...", "summarize slice");
resetThreshold();
print("counted " + getArgument());
run("Select None");
run("Invert", "stack");
return "" + nSlices;
"""


@pytest.fixture(scope="module")
def macros(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("macros")
    (folder / "count.ijm").write_text(COUNT, encoding="utf-8")
    (folder / "fails.ijm").write_text('x = 1;\nnoSuchFunction("x");\n', encoding="utf-8")
    (folder / "secret.ijm").write_text('print("secret");', encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def imagej(start: Start, macros: Path) -> Running:
    return start(
        macros={name: macros / f"{name}.ijm" for name in ("count", "fails")},
        commands=("Median...", "Find Maxima..."),
    )


@pytest.fixture(scope="module")
def stack(imagej: Running) -> str:
    return str(imagej.alice.upload(tiff())["id"])


def submit(running: Running, image: str, **asked: Any) -> Answer:
    return running.alice("POST", "/v1/jobs", {"image": image, **asked})


def ended(running: Running, image: str, **asked: Any) -> dict[str, Any]:
    made = submit(running, image, **asked)
    assert made.status == 201, made.body
    return running.alice.wait(made.json["id"])


class TestResults:
    def test_of_a_macro(self, imagej: Running, stack: str, tmp_path: Path) -> None:
        """Image, tables, ROIs and what was printed: those of the function."""
        job = ended(imagej, stack, macro="count", argument="cells", formats=["tif", "npy"])
        assert job["state"] == "done", job
        said = imagej.alice("GET", f"/v1/results/{job['id']}").json
        assert (said["kind"], said["report"]["value"]) == ("command", "12")
        files = {one["name"]: one for one in said["files"]}
        (title,) = [one["part"] for one in said["files"] if one.get("part")]
        counted = f"result-{word(title)}.csv"
        assert list(files) == [
            "result.tif", "result.npy", "result.csv", counted, "result.zip", "result.geojson",
            "result.txt",
        ]  # fmt: skip

        def get(name: str) -> Answer:
            return imagej.alice("GET", f"/v1/results/{job['id']}/{quote(name)}")

        (tmp_path / "stack.tif").write_bytes(tiff())
        here = fiji_bridge.run_macro(COUNT, tmp_path / "stack.tif", "cells")
        np.testing.assert_array_equal(np.load(io.BytesIO(get("result.npy").body)), here.image.data)
        assert get("result.csv").body.decode() == here.results.to_csv()
        (table,) = here.tables.values()
        assert get(counted).body.decode() == table.to_csv()
        assert get("result.txt").body.endswith(b"counted cells\n12\n")
        assert len(Rois.from_geojson(get("result.geojson").body.decode())) == 1
        assert len(zipfile.ZipFile(io.BytesIO(get("result.zip").body)).namelist()) == 1
        kinds = {name: get(name).headers["content-type"].partition(";")[0] for name in files}
        assert kinds["result.csv"] == "text/csv"
        assert kinds["result.geojson"] == "application/geo+json"
        assert "stack-count.csv" in get("result.csv").headers["content-disposition"]

    def test_of_a_command(self, imagej: Running, stack: str, tmp_path: Path) -> None:
        (tmp_path / "stack.tif").write_bytes(tiff())
        here = fiji_bridge.run_command(tmp_path / "stack.tif", "Median...", radius=2)
        for options in ({"radius": 2}, "radius=2"):
            job = ended(imagej, stack, command="Median...", options=options, formats=["npy"])
            assert job["state"] == "done", job
            body = imagej.alice("GET", f"/v1/results/{job['id']}/result.npy").body
            np.testing.assert_array_equal(np.load(io.BytesIO(body)), here.image.data)

    def test_by_the_client(self, imagej: Running, tmp_path: Path) -> None:
        service = fiji_bridge.connect(f"http://127.0.0.1:{imagej.port}", ALICE)
        assert service.allowed == {
            "macros": ["count", "fails"],
            "commands": ["Find Maxima...", "Median..."],
            "free_macros": False,
            "link_hours": 0,
        }
        (tmp_path / "stack.tif").write_bytes(tiff())
        image = fiji_bridge.read(tmp_path / "stack.tif")
        here = fiji_bridge.run_macro(COUNT, image, "x")
        there = service.run_macro("count", image, "x")
        np.testing.assert_array_equal(there.image.data, here.image.data)
        assert there.image.calibration == here.image.calibration
        assert there.image.provenance == here.image.provenance
        same(there, here)
        array = np.asarray(image.data)
        given = {"prominence": 10, "output": "List"}
        same(
            service.run_command(array, "Find Maxima...", **given),
            fiji_bridge.run_command(array, "Find Maxima...", **given),
        )
        assert imagej.alice("GET", "/v1/jobs").json[-1]["state"] == "done"
        with pytest.raises(MacroError, match="line 2"):
            service.run_macro("fails", image)
        with pytest.raises(ServiceError, match="not on the list"):
            service.run_command(image, "Invert")
        with pytest.raises(ServiceError, match="--free-macros"):
            service.run_macro("print(1);", image, free=True)


def same(there: CommandResult, here: CommandResult) -> None:
    assert dict(there.results.columns) == dict(here.results.columns)
    assert dict(there.results.units) == dict(here.results.units)
    assert there.tables == here.tables
    assert [shape.data for shape in there.rois] == [shape.data for shape in here.rois]
    assert there.log == here.log.rstrip("\n")
    assert (there.value, there.options) == (here.value, here.options)


class TestAttacks:
    @pytest.mark.parametrize(
        ("asked", "status"),
        [
            ({"macro": "secret"}, 403),
            ({"macro": "COUNT"}, 403),
            ({"macro": "../secret"}, 422),
            ({"macro": "..%2fsecret"}, 422),
            ({"macro": "count.ijm"}, 422),
            ({"macro": "/etc/passwd"}, 422),
            ({"macro": "count\n"}, 422),
            ({"macro": ""}, 422),
            ({"macro": ["count"]}, 422),
            ({"macro": 'print("x");'}, 422),
            ({"macro": "count", "macro_text": "exec('id');"}, 422),
            ({"macro": "count", "operation": "gaussian"}, 422),
            ({"macro": "count", "command": "Median..."}, 422),
            ({"command": "Macro..."}, 403),
            ({"command": "median..."}, 403),
            ({"command": "Median... "}, 403),
            ({"command": 'Median...", ""); exec("id'}, 403),
            ({"command": "../../bin/sh"}, 403),
            ({"command": ["Median..."]}, 422),
            ({"command": "Median...", "options": {"radius=2] x": 1}}, 422),
            ({"command": "Median...", "options": {"radius": "2] title=[x"}}, 422),
            ({"command": "Median...", "options": {"radius": {"a": 1}}}, 422),
            ({"command": "Median...", "options": "x" * 5000}, 422),
            ({"macro_text": "exec('id');"}, 403),
            ({"operation": "run_macro", "parameters": {"macro": "exec('id');"}}, 422),
        ],
        ids=str,
    )
    def test_what_is_not_on_the_list_is_refused(
        self, imagej: Running, stack: str, asked: dict[str, Any], status: int
    ) -> None:
        before = len(imagej.alice("GET", "/v1/jobs").json)
        answer = submit(imagej, stack, **asked)
        assert answer.status == status, answer.body
        assert answer.detail
        assert len(imagej.alice("GET", "/v1/jobs").json) == before

    def test_options_are_no_code(self, imagej: Running, stack: str, tmp_path: Path) -> None:
        """A recorded text that tries to end the command's literal stays one."""
        made = tmp_path / "made"
        options = f'radius=2"); File.saveString("x", "{made}"); run("Invert", "'
        ended(imagej, stack, command="Median...", options=options)
        assert not made.exists()

    def test_a_name_that_is_taken_off_the_list_is_not_run_later(
        self, start: Start, macros: Path
    ) -> None:
        """The list is looked at again when the job begins, as after a restart."""
        running = start(macros={"count": macros / "count.ijm"})
        image = str(running.alice.upload(tiff())["id"])
        job = ended(running, image, macro="count")
        row = running.service.store.jobs.one(id=job["id"])
        assert row is not None
        asked = {**row.request, "macro": "secret"}
        running.service.store.jobs.change(row, state="queued", request=asked)
        running.service.scheduler.start_what_fits()
        found = running.alice.wait(job["id"])
        assert found["state"] == "failed"
        assert "not on the list" in found["error"]

    def test_other_users_images_cannot_be_used(self, imagej: Running, stack: str) -> None:
        answer = imagej.bob("POST", "/v1/jobs", {"image": stack, "macro": "count"})
        assert answer.status == 404

    def test_nothing_is_allowed_by_default(self, running: Running, image: str) -> None:
        assert running.alice("GET", "/v1/allowed").json == {
            "macros": [], "commands": [], "free_macros": False, "link_hours": 0,
        }  # fmt: skip
        for asked in ({"macro": "count"}, {"command": "Invert"}, {"macro_text": "x"}):
            assert submit(running, image, **asked).status == 403


def test_a_macro_that_fails_says_where(imagej: Running, stack: str) -> None:
    job = ended(imagej, stack, macro="fails")
    assert (job["state"], job["kind"]) == ("failed", "MacroError")
    assert "line 2" in job["error"]


def test_free_text_with_the_switch(start: Start) -> None:
    """A macro that hangs is cancelled; one that ends its process costs its job alone."""
    running = start(free_macros=True)
    image = str(running.alice.upload(tiff())["id"])
    job = ended(running, image, macro_text="return 'hello ' + getArgument();", argument="you")
    said = running.alice("GET", f"/v1/results/{job['id']}").json
    assert said["report"]["value"] == "hello you"
    hangs = submit(running, image, macro_text="while (true) wait(1000);").json["id"]
    running.alice.wait(hangs, "running")
    running.alice("POST", f"/v1/jobs/{hangs}/cancel")
    assert running.alice.wait(hangs)["state"] == "cancelled"
    log = (running.service.files.folder / "audit.log").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in log.splitlines()]
    assert any(len(line.get("macro_sha256", "")) == 64 for line in lines)


class TestSettings:
    def test_a_macro_has_to_be_there(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="the macro count"):
            load(None, macros={"count": tmp_path / "none.ijm"})
        with pytest.raises(InputError, match="absolute"):
            load(None, macros={"count": Path("count.ijm")})
        with pytest.raises(InputError, match="macros"):
            load(None, macros={"../x": tmp_path})

    def test_the_switch_says_what_it_means(self) -> None:
        said = " ".join(CliRunner().invoke(serve, ["--help"]).output.split())
        assert "whoever has a token can then do all that the account can" in said
        assert CliRunner().invoke(serve, ["--macro", "count"]).exit_code == 2


def test_a_table_is_read_again_from_its_file() -> None:
    table = ResultTable({"Area": [1.5, float("inf")], "Label": ["1", "2"]}, {"Area": "µm²"})
    again = ResultTable.from_csv(table.to_csv(), table.units, table.texts)
    assert again == table
    assert table.texts == ["Label"]
    assert ResultTable.from_csv(ResultTable({}).to_csv(), {}, []) == ResultTable({})


def test_files_of_tables_have_names_of_their_own() -> None:
    """Whatever a macro calls them: one word, no folder, no other's name."""
    table = ResultTable({"n": [1.0]})
    titles = ["Größe & Zahl", "größe zahl", "../../x", "/", "a" * 300]
    found = CommandResult((), None, ResultTable({}), dict.fromkeys(titles, table), Rois())
    assert list(found.files(".zip")) == [
        "-größe-zahl.csv", "-größe-zahl-2.csv", "-x.csv", "-table.csv", f"-{'a' * 60}.csv",
    ]  # fmt: skip
