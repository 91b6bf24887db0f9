"""Running a suite: verdicts, crashes, time-outs, baselines, comparison, reports."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from markupsafe import escape

from fiji_bridge.errors import FileError, InputError
from fiji_bridge_lab import junit, runner, suite_file
from fiji_bridge_lab.baseline import accept
from fiji_bridge_lab.compare import compare_runs
from fiji_bridge_lab.report_html import html_report
from fiji_bridge_lab.report_markdown import markdown_comparison, markdown_report
from fiji_bridge_lab.run_file import Run
from fiji_bridge_lab.runner import (
    arrays_of,
    broken_lines,
    exit_code,
    read_run,
    run_suite,
    write_run,
)
from lab.regress_helpers import write_suite

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def pair(run: dict[str, Any], dtype: str, b: str, a: str = "scipy") -> dict[str, Any]:
    row = next(row for row in run["cases"] if row["dtype"] == dtype)
    return next(p for p in row["pairs"] if (p["a"], p["b"]) == (a, b))


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with a good filter and several bad ones."""
    folder = tmp_path_factory.mktemp("run")
    names = ("good", "nearest", "swapped", "multiplied", "truncated", "raising", "spilling")
    rule = '\n[[rules]]\npair = ["*", "nearest"]\nexpected = ["border"]\n'
    with pytest.MonkeyPatch.context() as monkeypatch:
        suite = write_suite(folder, monkeypatch, *names, more=rule)
        run_suite(suite_file.load(suite), folder / "out", jobs=2)
    return folder / "out"


@pytest.fixture(scope="module")
def run(run_folder: Path) -> dict[str, Any]:
    return read_run(run_folder)


@pytest.mark.parametrize(
    ("name", "dtype", "verdict", "words"),
    [
        ("good", "float32", "same", "the same"),
        ("good", "uint8", "same", "the same"),
        ("nearest", "float32", "explained", "border nearest instead of mirror-double"),
        ("swapped", "float32", "different", "swapped axes"),
        ("multiplied", "float32", "different", "sigma multiplied by the voxel size"),
        ("truncated", "uint8", "different", "fractions cut off (truncated)"),
        ("spilling", "float32", "different", "none of the usual suspects"),
        ("raising", "float32", "error", "RuntimeError: no such luck"),
    ],
)
def test_verdicts_and_words(
    run: dict[str, Any], name: str, dtype: str, verdict: str, words: str
) -> None:
    found = pair(run, dtype, name)
    assert found["verdict"] == verdict, found["words"]
    assert words in found["words"]


def test_exit_code_is_of_the_difference(run: dict[str, Any]) -> None:
    assert exit_code(run) == 1


def test_a_killed_worker_costs_its_case_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signal 9 to the process that computes; the same filter's next case runs in a new one."""
    suite = write_suite(tmp_path, monkeypatch, "killed", "good")
    found = run_suite(suite_file.load(suite), tmp_path / "out", jobs=1)
    dead = pair(found, "uint8", "killed")
    assert dead["verdict"] == "crash"
    assert "signal SIGKILL" in dead["words"]
    assert pair(found, "float32", "killed")["verdict"] == "same"
    assert pair(found, "uint8", "good")["verdict"] == "same"
    assert exit_code(found) == 4


def test_a_time_out_costs_its_case_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    suite = write_suite(tmp_path, monkeypatch, "hanging", timeout=8)
    found = run_suite(suite_file.load(suite), tmp_path / "out", jobs=1)
    assert pair(found, "uint8", "hanging")["verdict"] == "timeout"
    assert "no answer within 8 s" in pair(found, "uint8", "hanging")["words"]
    assert pair(found, "float32", "hanging")["verdict"] == "same"


