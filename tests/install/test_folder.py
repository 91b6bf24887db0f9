"""Installing into a folder and out of it again, also when it is interrupted anywhere."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from fiji_bridge.errors import FileError
from fiji_bridge.install import folder as module
from fiji_bridge.install import macrogen, manifest
from fiji_bridge.install.folder import install, uninstall
from fiji_bridge.install.payload import recognise
from fiji_bridge.jvm.jars import verified

Tree = Callable[[Path], dict[str, bytes | None]]


class PulledPlugError(BaseException):
    """The power is gone: nothing after it runs."""


def files(contents: dict[str, bytes | None]) -> set[str]:
    return {name for name, data in contents.items() if data is not None}


def test_imagej_gets_jar_imglib2_and_macros(imagej: Path, tree: Tree) -> None:
    before = files(tree(imagej))
    report = install(imagej)
    own, *libraries = verified()
    (imglib2,) = (jar for jar in libraries if jar.path.name.startswith("imglib2-"))
    new = files(tree(imagej)) - before
    assert new == {
        f"plugins/{own.path.name}",
        f"plugins/jars/{imglib2.path.name}",
        *(f"macros/fiji_bridge/{name}" for name in macrogen.generate()),
        manifest.NAME,
    }
    assert report.kind == "ImageJ"
    assert set(report.written) == new - {manifest.NAME}
    assert "_" in own.path.name, "ImageJ looks only into jars with an underscore in their names"
    assert (imagej / "plugins" / own.path.name).read_bytes() == own.path.read_bytes()


def test_fiji_keeps_its_own_imglib2(fiji: Path, tree: Tree) -> None:
    before = files(tree(fiji))
    assert install(fiji).kind == "Fiji"
    new = files(tree(fiji)) - before
    assert not any("imglib2" in name for name in new)
    assert any(name.startswith("plugins/fiji_bridge-") for name in new)


def test_an_imglib2_that_is_there_already_is_enough(imagej: Path, tree: Tree) -> None:
    (imagej / "plugins" / "imglib2-7.0.jar").write_bytes(b"theirs")
    install(imagej)
    assert [name for name in tree(imagej) if "imglib2-" in name] == ["plugins/imglib2-7.0.jar"]


@pytest.mark.parametrize("name", ["imagej", "fiji"])
def test_uninstall_leaves_the_folder_as_it_was(
    name: str, request: pytest.FixtureRequest, tree: Tree
) -> None:
    folder: Path = request.getfixturevalue(name)
    before = tree(folder)
    install(folder)
    assert tree(folder) != before
    uninstall(folder)
    assert tree(folder) == before


def test_a_second_install_writes_nothing(imagej: Path, tree: Tree) -> None:
    install(imagej)
    before = tree(imagej)
    assert install(imagej).written == ()
    assert tree(imagej) == before


def old_version(folder: Path) -> None:
    """Turn what is installed into an older version with a file that is no more."""
    install(folder)
    record = json.loads((folder / manifest.NAME).read_text())
    own = next(name for name in record["files"] if name.startswith("plugins/fiji_bridge-"))
    old = "plugins/fiji_bridge-0.0.1.jar"
    (folder / own).rename(folder / old)
    record["files"][old] = record["files"].pop(own)
    macro = folder / "macros/fiji_bridge/gone.ijm"
    macro.write_bytes(b"old")
    record["files"]["macros/fiji_bridge/gone.ijm"] = [manifest.digest(b"old")]
    record["version"] = "0.0.1"
    (folder / manifest.NAME).write_text(json.dumps(record))


def test_an_upgrade_removes_what_the_old_version_left(imagej: Path, tree: Tree) -> None:
    before = tree(imagej)
    install(imagej)
    fresh = tree(imagej)
    uninstall(imagej)
    old_version(imagej)
    report = install(imagej)
    assert set(report.removed) == {
        "plugins/fiji_bridge-0.0.1.jar",
        "macros/fiji_bridge/gone.ijm",
    }
    assert tree(imagej) == fresh
    uninstall(imagej)
    assert tree(imagej) == before


def test_what_someone_else_put_there_is_never_touched(imagej: Path, tree: Tree) -> None:
    mine = imagej / "macros" / "fiji_bridge" / "gaussian.ijm"
    mine.parent.mkdir()
    mine.write_bytes(b"mine")
    before = tree(imagej)
    with pytest.raises(FileError, match=r"gaussian\.ijm is in the way: it was not put there"):
        install(imagej)
    assert tree(imagej) == before


def test_another_copy_of_the_jar_is_a_conflict(imagej: Path) -> None:
    (imagej / "plugins" / "fiji_bridge-0.0.9.jar").write_bytes(b"by hand")
    with pytest.raises(FileError, match=r"fiji_bridge-0\.0\.9\.jar is another copy"):
        install(imagej)


def test_a_changed_file_is_kept_and_reported(imagej: Path) -> None:
    install(imagej)
    changed = imagej / "macros" / "fiji_bridge" / "gaussian.ijm"
    changed.write_bytes(b"mine now")
    with pytest.raises(FileError, match="was changed since it was installed"):
        install(imagej)
    assert uninstall(imagej).kept == ("macros/fiji_bridge/gaussian.ijm",)
    assert changed.read_bytes() == b"mine now"


def test_a_link_in_the_way_is_not_followed(imagej: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"precious")
    (imagej / "macros" / "fiji_bridge").mkdir()
    (imagej / "macros" / "fiji_bridge" / "gaussian.ijm").symlink_to(outside)
    with pytest.raises(FileError, match="is no ordinary file"):
        install(imagej)
    assert outside.read_bytes() == b"precious"


@pytest.mark.parametrize("what", ["missing", "empty", "plugins only", "file"])
def test_any_other_folder_is_refused(tmp_path: Path, what: str) -> None:
    folder = tmp_path / "folder"
    if what == "file":
        folder.write_bytes(b"")
    elif what != "missing":
        folder.mkdir()
    if what == "plugins only":
        (folder / "plugins").mkdir()
    with pytest.raises(FileError, match=re.escape(str(folder))):
        install(folder)


def test_the_folder_around_is_told_from_the_folder(imagej: Path) -> None:
    with pytest.raises(FileError, match=re.escape(f"did you mean {imagej}")):
        recognise(imagej.parent)


def test_uninstall_without_install_says_so(imagej: Path) -> None:
    with pytest.raises(FileError, match="is not installed in"):
        uninstall(imagej)


def test_a_broken_manifest_is_not_guessed_at(imagej: Path) -> None:
    (imagej / manifest.NAME).write_text("{")
    with pytest.raises(FileError, match="cannot read"):
        install(imagej)


def pull_the_plug(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """Let everything that changes a folder work `step` times, and then never again."""
    count = iter(range(10**6))

    def limited(owner: type, name: str) -> None:
        real = getattr(owner, name)

        def change(*args: object, **kwargs: object) -> object:
            if next(count) >= step:
                raise PulledPlugError
            return real(*args, **kwargs)

        monkeypatch.setattr(owner, name, change)

    for name in ("replace", "unlink", "rmdir", "mkdir"):
        limited(Path, name)


@pytest.mark.parametrize("upgrade", [False, True])
@pytest.mark.parametrize("after", ["install", "uninstall"])
def test_an_interruption_anywhere_is_put_in_order_by_the_next_run(
    imagej: Path, tree: Tree, upgrade: bool, after: str
) -> None:
    before = tree(imagej)
    install(imagej)
    fresh = tree(imagej)
    uninstall(imagej)
    for step in range(1000):
        if upgrade:
            old_version(imagej)
        with pytest.MonkeyPatch.context() as patch:
            pull_the_plug(patch, step)
            try:
                module.install(imagej)
                done = True
            except PulledPlugError:
                done = False
        if after == "install":
            install(imagej)
            assert tree(imagej) == fresh, step
        if manifest.read(imagej) or (imagej / (manifest.NAME + manifest.PART)).exists():
            uninstall(imagej)
        assert tree(imagej) == before, step
        if done:
            assert step > 10
            return
    raise AssertionError("it never ends")


def test_an_interrupted_uninstall_can_be_repeated(imagej: Path, tree: Tree) -> None:
    before = tree(imagej)
    for step in range(1000):
        install(imagej)
        with pytest.MonkeyPatch.context() as patch:
            pull_the_plug(patch, step)
            try:
                module.uninstall(imagej)
                done = True
            except PulledPlugError:
                done = False
        if manifest.read(imagej):
            uninstall(imagej)
        assert tree(imagej) == before, step
        if done:
            assert step > 5
            return
    raise AssertionError("it never ends")


def test_the_program_installs_and_takes_out(
    program: Callable[..., subprocess.CompletedProcess[str]], imagej: Path, tree: Tree
) -> None:
    before = tree(imagej)
    done = program("install", imagej)
    assert done.returncode == 0, done.stderr
    assert "macros/fiji_bridge/gaussian.ijm" in done.stdout
    assert program("uninstall", imagej).returncode == 0
    assert tree(imagej) == before
    refused = program("uninstall", imagej)
    assert refused.returncode == 2
    assert "is not installed in" in refused.stderr
    assert "Traceback" not in refused.stderr
