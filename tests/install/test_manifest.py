"""The record of an installation is not believed where it leads out of its folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fiji_bridge.errors import FileError
from fiji_bridge.install import manifest
from fiji_bridge.install.folder import install, uninstall


def record(folder: Path, **values: object) -> None:
    made = {"version": "0.1.0", "complete": True, "files": {}, "folders": [], **values}
    (folder / manifest.NAME).write_text(json.dumps(made))


@pytest.mark.parametrize("as_folder", [False, True])
@pytest.mark.parametrize(
    "name",
    [
        "../victim.txt",
        "{absolute}",
        "plugins/../../victim.txt",
        "..\\victim.txt",
        "C:/victim",
        "a\0b",
        "",
    ],
)
def test_entries_outside_are_refused_and_nothing_is_touched(
    imagej: Path, name: str, as_folder: bool
) -> None:
    victim = imagej.parent / "victim.txt"
    victim.write_text("mine")
    name = name.replace("{absolute}", str(victim))
    digests = [manifest.digest(b"mine")]
    if as_folder:
        record(imagej, folders=[name])
    else:
        record(imagej, files={name: digests})
    with pytest.raises(FileError, match="not inside of"):
        uninstall(imagej)
    with pytest.raises(FileError, match="not inside of"):
        install(imagej)
    assert victim.read_text() == "mine"


def test_a_folder_that_is_a_link_to_elsewhere_is_outside(imagej: Path) -> None:
    elsewhere = imagej.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.txt").write_text("mine")
    (imagej / "linked").symlink_to(elsewhere)
    record(imagej, files={"linked/a.txt": [manifest.digest(b"mine")]})
    with pytest.raises(FileError, match="not inside of"):
        uninstall(imagej)
    assert (elsewhere / "a.txt").read_text() == "mine"


def test_a_link_with_the_name_of_a_part_is_not_written_through(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / f"a.txt{manifest.PART}").symlink_to(victim)
    manifest.put(tmp_path / "a.txt", b"new")
    assert victim.read_text() == "mine"
    assert (tmp_path / "a.txt").read_bytes() == b"new"
    assert not (tmp_path / "a.txt").is_symlink()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "it is no JSON ("),
        ("[]", "it is no JSON object"),
        ("{}", "version is missing"),
        ('{"version": 1}', "version=1 does not fit"),
        ('{"version": "1", "complete": "yes"}', "complete='yes' does not fit"),
        ('{"version": "1", "complete": true, "folders": []}', "files is missing"),
        ('{"version": "1", "complete": true, "files": {"a": 3}, "folders": []}', "files.a=3"),
        ('{"version": "1", "complete": true, "files": {}, "folders": "a"}', "folders='a'"),
    ],
)
def test_a_broken_record_is_told_by_its_first_fault(imagej: Path, text: str, said: str) -> None:
    """It was ``cannot read … ('version')``."""
    (imagej / manifest.NAME).write_text(text)
    for change in (install, uninstall):
        with pytest.raises(FileError) as refused:
            change(imagej)
        message = str(refused.value)
        assert said in message
        assert str(imagej / manifest.NAME) in message
        assert "put back a copy of it" in message
        assert "\n" not in message
    assert (imagej / manifest.NAME).read_text() == text


def test_a_record_of_brackets_is_refused(imagej: Path) -> None:
    (imagej / manifest.NAME).write_text("[" * 100_000)
    with pytest.raises(FileError, match="cannot read"):
        uninstall(imagej)


def test_a_newer_version_is_replaced_only_when_that_is_said(imagej: Path) -> None:
    record(imagej, version="99.0")
    with pytest.raises(FileError, match=r"99\.0, which is newer"):
        install(imagej)
    assert not any((imagej / "plugins").glob("fiji_bridge*"))
    install(imagej, downgrade=True)
    assert any((imagej / "plugins").glob("fiji_bridge*"))
