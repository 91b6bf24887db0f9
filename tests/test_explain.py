"""The answers: each row of the questions people ask, with its numbers."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import fiji_bridge
from conftest import ROOT
from fiji_bridge.explain import ANSWERS, page, write_page
from fiji_bridge.explain.figures import three_kernels
from fiji_bridge.explain.page import section

Program = Callable[..., subprocess.CompletedProcess[str]]

#: Numbers of the question's row, as the project's facts have them.
NUMBERS = {
    "sigma": ("0.5 px", "2.222 px", "4.44 µm"),
    "fwhm": ("2.3548", "0.4247 px", "z 0.849 µm, y 0.191 µm"),
    "deviation": ("standard deviation 20.0000 px", "2.354 sigma"),
    # The interval holds what was made.
    "feature": ("FWHM made 4.71 µm, measured 4.72 µm (4.70 to 4.73)", "sigma 1.88 µm"),
    "fiji": ("X sigma 2.222, Y sigma 2.222, Z sigma 0.500",),
    "isotropic": ("z 2.222 px, y 2.222 px, x 2.222 px",),
    # Effective widths of Gauss3's kernel against the sigma asked for.
    "small": ("gauss3 -70.8%", "gauss3 -7.3% (-14.9%), discrete +0.0% (-14.9%)", "gauss3 -0.6%"),
    "pyramid": ("3.464", "2, 0.9, 0.9", "4, 3.6, 3.6", "41 x 128 x 128"),
    "integers": ("-1.50 grey levels", "never more than 0.50"),
    "borders": ("constant (k k k | a b c d | k k k)",),
    "convolution": (
        "sum: rows 5 and 6 are 0 0 0 0 0 0 3 2 2 0; 0 0 0 0 0 1 1 3 0 0",
        "laplace: rows 5 and 6 are 0 0 0 0 0 0 3 -8 2 0; 0 0 0 0 0 1 -4 3 0 0",
        "0.6 0.4 0.4",
    ),
    "structure": (
        "plane: third eigenvalue 13 times smaller",
        "gradients per µm: found 0 degrees",
        "gradients per pixel: found 27 degrees",
    ),
    # Gauss3 and SciPy (truncate 4) as the facts have them.
    "cutoff": (
        "sigma 2 px, radius and width by second moment: gauss3 6 px, -0.6",
        "sigma 4.44 px, radius and width by second moment: gauss3 13 px, -2.2",
        "SciPy, truncate 4 18 px, -0.03%",
        "SciPy, truncate 4 80 px, -0.05%",
    ),
    "scaling": ("(86, 80, 79)", "(172, 160, 159)"),
    "other": ("median, radius 2 px: RMS error 0.0",),
}


def test_every_question_has_its_numbers_here() -> None:
    assert set(NUMBERS) == set(ANSWERS)


@pytest.mark.parametrize("key", list(ANSWERS))
def test_numbers(key: str) -> None:
    answer = ANSWERS[key]
    shown = "\n".join(answer.shown())
    for number in NUMBERS[key]:
        assert number in shown
    text = section(answer, "images")
    assert answer.right in text
    assert answer.wrong in text
    assert ("![" in text) == (answer.figure is not None)


def test_the_page_in_docs_is_in_step() -> None:
    found = (ROOT / "docs" / "questions.md").read_text(encoding="utf-8")
    assert found == page(figures="images"), "run: fiji-bridge explain --output docs"


def test_pictures_are_those_that_the_answers_name(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    pytest.importorskip("SimpleITK", reason="the bilateral filter needs it")
    files = write_page(tmp_path)
    named = {answer.figure for answer in ANSWERS.values() if answer.figure is not None}
    assert {path.stem for path in files if path.suffix == ".png"} == named
    assert all((ROOT / "docs" / "images" / f"{name}.png").is_file() for name in named)


def test_the_three_kernels_of_a_real_plane_side_by_side(
    shared_images: Path, tmp_path: Path
) -> None:
    image = pytest.importorskip("matplotlib.image", reason="matplotlib is not installed")
    cells = fiji_bridge.read(shared_images / "hela-cells.tif")
    pixel = (cells.calibration.voxel_size("x", "um"), "µm")
    three_kernels(tmp_path / "cells.png", cells.data[0, 200:250, 300:350], pixel)
    drawn = image.imread(tmp_path / "cells.png")[:, :, 0]
    # Four panels, none of them empty.
    for half in np.array_split(drawn, 2, axis=0):
        for panel in np.array_split(half, 2, axis=1):
            assert panel[60:-60, 30:-100].std() > 0.02


def test_from_the_command_line(program_here: Program) -> None:
    said = program_here("explain", "fwhm")
    assert said.returncode == 0, said.stderr
    assert "0.4247 px" in said.stdout
    wrong = program_here("explain", "fmwh")
    assert wrong.returncode == 2
    assert "topics are sigma, fwhm" in wrong.stderr
