"""Names and metadata that hold anything are read, and written so that they can be read."""

from __future__ import annotations

import os
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fiji_bridge import read, write
from fiji_bridge.errors import FileError
from fiji_bridge.formats.foreign import MetadataWarning, StoredImageJ, optional
from fiji_bridge.image.calibrated import CalibratedImage, ImageJMetadata
from file_cases import CASES, stack


def test_a_line_feed_and_a_tabulator_in_a_name(tmp_path: Path) -> None:
    image = read(CASES / "name_ctl.ome.tif")
    assert image.name == "a\nb\tc"
    write(image, tmp_path / "a.ome.tif")
    assert read(tmp_path / "a.ome.tif").name == "a\nb\tc"


ODD = ["\0\x01\x1f", "\ud800", "\udcff\udcfe", "\ufffe\uffff", "]]>&<\"'", "\x85\u2028", "𝛼"]


@pytest.mark.parametrize("text", ODD, ids=ascii)
@pytest.mark.parametrize("ending", ["tif", "ome.tif"])
def test_what_is_written_can_be_read_again(text: str, ending: str, tmp_path: Path) -> None:
    metadata = ImageJMetadata(
        info=text, labels=(text,) * 8, properties={text: text}, description={"info": text}
    )
    image = replace(stack(), name=text, metadata=metadata, provenance=({"note": text},))
    write(image, tmp_path / f"a.{ending}")
    found = read(tmp_path / f"a.{ending}")
    assert np.array_equal(found.data, image.data)
    assert len(found.metadata.labels) == 8
    assert set(found.provenance[0]) == {"note"}


@pytest.mark.parametrize("ending", ["tif", "ome.tif"])
def test_channel_names_that_are_odd(ending: str, tmp_path: Path) -> None:
    image = CalibratedImage(
        np.zeros((2, 4, 5), np.uint8), ("c", "y", "x"), channel_names=("\0a", "\udcff")
    )
    write(image, tmp_path / f"a.{ending}")
    assert read(tmp_path / f"a.{ending}").data.shape == (2, 4, 5)


def test_a_file_name_in_bytes_that_are_no_utf_8(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/k\xe4fig.tif"))
    write(stack(), path)
    image = read(path)
    for ending in ("tif", "ome.tif"):
        write(image, tmp_path / f"a.{ending}")
        assert read(tmp_path / f"a.{ending}").data.shape == image.data.shape
    path.write_bytes(b"no image")
    with pytest.raises(FileError, match="cannot read") as caught:
        read(path)
    # A terminal can show it.
    str(caught.value).encode()


@pytest.mark.parametrize("name", ["ann_ij_info.ome.tif", "ann_ij_lab2.ome.tif"])
def test_annotations_of_wrong_types_are_left_out(name: str) -> None:
    with pytest.warns(MetadataWarning, match=r"the ImageJ annotation of ann_ij.* is left out"):
        image = read(CASES / name)
    assert image.metadata == ImageJMetadata()
    assert image.data.size == 192


WRONG = ["5", '{"x":1}', "[1, {}]", "[[]]", "true", "[null]", '["\\ud800"]', "1e999", '"\\n"']
KEYS = ["info", "labels", "luts", "ranges", "roi", "overlay", "properties", "mode", "description"]


@pytest.mark.parametrize("value", WRONG)
@pytest.mark.parametrize("key", KEYS)
def test_any_wrong_value_in_any_annotation(key: str, value: str) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = optional(StoredImageJ, f'{{"{key}": {value}}}', "it")
    # Either it fits after all, or it is named.
    assert (found is None) == (len(caught) == 1)
    assert found is None or getattr(found, key) is not None
