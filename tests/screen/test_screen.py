"""The real ImageJ with a screen: menu, dialog, typing, preview, recording, undo."""

from __future__ import annotations

import csv
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import fiji_bridge
from fiji_bridge.cli.answering import answer
from fiji_bridge.formats import read
from fiji_bridge.install import macrogen
from fiji_bridge.jvm.macros import run_macro
from fiji_bridge.jvm.session import Session
from fiji_bridge.ops.operation import Operation
from fiji_bridge.ops.registry import REGISTRY

pytestmark = pytest.mark.jvm

SIGMA = "0.1"


IN_FIJI = pytest.param("fiji", marks=pytest.mark.fiji)


@pytest.fixture(scope="module", params=["imagej", "old_imagej", IN_FIJI])
def seen(request: pytest.FixtureRequest, bead: Path) -> Path:
    """What a person who blurs sees and gets."""
    found: Path = request.getfixturevalue(request.param)("BlurVisit", bead, 25, SIGMA)
    return found


@pytest.fixture(scope="module")
def labels() -> dict[str, str]:
    """Operations that the program computes, with the labels of their commands."""
    return {o.name: f"{o.title}..." for o in REGISTRY.values() if o.java_class is None}


@pytest.fixture(scope="module", params=["imagej", "old_imagej", IN_FIJI])
def by_program(
    request: pytest.FixtureRequest,
    bead: Path,
    labels: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """What a person sees who uses the commands that the installed program computes."""
    program = _program(tmp_path_factory.mktemp("bin"))
    visit = request.getfixturevalue(request.param)
    found: Path = visit("ProgramVisit", bead, program, *labels.values())
    return found


def _program(folder: Path) -> Path:
    """Write the program as it is installed, also where the package runs from sources."""
    program = folder / "fiji-bridge"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m fiji_bridge "$@"\n')
    program.chmod(0o755)
    return program


@pytest.fixture(scope="module", params=["imagej", "old_imagej", IN_FIJI])
def folder(
    request: pytest.FixtureRequest, bead: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """What a person sees who does a folder from the menu, twice, and asks for a sigma."""
    base = tmp_path_factory.mktemp("folder")
    images = base / "in"
    (images / "below").mkdir(parents=True)
    for name in ("a.tif", "below/b.tif"):
        shutil.copy(bead, images / name)
    (images / "bad.tif").write_bytes(b"no image")
    (images / "notes.txt").write_text("not an image")
    visit = request.getfixturevalue(request.param)
    out = base / "out"
    found: Path = visit("FolderVisit", images, out, bead, _program(tmp_path_factory.mktemp("bin")))
    shutil.copytree(out, found / "out")
    return found


def test_a_folder_is_done_from_the_menu_and_resumed(folder: Path, bead: Path) -> None:
    with (folder / "out" / "gaussian.csv").open(newline="", encoding="utf-8") as stream:
        rows = [(row["file"], row["status"]) for row in csv.DictReader(stream)]
    others = [("bad.tif", "failed"), ("notes.txt", "left out")]
    for status, run_rows in (("done", rows[:4]), ("skipped", rows[4:])):
        assert sorted(run_rows) == sorted([("a.tif", status), ("below/b.tif", status), *others])
    expected = fiji_bridge.gaussian(read(bead), sigma="0.5 um").data
    np.testing.assert_array_equal(read(folder / "out" / "below" / "b.tif").data, expected)
    assert "operation=gaussian" in (folder / "recorded.ijm").read_text()


def test_the_dialog_of_a_folder_says_what_is_in_it(folder: Path) -> None:
    ready, images, others, choices = (folder / "first.txt").read_text("utf-8").splitlines()
    assert ready == "false", "nothing is chosen yet"
    assert images == "3 images, the first of them a.tif"
    assert others == "1 other file is left out, by the end of its name"
    # The operation's own, but no window and no selection.
    assert "kernel" in choices
    assert "result" not in choices
    assert "region" not in choices
    assert "what was done with the same values is skipped" in (folder / "second.txt").read_text()


def test_a_report_opens_tables_and_its_figure(folder: Path) -> None:
    assert (folder / "suggest.txt").read_text() == "figure true\n"


def test_the_menu_holds_every_command(seen: Path) -> None:
    first, *suite = (seen / "menu.txt").read_text().splitlines()
    assert first == "Process > Filters > Gaussian Blur (Physical)..."
    config = macrogen.resources()[macrogen.PLUGINS_CONFIG]
    labels = re.findall(r'^Plugins>Fiji Bridge, "(.+)",', config, re.MULTILINE)
    assert sorted(suite) == sorted(f"Plugins > Fiji Bridge > {label}" for label in labels)


def test_typing_and_running_gives_the_bits_of_the_python_call(seen: Path, bead: Path) -> None:
    found = read(seen / "by-hand.tif")
    engine = found.provenance[-1]["engine"]
    assert engine == ("gauss3" if "fiji" in seen.parent.name else "fused")
    expected = fiji_bridge.gaussian(read(bead), sigma=f"{SIGMA} um", engine=engine)
    np.testing.assert_array_equal(found.data, expected.data)
    assert found.calibration.voxel_size("z") == read(bead).calibration.voxel_size("z")


def test_the_recorded_line_gives_the_same_file_on_the_screen(seen: Path) -> None:
    assert (seen / "by-macro.tif").read_bytes() == (seen / "by-hand.tif").read_bytes()


def test_the_recorded_line_gives_the_same_samples_headless(
    seen: Path, bead: Path, session: Session, tmp_path: Path
) -> None:
    recorded = (seen / "recorded.ijm").read_text()
    result = tmp_path / "headless.tif"
    run_macro(session, f'open("{bead}");\n{recorded}saveAs("Tiff", "{result}");')
    np.testing.assert_array_equal(read(result).data, read(seen / "by-hand.tif").data)


def test_a_single_plane_changed_in_place_comes_back_with_undo(seen: Path) -> None:
    before, blurred, undone = (int(v) for v in (seen / "undo.txt").read_text().split())
    assert blurred != before
    assert undone == before


def test_an_image_without_a_voxel_size_is_blurred_in_pixels_or_not_at_all(seen: Path) -> None:
    ready, said, *chosen = (seen / "without-voxel-size.txt").read_text().splitlines()
    assert ready == "false"
    assert said.startswith("image 'plain' is not calibrated on axis z")
    assert "unit=pixel" in chosen


def test_what_is_wrong_is_said_while_one_chooses(seen: Path) -> None:
    said = (seen / "problems.txt").read_text(encoding="utf-8").splitlines()
    assert said[0] == (
        "false\timage 'holes' has 1 sample that is NaN or infinite, in plane 2; choose "
        "'NaN samples: propagate', or 'NaN samples: ignore' (mean of the others)"
    )
    assert said[1].startswith("true\taxis\tvoxel")
    assert said[2] == (
        "false\timage 'holes' has no area selection; make one, or use 'Change: whole image'"
    )
    assert said[3:5] == ["false", "true"], "the constant value goes with its border"
    assert said[5].startswith("true\taxis")
    assert said[6].startswith("true\tThe program fiji-bridge measures the blur")


def plan_of(name: str, options: list[str], bead: Path) -> tuple[str, list[str]]:
    """What the program answers about the bead as it reads the file itself."""
    image = read(bead)
    sizes = {axis: image.calibration.axis(axis) for axis in image.axes}
    kind, lines = answer(
        {
            "operation": name,
            "options": options,
            "image": {
                "name": bead.name,
                "dtype": image.data.dtype.name,
                "axes": image.axes,
                "shape": image.data.shape,
                "voxels": {axis: [found.size, found.unit] for axis, found in sizes.items()},
            },
        }
    )
    # A dialog names fields by their labels.
    return kind, [re.sub(r"\bantialias='(\w+)'", r"'Antialias: \1'", line) for line in lines]


def first_options(operation: Operation) -> list[str]:
    """What a dialog holds first, as options of the program."""
    if operation.name == "rescale":
        # What was used last.
        return ["--to=0.1 um"]
    options = []
    for field in macrogen.fields(operation):
        shown = macrogen.first_shown(operation, field)
        if field.kind == "width":
            options.append(f"--sigma={shown} um")
        elif shown and field.kind not in ("flag", "unit") and field.name != "meaning":
            options.append(f"--{field.name.replace('_', '-')}={shown}")
    return options


def test_dialogs_say_what_will_happen(by_program: Path, bead: Path, labels: dict[str, str]) -> None:
    for name, label in labels.items():
        said = (by_program / f"{label}.txt").read_text(encoding="utf-8").splitlines()
        kind, expected = plan_of(name, first_options(REGISTRY[name]), bead)
        assert kind == "plan"
        # A dialog names a field by its label.
        assert said == [row.replace("initial_sigma", "'Initial sigma'") for row in expected]


def test_a_dialog_follows_what_is_typed(by_program: Path, bead: Path) -> None:
    said = (by_program / "rescale.txt").read_text(encoding="utf-8").splitlines()
    assert ("plan", said) == plan_of("rescale", ["--to=0.1 um"], bead)
    ready, problem = (by_program / "rescale-problem.txt").read_text().splitlines()
    assert ready == "false"
    assert "unknown length unit 'furlong'" in problem


def test_a_dialog_says_how_to_install_the_program(by_program: Path) -> None:
    ready, problem = (by_program / "missing.txt").read_text().splitlines()
    assert ready == "false"
    assert "pip install fiji-bridge" in problem


def test_the_cross_check_says_what_is_wrong_while_one_types(by_program: Path, bead: Path) -> None:
    said = (by_program / "cross-check.txt").read_text(encoding="utf-8").splitlines()
    assert ("plan", said) == plan_of("gaussian", ["--sigma=1 um"], bead)
    ready, problem = (by_program / "cross-check-problem.txt").read_text().splitlines()
    assert ready == "false"
    assert "unknown length unit 'furlong'" in problem
    ready, problem = (by_program / "cross-check-missing.txt").read_text().splitlines()
    assert ready == "false"
    assert "pip install fiji-bridge" in problem


def test_what_the_program_computed_is_recorded_and_runs_again(by_program: Path, bead: Path) -> None:
    expected = fiji_bridge.rescale(read(bead), to="0.1 um")
    np.testing.assert_array_equal(read(by_program / "rescaled.tif").data, expected.data)
    assert "to=[0.1 um]" in (by_program / "rescale.ijm").read_text()
    again = (by_program / "rescaled-by-macro.tif").read_bytes()
    assert again == (by_program / "rescaled.tif").read_bytes()


def test_lengths_are_in_pixels_where_there_is_no_voxel_size(by_program: Path) -> None:
    first, *said = (by_program / "without-voxel-size.txt").read_text().splitlines()
    assert first == "1 px"
    assert said[1].split("\t") == ["z", "unknown", "1 px", "3"]


def test_an_image_gets_its_voxel_size_there_and_then(seen: Path) -> None:
    rows = (seen / "voxel-size-given.txt").read_text(encoding="utf-8").splitlines()
    # The sigma that was used last, now in the units of this image.
    assert rows[1].split("\t")[:3] == ["z", "1 µm", f"{SIGMA} px"]


def test_the_generated_macro_asks(seen: Path) -> None:
    title, *said = (seen / "macro-asks.txt").read_text(encoding="utf-8").splitlines()
    assert title == "Gaussian Blur (Physical)"
    assert said[0].startswith("axis\tvoxel")


def test_escape_leaves_the_image_as_it_was(seen: Path) -> None:
    assert (seen / "escape.txt").read_text().splitlines() == [
        "running true", "same true", "locked false", "provenance null",
    ]  # fmt: skip


def test_about(seen: Path) -> None:
    assert (seen / "about.png").is_file()


def test_picture_of_live_text(
    by_program: Path, labels: dict[str, str], keep: Callable[[Path, str], None]
) -> None:
    """Looked at by a person, as the others."""
    picture = by_program / f"{labels['pyramid']}.png"
    assert picture.is_file()
    keep(picture, "imagej-pyramid.png")


@pytest.mark.parametrize("name", ["dialog", "problem", "preview", "nan", "offer"])
def test_pictures_for_the_documentation(
    session: Session, seen: Path, name: str, keep: Callable[[Path, str], None]
) -> None:
    """Looked at by a person; here only that the preview shows something, and problems are red."""
    picture = _pixels(session, seen / f"{name}.png")
    red = (picture[..., 0] > 150) & (picture[..., 1:].max(axis=-1) < 40)
    assert red.any() == (name in ("problem", "nan", "offer"))
    if name == "preview":
        assert picture.shape[0] > _pixels(session, seen / "dialog.png").shape[0]
        assert (picture.max(axis=-1) < 20).mean() > 0.05, "the dark background of the views"
    keep(seen / f"{name}.png", f"imagej-{name}.png")


def _pixels(session: Session, path: Path) -> np.ndarray:
    image = session.jclass("javax.imageio.ImageIO").read(session.jclass("java.io.File")(str(path)))
    width, height = int(image.getWidth()), int(image.getHeight())
    packed = np.array(image.getRGB(0, 0, width, height, None, 0, width)).reshape(height, width)
    return np.stack([packed >> shift & 255 for shift in (16, 8, 0)], axis=-1)
