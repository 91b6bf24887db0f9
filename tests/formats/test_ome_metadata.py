"""What an OME-TIFF says beside its samples goes along, or is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import tifffile
from ome_types import from_tiff

from fiji_bridge import gaussian, read, write
from fiji_bridge.formats.foreign import MetadataWarning
from fiji_bridge.formats.ome_colours import lut_of
from fiji_bridge.image.calibrated import CalibratedImage, ImageJMetadata
from fiji_bridge.image.calibration import AxisCalibration, Calibration
from fiji_bridge.image.shown import shown_size
from file_cases import CASES, stack

ITEMS = {
    "objective": "Instrument/Objective[@LensNA='1.4'][@NominalMagnification='63']",
    "date": "Image/AcquisitionDate",
    "description": "Image/Description",
    "objective settings": "Image/ObjectiveSettings[@RefractiveIndex='1.515']",
    "stage": "Image/StageLabel[@Name='P1'][@X='10'][@Y='20']",
    "name": "Image[@Name='cell']",
    "voxel size": "Image/Pixels[@PhysicalSizeZ='2.0']",
    "channel name": "Image/Pixels/Channel[@Name='DAPI']",
    "colour": "Image/Pixels/Channel[@Color='65535']",
    "emission": "Image/Pixels/Channel[@EmissionWavelength='520']",
    "excitation": "Image/Pixels/Channel[@ExcitationWavelength='405']",
    "fluor": "Image/Pixels/Channel[@Fluor='DAPI']",
    "plane time": "Image/Pixels/Plane[@TheT='2'][@TheZ='1'][@DeltaT='4.5']",
    "plane position": "Image/Pixels/Plane[@TheZ='1'][@PositionX='100.5'][@PositionZ='2']",
    "exposure": "Image/Pixels/Plane[@ExposureTime='50'][@ExposureTimeUnit='ms']",
    "annotation": "StructuredAnnotations/XMLAnnotation/Value/OriginalMetadata/Key",
    "ROI": "ROI/Union/Rectangle[@Width='3']",
}


def xml_of(path: Path) -> ElementTree.Element:
    with tifffile.TiffFile(path) as tif:
        return ElementTree.fromstring(tif.ome_metadata or "")


def found_items(path: Path) -> set[str]:
    root = xml_of(path)
    space = root.tag.partition("}")[0][1:]

    def qualified(place: str) -> str:
        return "/".join(f"{{{space}}}{part}" for part in place.split("/"))

    # ElementTree does not look for conditions on the root's own child "Image[...]" otherwise.
    return {name for name, place in ITEMS.items() if root.find(qualified(place)) is not None}


def test_all_seventeen_items_are_in_the_case() -> None:
    assert len(ITEMS) == 17
    # That file writes its size as "2".
    assert set(ITEMS) - found_items(CASES / "seventeen_items.ome.tif") == {"voxel size"}


@pytest.mark.filterwarnings("error::fiji_bridge.formats.foreign.MetadataWarning")
def test_what_does_not_depend_on_the_samples_goes_along(tmp_path: Path) -> None:
    image = read(CASES / "seventeen_items.ome.tif")
    result = image.with_result(image.data.astype(np.float32), {"operation": "none"})
    write(result, tmp_path / "a.ome.tif")
    assert found_items(tmp_path / "a.ome.tif") == set(ITEMS)
    # And again, without a second copy of anything.
    again = read(tmp_path / "a.ome.tif")
    assert np.array_equal(again.data, result.data)
    assert again.provenance == ({"operation": "none"},)
    write(again, tmp_path / "b.ome.tif")
    first, second = (ElementTree.tostring(xml_of(tmp_path / f"{n}.ome.tif")) for n in "ab")
    assert first == second
    found = from_tiff(tmp_path / "b.ome.tif").images[0]
    assert found.pixels.type.value == "float"
    assert [plane.delta_t for plane in found.pixels.planes[::4]] == [0.0, 1.5, 4.5]


def test_what_belongs_to_planes_that_are_gone_is_named(tmp_path: Path) -> None:
    image = read(CASES / "seventeen_items.ome.tif")
    first = replace(image, data=image.data[0], axes=image.axes[1:])
    with pytest.warns(MetadataWarning, match=r"not keep: plane times, positions and exposure$"):
        write(first, tmp_path / "a.ome.tif")
    gone = set(ITEMS) - found_items(tmp_path / "a.ome.tif")
    assert gone == {"plane time", "plane position", "exposure"}
    small = replace(first, data=first.data[..., ::2])
    with pytest.warns(MetadataWarning, match="ROIs"):
        write(small, tmp_path / "b.ome.tif")


def test_an_imagej_tiff_keeps_the_colours_and_says_what_it_lacks(tmp_path: Path) -> None:
    image = read(CASES / "seventeen_items.ome.tif")
    with pytest.warns(MetadataWarning) as caught:
        write(image, tmp_path / "a.tif")
    assert len(caught) == 1
    for what in ("wavelengths", "objective", "date", "plane times", "annotations", "ROIs"):
        assert what in str(caught[0].message)
    found = read(tmp_path / "a.tif").metadata
    assert found.mode == "composite"
    assert [tuple(lut[:, 255]) for lut in found.luts] == [(0, 0, 255), (0, 255, 0)]


def test_0_45_stays_0_45(tmp_path: Path) -> None:
    calibration = Calibration(*(AxisCalibration(s, "µm") for s in (2.0, 0.45, 0.45)))
    write(replace(stack(), calibration=calibration), tmp_path / "a.tif")
    write(read(tmp_path / "a.tif"), tmp_path / "a.ome.tif")
    pixels = xml_of(tmp_path / "a.ome.tif").find("{*}Image/{*}Pixels")
    assert pixels is not None
    assert pixels.get("PhysicalSizeX") == "0.45"


@pytest.mark.parametrize("resolution", [(20, 9), (2222222, 1000000)])
def test_a_plan_shows_0_45(resolution: tuple[int, int], tmp_path: Path) -> None:
    tifffile.imwrite(
        tmp_path / "a.tif", stack().data, imagej=True, resolution=(resolution, resolution),
        metadata={"unit": "um", "spacing": 2.0, "axes": "ZYX"},
    )  # fmt: skip
    made = gaussian.plan(read(tmp_path / "a.tif"), sigma="1 um")
    assert [axis["voxel_size"] for axis in made.as_dict()["axes"]] == [2.0, 0.45, 0.45]


def test_sizes_are_shown_as_they_were_written() -> None:
    for size in (0.45, 2.0, 0.0225, 0.125, 6.5e-2, 0.1625):
        kept = int(1e6 / size) / 1e6
        assert shown_size(size) == shown_size(1 / kept) == shown_size(1 / (1 / size)) == size
    for size in (1 / 3, 0.123456789, 0.4501, 0.108333):
        assert abs(shown_size(size) - size) <= 1e-15


def test_imagejs_colours_are_in_the_ome_xml(tmp_path: Path) -> None:
    red, white = lut_of((255, 0, 0)), lut_of((255, 255, 255))
    metadata = ImageJMetadata(luts=(red, white), mode="composite")
    image = CalibratedImage(np.zeros((2, 4, 5), np.uint8), ("c", "y", "x"), metadata=metadata)
    write(image, tmp_path / "a.ome.tif")
    channels = xml_of(tmp_path / "a.ome.tif").findall("{*}Image/{*}Pixels/{*}Channel")
    # Red, green, blue, alpha from the highest byte, signed: 0xFF0000FF and 0xFFFFFFFF.
    assert [channel.get("Color") for channel in channels] == ["-16776961", "-1"]


def test_an_old_schema_is_read_and_not_carried(tmp_path: Path) -> None:
    content = (CASES / "seventeen_items.ome.tif").read_bytes()
    (tmp_path / "a.ome.tif").write_bytes(content.replace(b"OME/2016-06", b"OME/2008-02"))
    with pytest.warns(MetadataWarning, match=r"of a\.ome\.tif only .*2008-02\) is none of those"):
        image = read(tmp_path / "a.ome.tif")
    assert image.channel_names == ("DAPI", "GFP")
    write(image, tmp_path / "b.ome.tif")
    assert found_items(tmp_path / "b.ome.tif") == {"name", "voxel size", "channel name", "colour"}


def twelve_bits(path: Path) -> Path:
    data = np.random.default_rng(2).integers(0, 4096, (5, 16, 17)).astype(np.uint16)
    tifffile.imwrite(
        path, data, ome=True, metadata={"axes": "ZYX", "SignificantBits": 12,
                                        "PhysicalSizeX": 1, "PhysicalSizeY": 1, "PhysicalSizeZ": 1}
    )  # fmt: skip
    assert xml_of(path).find("{*}Image/{*}Pixels").get("SignificantBits") == "12"
    return path


def test_significant_bits_go_along_while_they_are_true(tmp_path: Path) -> None:
    image = read(twelve_bits(tmp_path / "a.ome.tif"))
    blurred = gaussian(image, sigma="1 um", engine="scipy")
    write(blurred, tmp_path / "same.ome.tif")
    assert xml_of(tmp_path / "same.ome.tif").find("{*}Image/{*}Pixels").get(
        "SignificantBits"
    ) == "12"  # fmt: skip
    # As float32, or with a larger number, they would be wrong; other formats have no place.
    larger = image.with_data(image.data + np.uint16(1))
    for other, name in (
        (gaussian(image, sigma="1 um", dtype="float32", engine="scipy"), "float.ome.tif"),
        (larger, "larger.ome.tif"),
        (image, "imagej.tif"),
        (image, "a.ome.zarr"),
    ):
        with pytest.warns(MetadataWarning, match="significant bits"):
            write(other, tmp_path / name)
        if name.endswith(".ome.tif"):
            found = xml_of(tmp_path / name).find("{*}Image/{*}Pixels")
            assert found.get("SignificantBits") is None


def test_all_bits_are_no_news(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    path = twelve_bits(tmp_path / "a.ome.tif")
    text = tifffile.tiffcomment(path)
    tifffile.tiffcomment(
        path, text.replace('SignificantBits="12"', 'SignificantBits="16"').encode()
    )
    write(read(path), tmp_path / "imagej.tif")
    assert [str(w.message) for w in recwarn if issubclass(w.category, MetadataWarning)] == []
