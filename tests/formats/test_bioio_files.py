"""CZI, LIF and ND2 by BioIO's plugins.

CZI: real files, written by Zeiss's own library. LIF: files made after Leica's description, read by
another library than wrote them. ND2: nothing here writes one, so what its reader says is played.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

import fiji_bridge
from fiji_bridge.errors import (
    AxesError,
    CalibrationError,
    FileError,
    InputError,
    MemoryLimitError,
)
from fiji_bridge.formats import bioio_files, bioio_image, read
from formats.microscope_files import change_xml, write_czi, write_lif

STACKS = [
    np.random.default_rng(seed).integers(0, 4000, (1, 2, 7, 40, 50), dtype=np.uint16)
    for seed in (1, 2)
]
# As they are read: z, c, y, x.
FIRST, SECOND = (stack[0].transpose(1, 0, 2, 3) for stack in STACKS)


@pytest.fixture
def czi() -> Callable[..., Path]:
    pytest.importorskip("bioio_czi", reason="bioio-czi (GPL) is not installed")
    pytest.importorskip("pylibCZIrw", reason="pylibCZIrw, which writes CZI, is not installed")
    return write_czi


@pytest.fixture
def lif() -> Callable[..., Path]:
    pytest.importorskip("bioio_lif", reason="bioio-lif is not installed")
    return write_lif


def test_a_czi(czi: Callable[..., Path], tmp_path: Path) -> None:
    image = read(czi(tmp_path / "a.czi", STACKS[:1]))
    assert (image.name, image.axes) == ("a.czi", ("z", "c", "y", "x"))
    assert np.array_equal(image.data, FIRST)
    sizes = [image.calibration.voxel_size(axis, "um") for axis in "zyx"]
    # Metres in the file, divided by 1e-6.
    assert sizes == pytest.approx([2.0, 0.5, 0.5], rel=1e-12)
    assert image.channel_names == ("C1", "C2")
    assert image.calibration.source == "BioIO (bioio_czi)"
    again = read(tmp_path / "a.czi", reader="bioio")
    assert np.array_equal(again.data, FIRST)


@pytest.mark.parametrize("scene", ["A2", 1, "1"])
def test_scenes_of_a_czi(czi: Callable[..., Path], tmp_path: Path, scene: Any) -> None:
    path = czi(tmp_path / "a.czi", STACKS, ["A1", "A2"])
    image = read(path, scene=scene)
    assert image.name == "a.czi - A2"
    assert np.array_equal(image.data, SECOND)
    part = read(path, scene=scene, channel="C2", region="z=4:10um x=3:20px")
    assert np.array_equal(part.data, SECOND[2:5, 1, :, 3:20])
    assert part.channel_names == ("C2",)
    assert part.calibration.x.origin == -3


def test_a_scene_has_to_be_chosen(czi: Callable[..., Path], tmp_path: Path) -> None:
    path = czi(tmp_path / "a.czi", STACKS, ["A1", "A2"])
    with pytest.raises(FileError, match="holds 2 scenes, A1, A2; choose one by scene, its name or"):
        read(path)
    with pytest.raises(InputError, match="has no scene 'B1': its 2 scenes are A1, A2"):
        read(path, scene="B1")
    with pytest.raises(InputError, match="has no scene 2: its 2 scenes are A1, A2"):
        read(path, scene=2)
    with pytest.raises(InputError, match="scene must be a whole number from 0; got -1"):
        read(path, scene=-1)
    with pytest.raises(InputError, match="has no level 1"):
        read(path, scene=0, level=1)
    unnamed = czi(tmp_path / "b.czi", STACKS)
    with pytest.raises(FileError, match=r"2 scenes, and BioIO finds those alone .* which are 0"):
        read(unnamed)


def test_colours_and_times_of_a_czi(czi: Callable[..., Path], tmp_path: Path) -> None:
    # A CZI has blue, green, red.
    colours = np.random.default_rng(3).integers(0, 255, (1, 1, 2, 40, 50, 3), dtype=np.uint8)
    image = read(czi(tmp_path / "a.czi", [colours]))
    assert image.axes == ("z", "y", "x", "s")
    assert np.array_equal(image.data, colours[0, 0, ..., ::-1])
    part = read(tmp_path / "a.czi", region="y=1:5px")
    assert np.array_equal(part.data, colours[0, 0, :, 1:5, :, ::-1])
    times = np.random.default_rng(4).integers(0, 4000, (3, 1, 1, 40, 50), dtype=np.uint16)
    image = read(czi(tmp_path / "t.czi", [times]))
    assert image.axes == ("t", "y", "x")
    assert np.array_equal(image.data, times[:, 0, 0])
    assert np.array_equal(read(tmp_path / "t.czi", timepoint=2).data, times[2, 0, 0])


def test_a_czi_without_voxel_size(czi: Callable[..., Path], tmp_path: Path) -> None:
    path = czi(tmp_path / "a.czi", STACKS[:1], micrometres=None)
    with pytest.raises(CalibrationError, match="voxel size of axis z"):
        fiji_bridge.gaussian(path, sigma="1 um", engine="scipy")
    change_xml(path, "Scaling>", "Unscaled>")
    change_xml(path, "/Scaling>", "/Unscaled>")
    with pytest.raises(FileError, match=r"BioIO \(bioio_czi\) says: .*distance scale"):
        read(path)


@pytest.mark.jvm
def test_the_program_blurs_a_czi(
    czi: Callable[..., Path], tmp_path: Path, program_here: Callable[..., Any]
) -> None:
    path = czi(tmp_path / "a.czi", STACKS, ["A1", "A2"])
    how = ("--sigma", "1 um", "--scene", "A2")
    said = program_here("gaussian", path, tmp_path / "a.tif", *how)
    assert said.returncode == 0, said.stderr
    expected = fiji_bridge.gaussian(SECOND, sigma="1 um", voxel_size="2 0.5 0.5 um", axes="zcyx")
    blurred = read(tmp_path / "a.tif")
    assert blurred.data.tobytes() == np.asarray(expected).tobytes()
    assert blurred.calibration.voxel_size("z", "um") == pytest.approx(2.0, rel=1e-12)
    refused = program_here("gaussian", path, tmp_path / "b.tif", "--sigma", "1 um")
    assert refused.returncode == 2
    assert len(refused.stderr.splitlines()) == 1
    assert "it holds 2 scenes, A1, A2" in refused.stderr


def test_other_subcommands(
    czi: Callable[..., Path], tmp_path: Path, program_here: Callable[..., Any]
) -> None:
    (tmp_path / "in").mkdir()
    path = czi(tmp_path / "in" / "a.czi", STACKS, ["A1", "A2"])
    scene = ("--scene", "1")
    how = ("--engine", "scipy", *scene)
    for words in (
        ("plan", path, "--sigma", "1 um", *scene),
        ("suggest", path, *scene, "--channel", "0"),
        ("views", path, tmp_path / "views.png", *scene, "--channel", "C2"),
        ("gaussian", path, tmp_path / "a.ome.tif", "--sigma", "1 um", *how, "--reader", "bioio"),
        ("gaussian", tmp_path / "in", "--output-dir", tmp_path / "out", "--sigma", "1 um", *how),
    ):
        said = program_here(*words)
        assert said.returncode == 0, (words, said.stderr)
    many = read(tmp_path / "out" / "a-gaussian.tif")
    assert np.array_equal(read(tmp_path / "a.ome.tif").data, many.data)


def test_a_lif(lif: Callable[..., Path], tmp_path: Path) -> None:
    path = lif(tmp_path / "a.lif", {"one": STACKS[0][0], "two": STACKS[1][0]})
    with pytest.raises(FileError, match="holds 2 scenes, one, two"):
        read(path)
    image = read(path, scene="two")
    assert np.array_equal(image.data, SECOND)
    sizes = [image.calibration.voxel_size(axis, "um") for axis in "zyx"]
    # Lengths in metres, divided by the number of steps and by 1e-6.
    assert sizes == pytest.approx([2.0, 0.5, 0.5], rel=1e-12)
    part = read(path, scene=0, channel="C1", region="z=1:3px")
    assert np.array_equal(part.data, FIRST[1:3, 0])
    foot = read(lif(tmp_path / "b.lif", {"one": STACKS[0][0]}, unit="ft"))
    assert foot.calibration.z.unit == ""


def test_what_is_cut_off_or_foreign_is_a_sentence(
    czi: Callable[..., Path], lif: Callable[..., Path], tmp_path: Path
) -> None:
    for path in (
        czi(tmp_path / "a.czi", STACKS[:1]),
        lif(tmp_path / "a.lif", {"one": STACKS[0][0]}),
    ):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        with pytest.raises(FileError, match=rf"cannot read .*: BioIO \(bioio_{path.suffix[1:]}\)"):
            read(path)
    path = tmp_path / "a.nd2"
    path.write_bytes(b"\xda\xce\xbe\x0a" + bytes(500))
    pytest.importorskip("bioio_nd2", reason="bioio-nd2 is not installed")
    with pytest.raises(FileError, match=r"BioIO \(bioio_nd2\) says: Corrupt ND2"):
        read(path)
    (tmp_path / "a.txt").write_text("text")
    with pytest.raises(FileError, match=r"no plugin of BioIO's that is installed takes it \(bioio"):
        read(tmp_path / "a.txt", reader="bioio")


def test_more_than_the_memory_is_refused(
    czi: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = czi(tmp_path / "a.czi", STACKS[:1])
    asked = []

    def check(size: int, name: str) -> None:
        asked.append(size)
        if size > 5000:
            raise MemoryLimitError(f"{name} is too large")

    monkeypatch.setattr(bioio_files, "check_memory", check)
    with pytest.raises(MemoryLimitError):
        read(path)
    assert read(path, channel=0, region="z=0:1px").shape == (40, 50)
    assert asked == [FIRST.nbytes, 40 * 50 * 2]


@pytest.mark.parametrize(
    ("head", "name", "command"),
    [
        (b"ZISRAWFILE", "a.czi", r"\[formats\]' bioio-czi$"),
        (b"\x70\0\0\0\x10\0\0\0\x2a", "a.lif", r"\[formats\]'$"),
        (b"\xda\xce\xbe\x0a", "a.nd2", r"\[formats\]'$"),
        (b"\0\0\0\x0cjP  \r\n", "a.nd2", r"\[formats\]'$"),
    ],
)
@pytest.mark.parametrize("missing", ["bioio", "plugin"])
def test_without_the_extra(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    head: bytes,
    name: str,
    command: str,
    missing: str,
) -> None:
    package = "bioio" if missing == "bioio" else f"bioio_{name[2:]}"
    if missing == "plugin":
        monkeypatch.setitem(sys.modules, "bioio", ModuleType("bioio"))
    monkeypatch.setitem(sys.modules, package, None)
    (tmp_path / name).write_bytes(head.ljust(64, b"\0"))
    with pytest.raises(FileError, match=command) as refused:
        read(tmp_path / name)
    assert f"{package} is not installed" in str(refused.value)


def test_one_scene_is_all_that_others_have(tmp_path: Path) -> None:
    path = _tiff(tmp_path)
    assert read(path, scene=0).shape == (4, 5)
    with pytest.raises(InputError, match=r"no scene of .* can be chosen: a file of the format T"):
        read(path, scene=1)


def _tiff(folder: Path) -> Path:
    import tifffile

    tifffile.imwrite(folder / "a.tif", np.zeros((4, 5), np.uint8))
    return folder / "a.tif"


# --- what readers say, played ---


def _played(reader: str, **said: Any) -> Any:
    kind = type("Reader", (), {"__module__": f"{reader}.reader"})
    own = kind()
    own.dims = said.pop("own", None)
    return SimpleNamespace(reader=own, dims=SimpleNamespace(order="TCZYX"), **said)


def test_sizes_that_an_nd2_has_not() -> None:
    sizes = SimpleNamespace(Z=1.0, Y=0.5, X=0.5)
    micrometre = SimpleNamespace(unit="micrometer")
    volume = SimpleNamespace(axesCalibrated=(True, True, False))
    image = _played(
        "bioio_nd2",
        physical_pixel_sizes=sizes,
        dimension_properties=SimpleNamespace(Z=micrometre, Y=micrometre, X=micrometre),
        metadata={"metadata": SimpleNamespace(channels=[SimpleNamespace(volume=volume)])},
        time_interval=timedelta(milliseconds=250),
    )
    found = bioio_image.calibration(image, ("t", "z", "y", "x"), "test")
    assert found.z.size is None
    assert found.voxel_size("x", "um") == 0.5
    assert found.frame_interval == 0.25
    image.metadata = {}
    assert bioio_image.calibration(image, ("z", "y", "x"), "test").x.size is None


def test_an_axis_that_bioio_leaves_out_is_refused() -> None:
    class Dims(SimpleNamespace):
        def __getitem__(self, axis: str) -> tuple[int]:
            return (self.sizes[axis],)

    own = Dims(order="HTCZYX", sizes={"H": 5})
    with pytest.raises(AxesError, match="a dimension 'H'"):
        bioio_image.axis_order(_played("bioio_czi", own=own))
    own.sizes["H"] = 1
    assert bioio_image.axis_order(_played("bioio_czi", own=own)) == tuple("tczyx")
