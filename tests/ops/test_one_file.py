"""An operation is one file: with it alone it is in Python, program, macros, dialogs, reference."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import fiji_bridge
from fiji_bridge import ops
from fiji_bridge.cli import run as run_program
from fiji_bridge.cli.answering import answer
from fiji_bridge.cli.commands import listed
from fiji_bridge.install import macrogen, reference, stub
from fiji_bridge.ops.parameters import ByLibrary
from fiji_bridge.ops.registry import REGISTRY

WHITE_TOP_HAT = '''"""White top hat within a physical radius."""

from __future__ import annotations

from typing import Annotated, Any, Unpack

import numpy as np

from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.lengths import LengthsLike
from fiji_bridge.image.results import Table, TablePlan
from fiji_bridge.kernels.borders import BORDERS, DEFAULT_BORDER
from fiji_bridge.ops.operation import Prepared, operation
from fiji_bridge.ops.other_filters import Library, by_library, in_voxels, memory_of
from fiji_bridge.ops.parameter import Kind, Parameter
from fiji_bridge.ops.parameters import Border, ByLibrary


@operation(title="White Top Hat (Physical)", example={"radius": "2 um"})
def white_top_hat(
    image: CalibratedImage,
    *,
    radius: Annotated[LengthsLike, Parameter(Kind.LENGTHS, "'1 um', or one per axis")],
    border: Border = DEFAULT_BORDER,
    **how: Unpack[ByLibrary],
) -> Prepared[TablePlan, CalibratedImage]:
    """Keep what is smaller than a physical radius.

    Returns
    -------
    Same type and shape as `image`
    """
    voxels = in_voxels(image, radius, "radius")
    rows = tuple((axis, f"{value:.4g} px") for axis, value in voxels.items())
    plan = TablePlan(
        Table(f"white top hat, border {border}", ("axis", "radius"), rows),
        {"radius_px": voxels, "border": border},
        memory_of(image, image.data.shape),
    )

    def make() -> Library:
        from scipy.ndimage import white_tophat

        size = tuple(2 * int(voxels.get(axis, 0)) + 1 for axis in "zyx")

        def run(volume: Any, _: Any) -> Any:
            return white_tophat(volume, size=size, mode=BORDERS[border].scipy)

        return Library(run, "scipy.ndimage.white_tophat")

    return by_library("white_top_hat", image, plan, make)
'''


@pytest.fixture
def white_top_hat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file, in a folder of its own."""
    path = tmp_path / "ops" / "white_top_hat.py"
    path.parent.mkdir()
    path.write_text(WHITE_TOP_HAT, encoding="utf-8")
    assert "white_top_hat" not in REGISTRY
    monkeypatch.setattr(ops, "__path__", [*ops.__path__, str(path.parent)])
    yield path
    sys.modules.pop("fiji_bridge.ops.white_top_hat", None)
    vars(ops).pop("white_top_hat", None)


def test_in_python(white_top_hat: Path) -> None:
    data = np.zeros((5, 20, 20), np.uint8)
    data[2, 9, 9] = 7
    made = fiji_bridge.white_top_hat(data, radius="2 um", voxel_size="1 1 1 um")
    assert isinstance(made, fiji_bridge.FilteredArray)
    assert made[2, 9, 9] == 7
    assert made.provenance[-1]["engine"] == "library"
    assert made.provenance[-1]["border"] == "mirror-double"
    assert list(inspect.signature(fiji_bridge.white_top_hat).parameters) == [
        "image", "radius", "border", *ByLibrary.__annotations__,
    ]  # fmt: skip
    documented = inspect.getdoc(fiji_bridge.white_top_hat)
    assert documented is not None
    for name in inspect.signature(fiji_bridge.white_top_hat).parameters:
        assert f"\n{name} : " in documented
    assert "white_top_hat" in dir(fiji_bridge)
    plan = fiji_bridge.plan(data, "white_top_hat", radius="2 px")
    assert list(plan.to_dataframe()["radius"]) == ["2 px"] * 3
    with pytest.raises(fiji_bridge.ArgumentError, match=r"no 'raduis' \(did you mean 'radius'\?\)"):
        fiji_bridge.white_top_hat(data, raduis=3)


def test_in_the_stub_that_type_checkers_read(white_top_hat: Path) -> None:
    line = "from .ops.white_top_hat import white_top_hat as white_top_hat\n"
    assert line in stub.generate(white_top_hat.parent)
    # What comes from elsewhere is no part of this package.
    assert line not in stub.generate()


def test_on_the_command_line(
    white_top_hat: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert listed()["white-top-hat"] == (
        "around the blur", "Keep what is smaller than a physical radius.",
    )  # fmt: skip
    source, out = tmp_path / "in.tif", tmp_path / "out.tif"
    data = np.random.default_rng(0).integers(0, 99, (5, 20, 20), np.uint8)
    fiji_bridge.write(data, source, voxel_size="1 1 1 um")
    assert run_program(["white-top-hat", str(source), "--radius", "2 um", "--plan"]) == 0
    assert "top hat, border mirror-double" in " ".join(capsys.readouterr().out.split())
    assert run_program(["white-top-hat", str(source), str(out), "--radius", "2 um"]) == 0
    found = fiji_bridge.read(out)
    expected = fiji_bridge.white_top_hat(data, radius=2, voxel_size="1 1 1 um")
    np.testing.assert_array_equal(found.data, expected)
    assert run_program(["white-top-hat", "--help"]) == 0
    said = capsys.readouterr().out
    assert "--radius" in said
    assert "--engine" not in said


def test_in_imagej(white_top_hat: Path) -> None:
    assert (
        'White Top Hat (Physical)...", org.fijibridge.command.ProgramCommand("white_top_hat")'
        in (macrogen.resources()[macrogen.PLUGINS_CONFIG])
    )
    table = macrogen.resources()[macrogen.OPERATIONS_TABLE]
    assert "\noperation\twhite_top_hat\tWhite Top Hat (Physical)\tKeep what is" in table
    assert "\nlengths\tradius\tRadius\t\t2 um\t\t'1 um', or one per axis\t\n" in table
    assert "radius=[2 um]" in macrogen.generate()["white_top_hat.ijm"]
    assert "white_top_hat_batch.ijm" in macrogen.generate()
    voxels = {axis: [1.0, "um"] for axis in "zyx"}
    image = {
        "name": "a", "dtype": "uint8", "axes": list("zyx"), "shape": [5, 9, 9], "voxels": voxels,
    }  # fmt: skip
    kind, lines = answer(
        {"operation": "white_top_hat", "options": ["--radius=2 um"], "image": image}
    )
    assert (kind, lines[1]) == ("plan", "z\t2 px")


def test_in_the_reference(white_top_hat: Path) -> None:
    text = reference.page()
    assert "## white_top_hat" in text
    assert "`fiji_bridge.white_top_hat(image, radius='2 um')`" in text
    assert "`fiji-bridge white-top-hat IN OUT --radius '2 um'`" in text
    assert "radius : length or one per axis\n    '1 um', or one per axis." in text


def test_is_gone_when_its_file_is() -> None:
    assert "white_top_hat" not in REGISTRY
    with pytest.raises(AttributeError):
        fiji_bridge.white_top_hat  # noqa: B018
