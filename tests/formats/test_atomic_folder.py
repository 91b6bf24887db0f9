"""An OME-Zarr is there whole, old or new, whenever its writer is killed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fiji_bridge import CalibratedImage, system
from fiji_bridge.errors import FileError
from fiji_bridge.formats import parts
from fiji_bridge.formats.ome_zarr import check_zarr_target, write_ome_zarr

zarr = pytest.importorskip("zarr", reason="zarr is not installed")

# Writes value 2 over value 1, again and again, each time killed one file operation later, until
# it comes to its end; after each kill the parent looks at what is there.
_KILLED_EVERYWHERE = """
import os, shutil, signal, sys
from pathlib import Path
import numpy as np, zarr
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge import system
from fiji_bridge.formats.ome_zarr import check_zarr_target, write_ome_zarr

folder, exchanging, replacing = Path(sys.argv[1]), sys.argv[2] == "yes", sys.argv[3] == "yes"
target = folder / "p.ome.zarr"
FILE_OPERATIONS = ("open", "os.", "shutil.", "tempfile.", "pathlib.")

def levels(value):
    return [CalibratedImage(np.full((n, 8, 8), value, np.uint8), ("z", "y", "x")) for n in (4, 2)]

def value():
    group = zarr.open_group(str(target), mode="r")
    values = {int(v) for n in "01" for v in np.unique(group[n][...])}
    assert len(values) == 1 and group["0"].shape == (4, 8, 8), values
    assert group.attrs["ome"]["version"] == "0.5"
    return values.pop()

if not exchanging:
    system.exchange_names = lambda a, b: False
number, seen = 0, []
while True:
    for left in folder.iterdir():
        shutil.rmtree(left)
    if replacing:
        write_ome_zarr(levels(1), target)
    child = os.fork()
    if child == 0:
        count = 0
        def audit(event, arguments):
            global count
            if event.startswith(FILE_OPERATIONS) and event != "os.kill":
                count += 1
                if count > number:
                    os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(audit)
        write_ome_zarr(levels(2), target, overwrite=replacing)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status):
        break
    assert os.WTERMSIG(status) == signal.SIGKILL
    there = target.exists()
    if not there:
        try:
            check_zarr_target(target, overwrite=True)
        except Exception as error:
            sys.exit(f"after {number} operations: {error}")
    seen.append((there, value() if target.exists() else None))
    number += 1
assert os.WEXITSTATUS(status) == 0 and value() == 2
print(sum(there for there, _ in seen), sum(v == 1 for _, v in seen), sum(v == 2 for _, v in seen),
      sum(v is None for _, v in seen), len(seen))
"""


def killed(folder: Path, *, exchanging: bool, replacing: bool) -> list[int]:
    """Return kills after which: a folder was there; it was old; it was new; none; all kills."""
    words = ["yes" if flag else "no" for flag in (exchanging, replacing)]
    done = subprocess.run(
        [sys.executable, "-c", _KILLED_EVERYWHERE, str(folder), *words],
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [int(word) for word in done.stdout.split()]


def test_replaced_in_one_step(tmp_path: Path) -> None:
    there, old, new, none, kills = killed(tmp_path, exchanging=True, replacing=True)
    assert kills > 30
    # It was never gone, not for a moment, and both states were met.
    assert there == old + new == kills
    assert old > 20
    assert new > 1
    assert none == 0


def test_replaced_where_names_cannot_be_exchanged(tmp_path: Path) -> None:
    there, old, new, none, kills = killed(tmp_path, exchanging=False, replacing=True)
    # One kill fell between the two renames: the old one was given its name back.
    assert there == kills - 1
    assert old + new == kills
    assert new > 1
    assert none == 0


def test_a_new_one_is_whole_or_not_there(tmp_path: Path) -> None:
    there, old, new, none, kills = killed(tmp_path, exchanging=True, replacing=False)
    assert (old, there) == (0, new)
    assert new + none == kills
    assert none > 20
    assert new > 0


_DIES = """
import os, signal, sys
from pathlib import Path
from fiji_bridge.formats.atomic_folder import atomic_folder
with atomic_folder(Path(sys.argv[1]), overwrite=False) as folder:
    folder.mkdir()
    (folder / "chunk").write_bytes(b"x")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_next_writing_sweeps_what_a_killed_one_left(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", _DIES, str(tmp_path / "a.zarr")], check=False)
    assert len(os.listdir(tmp_path)) == 1
    write(tmp_path / "p.ome.zarr", 1)
    assert os.listdir(tmp_path) == ["p.ome.zarr"]


def write(target: Path, value: int, *, overwrite: bool = False) -> None:
    levels = [CalibratedImage(np.full((4, 8, 8), value, np.uint8), ("z", "y", "x"))]
    write_ome_zarr(levels, target, overwrite=overwrite)


def value(target: Path) -> int:
    return int(zarr.open_group(str(target), mode="r")["0"][0, 0, 0])


@pytest.mark.parametrize("exchanging", [True, False])
def test_nothing_else_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchanging: bool
) -> None:
    if not exchanging:
        monkeypatch.setattr(system, "exchange_names", lambda a, b: False)
    target = tmp_path / "p.ome.zarr"
    for number in (1, 2):
        write(target, number, overwrite=True)
        assert value(target) == number
        assert os.listdir(tmp_path) == ["p.ome.zarr"]


def test_an_error_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "p.ome.zarr"
    write(target, 1)
    rename = Path.rename

    def failing(self: Path, other: Path) -> Path:
        if self.name == "data":
            raise OSError(28, "No space left on device")
        return rename(self, other)

    monkeypatch.setattr(system, "exchange_names", lambda a, b: False)
    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(FileError, match="No space left on device"):
        write(target, 2, overwrite=True)
    assert value(target) == 1
    assert os.listdir(tmp_path) == ["p.ome.zarr"]


def test_a_folder_that_cannot_be_written(
    tmp_path: Path, unwritable: Callable[[Path], None]
) -> None:
    unwritable(tmp_path)
    with pytest.raises(FileError, match="cannot write"):
        write(tmp_path / "p.ome.zarr", 1)


@pytest.fixture
def unwritable(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Root may write anywhere, so the refusal is made."""

    def refuse(folder: Path) -> None:
        def mkdtemp(**_: object) -> str:
            raise PermissionError(13, "Permission denied", str(folder))

        monkeypatch.setattr(parts.tempfile, "mkdtemp", mkdtemp)

    return refuse


def test_what_was_saved_is_not_replaced_unasked(tmp_path: Path) -> None:
    target = tmp_path / "p.ome.zarr"
    write(target, 1)
    target.rename(tmp_path / ".p.ome.zarr.abcdefgh.replaced")
    with pytest.raises(FileError, match="exists"):
        check_zarr_target(target, overwrite=False)
    assert value(target) == 1
