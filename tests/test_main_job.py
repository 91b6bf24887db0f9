"""What the package exists for, on a real bead: 41 × 150 × 150, 5.6 times coarser in z."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import fiji_bridge
from fiji_bridge.formats import read, write
from fiji_bridge.image.dtypes import DTYPES
from fiji_bridge.jvm.session import Session
from fiji_bridge.kernels.borders import BORDERS
from fiji_bridge.kernels.gaussian import KERNELS

pytestmark = pytest.mark.jvm
SIGMA = "0.1 um"


def test_python_and_command_line_are_identical(
    bead: Path, tmp_path: Path, program: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    python = fiji_bridge.gaussian(read(bead), sigma=SIGMA)
    done = program("gaussian", bead, tmp_path / "out.tif", "--sigma", SIGMA)
    assert done.returncode == 0, done.stderr
    assert read(tmp_path / "out.tif").data.tobytes() == python.data.tobytes()
    assert python.data.dtype == np.uint8
    assert not np.array_equal(python.data, read(bead).data)


def test_imagej_reopens_the_result_with_its_calibration(
    bead: Path, tmp_path: Path, session: Session
) -> None:
    given = read(bead)
    out = tmp_path / "out.tif"
    write(fiji_bridge.gaussian(given, sigma=SIGMA), out)
    opened = session.jclass("ij.IJ").openImage(str(out))
    before = session.jclass("ij.IJ").openImage(str(bead)).getCalibration()
    after = opened.getCalibration()
    assert (opened.getWidth(), opened.getHeight(), opened.getNSlices()) == (150, 150, 41)
    assert str(after.getUnit()) == "µm"
    # The original's own rationals are over 1 000 000.
    assert after.pixelWidth == pytest.approx(before.pixelWidth, rel=1e-6)
    assert after.pixelHeight == pytest.approx(before.pixelHeight, rel=1e-6)
    assert after.pixelDepth == before.pixelDepth == 0.125
    assert "gaussian" in str(opened.getProp("fiji_bridge.provenance"))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("border", sorted(BORDERS))
def test_crosscheck_passes(bead: Path, border: str, kernel: str, dtype: str) -> None:
    """All of the stack as it is, its midst in the other types: larger than each kernel there too.

    Every sample is judged, and those at the edges are the harder ones.
    """
    image = read(bead)
    if dtype != "uint8":
        image = image.with_data(np.ascontiguousarray(image.data[14:35, 50:110, 45:105]))
    # Samples go up to 156; half of that fits into int8 as well.
    image = image.with_data((image.data // 2).astype(dtype))
    report = fiji_bridge.crosscheck(image, sigma=SIGMA, border=border, kernel=kernel)
    assert report.passed, report.rows[0]
    assert report.dtype == dtype
    assert [a.sigma_px for a in report.plan.axes] == pytest.approx([0.8, 4.446, 4.446], rel=1e-3)
