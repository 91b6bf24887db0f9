"""Memory means the machine's, the container's and the process's limit, whichever is least."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import fiji_bridge
from fiji_bridge.errors import MemoryLimitError
from fiji_bridge.image import memory
from fiji_bridge.image.memory import cgroup_rooms
from fiji_bridge.jvm import heap, imageplus
from fiji_bridge.jvm.session import Session

GIB = 2**30

#: Of a real control group.
GROUP = GIB // 4


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_version_2_with_limits_on_two_levels(tmp_path: Path) -> None:
    files = {
        "proc/self/cgroup": "0::/user/job\n",
        "sys/fs/cgroup/user/job/memory.max": "max\n",
        "sys/fs/cgroup/user/job/memory.current": "1000\n",
        "sys/fs/cgroup/user/memory.max": f"{4 * GIB}\n",
        "sys/fs/cgroup/user/memory.current": f"{3 * GIB}\n",
        "sys/fs/cgroup/user/memory.stat": f"anon 5\ninactive_file {GIB // 2}\n",
    }
    assert list(cgroup_rooms(tree(tmp_path, files))) == [(4 * GIB, GIB + GIB // 2)]


def test_version_2_in_a_container(tmp_path: Path) -> None:
    files = {
        "proc/self/cgroup": "0::/\n",
        "sys/fs/cgroup/memory.max": f"{GIB}\n",
        "sys/fs/cgroup/memory.current": f"{GIB // 4}\n",
    }
    assert list(cgroup_rooms(tree(tmp_path, files))) == [(GIB, GIB - GIB // 4)]


def test_version_1_in_a_container_that_sees_the_path_of_its_host(tmp_path: Path) -> None:
    files = {
        "proc/self/cgroup": "7:cpu,cpuacct:/docker/abc\n5:memory:/docker/abc\n0::/\n",
        "sys/fs/cgroup/memory/memory.limit_in_bytes": f"{2 * GIB}\n",
        "sys/fs/cgroup/memory/memory.usage_in_bytes": f"{GIB}\n",
        "sys/fs/cgroup/memory/memory.stat": f"cache 9\ntotal_inactive_file {GIB // 8}\n",
    }
    assert list(cgroup_rooms(tree(tmp_path, files))) == [(2 * GIB, GIB + GIB // 8)]


def test_version_1_without_a_limit(tmp_path: Path) -> None:
    files = {
        "proc/self/cgroup": "5:memory:/\n",
        "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        "sys/fs/cgroup/memory/memory.usage_in_bytes": "5\n",
    }
    assert list(cgroup_rooms(tree(tmp_path, files))) == []


@pytest.mark.parametrize("text", ["", "nonsense", "0::", "0::/gone\n", "5:memory:/gone\n"])
def test_nothing_said_is_no_limit(text: str, tmp_path: Path) -> None:
    assert list(cgroup_rooms(tree(tmp_path, {"proc/self/cgroup": text}))) == []


def test_the_least_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "cgroup_rooms", lambda: iter([(9000, 5000), (9000, 7000)]))
    assert memory.available_bytes() == 5000
    monkeypatch.setattr(memory, "address_space_room", lambda: 3000)
    assert memory.available_bytes() == 3000
    monkeypatch.setattr(memory, "address_space_room", lambda: -1)
    assert memory.available_bytes() == 0


_SAY = "from fiji_bridge.image.memory import available_bytes; print(available_bytes())"


def said(preexec: object = None) -> int:
    done = subprocess.run(
        [sys.executable, "-c", _SAY],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=preexec,  # type: ignore[arg-type]
    )
    return int(done.stdout)


def test_a_limit_of_the_address_space_is_respected() -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (2 * GIB, 2 * GIB))

    # The interpreter itself has taken some of it.
    assert 0 < said(limit) < 2 * GIB


def leave(folder: Path) -> None:
    """Remove a group, once the last process that ended has left it."""
    for _ in range(100):
        try:
            return folder.rmdir()
        except OSError:
            time.sleep(0.1)
    return folder.rmdir()


@pytest.fixture
def group() -> Iterator[Path]:
    """A control group of 256 MiB, of whichever version this machine has."""
    for parent, limit in (
        (Path("/sys/fs/cgroup"), "memory.max"),
        (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes"),
    ):
        folder = parent / f"fiji_bridge_test_{uuid.uuid4().hex}"
        if not (parent / "cgroup.procs").exists():
            continue
        try:
            folder.mkdir()
            # Unlike open for writing alone, this fails where the controller is not there.
            with (folder / limit).open("r+") as file:
                file.write(str(GROUP))
        except OSError:
            if folder.is_dir():
                leave(folder)
            continue
        yield folder
        leave(folder)
        return
    pytest.skip("no memory-limited control group can be made here (needs root and cgroupfs)")


def python_in(group: Path, code: str) -> subprocess.CompletedProcess[str]:
    enter = f'echo $$ > {group}/cgroup.procs && exec "$@"'
    environment = {key: value for key, value in os.environ.items() if key != "FIJI_BRIDGE_HEAP"}
    return subprocess.run(
        ["sh", "-c", enter, "sh", sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )


def test_in_a_real_control_group(group: Path) -> None:
    done = python_in(group, _SAY.replace("available_bytes", "total_bytes") + "; " + _SAY)
    total, available = map(int, done.stdout.split())
    assert 0 < available <= total <= GROUP, done.stderr


@pytest.mark.jvm
def test_a_full_java_heap_in_a_real_control_group_is_an_error(group: Path) -> None:
    """With 75 % of so small a group the system would kill the process first."""
    code = """
