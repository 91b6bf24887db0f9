"""What one operating system has and another lacks: each is made absent, and its stand-in tried."""

from __future__ import annotations

import ast
import ctypes
import errno
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fiji_bridge import system
from fiji_bridge.errors import FileError
from fiji_bridge.formats.atomic import atomic_output
from fiji_bridge.formats.atomic_folder import atomic_folder

ROOT = Path(__file__).resolve().parent.parent

#: Calls and names that not every system has, and questions for the system's name.
_ONLY_SOME = {
    "sched_getaffinity", "fchmod", "O_DIRECTORY", "killpg", "fsync", "umask", "link", "getuid",
    "renameat2", "SIGKILL", "SIGHUP", "setsid", "platform", "name", "start_new_session",
}  # fmt: skip


def test_processors_without_an_affinity_mask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 3, 5}, raising=False)
    assert system.processors() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    assert system.processors() == 7
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert system.processors() == 1


def test_the_processor_is_named_without_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", missing)
    monkeypatch.setattr("platform.processor", lambda: "Intel64 Family 6")
    assert system.processor_name() == "Intel64 Family 6"
    monkeypatch.setattr("platform.processor", lambda: "")
    assert system.processor_name() == "unknown"


@pytest.mark.parametrize("full", [True, False])
def test_data_reach_the_disk(full: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fcntl = pytest.importorskip("fcntl", reason="this system has no fcntl at all")
    asked: list[object] = []
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    if full:
        monkeypatch.setattr(fcntl, "fcntl", lambda *arguments: asked.append(arguments[1]))
    else:

        def refuse(*_: object) -> None:
            raise OSError(errno.ENOTSUP, "not supported")

        monkeypatch.setattr(fcntl, "fcntl", refuse)
    monkeypatch.setattr(os, "fsync", lambda _: asked.append("fsync"))
    with (tmp_path / "a").open("wb") as file:
        system.sync_file(file.fileno())
    assert asked == ([51] if full else ["fsync"])


def test_data_reach_the_disk_without_fcntl(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setattr(os, "fsync", asked.append)
    system.sync_file(5)
    assert asked == [5]


def test_folders_that_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(os, "fsync", asked.append)
    system.sync_folder(tmp_path)
    assert len(asked) == 1
    monkeypatch.delattr(os, "O_DIRECTORY")
    system.sync_folder(tmp_path)
    assert len(asked) == 1


class _Library:
    """A C library that has the functions given."""

    def __init__(self, **functions: object) -> None:
        vars(self).update(functions)


def test_names_are_exchanged(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    if not system.exchange_names(tmp_path / "a", tmp_path / "b"):
        pytest.skip("this file system cannot exchange names")
    assert (tmp_path / "a" / "b").exists()
    with pytest.raises(FileNotFoundError):
        system.exchange_names(tmp_path / "a", tmp_path / "missing")


def test_names_on_other_systems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[object, ...]] = []

    def swap(*arguments: object) -> int:
        seen.append(arguments)
        return 0

    a, b = tmp_path / "a", tmp_path / "b"
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: _Library(renamex_np=swap))
    assert system.exchange_names(a, b)
    assert seen == [(os.fsencode(a), os.fsencode(b), 2)]
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: _Library())
    assert not system.exchange_names(a, b)
    monkeypatch.setattr(system.os, "name", "nt")
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: pytest.fail("no C library to ask"))
    assert not system.exchange_names(a, b)


@pytest.mark.parametrize("absent", ["renameat2", "fchmod", "O_DIRECTORY", "link"])
def test_files_and_folders_are_written_without(
    absent: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EINVAL, "ERROR_INVALID_FUNCTION")

    if absent == "renameat2":
        monkeypatch.setattr(system, "exchange_names", lambda a, b: False)
    elif absent == "link":
        monkeypatch.setattr(os, "link", refuse)
    else:
        monkeypatch.delattr(os, absent)
    for content in (b"one", b"two"):
        with atomic_output(tmp_path / "file", overwrite=content == b"two") as file:
            file.write(content)
        with atomic_folder(tmp_path / "folder", overwrite=True) as folder:
            folder.mkdir()
            (folder / "inside").write_bytes(content)
    with pytest.raises(FileError, match="exists"), atomic_output(tmp_path / "file"):
        pass
    assert (tmp_path / "file").read_bytes() == b"two"
    assert (tmp_path / "folder" / "inside").read_bytes() == b"two"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder"]


