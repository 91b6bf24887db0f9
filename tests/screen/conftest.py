"""ImageJ and Fiji folders with our commands installed, on a screen of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import with_maven
from conftest import FIJI
from fiji_bridge.install.folder import install
from fiji_bridge.jvm.jars import verified

HERE = Path(__file__).parent
PICTURES = HERE.parent.parent / "docs" / "images"
#: Of the oldest series that the commands are for.
OLD_IMAGEJ = "1.53t"

#: Names FlatLaf's jar (Maven: com.formdev:flatlaf), which gives ImageJ the look of a present-day
#: Fiji; the pictures in docs/images are then made anew.
PICTURES_WITH = "FIJI_BRIDGE_SCREENSHOTS"

#: ``visit(name, *arguments)`` starts ImageJ with a visit of this folder; returns what was seen.
Visit = Callable[..., Path]


@pytest.fixture(scope="session")
def keep() -> Callable[[Path, str], None]:
    """Put a picture into the documentation, if that is asked for, with few colours."""

    def put(picture: Path, name: str) -> None:
        if os.environ.get(PICTURES_WITH) and picture.parts[-3].startswith("imagej"):
            image = pytest.importorskip("PIL.Image").open(picture)
            image.quantize(64, dither=0).save(PICTURES / name, optimize=True)

    return put


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """A screen of our own, with a window manager, so that windows get the keyboard."""
    for name in ("Xvfb", "openbox", "javac"):
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not installed (Debian: xvfb openbox default-jdk)")
    reading, writing = os.pipe()
    with subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0",
         "2560x2000x24" if os.environ.get(PICTURES_WITH) else "1280x1000x24"],
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


@pytest.fixture(scope="session")
def imagej(display: str, tmp_path_factory: pytest.TempPathFactory) -> Visit:
    """The ImageJ that we bundle."""
    (jar,) = (jar.path for jar in verified() if jar.path.name.startswith("ij-"))
    return _plain(display, tmp_path_factory.mktemp("imagej"), jar)


@pytest.fixture(scope="session")
def old_imagej(display: str, tmp_path_factory: pytest.TempPathFactory) -> Visit:
    """ImageJ 1.53."""
    tmp_path = tmp_path_factory.mktemp("old-imagej")
    return _plain(display, tmp_path, with_maven.imagej(OLD_IMAGEJ, tmp_path))


@pytest.fixture(scope="session")
def fiji(display: str, tmp_path_factory: pytest.TempPathFactory) -> Visit:
    """The Fiji of FIJI_BRIDGE_FIJI: its libraries in a folder that we may install into."""
    assert FIJI
    tmp_path = tmp_path_factory.mktemp("fiji")
    folder = tmp_path / "Fiji"
    (folder / "plugins").mkdir(parents=True)
    (folder / "jars").symlink_to(Path(FIJI) / "jars")
    install(folder)
    java = [
        "--add-opens=java.base/java.lang=ALL-UNNAMED",
        f"-Dij.dir={folder}",
        # Its questions to servers of others would be recorded as options of our command.
        "-Dimagej.updater.disableAutocheck=true",
    ]
    paths = [f"{folder}/jars/*", f"{folder}/plugins/*"]
    return _visit(display, tmp_path, folder, java, paths, ["InFiji"])


def _plain(display: str, tmp_path: Path, jar: Path) -> Visit:
    folder = tmp_path / "ImageJ"
    (folder / "plugins").mkdir(parents=True)
    shutil.copy(jar, folder / "ij.jar")
    install(folder)
    return _visit(display, tmp_path, folder, [], [str(folder / "ij.jar")], [])


def _visit(
    display: str,
    tmp_path: Path,
    folder: Path,
    options: list[str],
    paths: list[str],
    starter: list[str],
) -> Visit:
    classes = tmp_path / "classes"
    # For the Java of old installations as well.
    compiling = ["javac", "--release", "8", "-Xlint:-options", "-d", str(classes)]
    sources = [str(path) for path in HERE.glob("*.java")]
    subprocess.run([*compiling, "-cp", os.pathsep.join(paths), *sources], check=True)

    look = os.environ.get(PICTURES_WITH)
    if look and starter == []:
        # Twice as fine, as on a present-day screen.
        options = [
            *options,
            "-Dswing.defaultlaf=com.formdev.flatlaf.FlatLightLaf",
            "-Dsun.java2d.uiScale=2",
        ]
        paths = [*paths, look]

    def go(name: str, *arguments: object) -> Path:
        # New ones each time: a fixture of a module may be made twice in a process, where tests
        # were passed on and came back.
        seen = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=tmp_path))
        home = Path(tempfile.mkdtemp(prefix="home-", dir=tmp_path))
        done = subprocess.run(
            [
                "java", "-Xmx3g", *options, f"-Duser.home={home}", f"-Dplugins.dir={folder}",
                "-cp", os.pathsep.join([*paths, str(classes)]), *starter, name, str(seen),
                *map(str, arguments),
            ],
            env={**os.environ, "DISPLAY": display}, capture_output=True, text=True, timeout=400,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return seen

    return go
