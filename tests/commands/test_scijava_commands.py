"""The operations as SciJava commands in ImageJ2: typed inputs, the given image, the same bits."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fiji_bridge
from conftest import FIJI, needs_groovy, run_python
from fiji_bridge import run_script
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import from_voxel_size
from fiji_bridge.install import modulegen
from fiji_bridge.install.examples import macro_values
from fiji_bridge.install.folder import install
from fiji_bridge.jvm.session import Session
from fiji_bridge.ops.operation import Operation, Result
from fiji_bridge.ops.registry import REGISTRY

pytestmark = [pytest.mark.jvm, pytest.mark.fiji]

IMAGE = CalibratedImage(
    np.random.default_rng(1).random((5, 12, 14), np.float32),
    ("z", "y", "x"),
    from_voxel_size((2, 0.5, 0.5), "um"),
)
GAUSSIAN = f"{modulegen.PACKAGE}.GaussianModule"


@pytest.fixture(scope="module")
def installed(session: Session, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The program as it is installed, also where the package runs from sources."""
    program: Path = tmp_path_factory.mktemp("bin") / "fiji-bridge"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m fiji_bridge "$@"\n')
    program.chmod(0o755)
    preferences = session.jclass("ij.Prefs")
    preferences.set("fiji_bridge.program", str(program))
    yield
    preferences.set("fiji_bridge.program", "fiji-bridge")


def test_each_operation_is_there_once(session: Session) -> None:
    found = [
        str(info.getDelegateClassName())
        for info in session.ij.command().getCommands()
        if str(info.getDelegateClassName()).startswith(modulegen.PACKAGE)
    ]
    names = [f"{modulegen.PACKAGE}.{modulegen.class_name(o)}" for o in REGISTRY.values()]
    assert sorted(found) == sorted(names)


COUNT = """
import json, sys
import fiji_bridge
modules = fiji_bridge.start(fiji=sys.argv[1]).ij.module().getModules()
print(json.dumps([str(one.getIdentifier()) for one in modules if hasattr(one, "getIdentifier")]))
"""


def test_each_is_there_once_where_they_are_installed(tmp_path: Path) -> None:
    """The jar lay on the class path and among the plugins: all were listed twice."""
    assert FIJI is not None
    folder = tmp_path / "ImageJ2"
    shutil.copytree(FIJI, folder, copy_function=os.symlink)
    install(folder)
    done = run_python(["-c", COUNT, str(folder)])
    assert done.returncode == 0, done.stderr
    found = [one for one in json.loads(done.stdout.splitlines()[-1]) if "org.fijibridge" in one]
    # Those that the program computes have one class, told apart by its argument.
    twice = {one for one in found if found.count(one) > 1 and not one.endswith(".ProgramCommand")}
    assert twice == set()
    assert "legacy:org.fijibridge.command.GaussianBlurPhysical" in found
    assert f"command:{GAUSSIAN}" in found


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


def outputs(session: Session, operation: Operation) -> Any:
    """Run an operation's command on the image, with the values of its example."""
    inputs = session.jclass("java.util.HashMap")()
    inputs.put("image", fiji_bridge.to_imagej(IMAGE))
    for key, value in macro_values(operation).items():
        inputs.put(key, True if key == value else value)
    name = f"{modulegen.PACKAGE}.{modulegen.class_name(operation)}"
    return session.ij.command().run(name, True, inputs).get()


@pytest.mark.parametrize(
    "operation",
    [one for one in REGISTRY.values() if one.result is Result.IMAGE],
    ids=lambda one: one.name,
)
def test_every_operation_is_that_of_python(
    session: Session, installed: None, operation: Operation
) -> None:
    done = outputs(session, operation)
    result = fiji_bridge.from_imagej(done.getOutput("result"), "image")
    expected = fiji_bridge.run(operation.name, IMAGE, **operation.example)
    np.testing.assert_array_equal(result.data, expected.data)
    assert result.calibration.voxel_size("z") == expected.calibration.voxel_size("z")


@pytest.mark.parametrize(
    "operation",
    [one for one in REGISTRY.values() if one.result is Result.IMAGES],
    ids=lambda one: one.name,
)
def test_several_images_come_as_an_array(
    session: Session, installed: None, operation: Operation
) -> None:
    found = outputs(session, operation).getOutput("results")
    expected = fiji_bridge.run(operation.name, IMAGE, **operation.example).images
    assert len(found) == len(expected)
    titles = [str(one.getTitle()) for one in found]
    for name, image in expected.items():
        (one,) = (o for o, title in zip(found, titles, strict=True) if title.endswith(f"-{name}"))
        got = fiji_bridge.from_imagej(one, "image").data
        np.testing.assert_array_equal(np.squeeze(got), np.squeeze(image.data))


def test_a_report_comes_as_text(session: Session, installed: None) -> None:
    found = str(outputs(session, REGISTRY["suggest"]).getOutput("report"))
    expected = fiji_bridge.suggest(IMAGE).table()
    assert expected.title[:40] in found
    for note in expected.notes:
        assert note.split(" ")[0] in found


@needs_groovy
def test_from_a_script() -> None:
    text = (
        "#@ Dataset image\n#@ CommandService commands\n#@output ImagePlus result\n"
        f"done = commands.run('{GAUSSIAN}', true, 'image', image, 'sigma', '2', 'unit', 'pixel',"
        " 'border', 'nearest').get()\nresult = done.getOutput('result')\n"
    )
    found = run_script(text, language="groovy", image=IMAGE).outputs["result"]
    expected = fiji_bridge.gaussian(IMAGE, sigma="2 px", border="nearest")
    np.testing.assert_array_equal(found.data, expected.data)
