"""The registry of file formats: what it refuses, and that a format is one file and one line."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest

import fiji_bridge
from fiji_bridge.errors import FileError, InputError
from fiji_bridge.formats import catalogue, formats
from fiji_bridge.formats.catalogue import FORMATS
from fiji_bridge.formats.imagej_tiff import IMAGEJ_TIFF
from fiji_bridge.formats.plain_tiff import PLAIN_TIFF
from fiji_bridge.formats.registry import Format, Registry
from fiji_bridge.image.calibrated import CalibratedImage

ROOT = Path(__file__).resolve().parents[2]

# A whole format in another package's file: what CONTRIBUTING.md says is enough.
_FORMAT = """
import numpy as np
from fiji_bridge.formats.atomic import atomic_output
from fiji_bridge.formats.registry import Format
from fiji_bridge.image.calibrated import CalibratedImage

def read(probe):
    return CalibratedImage(np.load(probe.path), ("z", "y", "x"), name=probe.path.name)

def write(image, path, overwrite):
    with atomic_output(path, overwrite=overwrite) as file:
        np.save(file, image.data)

NPY = Format("NumPy array", lambda probe: probe.head.startswith(b"\\x93NUMPY"), read,
             endings=(".npy",), write=write)
"""

_USE = """
import sys
import numpy as np
from fiji_bridge import read, write
from fiji_bridge.image.calibrated import CalibratedImage

data = np.arange(24.0).reshape(2, 3, 4)
write(CalibratedImage(data, ("z", "y", "x")), sys.argv[1])
assert np.array_equal(read(sys.argv[1]).data, data)
print("read and written")
"""


def package(folder: Path, target: str) -> Path:
    """Make an installed package with an entry point, without installing one."""
    (folder / "others_format.py").write_text(_FORMAT)
    info = folder / "others_format-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: others-format\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[fiji_bridge.formats]\nnpy = {target}\n")
    return folder


def use(folder: Path) -> subprocess.CompletedProcess[str]:
    search = f"{folder}:{Path(fiji_bridge.__file__).parents[1]}"
    return subprocess.run(
        [sys.executable, "-c", _USE, str(folder / "a.npy")],
        env={"PYTHONPATH": search},
        capture_output=True,
        text=True,
        check=False,
    )


def test_another_package_adds_a_format_with_one_entry_point(tmp_path: Path) -> None:
    done = use(package(tmp_path, "others_format:NPY"))
    assert done.stdout == "read and written\n", done.stderr


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("json:MISSING", "cannot be loaded"),
        ("no_such_module:NPY", "cannot be loaded"),
        ("json:loads", "gives function, not a Format"),
    ],
)
def test_an_entry_point_that_fails_is_named(target: str, said: str) -> None:
    registry = Registry(FORMATS)
    with pytest.raises(InputError, match=f"entry point npy = {target} .*{said}"):
        registry.add_entry_points([EntryPoint("npy", target, "fiji_bridge.formats")])


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (IMAGEJ_TIFF, "'ImageJ TIFF' is registered twice"),
        (replace(IMAGEJ_TIFF, name="Other"), r"\.tif of Other belongs to ImageJ TIFF"),
        (replace(PLAIN_TIFF, name="Other", endings=(".x",)), "needs endings to be written"),
        (replace(IMAGEJ_TIFF, name="Other", endings=()), "needs endings to be written"),
        (replace(IMAGEJ_TIFF, name="Other", endings=("x",)), "must be like"),
        (replace(IMAGEJ_TIFF, name="Other", endings=(".X",)), "must be like"),
    ],
)
def test_what_cannot_be_registered(new: Format, said: str) -> None:
    with pytest.raises(InputError, match=said):
        Registry([*FORMATS, new])


def test_the_longer_ending_counts() -> None:
    names = {"a.tif": "ImageJ TIFF", "a.ome.tif": "OME-TIFF", "A.OME.TIFF": "OME-TIFF",
             "a.ome.zarr": "OME-Zarr", ".tif": "ImageJ TIFF"}  # fmt: skip
    assert {name: formats().for_writing(name).name for name in names} == names


def test_an_unknown_file_is_refused_with_the_formats(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(FileError, match="none of the formats OME-TIFF, SCIFIO TIFF, ImageJ TIFF"):
        fiji_bridge.read(tmp_path / "a.png")


def test_one_file_and_one_line_per_format() -> None:
    """What CONTRIBUTING.md says: the line in the catalogue, and the import that belongs to it."""
    text = Path(catalogue.__file__).read_text(encoding="utf-8")
    tree = ast.parse(text)
    imported = [node.names[0].name for node in tree.body if isinstance(node, ast.ImportFrom)]
    imported.remove("annotations")
    modules = [node.module for node in tree.body if isinstance(node, ast.ImportFrom)][1:]
    assert len(imported) == len(set(modules)) == len(FORMATS)
    lines = re.findall(r"^    ([A-Z0-9_]+),$", text, re.M)
    assert sorted(lines) == sorted(imported)
    said = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert f"{len(FORMATS)} file formats" in said


def test_a_channel_stack_as_a_zarr_of_one_level(tmp_path: Path) -> None:
    zarr = pytest.importorskip("zarr", reason="zarr is not installed")
    data = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    fiji_bridge.write(CalibratedImage(data, ("z", "y", "x")), tmp_path / "a.ome.zarr")
    assert np.array_equal(zarr.open_group(str(tmp_path / "a.ome.zarr"), mode="r")["0"][...], data)
