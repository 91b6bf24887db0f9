"""The suite file: what it may say, and refusals that name what is wrong."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from click.testing import CliRunner

import fiji_bridge
from fiji_bridge.convert.adapters import to_image
from fiji_bridge.errors import FileError, InputError
from fiji_bridge_lab import suite_file
from fiji_bridge_lab.cli import regress
from fiji_bridge_lab.suite import accepted
from fiji_bridge_lab.template import suite_text
from fiji_bridge_lab.template_images import listed

GOOD = """
[[images]]
name = "a"
phantom = "noise"
shape = [4, 5, 6]
[[operations]]
name = "b"
parameters = { sigma = "1 px" }
[[filters]]
name = "scipy"
"""


def test_the_suite_that_init_writes_is_good(tmp_path: Path) -> None:
    path = tmp_path / "suite.toml"
    path.write_text(suite_text(path.name), encoding="utf-8")
    suite = suite_file.load(path)
    assert {"fused", "gauss3", "scipy", "scipy.gaussian_filter"} <= {f.name for f in suite.filters}
    assert len(list(suite.cases())) == 17


def test_init_names_the_images_that_are_in_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "my images"
    folder.mkdir()
    data = np.zeros((3, 8, 9), np.uint8)
    fiji_bridge.write(to_image(data, voxel_size="2 0.45 0.45 um"), folder / 'b "1".tif')
    fiji_bridge.write(to_image(data[0]), folder / "a.tif")
    (folder / "broken.tif").write_bytes(b"no image")
    (folder / "notes.txt").write_text("none either")
    path = tmp_path / "suite.toml"
    done = CliRunner().invoke(regress, ["init", str(path), "--images", str(folder)])
    assert done.exit_code == 0, done.output
    assert "my images/broken.tif: " in done.output
    suite = suite_file.load(path)
    named = {spec.name: spec.path for spec in suite.images if spec.path}
    assert named == {"a.tif": "my images/a.tif", 'b "1".tif': 'my images/b "1".tif'}
    blurs = {case.image.name: case.operation.parameters["sigma"] for case in suite.cases()}
    assert (blurs["a.tif"], blurs['b "1".tif']) == ("2 px", "2 µm")
    assert "is left out" in path.read_text(encoding="utf-8")


def test_a_folder_without_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no file in .* has the name of an image \(\."):
        listed(tmp_path, tmp_path / "suite.toml")
    with pytest.raises(FileError, match="there is no folder"):
        listed(tmp_path / "nowhere", tmp_path / "suite.toml")


def test_the_suite_of_this_folder_is_what_init_writes(shared_images: Path) -> None:
    """suite.toml: the phantoms and the real images, run with one command."""
    path = Path(__file__).parent / "suite.toml"
    ours = {"Bead_Image1_crop.tif", "DeconvolutionSampleVerticalGrid1AU-crop.tif", "hela-cells.tif"}
    found = [one for one in listed(shared_images, path) if one.name in ours]
    assert path.read_text(encoding="utf-8") == suite_text(path.name, found)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('phantom = "noise"', 'phantom = "snow"', "phantom 'snow'"),
        ('phantom = "noise"', "", "needs either phantom or path"),
        ("[4, 5, 6]", "[4, 5]", "one size for each of the axes zyx"),
        ("shape", "dtypes = ['bool']\nshape", "type 'bool'"),
        ("shape", "shaep", "unknown key 'shaep' in the image 'a'"),
        ("sigma =", "sgima =", "unknown key 'sgima' in the operation 'b'"),
        ('name = "b"', 'name = "b"\noperation = "blurr"', "'blurr' is not one of gaussian"),
        ('name = "scipy"', 'name = "scypi"', "unknown filter 'scypi'; use one of gauss3, fused"),
        ('name = "scipy"', 'name = "scipy"\n[[filters]]\nname = "scipy"', "two filters called"),
        ("[[images]]", "[suite]\npairs = [['scipy', 'x']]\n[[images]]", r"\['scipy', 'x'\]"),
        ("[[images]]", "[suite]\ntimeout = 0\n[[images]]", r"\[suite\]: timeout: .*above 0|than 0"),
        (
            "[[images]]",
            "[[rules]]\nmaximum = -1\n[[images]]",
            "rule 1 of .*: maximum: .*greater than or equal to 0; got -1",
        ),
        ("[[images]]", "[suite]\ntimeout = '2 min'\n[[images]]", r"timeout.*valid.*got '2 min'"),
        ("[4, 5, 6]", "'4 5 6'", r"the image 'a': shape: .*list; got '4 5 6'"),
        ("[4, 5, 6]", "[4, 5, 0]", r"the image 'a': shape.2: .*got 0"),
        ("[[images]]", "[images]", r"images must be written as \[\[images\]\]"),
        ('name = "b"', "", r"operation 1 of \[\[operations\]\] has no name"),
        ("[[images]]", "rulez = 1\n[[images]]", "unknown key 'rulez' in the suite; the keys are"),
        ("[[images]]", "[suite]\npairs = [['a']]\n[[images]]", r"\[suite\]: pairs"),
    ],
)
def test_refusals(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "suite.toml"
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(InputError, match=message):
        suite_file.load(path)


def test_the_schema_takes_what_init_writes_and_no_misspelling() -> None:
    done = CliRunner().invoke(regress, ["schema", "--suite"])
    assert done.exit_code == 0
    values = tomllib.loads(suite_text("suite.toml"))
    check = jsonschema.Draft202012Validator(json.loads(done.output))
    assert [error.message for error in check.iter_errors(values)] == []
    values["images"][0]["shaep"] = values["images"][0].pop("shape")
    assert [list(error.path) for error in check.iter_errors(values)] == [["images", 0]]


def test_a_file_that_is_no_toml(tmp_path: Path) -> None:
    path = tmp_path / "suite.toml"
    path.write_text("[[images")
    with pytest.raises(FileError, match="not valid TOML"):
        suite_file.load(path)


def test_later_rules_override(tmp_path: Path) -> None:
    path = tmp_path / "suite.toml"
    path.write_text(
        GOOD
        + '[[rules]]\nmaximum = 0.5\nexpected = ["kernel"]\n'
        + '[[rules]]\npair = ["scipy", "b*"]\ndtypes = ["uint8"]\nmaximum = 2\n'
    )
    suite = suite_file.load(path)
    assert accepted(suite, "bb", "scipy", "uint8").maximum == 2
    assert accepted(suite, "scipy", "bb", "uint8").expected == ("kernel",)
    assert accepted(suite, "scipy", "bb", "uint16").maximum == 0.5
