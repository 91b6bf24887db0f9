"""OME-TIFFs that hold several images: one is chosen, by name or by number."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from xml.etree import ElementTree

import numpy as np
import pytest
import tifffile

import fiji_bridge
from fiji_bridge.errors import FileError, InputError
from fiji_bridge.formats.foreign import MetadataWarning

ARRAYS = {
    "overview": np.arange(3 * 8 * 9, dtype=np.uint16).reshape(3, 8, 9),
    "detail": np.arange(4 * 2 * 20 * 30, dtype=np.uint8).reshape(4, 2, 20, 30),
    "white": np.full((16, 16), 0.5, np.float32),
}
AXES = {"overview": "ZYX", "detail": "ZCYX", "white": "YX"}
SIZES = {"overview": 0.9, "detail": 0.1, "white": 0.3}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Three images of different shape, type, axes and pixel size."""
    path = tmp_path / "three.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as tif:
        for name, data in ARRAYS.items():
            metadata = {
                "axes": AXES[name],
                "Name": name,
                "PhysicalSizeX": SIZES[name],
                "PhysicalSizeXUnit": "µm",
                "Channel": {"Name": ["GFP", "DAPI"]} if name == "detail" else None,
            }
            metadata = {key: value for key, value in metadata.items() if value is not None}
            tif.write(data, metadata=metadata)
    return path


def change(path: Path, pattern: str, new: str) -> None:
    text = tifffile.tiffcomment(path)
    made = re.sub(pattern, new, text, count=1, flags=re.DOTALL)
    assert made != text
    tifffile.tiffcomment(path, made.encode())


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("by", ["name", "number", "text"])
def test_each_image_is_read_as_it_is(path: Path, name: str, by: str) -> None:
    number = list(ARRAYS).index(name)
    image = fiji_bridge.read(path, scene={"name": name, "number": number, "text": str(number)}[by])
    np.testing.assert_array_equal(image.data, ARRAYS[name])
    assert "".join(image.axes).upper() == AXES[name]
    assert image.data.dtype == ARRAYS[name].dtype
    assert image.calibration.x.size == SIZES[name]
    assert image.name == name
    assert image.channel_names == (("GFP", "DAPI") if name == "detail" else ())


def test_without_a_choice_the_images_are_named(path: Path) -> None:
    with pytest.raises(FileError, match=r"holds 3 scenes, overview, detail, white; choose one by"):
        fiji_bridge.read(path)
    with pytest.raises(InputError, match="has no scene 'best'"):
        fiji_bridge.read(path, scene="best")
    with pytest.raises(InputError, match="has no scene 3"):
        fiji_bridge.read(path, scene=3)
    with pytest.raises(InputError, match="has no level 1"):
        fiji_bridge.read(path, scene=0, level=1)


def test_a_part_of_a_scene(path: Path) -> None:
    image = fiji_bridge.read(path, scene="detail", channel="DAPI", region="z=1:3px x=0:1um")
    np.testing.assert_array_equal(image.data, ARRAYS["detail"][1:3, 1, :, :10])


def test_what_is_written_speaks_of_the_one_image(path: Path, tmp_path: Path) -> None:
    plate = '<Plate ID="Plate:0"><Well ID="Well:0" Column="0" Row="0"/></Plate>'
    rois = "".join(f'<ROI ID="ROI:{n}"><Union/></ROI>' for n in range(2))
    change(path, r"</Image></OME>", f'<ROIRef ID="ROI:1"/></Image>{plate}{rois}</OME>')
    with pytest.warns(MetadataWarning, match="plates and screens are left out"):
        image = fiji_bridge.read(path, scene="white")
    out = tmp_path / "white.ome.tif"
    fiji_bridge.write(image, out)
    root = ElementTree.fromstring(tifffile.tiffcomment(out))
    assert [one.get("Name") for one in root.findall("{*}Image")] == ["white"]
    assert [one.get("ID") for one in root.findall("{*}ROI")] == ["ROI:1"]
    assert root.find("{*}Plate") is None
    np.testing.assert_array_equal(fiji_bridge.read(out).data, ARRAYS["white"])


def test_the_program_takes_the_choice(
    path: Path, tmp_path: Path, program_here: Callable[..., CompletedProcess[str]]
) -> None:
    out = tmp_path / "out.tif"
    ran = program_here("gaussian", path, out, "--sigma", "1 px", "--scene", "detail")
    assert ran.returncode == 0, ran.stderr
    expected = fiji_bridge.gaussian(fiji_bridge.read(path, scene="detail"), sigma="1 px")
    np.testing.assert_array_equal(fiji_bridge.read(out).data, expected.data)


@pytest.mark.parametrize("name", ARRAYS)
def test_pages_of_no_image_are_refused(path: Path, name: str) -> None:
    number = list(ARRAYS).index(name)
    # The last but one plane of the chosen image is said to be nowhere.
    sizes = {"overview": ('SizeZ="3"', 'SizeZ="2"'), "detail": ('SizeC="2"', 'SizeC="1"')}
    if name == "white":
        change(path, r'<TiffData IFD="11"', '<TiffData IFD="99"')
        said = "1 planes begin at page 100 of .*, which has 12 pages"
    else:
        change(path, *sizes[name])
        said = "leaves out"
    with pytest.raises(FileError, match=said):
        fiji_bridge.read(path, scene=number)
