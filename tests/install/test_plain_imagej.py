"""A plain ImageJ, started from the command line without a screen, with our commands installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import fiji_bridge
from fiji_bridge.formats import read
from fiji_bridge.install.folder import install
from fiji_bridge.jvm.jars import verified

pytestmark = pytest.mark.jvm


@pytest.fixture(scope="module")
def imagej(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the ImageJ that we bundle, as someone has it who downloaded it."""
    if shutil.which("java") is None:
        pytest.skip("java is not on the PATH")
    folder = tmp_path_factory.mktemp("ImageJ")
    (folder / "plugins").mkdir()
    (jar,) = (jar.path for jar in verified() if jar.path.name.startswith("ij-"))
    shutil.copy(jar, folder / "ij.jar")
    install(folder)
    return folder


def batch(imagej: Path, argument: str) -> subprocess.CompletedProcess[str]:
    """Run gaussian.ijm as the documentation says."""
    macro = imagej / "macros" / "fiji_bridge" / "gaussian.ijm"
    return subprocess.run(
        ["java", "-Djava.awt.headless=true", f"-Dplugins.dir={imagej}", "-cp",
         str(imagej / "ij.jar"), "ij.ImageJ", "-batch", str(macro), argument],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_macros_work_without_a_screen(imagej: Path, bead: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.tif"
    argument = f"input=[{bead}] output=[{out}] sigma=0.2 unit=um quit"
    done = batch(imagej, argument)
    assert (done.returncode, done.stderr) == (0, "")
    expected = fiji_bridge.gaussian(read(bead), sigma="0.2 um", engine="fused")
    np.testing.assert_array_equal(read(out).data, expected.data)
    again = batch(imagej, argument)
    assert again.returncode == 1
    assert again.stdout == "the output exists already; give overwrite to replace it\n"
    assert again.stderr == ""


def test_without_an_argument_one_sentence_says_what_to_give(imagej: Path) -> None:
    done = batch(imagej, "")
    assert done.stderr == ""
    assert done.stdout.startswith("without a screen there is no dialog: give an argument")
    assert len(done.stdout.splitlines()) == 1
