"""Compressions, and small files that claim much: limits are kept before memory is taken."""

from __future__ import annotations

import resource
import struct
import tracemalloc
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile

from fiji_bridge import read, write
from fiji_bridge.errors import FileError, MemoryLimitError
from fiji_bridge.formats.foreign import MetadataWarning
from fiji_bridge.image.calibrated import ImageJMetadata
from file_cases import CASES, set_tag, stack


def test_lzw() -> None:
    expected = np.load(CASES / "lzw_pillow.npy")
    assert np.array_equal(read(CASES / "lzw_pillow.tif").data, expected)


def test_a_missing_decoder_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(self: object, key: int) -> None:
        raise KeyError("<COMPRESSION.LZW: 5> requires the 'imagecodecs' package")

    monkeypatch.setattr(tifffile.tifffile.CompressionCodec, "__getitem__", missing)
    with pytest.raises(FileError, match="pip install imagecodecs") as caught:
        read(CASES / "lzw_pillow.tif")
    assert "damaged" not in str(caught.value)


@pytest.mark.parametrize("codec", ["zlib", "lzw", "packbits", "zstd", "lzma", "jpeg", "png"])
def test_compressions_that_are_read(codec: str, tmp_path: Path) -> None:
    data = stack(3, "uint8").data
    tifffile.imwrite(tmp_path / "a.tif", data, compression=codec, photometric="minisblack")
    found = read(tmp_path / "a.tif").data
    # JPEG keeps planes of one value, but for a grey level.
    assert int(np.abs(found.astype(int) - data).max()) <= (1 if codec == "jpeg" else 0)


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """A file with ImageJ's metadata: some info and a label per slice."""
    image = stack(3, "uint8")
    labels = ("first", "second", "third")
    write(replace(image, metadata=ImageJMetadata(info="info", labels=labels)), tmp_path / "a.tif")
    return tmp_path / "a.tif"


def _with_number(path: Path, code: int, skipped: int, value: int) -> None:
    """Put a number into the value of a tag, behind some bytes of it."""
    with tifffile.TiffFile(path) as tif:
        at, order = tif.pages.first.tags[code].valueoffset + skipped, tif.byteorder
    content = bytearray(path.read_bytes())
    struct.pack_into(f"{order}I", content, at, value)
    path.write_bytes(content)


# Length of the first entry; number of entries of the first type.
ENTRIES = {"bytes by their lengths": (50838, 4), "entries by their header": (50839, 8)}


@pytest.mark.parametrize("said", ENTRIES)
def test_lengths_of_metadata_that_are_not_there(said: str, labelled: Path) -> None:
    """ImageJ took 3 GB for a file of 10 KB; what they say was mixed up without a word."""
    assert read(labelled).metadata.labels == ("first", "second", "third")
    _with_number(labelled, *ENTRIES[said], 0x20000016)
    with pytest.warns(MetadataWarning, match=f"are left out: their .*{said}|they have .*{said}"):
        image = read(labelled)
    assert image.metadata.labels == ()
    assert image.metadata.info is None
    assert np.array_equal(image.data, stack(3, "uint8").data)
    with pytest.raises(FileError, match=f"ImageJ alone cannot read .*{said}"):
        read(labelled, reader="imagej")


def test_a_roi_of_more_points_than_it_has(tmp_path: Path) -> None:
    """ImageJ took 6 GB for one, in a file of some kilobytes."""
    head = bytearray(64)
    struct.pack_into(">4sHB", head, 0, b"Iout", 228, 0)
    struct.pack_into(">HI", head, 16, 0, 0x30000000)
    image = stack(3, "uint8")
    for metadata in (ImageJMetadata(roi=bytes(head)), ImageJMetadata(overlay=(bytes(head),))):
        write(replace(image, metadata=metadata), tmp_path / "a.tif", overwrite=True)
        with pytest.raises(FileError, match="a ROI has 3221225536 bytes by its points"):
            read(tmp_path / "a.tif", reader="imagej")


def test_a_tag_longer_than_the_file(labelled: Path) -> None:
    """Of a tag that we do not look at: ImageJ took memory for its text, or minutes."""
    content = bytearray(labelled.read_bytes())
    with tifffile.TiffFile(labelled) as tif:
        at, order = tif.pages.first.tags[283].offset, tif.byteorder
    struct.pack_into(f"{order}HHI", content, at, 305, 2, 0x15000000)
    labelled.write_bytes(content)
    for reader in ("tifffile", "imagej"):
        with pytest.raises(FileError, match="tag 305 of page 1 has 352321536 parts and the file"):
            read(labelled, reader=reader)


