"""What a start remembers for the next: digests, options that were tried, classes made ready."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import sys
from pathlib import Path

import pytest

from conftest import run_python
from fiji_bridge.errors import JarError, RuntimeStartError
from fiji_bridge.jvm import cache, class_cache, jars, trial
from fiji_bridge.jvm.java_home import JavaHome, find_java

JAVA_25 = JavaHome(Path("/java"), "25.0.1", "JAVA_HOME", vector=False, agents=True)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache directory."""
    monkeypatch.setenv("FIJI_BRIDGE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv(class_cache.SWITCH, raising=False)
    monkeypatch.delenv(class_cache.TRAINING, raising=False)
    monkeypatch.delitem(sys.modules, "scyjava", raising=False)
    return tmp_path / "cache"


@pytest.mark.parametrize("damage", ["", "{", "[1]", '{"a": 1}', "[" * 100_000, "\x00\xff"])
def test_a_damaged_record_is_an_empty_one(damage: str, folder: Path) -> None:
    folder.mkdir()
    (folder / "digests.json").write_text(damage, encoding="latin-1")
    assert cache.load("digests") == {}
    cache.store("digests", {"b": "c"})
    assert cache.load("digests") == {"b": "c"}
    assert [path.name for path in folder.iterdir()] == ["digests.json"]


def test_a_directory_that_cannot_be_written_is_gone_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("FIJI_BRIDGE_CACHE", str(tmp_path / "file" / "below"))
    cache.store("digests", {"a": "b"})
    assert cache.load("digests") == {}


def test_a_jar_is_digested_once_for_each_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jar"
    path.write_bytes(b"jar")
    jar = jars.Jar(path, "g:a:1", hashlib.sha256(b"jar").hexdigest())
    monkeypatch.setattr(jars, "bundled", lambda: [jar])
    read: list[Path] = []
    really = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda self: (read.append(self), really(self))[1])
    for _ in range(3):
        assert jars.verified() == [jar]
    assert read == [path]
    path.write_bytes(b"JAR")  # of the same size
    with pytest.raises(JarError, match=r"a\.jar was changed"):
        jars.verified()
    path.unlink()
    with pytest.raises(JarError, match=r"a\.jar is missing"):
        jars.verified()


def test_options_are_tried_once(tmp_path: Path) -> None:
    home = tmp_path / "java"
    (home / "bin").mkdir(parents=True)
    (home / "lib" / "server").mkdir(parents=True)
    (home / "lib" / "server" / "libjvm.so").touch()
    program = home / "bin" / "java"
    program.write_text('#!/bin/sh\necho "$@" >> "$0.log"\necho "Unrecognized"\nexit ${1#-e}\n')
    program.chmod(0o755)
    java = dataclasses.replace(JAVA_25, path=home)
    for _ in range(2):
        trial.try_options(java, ["-e0"])
        with pytest.raises(RuntimeStartError, match=r"options -e1: Unrecognized; set JAVA_HOME"):
            trial.try_options(java, ["-e1"])
    # What works is remembered, what does not is tried again.
    log = (home / "bin" / "java.log").read_text().splitlines()
    assert log == ["-e0 -version", "-e1 -version", "-e1 -version"]
    program.unlink()
    trial.try_options(java, ["-e1"])  # a runtime without the program can only be started


def test_a_class_cache_belongs_to_java_jars_and_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lib" / "server").mkdir(parents=True)
    (tmp_path / "lib" / "server" / "libjvm.so").write_bytes(b"1")
    java = dataclasses.replace(JAVA_25, path=tmp_path)
    jar = jars.Jar(tmp_path / "a.jar", "g:a:1", "0")
    found = {
        class_cache.cache_file(java, [jar], ["-Xmx1g", "-ea"]),
        class_cache.cache_file(java, [jar], ["-Xmx2g", "-ea"]),
        class_cache.cache_file(java, [dataclasses.replace(jar, sha256="1")], ["-ea"]),
        class_cache.cache_file(java, [jar], ["-da"]),
    }
    assert len(found) == 3
    assert None not in found
    older = dataclasses.replace(java, version="24")
    assert class_cache.cache_file(older, [jar], []) is None
    monkeypatch.setenv(class_cache.SWITCH, "0")
    assert class_cache.cache_file(java, [jar], []) is None


def test_a_class_cache_is_made_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(
        class_cache.subprocess, "Popen", lambda command, **_: started.append(command)
    )
    at_end: list[tuple[object, ...]] = []
    monkeypatch.setattr(class_cache.atexit, "register", lambda *all_: at_end.append(all_))
    file = folder / "classes-1.aot"
    assert class_cache.cache_options(None) == []
    assert class_cache.cache_options(file) == []
    assert at_end == [(class_cache._make, file, os.getpid())]
    class_cache._make(file, os.getpid() + 1)  # a forked child leaves it to its parent
    assert started == []
    for _ in range(2):
        class_cache._make(file, os.getpid())
    assert [command[1:] for command in started] == [
        ["-m", "fiji_bridge.jvm.class_training", str(file)]
    ]
    # Whoever began it was killed.
    os.utime(file.with_suffix(".making"), (0, 0))
    class_cache._make(file, os.getpid())
    assert len(started) == 2
    file.touch()
    assert f"-XX:AOTCache={file}" in class_cache.cache_options(file)


def test_a_class_cache_is_not_made_under_the_name_of_another(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, found = folder / "classes-1.aot", folder / "classes-2.aot"
    part = class_cache.part_of(asked)
    monkeypatch.setenv(class_cache.TRAINING, str(part))
    assert f"-XX:AOTCacheOutput={part}" in class_cache.cache_options(asked)
    assert class_cache.cache_options(found) == []  # this process has other jars than were asked for


@pytest.mark.jvm
def test_a_damaged_class_cache_is_not_used_and_not_spoken_of(folder: Path) -> None:
    if find_java().feature < class_cache.FIRST:
        pytest.skip(f"Java {class_cache.FIRST} or newer makes such caches")
    code = (
        "from pathlib import Path\n"
        "from fiji_bridge.jvm import class_cache\n"
        "really = class_cache.cache_file\n"
        "def damaged(*given):\n"
        "    file = really(*given)\n"
        "    file.parent.mkdir(exist_ok=True, parents=True)\n"
        "    file.write_bytes(b'damaged' * 1000)\n"
        "    return file\n"
        "import fiji_bridge.jvm.session as session\n"
        "session.cache_file = damaged\n"
        "print(session.start(runtime='embedded').describe().split(' ')[0])\n"
    )
    done = run_python(["-c", code])
    assert (done.stdout, done.stderr, done.returncode) == ("embedded\n", "", 0)
