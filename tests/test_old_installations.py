"""The jar in old installations: Java 8, ImageJ 1.53."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

import with_maven
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
    if shutil.which("javac") is None:
        pytest.skip("javac is not installed")
    return with_maven.imagej(IMAGEJ, tmp_path_factory.mktemp("imagej"))


def test_uses_nothing_newer_than_java_8_and_imagej_1_53(imagej: Path, tmp_path: Path) -> None:
    """With ``--release 8`` the compiler knows the classes and methods of Java 8 alone."""
    libraries = [str(jar.path) for jar in verified()[1:] if not jar.path.name.startswith("ij-")]
    twins = tmp_path / "twins"
    sources = [
        str(path)
        for folder, paths in (
            (SOURCES, SOURCES.rglob("*.java")),
            (twins, with_maven.made_sources(twins)),
        )
        for path in paths
        if not path.relative_to(folder).as_posix().startswith(VECTOR)
    ]
    classes = tmp_path / "classes"
    done = subprocess.run(
        ["javac", "--release", "8", "-proc:none", "-Xlint:-options", "-d", str(classes),
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
