"""The jar in old installations: Java 8, ImageJ 1.53."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from conftest import ROOT
from fiji_bridge.jvm.jars import verified

#: The first of the series.
IMAGEJ = "1.53a"
#: Major version of the class files of Java 8.
JAVA_8 = 52
#: Loaded only where Java has the Vector API.
VECTOR = "org/fijibridge/engine/vector/"
SOURCES = ROOT / "java" / "src" / "main" / "java"


@pytest.fixture(scope="module")
def imagej(tmp_path_factory: pytest.TempPathFactory) -> Path:
    for program in ("mvn", "javac"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    folder = tmp_path_factory.mktemp("imagej")
    got = subprocess.run(
        ["mvn", "-B", "-q", "-f", str(ROOT / "java" / "pom.xml"), "dependency:copy",
         f"-Dartifact=net.imagej:ij:{IMAGEJ}", f"-DoutputDirectory={folder}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if got.returncode != 0:
        pytest.skip(f"Maven cannot get ImageJ {IMAGEJ}: {got.stdout[-200:]}")
    return folder / f"ij-{IMAGEJ}.jar"


def test_uses_nothing_newer_than_java_8_and_imagej_1_53(imagej: Path, tmp_path: Path) -> None:
    """With ``--release 8`` the compiler knows the classes and methods of Java 8 alone."""
    libraries = [str(jar.path) for jar in verified()[1:] if not jar.path.name.startswith("ij-")]
    sources = [
        str(path)
        for path in SOURCES.rglob("*.java")
        if not path.relative_to(SOURCES).as_posix().startswith(VECTOR)
    ]
    done = subprocess.run(
        ["javac", "--release", "8", "-proc:none", "-Xlint:-options", "-d", str(tmp_path),
         "-cp", os.pathsep.join([str(imagej), *libraries]), *sources],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_classes_that_are_installed_load_in_java_8() -> None:
    own = verified()[0].path
    (imglib2,) = (jar.path for jar in verified() if jar.path.name.startswith("imglib2-"))
    seen = set()
    for jar in (own, imglib2):
        with zipfile.ZipFile(jar) as archive:
            for name in archive.namelist():
                if name.endswith(".class") and not name.startswith(VECTOR):
                    seen.add(int.from_bytes(archive.read(name)[6:8], "big"))
    assert seen == {JAVA_8}
