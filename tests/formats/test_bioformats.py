"""Bio-Formats itself, on files that other libraries wrote and on those that it simulates.

Its own simulated files (``.fake``) have in their first rows, in squares of 10 pixels, the numbers
of the series, the plane, z, c and t: a plane in another place is seen.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fiji_bridge
from conftest import FIJI
from fiji_bridge.errors import FileError, InputError
from fiji_bridge.image.calibrated import CalibratedImage
from formats import bioformats_process
from formats.microscope_files import write_czi, write_lif
from same_image import differences

JAR = Path(__file__).parents[2] / ".tools" / "bioformats" / "bioformats_package.jar"

Reader = Callable[..., CalibratedImage]


@pytest.fixture(scope="module")
def bioformats() -> Iterator[Reader]:
    if not JAR.exists():
        pytest.skip("Bio-Formats is not here; .ci/run fetches it")
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, spawn, bioformats_process.enter, (str(JAR),)) as pool:
        yield lambda path, **given: pool.submit(bioformats_process.read, path, given).result()


def fake(folder: Path, name: str) -> Path:
    path = folder / f"{name}.fake"
    path.write_bytes(b"")
    return path


def squares(plane: np.ndarray[Any, Any], count: int) -> list[int]:
    """Return the numbers in the squares: series, plane, z, c, t."""
    return [int(plane[0, 10 * n]) for n in range(count)]


@pytest.mark.parametrize("order", ["XYZCT", "XYCZT", "XYTCZ"])
def test_each_plane_is_where_it_belongs(bioformats: Reader, tmp_path: Path, order: str) -> None:
    path = fake(tmp_path, f"a&sizeX=60&sizeY=30&sizeZ=5&sizeC=2&sizeT=3&dimOrder={order}")
    image = bioformats(path)
    assert image.axes == ("t", "z", "c", "y", "x")
    assert image.shape == (3, 5, 2, 30, 60)
    for t, z, c in np.ndindex(3, 5, 2):
        assert squares(image.data[t, z, c], 5)[2:] == [z, c, t]


@pytest.mark.parametrize("little", ["true", "false"])
@pytest.mark.parametrize(
    "kind", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "float", "double"]
)
def test_samples_of_every_type(bioformats: Reader, tmp_path: Path, kind: str, little: str) -> None:
    path = fake(tmp_path, f"a&sizeX=60&sizeY=30&sizeZ=4&pixelType={kind}&little={little}")
    image = bioformats(path)
    assert image.dtype == np.dtype({"float": "f4", "double": "f8"}.get(kind, kind))
    assert [squares(plane, 3)[1:] for plane in image.data] == [[z, z] for z in range(4)]


def test_calibration_and_names(bioformats: Reader, tmp_path: Path) -> None:
    path = fake(
        tmp_path,
        "a&sizeX=60&sizeY=30&sizeZ=4&sizeC=2&physicalSizeX=450nm"
        "&physicalSizeY=450nm&physicalSizeZ=2.0&color_0=-16776961",
    )
    image = bioformats(path)
    assert [image.calibration.voxel_size(axis, "um") for axis in "zyx"] == [2.0, 0.45, 0.45]
    assert (image.calibration.x.size, image.calibration.x.unit) == (450.0, "nm")
    assert image.calibration.source == "Bio-Formats (Simulated data)"
    assert image.metadata.luts[0][:, 255].tolist() == [255, 0, 0]
    unsaid = bioformats(fake(tmp_path, "b&sizeX=60&sizeY=30"))
    assert unsaid.calibration.x.size is None


@pytest.mark.parametrize("interleaved", ["true", "false"])
def test_colours(bioformats: Reader, tmp_path: Path, interleaved: str) -> None:
    path = fake(tmp_path, f"a&sizeX=60&sizeY=30&sizeC=3&rgb=3&interleaved={interleaved}")
    image = bioformats(path)
    assert (image.axes, image.shape) == (("y", "x", "s"), (30, 60, 3))
    # The squares of c differ from sample to sample, and nothing else in the first row does.
    assert image.data[0, 30].tolist() == [0, 1, 2]
    two = bioformats(fake(tmp_path, "b&sizeX=60&sizeY=30&sizeC=4&rgb=2&pixelType=uint16"))
    assert (two.axes, two.shape) == (("c", "y", "x"), (4, 30, 60))
    assert two.data[:, 0, 30].tolist() == [0, 1, 2, 3]


def test_scenes_and_parts(bioformats: Reader, tmp_path: Path) -> None:
    path = fake(tmp_path, "a&sizeX=60&sizeY=30&sizeZ=4&sizeC=2&series=3")
    with pytest.raises(FileError, match="holds 3 scenes, a, a 2, a 3; choose one by scene"):
        bioformats(path)
    with pytest.raises(InputError, match="has no scene 'b'"):
        bioformats(path, scene="b")
    with pytest.raises(InputError, match="has no level 1"):
        bioformats(path, scene=0, level=1)
    image = bioformats(path, scene="a 3")
    assert squares(image.data[1, 1], 4) == [2, *squares(image.data[1, 1], 4)[1:3], 1]
    part = bioformats(path, scene=2, channel=1, region="z=1:3px y=5:15px x=7:49px")
    np.testing.assert_array_equal(part.data, image.data[1:3, 1, 5:15, 7:49])
    assert part.axes == ("z", "y", "x")


def test_what_is_no_image(bioformats: Reader, tmp_path: Path) -> None:
    text = tmp_path / "a.txt"
    text.write_text("no image")
    with pytest.raises(FileError, match=r"a\.txt: Bio-Formats says: Unknown file format"):
        bioformats(text)
    cut_off = write_lif(tmp_path / "a.lif", {"A": np.zeros((2, 1, 8, 9), np.uint8)})
    cut_off.write_bytes(cut_off.read_bytes()[:40])
    with pytest.raises(FileError, match=r"a\.lif: Bio-Formats says: "):
        bioformats(cut_off)


def test_a_czi_as_bioio_reads_it(bioformats: Reader, tmp_path: Path) -> None:
    pytest.importorskip("bioio_czi", reason="bioio-czi (GPL) is not installed")
    pytest.importorskip("pylibCZIrw", reason="pylibCZIrw, which writes CZI, is not installed")
    stacks = [
        np.random.default_rng(seed).integers(0, 4000, (1, 2, 7, 40, 50), dtype=np.uint16)
        for seed in (1, 2)
    ]
    path = write_czi(tmp_path / "a.czi", stacks, ["A1", "A2"])
    for number in range(2):
        ours, theirs = (
            fiji_bridge.read(path, scene=number),
            bioformats(path, scene=number),
        )
        assert ours.axes == theirs.axes
        np.testing.assert_array_equal(theirs.data, ours.data)
        np.testing.assert_array_equal(theirs.data, stacks[number][0].transpose(1, 0, 2, 3))
        assert theirs.channel_names == ours.channel_names
        for axis in "zyx":
            # Both have made µm of metres, in their own ways.
            size = ours.calibration.voxel_size(axis, "um")
            assert theirs.calibration.voxel_size(axis, "um") == pytest.approx(size, rel=1e-12)


def test_our_ome_tiff_comes_back(bioformats: Reader, bead: Path, tmp_path: Path) -> None:
    image = fiji_bridge.gaussian(fiji_bridge.read(bead), sigma="0.1 um")
    fiji_bridge.write(image, tmp_path / "a.ome.tif")
    theirs = bioformats(tmp_path / "a.ome.tif")
    found = differences(fiji_bridge.read(tmp_path / "a.ome.tif"), theirs)
    assert found == []


@pytest.mark.jvm
@pytest.mark.skipif(FIJI is not None, reason="a Fiji may have Bio-Formats")
def test_without_it_a_sentence(tmp_path: Path, program_here: Callable[..., Any]) -> None:
    path = fake(tmp_path, "a&sizeX=60&sizeY=30")
    with pytest.raises(FileError, match=r"there is no Bio-Formats in this runtime \(embedded\)"):
        fiji_bridge.read(path, reader="bioformats")
    ran = program_here("plan", path, "--sigma", "1 px", "--reader", "bioformats")
    assert ran.returncode == 2
    assert "there is no Bio-Formats" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.fiji
@pytest.mark.skipif(
    FIJI is None or not list((Path(FIJI) / "jars").rglob("*bio*formats*.jar")),
    reason="needs a Fiji with Bio-Formats",
)
def test_the_program_reads_with_the_bioformats_of_a_fiji(
    tmp_path: Path, program: Callable[..., Any]
) -> None:
    path = fake(tmp_path, "a&sizeX=60&sizeY=30&sizeZ=4&physicalSizeX=450nm&physicalSizeZ=2")
    out = tmp_path / "out.ome.tif"
    asked = ("gaussian", path, out, "--sigma", "z=2um x=1um y=0px", "--reader", "bioformats")
    ran = program(*asked, "--engine", "scipy", env={"FIJI_BRIDGE_FIJI": FIJI})
    assert ran.returncode == 0, ran.stderr
    written = fiji_bridge.read(out)
    assert [written.calibration.voxel_size(axis, "um") for axis in "zx"] == [2.0, 0.45]
    assert written.shape == (4, 30, 60)
    listed = program(
        "plan", path, "--sigma", "1 px", "--reader", "bioformats", env={"FIJI_BRIDGE_FIJI": FIJI}
    )
    assert listed.returncode == 0, listed.stderr