@pytest.mark.jvm
def test_imagej_and_scipy_in_worker_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The question of the lab: are Fiji and SciPy the same here, and if not, why?"""
    suite = write_suite(tmp_path, monkeypatch, dtypes='["float32"]')
    for name in ("fused", "imagej.GaussianBlur3D", "scipy.gaussian_filter"):
        suite.write_text(suite.read_text() + f'\n[[filters]]\nname = "{name}"\n')
    found = run_suite(suite_file.load(suite), tmp_path / "out", jobs=2)
    assert pair(found, "float32", "fused")["verdict"] == "same"
    apart = pair(found, "float32", "scipy.gaussian_filter", "imagej.GaussianBlur3D")
    assert "border" in apart["causes"]
    assert "imagej.GaussianBlur3D looks like" in apart["words"]
    assert "border nearest instead of mirror-double" in apart["words"]
    jars = next(iter(found["runtimes"].values()))
    assert "ij-1.54p.jar" in jars or any(name.startswith("ij-") for name in jars)


def test_the_run_follows_its_schema(run: dict[str, Any]) -> None:
    schema = Run.model_json_schema()
    Draft202012Validator.check_schema(schema)
    problems = list(Draft202012Validator(schema).iter_errors(run))
    assert problems == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"cases": None}, r"\$\.cases: Input should be a valid list; got None"),
        ({"machine": {}}, r"\$\.machine\.cpu: Field required"),
        ({"cases": [{}]}, r"\$\.cases\[0\]\.id: Field required"),
        ({"counts": {"same": "<script>"}}, r"\$\.counts\.same: .* valid integer; got '<script>'$"),
    ],
)
def test_a_run_of_another_structure_is_refused(
    run: dict[str, Any], tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    (tmp_path / "run.json").write_text(json.dumps({**run, **change}))
    with pytest.raises(FileError, match=said):
        read_run(tmp_path)


def test_junit(run: dict[str, Any]) -> None:
    suite = ElementTree.fromstring(junit.of_run(run)).find("testsuite")
    assert suite is not None
    failures = [case for case in suite if case.find("failure") is not None]
    different = [p for row in run["cases"] for p in row["pairs"] if p["verdict"] == "different"]
    assert len(failures) == len(different) == int(suite.get("failures", ""))
    assert len(suite) == int(suite.get("tests", "")) == sum(len(r["pairs"]) for r in run["cases"])


def test_accepting_a_run_that_is_not_clean_is_refused(run_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not clean"):
        accept(run_folder, tmp_path / "base")


def test_a_run_against_its_own_baseline_is_clean(run_folder: Path, tmp_path: Path) -> None:
    accept(run_folder, tmp_path / "base", anyway=True)
    found = compare_runs(tmp_path / "base", run_folder, exact=True)
    assert found["passed"]
    assert set(found["counts"]) == {"identical"}
    assert found["versions"] == []


def _changed(run: dict[str, Any], folder: Path, source: Path, change: Any) -> Path:
    """Write a run in which the result of 'good' on float32 was changed."""
    shutil.copytree(source, folder)
    store = arrays_of(folder)
    row = next(row for row in run["cases"] if row["dtype"] == "float32")
    reply = row["results"]["good"]
    reply["sha256"] = store.put(change(store.get(reply["sha256"])))
    write_run(run, folder)
    return folder


def test_what_moved_is_said_with_numbers_and_words(run_folder: Path, tmp_path: Path) -> None:
    run = read_run(run_folder)
    row = next(row for row in run["cases"] if row["dtype"] == "float32")
    nearest = arrays_of(run_folder).get(row["results"]["nearest"]["sha256"])
    run["wheels"]["scipy"] = "9.9"
    new = _changed(run, tmp_path / "new", run_folder, lambda data: nearest)
    found = compare_runs(run_folder, new)
    moved = [entry for entry in found["results"] if entry["verdict"] == "moved"]
    assert not found["passed"]
    assert [entry["filter"] for entry in moved] == ["good"]
    assert "after looks like border nearest instead of mirror-double" in moved[0]["words"]
    assert moved[0]["maximum"] > 0.01
    assert [c["name"] for c in found["versions"]] == ["scipy"]
    assert "SOMETHING MOVED" in markdown_comparison(found)
    suite = ElementTree.fromstring(junit.of_comparison(found)).find("testsuite")
    assert suite is not None
    assert suite.get("failures") == "1"


def test_the_last_bit_is_within_the_tolerance_unless_exact(
    run_folder: Path, tmp_path: Path
) -> None:
    new = _changed(
        read_run(run_folder),
        tmp_path / "new",
        run_folder,
        lambda data: np.nextafter(data, np.float32(np.inf)),
    )
    assert compare_runs(run_folder, new)["counts"]["within"] == 1
    assert compare_runs(run_folder, new)["passed"]
    assert not compare_runs(run_folder, new, exact=True)["passed"]


def test_without_arrays_a_sketch_tells_the_size_of_a_change(
    run_folder: Path, tmp_path: Path
) -> None:
    from fiji_bridge_lab.store import summary

    run = read_run(run_folder)
    row = next(row for row in run["cases"] if row["dtype"] == "float32")
    reply = row["results"]["good"]
    data = arrays_of(run_folder).get(reply["sha256"])
    noise = np.random.default_rng(0).normal(0, 0.03, data.shape).astype(np.float32)
    reply |= {"sha256": "0" * 64, "summary": summary(data + noise)}
    write_run(run, tmp_path)
    entry = next(
        e for e in compare_runs(run_folder, tmp_path)["results"] if e["verdict"] == "moved"
    )
    # 32 projections: a relative error of 1/8, here up to three times that.
    assert entry["rms"] == pytest.approx(0.03, rel=3 / 8)


def test_a_baseline_without_arrays_gives_the_cause_too(run_folder: Path, tmp_path: Path) -> None:
    """Of large arrays a baseline keeps the sketch alone; the newer result is there."""
    run = read_run(run_folder)
    row = next(row for row in run["cases"] if row["dtype"] == "float32")
    nearest = arrays_of(run_folder).get(row["results"]["nearest"]["sha256"])
    new = _changed(run, tmp_path / "new", run_folder, lambda data: nearest)
    base = tmp_path / "base"
    accept(run_folder, base, anyway=True)
    shutil.rmtree(base / "arrays")
    (entry,) = [e for e in compare_runs(base, new)["results"] if e["verdict"] == "moved"]
    assert "RMS, estimated" in entry["words"]
    assert entry["words"].endswith("; after looks like border nearest instead of mirror-double")


def test_an_array_that_was_changed_is_refused(run_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(run_folder, tmp_path / "copy")
    store = arrays_of(tmp_path / "copy")
    path = next(store.folder.glob("*.npz"))
    np.savez_compressed(path, data=np.zeros(3))
    with pytest.raises(FileError, match="was changed"):
        store.get(path.stem)


def test_the_html_report_is_one_file_without_a_network(
    run: dict[str, Any], run_folder: Path
) -> None:
    text = html_report(run, arrays_of(run_folder))
    assert re.findall(r"""(?:src|href)\s*=\s*["'](?!data:|#)""", text) == []
    assert "<script" not in text
    assert "@import" not in text
    assert re.findall(r"url\((?!#)", text) == []
    for row in run["cases"]:
        for pair in row["pairs"]:
            assert str(escape(pair["words"])) in text
    for heading in ("Kernels and impulse responses", "Effective sigma", "Where they differ"):
        assert heading in text
    # Every verdict is told by a sign and words, not by colour alone.
    assert "<b>≠</b> DIFFERENT" in text
    assert "<b>=</b> same" in text


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (Debian: chromium)")
def test_the_html_report_in_a_browser(
    run: dict[str, Any], run_folder: Path, tmp_path: Path
) -> None:
    """Rendered by a real browser: nothing is missing, and lightness alone tells the verdicts."""
    from PIL import Image

    page = tmp_path / "report.html"
    # A line of script of the test's own tells what the browser made of the page.
    probe = (
        "<script>document.title = JSON.stringify({"
        "broken: [...document.images].filter(i => !i.naturalWidth).length,"
        "images: document.images.length, plots: document.querySelectorAll('svg.plot').length,"
        "wide: document.documentElement.scrollWidth - innerWidth,"
        "cells: document.querySelectorAll('.matrix td').length})</script>"
    )
    text = html_report(run, arrays_of(run_folder))
    page.write_text(text.replace("</body>", probe + "</body>"), encoding="utf-8")
    assert CHROMIUM is not None
    flags = [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--window-size=1400,1000", f"--user-data-dir={tmp_path / 'profile'}",
    ]  # fmt: skip
    shot = tmp_path / "shot.png"
    subprocess.run(
        [CHROMIUM, *flags, f"--screenshot={shot}", page.as_uri()], check=True, timeout=120,
        capture_output=True,
    )  # fmt: skip
    dom = subprocess.run(
        [CHROMIUM, *flags, "--dump-dom", page.as_uri()], check=True, timeout=120,
        capture_output=True, text=True,
    ).stdout  # fmt: skip
    title = re.search(r"<title>(\{.*?\})</title>", dom)
    assert title is not None
    seen = json.loads(title[1].replace("&quot;", '"'))
    assert seen["broken"] == 0
    assert seen["images"] > 10
    assert seen["plots"] > 5
    assert seen["cells"] >= sum(len(row["pairs"]) for row in run["cases"]) // 2
    assert seen["wide"] <= 0
    grey = np.asarray(Image.open(shot).convert("L"))
    # Text, white ground, and the dark cells of what is different: present in greys as well.
    assert (grey < 60).mean() > 0.005
    assert (grey > 250).mean() > 0.3
    assert ((grey > 60) & (grey < 100)).mean() > 0.01