def test_the_umask_is_told_without_proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = os.umask(0o027)
    try:
        assert system._umask() == 0o027
        with monkeypatch.context() as patch:
            patch.setattr(Path, "read_text", lambda *_, **__: "Name: python")
            assert system._umask() == 0o027
        with atomic_output(tmp_path / "a") as file:
            file.write(b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


@pytest.mark.parametrize("refusals", [2, None])
def test_a_file_in_use_is_tried_again_on_windows(
    refusals: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part, target = tmp_path / "part", tmp_path / "target"
    part.write_bytes(b"new")
    target.write_bytes(b"old")
    really, calls = Path.replace, []

    def held(self: Path, other: Path) -> Path:
        calls.append(other)
        if refusals is None or len(calls) <= refusals:
            raise PermissionError(errno.EACCES, "The process cannot access the file")
        return really(self, other)

    monkeypatch.setattr(Path, "replace", held)
    monkeypatch.setattr(system, "_REPLACE_PATIENCE_S", 0.2)
    monkeypatch.setattr(system.os, "name", "nt")
    if refusals is None:
        with pytest.raises(PermissionError):
            system.replace(part, target)
    else:
        system.replace(part, target)
    monkeypatch.undo()
    assert len(calls) > 2
    assert target.read_bytes() == (b"old" if refusals is None else b"new")


def test_java_is_called_otherwise_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    home = Path("home")
    assert system.java_program(home) == home / "bin" / "java"
    monkeypatch.setattr(system.os, "name", "nt")
    assert system.java_program(home) == home / "bin" / "java.exe"


@pytest.mark.parametrize("groups", [True, False])
def test_a_process_ends_with_what_it_started(
    groups: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psutil

    if not groups:
        monkeypatch.delattr(os, "killpg")
        monkeypatch.setattr(system.sys, "platform", "win32")
    code = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(child.pid, flush=True); time.sleep(600)\n"
    )
    group = system.in_own_group() if groups else {}
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, **group)
    assert process.stdout is not None
    child = int(process.stdout.readline())
    system.end_group(process)
    assert system.ending(process.wait(60)) == "signal SIGKILL"
    process.stdout.close()
    limit = time.monotonic() + 60
    while psutil.pid_exists(child) and psutil.Process(child).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < limit, "the child lives on"
        time.sleep(0.05)
    system.end_group(process)  # that it has ended already is no error


def test_endings_in_words() -> None:
    assert system.ending(3) == "exit code 3"
    assert system.ending(-signal.SIGSEGV) == "signal SIGSEGV"
    assert system.ending(-200) == "signal 200"


def _questions(source: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in _ONLY_SOME:
            owner = node.value.id if isinstance(node.value, ast.Name) else ""
            if owner in {"os", "signal", "sys"}:
                found.append(f"{owner}.{node.attr}")
        elif isinstance(node, ast.keyword) and node.arg == "start_new_session":
            found.append(node.arg)
        elif isinstance(node, ast.Constant) and str(node.value).startswith("/proc"):
            found.append(str(node.value))
    return found


def test_no_other_module_asks_which_system_it_is() -> None:
    assert _questions("import os\nos.fsync(3)\nopen('/proc/cpuinfo')") == [
        "os.fsync",
        "/proc/cpuinfo",
    ]
    for package in ("fiji_bridge", "fiji_bridge_lab", "fiji_bridge_service"):
        for path in (ROOT / package).rglob("*.py"):
            if path != ROOT / "fiji_bridge" / "system.py":
                assert not (found := _questions(path.read_text(encoding="utf-8"))), (path, found)


def test_signals_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: asked.append(number))
    try:
        with system.own_signals():
            # What a library does behind Python's back; Python still holds the old handler.
            ignored = ctypes.pythonapi.PyOS_setsig
            ignored.argtypes = [ctypes.c_int, ctypes.c_void_p]
            ignored(signal.SIGINT, int(signal.SIG_IGN))
            signal.raise_signal(signal.SIGINT)
            assert asked == []
        signal.raise_signal(signal.SIGINT)
        assert asked == [signal.SIGINT]
        monkeypatch.setattr(sys, "platform", "win32")
        monkeypatch.setattr(ctypes, "pythonapi", None)
        with system.own_signals():
            signal.raise_signal(signal.SIGINT)
        assert asked == [signal.SIGINT] * 2
    finally:
        signal.signal(signal.SIGINT, before)