def test_other_compressions_are_refused_by_number(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", stack(3, "uint8").data, photometric="minisblack")
    set_tag(tmp_path / "a.tif", 259, 34887)
    with pytest.raises(FileError, match=r"compression \(number 34887\) is not supported"):
        read(tmp_path / "a.tif")


def test_few_bytes_that_speak_of_many_planes_take_no_memory() -> None:
    tracemalloc.start()
    with pytest.raises(FileError, match="2000000000 planes"):
        read(CASES / "sizez.ome.tif")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10e6


def test_a_strip_that_unpacks_to_more_than_its_page(tmp_path: Path) -> None:
    path = tmp_path / "bomb.tif"
    compress = zlib.compressobj(9)
    strip = b"".join(compress.compress(bytes(2**20)) for _ in range(200)) + compress.flush()
    tags = [(256, 4, 10), (257, 4, 10), (258, 3, 8), (259, 3, 8), (262, 3, 1),
            (273, 4, 8 + 2 + 8 * 12 + 4), (278, 4, 10), (279, 4, len(strip))]  # fmt: skip
    raw = struct.pack("<2sHIH", b"II", 42, 8, len(tags))
    raw += b"".join(struct.pack("<HHII", code, kind, 1, value) for code, kind, value in tags)
    path.write_bytes(raw + bytes(4) + strip)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(FileError, match="cannot read"):
        read(path)
    # In KiB; 200 MiB would come out of it.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024


def test_a_page_that_claims_more_than_its_strip_can_hold(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((16, 16), np.uint8), compression="zlib", metadata=None)
    for code in (256, 257, 278):
        set_tag(path, code, 60000)
    with pytest.raises(FileError, match="cannot hold the 3600000000 bytes"):
        read(path)


def test_a_picture_of_another_size_than_its_page(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((160, 160), np.uint8), compression="png", metadata=None)
    for code in (256, 257, 278):
        set_tag(path, code, 16)
    with pytest.raises(FileError, match="PNG picture of 160 x 160 instead of 16 x 16"):
        read(path)


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_deeply_nested_json_is_no_recursion(opening: str, tmp_path: Path) -> None:
    image = replace(stack(), metadata=ImageJMetadata(info="x"))
    path = tmp_path / "a.ome.tif"
    write(image, path)
    with tifffile.TiffFile(path) as tif:
        xml = tif.ome_metadata or ""
    quote = "&quot;" if "{&quot;info" in xml else '"'
    at = xml.index(f"{{{quote}info")
    deep = (opening * 100_000).replace('"', "&quot;")
    tifffile.tiffcomment(path, (xml[:at] + deep + xml[at:]).encode())
    with pytest.warns(MetadataWarning, match="left out"):
        assert read(path).metadata.info is None


def test_deeply_nested_json_of_tifffile(tmp_path: Path) -> None:
    description = b'{"shape": ' + b"[" * 100_000
    tifffile.imwrite(
        tmp_path / "b.tif", stack().data, description=description, metadata=None,
        photometric="minisblack",
    )  # fmt: skip
    with pytest.raises(FileError, match="nested 100001 brackets deep"):
        read(tmp_path / "b.tif")


@pytest.mark.parametrize("text", ["<!DOCTYPE OME [<!ENTITY a 'b'>]>", "<a>" * 300 + "</a>" * 300])
def test_xml_that_is_a_trap(text: str, tmp_path: Path) -> None:
    write(stack(), tmp_path / "a.ome.tif")
    with tifffile.TiffFile(tmp_path / "a.ome.tif") as tif:
        xml = tif.ome_metadata or ""
    at = xml.index("<OME") if text.startswith("<!") else xml.index("</OME>")
    tifffile.tiffcomment(tmp_path / "a.ome.tif", (xml[:at] + text + xml[at:]).encode())
    with pytest.raises(FileError, match=r"document type|nested"):
        read(tmp_path / "a.ome.tif")


def test_more_than_the_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(stack(), tmp_path / "a.tif")
    monkeypatch.setattr("fiji_bridge.image.memory.available_bytes", lambda: 1000)
    with pytest.raises(MemoryLimitError, match=r"a\.tif needs"):
        read(tmp_path / "a.tif")
