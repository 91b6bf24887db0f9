"""Folders that look like a Fiji and an ImageJ, and what is in them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Tree = Callable[[Path], dict[str, bytes | None]]


@pytest.fixture
def imagej(tmp_path: Path) -> Path:
    folder = tmp_path / "ImageJ app"
    for name in (
        "ij.jar",
        "plugins/Mine_.jar",
        "plugins/jars/other-1.jar",
        "macros/StartupMacros.txt",
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    (folder / "luts").mkdir()
    return folder


@pytest.fixture
def fiji(tmp_path: Path) -> Path:
    folder = tmp_path / "Fiji.app"
    for name in ("jars/imagej-legacy-2.0.jar", "jars/imglib2-7.1.jar", "plugins/Some_.jar"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return folder


@pytest.fixture
def tree() -> Tree:
    """Everything in a folder: path to content, None for a folder."""

    def contents(folder: Path) -> dict[str, bytes | None]:
        return {
            path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
            for path in folder.rglob("*")
        }

    return contents
