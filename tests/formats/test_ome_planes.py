"""OME-XML that says otherwise than the pages: refused by name and number."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

from fiji_bridge.errors import FileError
from fiji_bridge.formats import read

Change = Callable[[str], str]


def changed(path: Path, change: Change, data: np.ndarray | None = None) -> Path:
    """Write an OME-TIFF of 10 planes and change what its XML says."""
    if data is None:
        data = np.arange(10 * 8 * 9, dtype=np.uint16).reshape(10, 8, 9)
    tifffile.imwrite(path, data, metadata={"axes": "ZYX"}, ome=True)
    text = tifffile.tiffcomment(path)
    made = change(text)
    assert made != text
    tifffile.tiffcomment(path, made.encode())
    return path


def fewer(text: str) -> str:
    text = text.replace('SizeZ="10"', 'SizeZ="7"')
    return text.replace('PlaneCount="10"', 'PlaneCount="7"')


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (fewer, "it has 10 pages of one kind, and the OME-XML, which says 7 planes, leaves out 3 "
         "of them, the first of them page 8"),
        (lambda text: text.replace('SizeZ="10"', 'SizeZ="7"'), "leaves out 3 of them"),
        (lambda text: re.sub(r'SizeZ="10"', 'SizeZ="1"', re.sub(
            r"<TiffData.*?</TiffData>|<TiffData[^>]*/>", '<TiffData IFD="4" PlaneCount="1"/>', text,
            flags=re.S)), "leaves out 9 of them, the first of them page 1"),
        (lambda text: text.replace('Type="uint16"', 'Type="int16"'),
         "the OME-XML says that samples are int16 and the pages have 16 bits, unsigned"),
        (lambda text: text.replace('Type="uint16"', 'Type="uint8"'), "samples are uint8"),
        (lambda text: text.replace('Type="uint16"', 'Type="float"'), "samples are float"),
    ],
    ids=["planes", "size only", "one page", "sign", "bits", "float"],
)  # fmt: skip
def test_what_the_xml_says_otherwise_is_refused(change: Change, said: str, tmp_path: Path) -> None:
    path = changed(tmp_path / "a.ome.tif", change)
    with pytest.raises(FileError) as refused:
        read(path)
    assert said in str(refused.value)
    assert str(path) in str(refused.value)


@pytest.mark.parametrize(
    "dtype", ["uint8", "int8", "int16", "uint32", "int32", "float32", "float64"]
)
def test_types_that_agree_are_read(dtype: str, tmp_path: Path) -> None:
    data = np.arange(10 * 8 * 9).reshape(10, 8, 9).astype(dtype)
    path = changed(tmp_path / "a.ome.tif", lambda text: text.replace('Name="Image0"', ""), data)
    np.testing.assert_array_equal(read(path).data, data)


def a_set(folder: Path) -> list[Path]:
    """Write two files of five planes each, whose XML names both by their UUID."""
    folder.mkdir(exist_ok=True)
    paths = [folder / name for name in ("a.ome.tif", "b.ome.tif")]
    data = np.random.default_rng(1).integers(0, 9999, (10, 8, 9)).astype(np.uint16)
    own = [f"urn:uuid:0000000{i}-0000-4000-8000-000000000000" for i in (1, 2)]
    blocks = "".join(
        f'<TiffData IFD="0" FirstZ="{5 * i}" PlaneCount="5"><UUID FileName="{path.name}">{uuid}'
        "</UUID></TiffData>"
        for i, (path, uuid) in enumerate(zip(paths, own, strict=True))
    )
    for i, (path, uuid) in enumerate(zip(paths, own, strict=True)):
        xml = (
            '<?xml version="1.0" encoding="UTF-8"?>'
            f'<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="{uuid}">'
            '<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" '
            'SizeX="9" SizeY="8" SizeZ="10" SizeC="1" SizeT="1"><Channel ID="Channel:0:0"/>'
            f"{blocks}</Pixels></Image></OME>"
        )
        tifffile.imwrite(path, data[5 * i : 5 * i + 5], description=xml, metadata=None)
    return paths


def test_a_file_of_another_set_is_not_taken(tmp_path: Path) -> None:
    """It has the name of the member and another UUID: its planes belong to another image."""
    first, second = a_set(tmp_path / "set")
    assert read(first).data.shape == (10, 8, 9)
    other = tmp_path / "other"
    _, stray = a_set(other)
    text = tifffile.tiffcomment(stray)
    tifffile.tiffcomment(stray, text.replace('UUID="urn:uuid:00000002', 'UUID="urn:uuid:00000009'))
    shutil.copy(stray, second)
    with pytest.raises(FileError, match=r"b\.ome\.tif is another file than the one that belongs"):
        read(first)
