"""What cannot start through PyImageJ is refused before it is tried, with the reason."""

from __future__ import annotations

import dataclasses
import importlib.util
import zipfile
from pathlib import Path
from typing import Any

import pytest

from conftest import FIJI, run_python
from fiji_bridge.errors import JavaNotFoundError, RuntimeStartError
from fiji_bridge.jvm.gateway import check_coordinate, check_folder, start_gateway
from fiji_bridge.jvm.jars import Jar
from fiji_bridge.jvm.java_home import JavaHome
from fiji_bridge.jvm.settings import Settings
from fiji_bridge.jvm.stock_fiji import class_path, missing_for_pyimagej

JAVA_17 = JavaHome(Path("/java"), "17.0.1", "JAVA_HOME", vector=True, agents=True)
OWN = Jar(Path("fiji_bridge-0.jar"), "org.fijibridge:fiji-bridge:0", "")


def _jar(path: Path, feature: int) -> None:
    """Write a jar with one class file made for a Java feature release."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        # Multi-release and module classes are newer than what runs: they must not count.
        for name, version in [
            ("META-INF/versions/25/A.class", 25),
            ("module-info.class", 24),
            ("A.class", feature),
        ]:
            # Magic number, minor version 0, major version: the feature release plus 44.
            header = b"\xca\xfe\xba\xbe\0\0" + (version + 44).to_bytes(2, "big")
            archive.writestr(name, header)


def _fiji(folder: Path, feature: int = 8) -> Path:
    _jar(folder / "jars" / "imagej-2.17.0.jar", 8)
    _jar(folder / "jars" / "imagej-legacy-2.0.3.jar", feature)
    return folder


def test_a_fiji_folder_passes(tmp_path: Path) -> None:
    check_folder(_fiji(tmp_path), JAVA_17)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RuntimeStartError, match=r"nowhere does not exist.*--fiji DIR"):
        check_folder(tmp_path / "nowhere", JAVA_17)
    (tmp_path / "file").touch()
    with pytest.raises(RuntimeStartError, match=r"file is a file.*FIJI_BRIDGE_FIJI"):
        check_folder(tmp_path / "file", JAVA_17)


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(RuntimeStartError, match="not a Fiji or ImageJ2 folder: no jars/imagej-"):
        check_folder(tmp_path, JAVA_17)


@pytest.mark.parametrize("name", ["Fiji.app", "Fiji"])
def test_the_folder_above_or_below_is_suggested(tmp_path: Path, name: str) -> None:
    fiji = _fiji(tmp_path / name)
    for wrong in (tmp_path, fiji / "jars"):
        with pytest.raises(RuntimeStartError) as caught:
            check_folder(wrong, JAVA_17)
        assert str(caught.value).endswith(f"did you mean {fiji}?")


def test_an_imagej_1_folder(tmp_path: Path) -> None:
    _jar(tmp_path / "ij.jar", 8)
    with pytest.raises(RuntimeStartError, match="the runtime 'embedded' brings along"):
        check_folder(tmp_path, JAVA_17)


def test_a_folder_without_imagej_1_support(tmp_path: Path) -> None:
    _jar(tmp_path / "jars" / "imagej-2.17.0.jar", 8)
    with pytest.raises(RuntimeStartError, match="imagej-legacy"):
        check_folder(tmp_path, JAVA_17)


def test_a_fiji_for_a_newer_java(tmp_path: Path) -> None:
    _fiji(tmp_path, feature=21)
    with pytest.raises(JavaNotFoundError) as caught:
        check_folder(tmp_path, JAVA_17)
    said = str(caught.value)
    assert "needs Java 21 (its imagej-legacy-2.0.3.jar is built for it)" in said
    assert "Java 17.0.1 (JAVA_HOME: /java)" in said
    assert "set JAVA_HOME to a Java 21 or newer" in said
    check_folder(tmp_path, dataclasses.replace(JAVA_17, version="21.0.2"))


def test_fijis_own_java_is_suggested(tmp_path: Path) -> None:
    _fiji(tmp_path, feature=21)
    home = tmp_path / "java" / "linux64" / "zulu21"
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "java").touch()
    with pytest.raises(JavaNotFoundError, match=f"such as Fiji's own: {home}$"):
        check_folder(tmp_path, JAVA_17)


def test_a_broken_jar(tmp_path: Path) -> None:
    (_fiji(tmp_path) / "jars" / "ij-1.54p.jar").write_bytes(b"half a down")
    with pytest.raises(RuntimeStartError, match=r"cannot read .*ij-1\.54p\.jar.*repair"):
        check_folder(tmp_path, JAVA_17)


def test_a_coordinate_names_one_version() -> None:
    for good in ("sc.fiji:fiji:2.16.0", "net.imagej:imagej:2.17.0"):
        assert check_coordinate(good) == good
    for bad in (
        "sc.fiji:fiji",
        "sc.fiji:fiji:RELEASE",
        "sc.fiji:fiji:LATEST",
        "sc.fiji:fiji:2.16.0-SNAPSHOT",
        "2.16.0",
        "",
        "sc.fiji:fiji:2.16.0+net.imagej:imagej",
    ):
        with pytest.raises(RuntimeStartError, match=r"group:artifact:version, such as"):
            check_coordinate(bad)


def test_pyimagej_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = importlib.util.find_spec

    def without_imagej(name: str, *rest: Any) -> Any:
        return None if name == "imagej" else found(name, *rest)

    monkeypatch.setattr(importlib.util, "find_spec", without_imagej)
    settings = Settings("maven", None, "sc.fiji:fiji:2.16.0", "1g", "argument")
    with pytest.raises(RuntimeStartError, match=r"pip install 'fiji-bridge\[fiji\]'"):
        start_gateway(settings, JAVA_17, OWN, [], print)
    # A folder starts all the same, and says what is missing then.
    said = missing_for_pyimagej(_fiji(tmp_path))
    assert said is not None
    assert "pip install 'fiji-bridge[fiji]'" in said


@pytest.mark.skipif(importlib.util.find_spec("imagej") is None, reason="PyImageJ is not installed")
def test_a_fiji_as_downloaded_lacks_two_jars(tmp_path: Path) -> None:
    fiji = _fiji(tmp_path)
    said = missing_for_pyimagej(fiji)
    assert said is not None
    for part in ("net.imglib2:imglib2-imglyb", "net.imglib2:imglib2-unsafe", str(fiji / "jars")):
        assert part in said
    _jar(fiji / "jars" / "imglib2-unsafe-1.1.0.jar", 8)
    said = missing_for_pyimagej(fiji)
    assert said is not None
    assert "lacks imglib2-imglyb, as" in said
    _jar(fiji / "jars" / "imglib2-imglyb-2.0.1.jar", 8)
    assert missing_for_pyimagej(fiji) is None


def test_the_class_path_of_a_folder(tmp_path: Path) -> None:
    fiji = _fiji(tmp_path)
    _jar(fiji / "jars" / "bio-formats" / "formats-api-8.0.jar", 8)
    _jar(fiji / "plugins" / "Own_.jar", 8)
    (fiji / "jars" / "notes.txt").touch()
    assert [path.relative_to(fiji).as_posix() for path in class_path(fiji)] == [
        "jars/bio-formats/formats-api-8.0.jar",
        "jars/imagej-2.17.0.jar",
        "jars/imagej-legacy-2.0.3.jar",
        "plugins/Own_.jar",
    ]


@pytest.mark.skipif(importlib.util.find_spec("imagej") is None, reason="PyImageJ is not installed")
def test_an_unreachable_coordinate_says_so_and_nothing_else_starts() -> None:
    nowhere = "http://127.0.0.1:9"  # the port that discards: no server is there
    code = (
        "import jpype, fiji_bridge.jvm.session as s\n"
        "try: s.start(maven='sc.fiji:fiji:2.16.0')\n"
        "except Exception as e: print(type(e).__name__, e)\n"
        "print(jpype.isJVMStarted(), s.current())"
    )
    env: dict[str, str | None] = dict.fromkeys(
        ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), nowhere
    )
    env |= dict.fromkeys(("NO_PROXY", "no_proxy", "FIJI_BRIDGE_FIJI"), None)
    done = run_python(["-c", code], env=env)
    said, state = done.stdout.splitlines()[-2:]
    assert said.startswith("RuntimeStartError the runtime 'maven' (sc.fiji:fiji:2.16.0) cannot")
    assert said.endswith("or use a local folder with --fiji DIR")
    assert state == "False None"


@pytest.mark.jvm
@pytest.mark.fiji
def test_a_fiji_as_downloaded_starts(tmp_path: Path) -> None:
    """The folder of FIJI_BRIDGE_FIJI without the two jars that only PyImageJ needs."""
    assert FIJI is not None
    for part in ("jars", "plugins"):
        for jar in (Path(FIJI) / part).rglob("*.jar"):
            if not jar.name.startswith(("imglib2-imglyb-", "imglib2-unsafe-")):
                link = tmp_path / "Fiji" / jar.relative_to(FIJI)
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(jar)
    code = (
        "import numpy as np, fiji_bridge\n"
        "from fiji_bridge.jvm.macros import run_macro\n"
        f"s = fiji_bridge.start(fiji={str(tmp_path / 'Fiji')!r}, heap='500m', say=print)\n"
        "blurred = fiji_bridge.gaussian(np.ones((3, 4, 5), 'f4'), sigma='1 px')\n"
        "print(s.ij.getVersion(), blurred.provenance[-1]['engine'], run_macro(s, 'return \"m\";'))"
    )
    done = run_python(["-c", code])
    assert "lacks imglib2-imglyb and imglib2-unsafe" in done.stdout, done.stderr
    assert done.stdout.splitlines()[-1].endswith(" gauss3 m"), done.stdout