HOSTILE = "<img src=x onerror=alert(1)>|`\n<script>"

#: Texts that the schema fixes.
FIXED = re.compile(r"fiji-bridge/regress-run/1|[0-9a-f]{64}|[zyxct]+")


def poisoned(value: Any, key: str = "", inside: str = "") -> Any:
    """Put markup into every text of a run, names and keys included, that the schema leaves free."""
    if isinstance(value, dict):
        free = inside in ("results", "fits", "wheels", "runtimes", "parameters", "runtime")
        below = {"runtimes": "runtime"}.get(inside, "")
        return {
            (name + HOSTILE if free else name): poisoned(
                item, name, below or (name if not free else "")
            )
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [poisoned(item, key, inside) for item in value]
    if not isinstance(value, str) or FIXED.fullmatch(value):
        return value
    # Read by the reports to find images and kernels, or one of a few words.
    if key in ("status", "verdict", "kernel", "border") or inside == "plan":
        return value
    return value + HOSTILE


def with_image(hostile: Any, run: dict[str, Any]) -> Any:
    """Leave the images what they are, so that profiles and pictures are drawn."""
    for row, good in zip(hostile["cases"], run["cases"], strict=True):
        row |= {"image": good["image"], "dtype": good["dtype"]}
    return hostile


@pytest.mark.parametrize("drawn", [True, False])
def test_a_hostile_run_brings_no_markup_into_the_reports(
    run: dict[str, Any], run_folder: Path, tmp_path: Path, drawn: bool
) -> None:
    hostile = with_image(poisoned(run), run) if drawn else poisoned(run)
    assert json.dumps(hostile).count("<script>") > 200
    (tmp_path / "run.json").write_text(json.dumps(hostile), encoding="utf-8")
    read = read_run(tmp_path)
    page = html_report(read, arrays_of(run_folder))
    assert ("profile along" in page) is drawn
    for text in (page, markdown_report(read)):
        assert "&lt;script&gt;" in text
        assert not re.search(r"<(script|img src=x)", text)
    # A line or a bar would end a cell, and make what follows a row.
    rows = [line for line in markdown_report(read).splitlines() if line.startswith("|")]
    assert len({line.replace("\\|", "").count("|") for line in rows}) == 1
    found = compare_runs(run_folder, tmp_path)
    assert not re.search(r"<(script|img src=x)", markdown_comparison(found))
    ElementTree.fromstring(junit.of_run(read))


def test_a_filter_that_is_not_there_is_one_line(run: dict[str, Any]) -> None:
    absent = {"status": "not installed", "message": "not installed: that (pip install that)"}
    rows = [{**row, "results": {**row["results"], "good": absent}} for row in run["cases"]]
    needed = {**run, "cases": rows}
    (line,) = [entry for entry in broken_lines(needed) if entry[1] == "good"]
    assert line[0] == "2 cases"
    specs = [{**spec, "optional": spec["label"] == "good"} for spec in run["filters"]]
    assert runner.absent({**needed, "filters": specs}) == [("good", absent["message"])]
    assert markdown_report({**needed, "filters": specs}).count(absent["message"]) == 1


def test_counts_are_in_the_words_of_the_reports(run: dict[str, Any]) -> None:
    from fiji_bridge_lab.baseline import count_words

    said = count_words(run)
    assert "DIFFERENT" in said
    assert "differs as expected" in said
    assert "explained" not in said


def test_markdown(run: dict[str, Any]) -> None:
    text = markdown_report(run)
    assert "| beads float32 / 1 um |" in text
    assert "**≠ DIFFERENT**" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len({line.replace("\\|", "").count("|") for line in rows}) == 1
