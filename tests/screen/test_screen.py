"""The real ImageJ with a screen: menu, dialog, typing, preview, recording, undo."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import fiji_bridge
from fiji_bridge import macrogen
from fiji_bridge.install import install
from fiji_bridge.io import read
from fiji_bridge.jvm.jars import verified
from fiji_bridge.jvm.macros import run_macro
from fiji_bridge.jvm.session import Session

pytestmark = pytest.mark.jvm

#: Set it to any text to renew the pictures in docs/images.
KEEP = "FIJI_BRIDGE_SCREENSHOTS"
DRIVER = Path(__file__).parent / "Driver.java"
PICTURES = Path(__file__).resolve().parent.parent.parent / "docs" / "images"
SIGMA = "0.1"


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """A screen of our own, with a window manager, so that windows get the keyboard."""
    for name in ("Xvfb", "openbox", "java"):
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not installed (Debian: xvfb openbox default-jdk)")
    reading, writing = os.pipe()
    with subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x1000x24"],
        pass_fds=[writing], stderr=subprocess.DEVNULL,
    ) as server:  # fmt: skip
        os.close(writing)
        with os.fdopen(reading) as stream:
            number = stream.readline().strip()
        environment = {**os.environ, "DISPLAY": f":{number}"}
        with subprocess.Popen(
            ["openbox"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as manager:
            time.sleep(1)
            yield f":{number}"
            manager.terminate()
        server.terminate()


@pytest.fixture(scope="module")
def seen(display: str, bead: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a person at the screen of a freshly installed ImageJ sees and gets."""
    tmp_path = tmp_path_factory.mktemp("screen")
    folder, home, seen = tmp_path / "ImageJ", tmp_path / "home", tmp_path / "seen"
    for path in (folder / "plugins", home, seen):
        path.mkdir(parents=True)
    (jar,) = (jar.path for jar in verified() if jar.path.name.startswith("ij-"))
    shutil.copy(jar, folder / "ij.jar")
    install(folder)
    done = subprocess.run(
        [
            "java", "-Xmx1g", f"-Duser.home={home}", f"-Dplugins.dir={folder}",
            "-cp", str(folder / "ij.jar"), str(DRIVER), str(bead), str(seen), "25", SIGMA,
        ],
        env={**os.environ, "DISPLAY": display}, capture_output=True, text=True, timeout=240,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return seen


def test_the_menu_holds_every_command(seen: Path) -> None:
    first, *suite = (seen / "menu.txt").read_text().splitlines()
    assert first == "Process > Filters > Gaussian Blur (Physical)..."
    config = macrogen.resources()[macrogen.PLUGINS_CONFIG]
    labels = re.findall(r'^Plugins>Fiji Bridge, "(.+)",', config, re.MULTILINE)
    assert sorted(suite) == sorted(f"Plugins > Fiji Bridge > {label}" for label in labels)


def test_typing_and_running_gives_the_bits_of_the_python_call(seen: Path, bead: Path) -> None:
    expected = fiji_bridge.gaussian(read(bead), sigma=f"{SIGMA} um", engine="fused")
    found = read(seen / "by-hand.tif")
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
    ready, *chosen = (seen / "without-voxel-size.txt").read_text().splitlines()
    assert ready == "true"
    assert "unit=pixel" in chosen
    assert (seen / "offer.png").is_file()


def test_other_commands_open_too(seen: Path) -> None:
    for name in ("about", "rescale", "missing"):
        assert (seen / f"{name}.png").is_file()


@pytest.mark.parametrize("name", ["dialog", "problem", "preview"])
def test_pictures_for_the_documentation(session: Session, seen: Path, name: str) -> None:
    """Looked at by a person; here only that the preview shows something, and problems are red."""
    picture = _pixels(session, seen / f"{name}.png")
    red = (picture[..., 0] > 150) & (picture[..., 1:].max(axis=-1) < 40)
    assert red.any() == (name == "problem")
    if name == "preview":
        assert picture.shape[0] > _pixels(session, seen / "dialog.png").shape[0]
        assert (picture.max(axis=-1) < 20).mean() > 0.05, "the dark background of the views"
    if os.environ.get(KEEP):
        PICTURES.mkdir(parents=True, exist_ok=True)
        shutil.copy(seen / f"{name}.png", PICTURES / f"imagej-{name}.png")


def _pixels(session: Session, path: Path) -> np.ndarray:
    image = session.jclass("javax.imageio.ImageIO").read(session.jclass("java.io.File")(str(path)))
    width, height = int(image.getWidth()), int(image.getHeight())
    packed = np.array(image.getRGB(0, 0, width, height, None, 0, width)).reshape(height, width)
    return np.stack([packed >> shift & 255 for shift in (16, 8, 0)], axis=-1)
