"""A file is there whole or not at all, whatever happens while it is written."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from fiji_bridge import system
from fiji_bridge.errors import FileError, InputError
from fiji_bridge.formats import parts, read, write
from fiji_bridge.formats.atomic import atomic_output
from fiji_bridge.image.calibrated import CalibratedImage


def image(value: int, planes: int = 4) -> CalibratedImage:
    return CalibratedImage(np.full((planes, 64, 64), value, np.uint8), ("z", "y", "x"))


def put(path: Path, content: bytes, *, overwrite: bool = False, meanwhile: object = None) -> None:
    """Write a file; `meanwhile` is another's content for it, or an exception."""
    with atomic_output(path, overwrite=overwrite) as file:
        file.write(content)
        if isinstance(meanwhile, bytes):
            path.write_bytes(meanwhile)
        elif isinstance(meanwhile, BaseException):
            raise meanwhile


def test_a_new_file(tmp_path: Path) -> None:
    with atomic_output(tmp_path / "a") as file:
        file.write(b"whole")
        assert not (tmp_path / "a").exists()
    assert (tmp_path / "a").read_bytes() == b"whole"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_an_existing_file_is_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(b"precious")
    with pytest.raises(FileError, match=r"a\.tif exists.*--overwrite"):
        write(image(1), tmp_path / "a.tif")
    assert (tmp_path / "a.tif").read_bytes() == b"precious"


