"""A local Fiji or ImageJ2 folder as the runtime, started through PyImageJ."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fiji_bridge
from conftest import run_python
from fiji_bridge.errors import MacroError, SessionConflictError
from fiji_bridge.jvm.macros import opened_titles, run_macro
from fiji_bridge.jvm.session import Session, start

pytestmark = pytest.mark.fiji

FIJI = os.environ.get("FIJI_BRIDGE_FIJI", "")


def test_the_session_is_that_fiji(session: Session) -> None:
    assert session.settings.runtime == "fiji"
    assert session.settings.fiji == Path(FIJI).expanduser().absolute()
    assert session.describe().startswith(f"fiji {session.settings.fiji} (ImageJ 1.")
    assert session.has_gauss3()
    assert session.default_engine == "gauss3"


def test_starting_again(session: Session) -> None:
    assert start() is session
    assert start(fiji=FIJI) is session
    with pytest.raises(SessionConflictError, match="one JVM per process"):
        start(runtime="embedded")


def test_the_gateway_goes_on_in_imagej2(session: Session) -> None:
    ij = session.ij
    assert str(ij.getVersion()).startswith("2.")
    values = np.arange(60, dtype=np.float32).reshape(3, 4, 5)
    image = ij.py.to_java(values)
    assert [int(image.dimension(d)) for d in range(3)] == [5, 4, 3]
    np.testing.assert_array_equal(np.asarray(ij.py.from_java(image)), values)
    outputs = ij.py.run_macro(
        "#@ String name\n#@output String said\nsaid = name + '!';", {"name": "a"}
    )
    assert str(outputs.get("said")) == "a!"


def test_headless(session: Session) -> None:
    assert session.jclass("java.awt.GraphicsEnvironment").isHeadless()


def test_our_jar_is_on_the_class_path(session: Session) -> None:
    adapter = session.jclass("org.fijibridge.engine.Gauss3Adapter")
    assert adapter.available()
    assert str(adapter.version()) in _algorithm_jar(session)


def _algorithm_jar(session: Session) -> str:
    return f"imglib2-algorithm-{session.library_version(GAUSS3)}.jar"


GAUSS3 = "net/imglib2/algorithm/gauss3/Gauss3.class"


@pytest.mark.parametrize("border", ["mirror-double", "nearest"])
def test_gaussian_uses_the_real_one_by_default(session: Session, border: str) -> None:
    values = np.random.default_rng(3).uniform(0, 250, (6, 20, 21)).astype(np.float32)
    default: Any = fiji_bridge.gaussian(
        values, sigma="1 um", voxel_size="2 0.45 0.45 um", border=border
    )
    assert default.provenance[-1]["engine"] == "gauss3"
    assert "net.imglib2.algorithm.gauss3.Gauss3" in default.provenance[-1]["implementation"]
    for engine in ("fused", "scipy"):
        other = fiji_bridge.gaussian(
            values, sigma="1 um", voxel_size="2 0.45 0.45 um", border=border, engine=engine
        )
        # Rounding of three passes in float32, of the data range 250.
        np.testing.assert_allclose(default, other, rtol=0, atol=1e-6 * 250)


def test_an_imageplus_keeps_its_calibration(session: Session) -> None:
    """PyImageJ's own conversions lose units, origin and slices; ours must not."""
    given = session.jclass("ij.IJ").createHyperStack("[a] stack", 21, 20, 2, 6, 3, 16)
    calibration = given.getCalibration()
    calibration.setXUnit("um")
    calibration.setYUnit("nm")
    calibration.setZUnit("mm")
    calibration.pixelWidth, calibration.pixelHeight, calibration.pixelDepth = 0.45, 450.0, 0.002
    calibration.xOrigin, calibration.zOrigin = 3.0, -2.0
    calibration.frameInterval = 1.5
    calibration.setTimeUnit("min")
    session.jclass("ij.process.ImageProcessor").setRandomSeed(4)
    for index in range(1, 37):
        processor = given.getStack().getProcessor(index)
        processor.add(2000)
        processor.noise(300)
    planes = _planes(given)
    done: Any = fiji_bridge.gaussian(given, sigma="1 um")
    assert done is not given
    assert [int(n) for n in done.getDimensions()] == [21, 20, 2, 6, 3]
    result = done.getCalibration()
    for name in ("pixelWidth", "pixelHeight", "pixelDepth", "xOrigin", "yOrigin", "zOrigin"):
        assert getattr(result, name) == getattr(calibration, name), name
    assert result.frameInterval == 1.5
    for name in ("getXUnit", "getYUnit", "getZUnit", "getTimeUnit"):
        assert str(getattr(result, name)()) == str(getattr(calibration, name)()), name
    # The same numbers as the array of one channel and frame alone.
    expected = fiji_bridge.gaussian(planes[1, :, 1], sigma="1 um", voxel_size="2 0.45 0.45 um")
    np.testing.assert_array_equal(_planes(done)[1, :, 1], expected)
    # The input is as it was.
    np.testing.assert_array_equal(_planes(given), planes)


def _planes(imp: Any) -> Any:
    """Copy a 16-bit hyperstack as (t, z, c, y, x)."""
    width, height, channels, slices, frames = (int(n) for n in imp.getDimensions())
    stack = imp.getStack()
    pixels = [np.array(stack.getPixels(i + 1)) for i in range(stack.getSize())]
    shape = (frames, slices, channels, height, width)
    return np.stack(pixels).astype(np.uint16).reshape(shape)


def test_a_macro_returns_its_value(session: Session) -> None:
    assert run_macro(session, 'return "got " + getArgument();', "it") == "got it"
    assert run_macro(session, "x = 1;") == ""


@pytest.mark.parametrize(
    "text",
    [
        "nonsense(",
        'exit("stop here");',
        'run("No Such Command");',
        "x = notDefined;",
        "getTitle();",
    ],
)
def test_a_failed_macro_is_an_error(session: Session, text: str) -> None:
    with pytest.raises(MacroError):
        run_macro(session, text)
    # The next one starts afresh.
    assert run_macro(session, "return d2s(1 + 1, 0);") == "2"
    assert opened_titles(session) == []


def test_starting_downloads_nothing(tmp_path: Path) -> None:
    code = (
        "from fiji_bridge.jvm.session import start\n"
        "s = start(heap='500m', say=print)\n"
        "import scyjava\n"
        "print(scyjava.config.endpoints, s.java.path)\n"
    )
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": None, "XDG_CONFIG_HOME": None}
    done = run_python(["-c", code], env=home)
    assert done.returncode == 0, done.stderr
    # jgo and cjdk, which PyImageJ downloads with, would have made their caches here.
    assert not (tmp_path / ".jgo").exists()
    assert not (tmp_path / ".cache" / "cjdk").exists()
    lines = done.stdout.splitlines()
    assert any("loading ImageJ2 from" in line for line in lines)
    assert lines[-1].startswith("[] ")
    assert "Operating in headless mode" not in done.stderr


def test_leaving_does_not_hang() -> None:
    code = "from fiji_bridge.jvm.session import start; start().ij.py"
    assert run_python(["-c", code], timeout=120).returncode == 0
