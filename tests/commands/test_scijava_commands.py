"""The operations as SciJava commands in ImageJ2: typed inputs, the given image, the same bits."""

from __future__ import annotations

import numpy as np
import pytest

import fiji_bridge
from fiji_bridge import run_script
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import from_voxel_size
from fiji_bridge.install import modulegen
from fiji_bridge.install.examples import macro_values
from fiji_bridge.jvm.session import Session
from fiji_bridge.ops.operation import Operation

pytestmark = [pytest.mark.jvm, pytest.mark.fiji]

IMAGE = CalibratedImage(
    np.random.default_rng(1).random((5, 12, 14), np.float32),
    ("z", "y", "x"),
    from_voxel_size((2, 0.5, 0.5), "um"),
)
GAUSSIAN = f"{modulegen.PACKAGE}.GaussianModule"


def test_each_operation_is_there_once(session: Session) -> None:
    found = [
        str(info.getDelegateClassName())
        for info in session.ij.command().getCommands()
        if str(info.getDelegateClassName()).startswith(modulegen.PACKAGE)
    ]
    names = [f"{modulegen.PACKAGE}.{modulegen.class_name(o)}" for o in modulegen.operations()]
    assert sorted(found) == sorted(names)


@pytest.mark.parametrize("kind", ["imageplus", "dataset"])
def test_the_given_image_is_blurred(session: Session, kind: str) -> None:
    """Whatever is active: nothing is, or another image."""
    other = session.jclass("ij.IJ").createImage("other", "8-bit", 4, 4, 1)
    other.show()
    inputs = session.jclass("java.util.HashMap")()
    inputs.put("image", fiji_bridge.to_imagej(IMAGE, kind))
    inputs.put("sigma", "1")
    try:
        done = session.ij.command().run(GAUSSIAN, True, inputs).get()
    finally:
        other.close()
    result = fiji_bridge.from_imagej(done.getOutput("result"), "image")
    expected = fiji_bridge.gaussian(IMAGE, sigma="1 um")
    np.testing.assert_array_equal(result.data, expected.data)
    assert result.calibration.voxel_size("z", "um") == 2


@pytest.mark.parametrize("operation", modulegen.operations(), ids=lambda one: one.name)
def test_every_operation_is_that_of_python(session: Session, operation: Operation) -> None:
    inputs = session.jclass("java.util.HashMap")()
    inputs.put("image", fiji_bridge.to_imagej(IMAGE))
    for key, value in macro_values(operation).items():
        inputs.put(key, True if key == value else value)
    name = f"{modulegen.PACKAGE}.{modulegen.class_name(operation)}"
    done = session.ij.command().run(name, True, inputs).get()
    result = fiji_bridge.from_imagej(done.getOutput("result"), "image")
    expected = fiji_bridge.run(operation.name, IMAGE, **operation.example)
    np.testing.assert_array_equal(result.data, expected.data)


def test_from_a_script() -> None:
    text = (
        "#@ Dataset image\n#@ CommandService commands\n#@output ImagePlus result\n"
        f"done = commands.run('{GAUSSIAN}', true, 'image', image, 'sigma', '2', 'unit', 'pixel',"
        " 'border', 'nearest').get()\nresult = done.getOutput('result')\n"
    )
    found = run_script(text, language="groovy", image=IMAGE).outputs["result"]
    expected = fiji_bridge.gaussian(IMAGE, sigma="2 px", border="nearest")
    np.testing.assert_array_equal(found.data, expected.data)