def test_overwrite_replaces_it(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(b"old")
    write(image(1), tmp_path / "a.tif", overwrite=True)
    assert read(tmp_path / "a.tif").data.max() == 1


def test_a_file_that_appears_meanwhile_is_not_lost(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="exists"):
        put(tmp_path / "a", b"ours", meanwhile=b"theirs")
    assert (tmp_path / "a").read_bytes() == b"theirs"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("taken", [False, True])
def test_file_systems_without_links(
    taken: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    if taken:
        with pytest.raises(FileError, match="exists"):
            put(tmp_path / "a", b"ours", meanwhile=b"theirs")
    else:
        put(tmp_path / "a", b"ours")
    assert (tmp_path / "a").read_bytes() == (b"theirs" if taken else b"ours")
    assert len(list(tmp_path.iterdir())) == 1


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt):
        put(tmp_path / "a", b"half", overwrite=True, meanwhile=KeyboardInterrupt())
    assert (tmp_path / "a").read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_rights_are_those_of_the_old_file_or_of_a_new_one(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"")
    (tmp_path / "old").chmod(0o640)
    (tmp_path / "plain").write_bytes(b"")
    for name in ("old", "new"):
        put(tmp_path / name, b"x", overwrite=True)
    assert stat.S_IMODE((tmp_path / "old").stat().st_mode) == 0o640
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    put(tmp_path / "link", b"new", overwrite=True)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


@pytest.mark.parametrize("where", ["missing/a.tif", "folder.tif"])
def test_places_that_cannot_be_written(where: str, tmp_path: Path) -> None:
    (tmp_path / "folder.tif").mkdir()
    with pytest.raises(FileError, match="cannot write"):
        write(image(1), tmp_path / where, overwrite=True)


def test_a_pipe_is_no_target(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.tif")
    with pytest.raises(FileError, match="no ordinary file"):
        write(image(1), tmp_path / "pipe.tif", overwrite=True)


@pytest.mark.parametrize("name", ["a.png", "a", "a.tif.gz"])
def test_unknown_endings_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"must end in \.tif"):
        write(image(1), tmp_path / name)


def test_an_array_has_to_become_an_image_first(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="write takes a CalibratedImage, not ndarray"):
        write(np.zeros((3, 4, 5)), tmp_path / "a.tif")  # type: ignore[arg-type]


# Starts a process that writes one image after the other over the same file, kills it, and again.
_KILLER = """
import os, signal, sys, time
import numpy as np
from fiji_bridge import read, write
from fiji_bridge.image.calibrated import CalibratedImage

path, planes = sys.argv[1], int(sys.argv[2])

def image(value):
    return CalibratedImage(np.full((planes, 64, 64), value, np.uint8), ("z", "y", "x"))

write(image(0), path)
for turn in range(25):
    mine, its = os.pipe()
    writer = os.fork()
    if writer == 0:
        value = turn
        while True:
            value = value % 200 + 1
            write(image(value), path, overwrite=True)
            os.write(its, b"1")
    os.read(mine, 1)
    time.sleep(0.0017 * turn)  # another moment of the writing each time
    os.kill(writer, signal.SIGKILL)
    assert os.waitstatus_to_exitcode(os.waitpid(writer, 0)[1]) == -signal.SIGKILL
    found = read(path).data
    assert found.shape == (planes, 64, 64)
    assert len(np.unique(found)) == 1, "a mixture of two images"
    assert found[0, 0, 0] > turn % 200, "an image that was finished is gone"
print("survived")
"""


@pytest.mark.parametrize("name", ["a.tif", "a.ome.tif"])
def test_kill_leaves_the_old_file_or_the_new_one(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    done = subprocess.run(
        [sys.executable, "-c", _KILLER, str(path), "200"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "survived\n", done.stderr
    # What is left of the killed writings has a name that nobody takes for an image.
    left = [p for p in tmp_path.iterdir() if p != path]
    assert all(p.name[0] == "." and p.suffix == ".part" for p in left)


_WAITS = """
import sys, time
from fiji_bridge.formats.atomic import atomic_output
with atomic_output(sys.argv[1]) as file:
    file.write(b"x" * 1000)
    file.flush()
    print("writing", flush=True)
    time.sleep(600)
"""


def left(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if p.name.endswith(parts.PART_SUFFIX))


def test_the_next_writing_sweeps_what_killed_ones_left(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", _WAITS, tmp_path / name], stdout=subprocess.PIPE)
        for name in ("a", "b", "a")
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"writing\n"
    assert len(left(tmp_path)) == 3
    for writer in writers:
        writer.kill()
        writer.communicate()
    assert len(left(tmp_path)) == 3
    (tmp_path / ".other.part").write_bytes(b"of another program")
    put(tmp_path / "c", b"whole")
    assert left(tmp_path) == []
    assert sorted(p.name for p in tmp_path.iterdir()) == [".other.part", "c"]


def test_a_writer_that_is_at_work_is_not_swept(tmp_path: Path) -> None:
    with atomic_output(tmp_path / "a") as slow:
        slow.write(b"first ")
        put(tmp_path / "b", b"meanwhile")
        assert len(left(tmp_path)) == 1
        slow.write(b"second")
    assert (tmp_path / "a").read_bytes() == b"first second"
    assert left(tmp_path) == []


def test_a_part_that_is_swept_before_it_is_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, met = system.lock, []

    def late(path: Path) -> int | None:
        met.append(path)
        if len(met) == 1:
            path.unlink()  # before it is opened
        descriptor = lock(path)
        if len(met) == 2:
            path.unlink()  # before it is locked
        if len(met) == 3:
            raise BlockingIOError  # while the other holds it
        return descriptor

    monkeypatch.setattr(system, "lock", late)
    put(tmp_path / "a", b"whole")
    assert len(met) == 4
    assert (tmp_path / "a").read_bytes() == b"whole"


def test_links_with_the_name_of_a_part_are_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    (tmp_path / f".a.xxxxxxxx{parts.PART_SUFFIX}").symlink_to(victim)
    (tmp_path / f".a{parts.PART_SUFFIX}").symlink_to(victim)
    put(tmp_path / "a", b"ours")
    assert victim.read_bytes() == b"precious"
    assert not (tmp_path / "a").is_symlink()


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_a_new_file_has_the_rights_that_the_umask_says(umask: int, tmp_path: Path) -> None:
    before = os.umask(umask)
    try:
        put(tmp_path / "a", b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o666 & ~umask


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip("no small file system can be mounted here (needs root and mount)")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("name", ["a.tif", "a.ome.tif"])
def test_a_full_disk_leaves_nothing_behind(name: str, small_disk: Path) -> None:
    with pytest.raises(FileError, match="No space left on device; nothing was written"):
        write(image(1, planes=1000), small_disk / name)
    assert list(small_disk.iterdir()) == []


def test_a_full_disk_leaves_the_old_file(small_disk: Path) -> None:
    write(image(7), small_disk / "a.tif")
    with pytest.raises(FileError, match="No space left"):
        write(image(1, planes=1000), small_disk / "a.tif", overwrite=True)
    assert [p.name for p in small_disk.iterdir()] == ["a.tif"]
    assert read(small_disk / "a.tif").data.max() == 7


def test_memory_does_not_hold_a_second_copy(tmp_path: Path) -> None:
    # Big-endian files need every sample swapped; that happens plane by plane.
    import tracemalloc

    data = np.zeros((64, 256, 256), np.float32)
    write(CalibratedImage(data[:2], ("z", "y", "x")), tmp_path / "warm up.tif")
    tracemalloc.start()
    for name in ("a.tif", "a.ome.tif"):
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        write(CalibratedImage(data, ("z", "y", "x")), tmp_path / name)
        _, peak = tracemalloc.get_traced_memory()
        # A few planes and the XML library are less than a quarter of the stack of 16 MiB.
        assert peak - before < data.nbytes / 4
    tracemalloc.stop()
