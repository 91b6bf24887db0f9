"""Scripts with typed inputs: in ImageJ2, and refused where there is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from conftest import FIJI, needs_groovy
from fiji_bridge import MacroError, run_script
from fiji_bridge.errors import ArgumentError, EngineUnavailableError, FileError

pytestmark = pytest.mark.jvm

BLUR = """#@ ImagePlus image
#@ Double (value=1) sigma
#@output ImagePlus blurred
#@output String said
import ij.IJ
blurred = image.duplicate()
IJ.run(blurred, "Gaussian Blur...", "sigma=" + sigma)
said = "done"
println "printed"
"""
point = np.zeros((9, 9), np.float32)
point[4, 4] = 100


@pytest.mark.skipif(FIJI is not None, reason="this is about a runtime without ImageJ2")
def test_scripts_need_imagej2() -> None:
    with pytest.raises(EngineUnavailableError, match=r"scripts need ImageJ2.*start\(fiji"):
        run_script(BLUR, language="groovy", image=point)


def test_the_language_is_said_or_read(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="language='groovy'"):
        run_script("x = 1")
    with pytest.raises(FileError, match="cannot read the script"):
        run_script(tmp_path / "missing.groovy")


@needs_groovy
@pytest.mark.fiji
class TestInImageJ2:
    def test_images_and_values_in_and_out(self, tmp_path: Path) -> None:
        file = tmp_path / "blur.groovy"
        file.write_text(BLUR)
        found = run_script(file, image=point, sigma=2)
        assert isinstance(found.outputs["blurred"], np.ndarray)
        assert 3 < found.outputs["blurred"][4, 4] < 5  # 100 / (2π · 4)
        assert (found.outputs["said"], found.log.strip()) == ("done", "printed")
        assert point[4, 4] == 100

    def test_a_dataset(self) -> None:
        text = "#@ Dataset d\n#@output Long n\nn = d.numDimensions()\n"
        assert run_script(text, language="groovy", d=np.zeros((3, 4, 5))).outputs["n"] == 3

    def test_the_parameter_is_blurred_not_the_active_image(self) -> None:
        """As Fiji does it: ``IJ.run`` with the image; ours makes a new one."""
        text = BLUR.replace(
            '"Gaussian Blur...", "sigma=" + sigma',
            '"Gaussian Blur (Physical)...", "sigma=[2 px] result=[in place]"',
        ).replace("blurred = ", 'IJ.createImage("other", "32-bit", 9, 9, 1).show(); blurred = ')
        found = run_script(text, language="groovy", image=point)
        assert 3 < found.outputs["blurred"][4, 4] < 5

    def test_what_is_lacking_and_unknown(self) -> None:
        with pytest.raises(ArgumentError, match=r"asks for image \(ij\.ImagePlus\)"):
            run_script(BLUR, language="groovy")
        with pytest.raises(ArgumentError, match=r"no input 'sigam'.*sigma"):
            run_script(BLUR, language="groovy", image=point, sigam=1)
        with pytest.raises(EngineUnavailableError, match=r"it has .*groovy"):
            run_script(BLUR, language="cobol", image=point)

    def test_a_failure_is_an_error(self) -> None:
        text = "println 'so far'\nthrow new IllegalStateException('of the script')\n"
        with pytest.raises(MacroError, match=r"the script failed: .*of the script") as caught:
            run_script(text, language="groovy")
        assert caught.value.log.strip() == "so far"
