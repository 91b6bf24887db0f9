"""Incomplete files never pass as whole; planes come from their own places."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from fiji_bridge import read, write
from fiji_bridge.errors import FileError, MemoryLimitError
from fiji_bridge.jvm.imageplus import open_file
from file_cases import CASES, edit, stack

KINDS: dict[str, dict[str, Any] | None] = {
    "ome.tif": None,
    "tif": None,
    "zlib.tif": {"compression": "zlib", "imagej": True},
    "tiles.tif": {"tile": (16, 16)},
    "big.tif": {"bigtiff": True},
}


@pytest.mark.parametrize("percent", [99, 90, 60, 30, 10])
@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_cut_off_is_refused(kind: str, percent: int, tmp_path: Path) -> None:
    path, options = tmp_path / f"whole.{kind}", KINDS[kind]
    if options is None:
        write(stack(), path)
    else:
        noise = np.random.default_rng(1).integers(0, 60000, (8, 20, 30)).astype(np.uint16)
        tifffile.imwrite(path, noise, metadata={"axes": "ZYX"}, **options)
    assert read(path).data.shape == (8, 20, 30)
    content = path.read_bytes()
    (tmp_path / f"cut.{kind}").write_bytes(content[: len(content) * percent // 100])
    with pytest.raises(FileError, match=f"cut.{kind}"):
        read(tmp_path / f"cut.{kind}")


@pytest.mark.parametrize("missing", [1, 2, 3])
def test_a_missing_member_of_a_set_is_named(missing: int, tmp_path: Path) -> None:
    for number in range(4):
        if number != missing:
            make_member(tmp_path, number)
    with pytest.raises(FileError, match=rf"one of a set of files, and s_z{missing}\.ome\.tif"):
        read(tmp_path / "s_z0.ome.tif")
    make_member(tmp_path, missing)
    assert (read(tmp_path / "s_z0.ome.tif").data == 1000).all()
    member = tmp_path / f"s_z{missing}.ome.tif"
    member.write_bytes(member.read_bytes()[:-500])
    with pytest.raises(FileError, match=rf"s_z{missing}\.ome\.tif: it is cut off"):
        read(tmp_path / "s_z0.ome.tif")


def make_member(folder: Path, number: int) -> None:
    """Make one more of the set of the case from its first one."""
    content = (CASES / "s_z0.ome.tif").read_bytes()
    first = b'UUID="urn:uuid:00000000-0000-0000-0000-000000000001"'
    mine = f'UUID="urn:uuid:00000000-0000-0000-0000-{number + 1:012d}"'.encode()
    assert content.count(first) == 1
    (folder / f"s_z{number}.ome.tif").write_bytes(content.replace(first, mine))


def test_the_set_of_the_case_is_refused() -> None:
    with pytest.raises(FileError, match=r"s_z1\.ome\.tif is missing"):
        read(CASES / "s_z0.ome.tif")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('SizeZ="8"', 'SizeZ="9"', "9 planes .* there are 8; 1 are missing"),
        ('SizeT="1"', 'SizeT="3"', "24 planes .* 16 are missing"),
        ('SizeZ="8"', 'SizeZ="2000000000"', "2000000000 planes"),
        ('SizeZ="8"', 'SizeZ="0"', "SizeZ"),
        ('SizeZ="8"', 'SizeZ="-1"', "SizeZ"),
        ('SizeZ="8"', 'SizeZ="many"', "SizeZ"),
        ('SizeX="30"', 'SizeX="31"', "31 x 20 and the pages are 30 x 20"),
        ("<TiffData />", '<TiffData IFD="0" PlaneCount="7"/>', "1 of 8 planes .* first at .*z=7"),
        ("<TiffData />", '<TiffData IFD="1" PlaneCount="8"/>', "begin at page 2 .* has 8 pages"),
        ("<TiffData />", '<TiffData IFD="0" FirstZ="1" PlaneCount="7"/>', "first at .*z=0"),
        ("<TiffData />", "", "8 planes"),
    ],
)
def test_xml_that_says_more_planes_than_there_are(
    old: str, new: str, said: str, tmp_path: Path
) -> None:
    write(stack(), tmp_path / "a.ome.tif")
    edit(tmp_path / "a.ome.tif", old, new)
    with pytest.raises(FileError, match=said):
        read(tmp_path / "a.ome.tif")


def test_a_name_that_leads_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write(stack(1), tmp_path / "other.ome.tif")
    write(stack(2), tmp_path / "in/a.ome.tif")
    elsewhere = (
        '<TiffData IFD="0"/><TiffData FirstZ="1" IFD="0">'
        '<UUID FileName="../other.ome.tif">urn:uuid:1</UUID></TiffData>'
    )
    edit(tmp_path / "in/a.ome.tif", "<TiffData />", elsewhere)
    with pytest.raises(FileError, match=r"'\.\./other\.ome\.tif'; it has to lie in the same"):
        read(tmp_path / "in/a.ome.tif")


# --- images=, places of planes ---------------------------------------------------------------


def test_more_pages_than_said_come_from_their_own_places() -> None:
    data = read(CASES / "concat_10pages_says5.tif").data
    assert data.shape == (10, 32, 32)
    assert [sorted(set(plane.ravel().tolist())) for plane in data] == [
        [100 * (k + 1)] for k in range(10)
    ]


def test_fewer_pages_than_said_are_refused() -> None:
    with pytest.raises(FileError, match="says images=10 and has 5 pages; 5 are missing") as caught:
        read(CASES / "crop_5pages_says10.tif")
    assert "cut off" not in str(caught.value)


@pytest.mark.parametrize("said", [2, 7, 9, 10**9])
def test_one_directory_for_planes_that_are_not_there(said: int, tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    description = f"ImageJ=1.54p\nimages={said}\n"
    tifffile.imwrite(
        path, np.zeros((20, 30), np.uint8), description=description, metadata=None,
        photometric="minisblack",
    )  # fmt: skip
    with pytest.raises(FileError, match=rf"cut off, {said} planes need|planes would be"):
        read(path)


def test_a_circle_of_directories_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    write(stack(2), path)
    content = bytearray(path.read_bytes())
    first = int.from_bytes(content[4:8], "big")
    at = first + 2 + 12 * int.from_bytes(content[first : first + 2], "big")
    content[at : at + 4] = content[4:8]
    path.write_bytes(content)
    with pytest.raises(FileError, match="circle"):
        read(path)


@pytest.mark.parametrize("name", ["bytes_missing.tif", "deflate_ends_early.tif"])
def test_damaged_files_are_refused(name: str) -> None:
    with pytest.raises(FileError, match=f"cannot read .*{name}"):
        read(CASES / name)


@pytest.mark.parametrize("compression", ["jpeg", "jpeg2000", "png"])
def test_a_picture_in_a_strip_that_has_no_end_is_refused(compression: str, tmp_path: Path) -> None:
    """Its decoder would fill up the rest in grey."""
    noise = np.random.default_rng(1).integers(0, 255, (4, 64, 80)).astype(np.uint8)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, noise, compression=compression, photometric="minisblack")
    assert read(path).data.shape == (4, 64, 80)
    with tifffile.TiffFile(path) as tif:
        page = tif.pages[2]
        start, length = page.dataoffsets[0], page.databytecounts[0]
    content = bytearray(path.read_bytes())
    content[start + length // 2 : start + length] = bytes(length - length // 2)
    path.write_bytes(content)
    with pytest.raises(FileError, match=r"picture in strip 1 of page 3 has no end"):
        read(path)


# --- the real ImageJ -------------------------------------------------------------------------

IMAGEJ_REFUSES = {
    "scifio_um.tif": "SCIFIO TIFF",
    "s_z0.ome.tif": "OME-TIFF",
    "concat_10pages_says5.tif": "do not follow each other",
    "crop_5pages_says10.tif": "5 are missing",
    "bytes_missing.tif": "cannot read",
    "deflate_ends_early.tif": "cannot read",
}


@pytest.mark.jvm
@pytest.mark.parametrize("name", IMAGEJ_REFUSES)
def test_imagej_is_not_asked_for_what_it_takes_wrong(name: str) -> None:
    with pytest.raises(FileError, match=IMAGEJ_REFUSES[name]):
        read(CASES / name, reader="imagej")


CHANNELS = np.zeros((5, 2, 16, 16), np.uint16)

#: What tifffile is told, and what the refusal says.
OTHERS: dict[str, tuple[dict[str, Any], str]] = {
    "axes in JSON": ({"metadata": {"axes": "ZCYX"}}, "cannot read the JSON"),
    "unnamed axes in JSON": ({}, "cannot read the JSON"),
    "ScanImage": ({"metadata": None, "software": "SI.VERSION_MAJOR = 2020"}, r"\(scanimage\)"),
    "MetaMorph": ({"metadata": None, "extratags": [(33628, 4, 4, (0, 1, 1, 2), True)]}, "stk"),
    "BigTIFF": ({"metadata": None, "bigtiff": True}, r"\(BigTIFF\)"),
    "tiles": ({"metadata": None, "tile": (16, 16)}, r"\(tiles\)"),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_imagej_is_not_asked_for_the_files_of_others(kind: str, tmp_path: Path) -> None:
    """Their channels and times would be slices."""
    how, says = OTHERS[kind]
    tifffile.imwrite(tmp_path / "a.tif", CHANNELS, photometric="minisblack", **how)
    with pytest.raises(FileError, match=says):
        read(tmp_path / "a.tif", reader="imagej")


def test_imagej_is_not_asked_for_signed_bytes(tmp_path: Path) -> None:
    """It takes -1 for 255."""
    tifffile.imwrite(tmp_path / "a.tif", np.full((16, 16), -1, np.int8))
    assert (read(tmp_path / "a.tif").data == -1).all()
    with pytest.raises(FileError, match=r"\(signed bytes\)"):
        read(tmp_path / "a.tif", reader="imagej")


@pytest.mark.jvm
@pytest.mark.parametrize("percent", [99, 60, 30])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_imagej_is_not_asked_for_a_file_that_is_cut_off(
    compression: str | None, percent: int, tmp_path: Path
) -> None:
    noise = np.random.default_rng(1).integers(0, 60000, (8, 20, 30)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", noise, imagej=True, compression=compression)
    content = (tmp_path / "a.tif").read_bytes()
    (tmp_path / "a.tif").write_bytes(content[: len(content) * percent // 100])
    with pytest.raises(FileError, match="cut off"):
        read(tmp_path / "a.tif", reader="imagej")


@pytest.mark.jvm
def test_planes_that_imagej_leaves_out_are_noticed(tmp_path: Path) -> None:
    """Where its memory ends ImageJ goes on with those that it has."""
    write(stack(5), tmp_path / "a.tif")
    assert open_file(tmp_path / "a.tif", 5, 0).data.shape == (5, 20, 30)
    with pytest.raises(FileError, match="ImageJ opened 5 of the 6 planes"):
        open_file(tmp_path / "a.tif", 6, 0)
    with pytest.raises(MemoryLimitError, match=r"needs 1024\.0 TiB"):
        open_file(tmp_path / "a.tif", 5, 2**50)


@pytest.mark.jvm
def test_imagej_reads_lzw() -> None:
    image = read(CASES / "lzw_pillow.tif", reader="imagej")
    assert np.array_equal(image.data, np.load(CASES / "lzw_pillow.npy"))


@pytest.mark.parametrize(
    "tag",
    [
        pytest.param((305, 2, 0, "SI.LINE_FORMAT_VERSION = 1", True), id="ScanImage"),
        pytest.param((33628, 4, 4, (0, 1, 1, 2), True), id="MetaMorph"),
    ],
)
def test_pages_that_metadata_of_a_microscope_leave_out(
    tag: tuple[Any, ...], tmp_path: Path
) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as tif:
        for number in range(5):
            tif.write(
                np.full((16, 16), number, np.uint16), metadata=None, contiguous=False,
                photometric="minisblack", software=False, extratags=[] if number else [tag],
            )  # fmt: skip
    with pytest.raises(FileError, match=r"a\.tif: it has 5 pages, .* without some of them"):
        read(tmp_path / "a.tif")