import fiji_bridge
from fiji_bridge.jvm.macros import run_macro
session = fiji_bridge.start()
print(session.settings.heap)
try:
    fill = 'for (i = 0; i < 99; i++) newImage("" + i, "32-bit ramp", 2048, 2048, 1);'
    run_macro(session, fill)
except fiji_bridge.errors.MacroError as error:
    print("MacroError", "memory" in str(error) or "heap space" in str(error))
"""
    done = python_in(group, code)
    assert done.stdout.splitlines()[:1] == ["128m"]
    assert done.stdout.splitlines()[-1:] == ["MacroError True"], (done.returncode, done.stderr)


def test_work_larger_than_a_real_control_group_is_refused(group: Path) -> None:
    code = """
import numpy as np
import fiji_bridge
image = np.zeros((8, 2000, 2000), np.uint8)
try:
    fiji_bridge.gaussian(image, sigma="1 px", dtype="float64", engine="scipy")
except fiji_bridge.errors.MemoryLimitError as error:
    print(error)
"""
    done = python_in(group, code)
    assert "needs 2" in done.stdout, (done.returncode, done.stderr)
    assert "are available" in done.stdout


def test_processes_share_the_heap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heap, "total_bytes", lambda: 8 * GIB)
    assert (heap.default_heap(), heap.default_heap(4)) == ("6144m", "1536m")
    monkeypatch.setattr(heap, "total_bytes", lambda: GIB // 4)
    assert (heap.default_heap(), heap.default_heap(2)) == ("128m", "64m")
    monkeypatch.setattr(heap, "total_bytes", lambda: 9 * GIB)
    assert heap.default_heap(2, taken=GIB) == "3072m"


class Runtime:
    """Of a JVM whose heap is full, half of it of what nobody uses any more."""

    def __init__(self) -> None:
        self.free = 0

    def maxMemory(self) -> int:  # noqa: N802
        return 1000

    def totalMemory(self) -> int:  # noqa: N802
        return 1000

    def freeMemory(self) -> int:  # noqa: N802
        return self.free

    def gc(self) -> None:
        self.free = 500


def test_what_does_not_fit_into_a_running_heap_is_refused() -> None:
    heap.check_room(Runtime(), 500, "the image")
    with pytest.raises(MemoryLimitError, match=r"the image needs 501 B .* which 500 B are left"):
        heap.check_room(Runtime(), 501, "the image")


@pytest.mark.jvm
def test_a_heap_that_fills_up_while_an_image_is_sent_is_an_error(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise session.jclass("java.lang.OutOfMemoryError")("Java heap space")

    monkeypatch.setattr(imageplus, "_java_pixels", full)
    with pytest.raises(MemoryLimitError, match=r"Java ran out of memory .* --heap"):
        fiji_bridge.to_imagej(np.zeros((2, 9, 9), np.uint8))
