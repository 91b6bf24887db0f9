"""The suite file: what it may say, and refusals that name what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from fiji_bridge.errors import FileError, InputError
from fiji_bridge.regress import suite_file
from fiji_bridge.regress.suite import accepted
from fiji_bridge.regress.template import suite_text

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


@pytest.mark.parametrize("images", [None, "../shared/images"])
def test_the_suite_that_init_writes_is_good(tmp_path: Path, images: str | None) -> None:
    path = tmp_path / "suite.toml"
    path.write_text(suite_text(path.name, images), encoding="utf-8")
    suite = suite_file.load(path)
    assert {"fused", "gauss3", "scipy", "scipy.gaussian_filter"} <= {f.name for f in suite.filters}
    assert len(list(suite.cases())) == (17 if images is None else 20)


def test_the_suite_of_this_folder_is_what_init_writes() -> None:
    """suite.toml: the phantoms and the real images, run with one command."""
    path = Path(__file__).parent / "suite.toml"
    assert path.read_text(encoding="utf-8") == suite_text(path.name, "../../../shared/images")


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
        ("[[images]]", "[suite]\ntimeout = 0\n[[images]]", "timeout must be above 0"),
        ("[[images]]", "[[rules]]\nmaximum = -1\n[[images]]", "maximum of a rule"),
    ],
)
def test_refusals(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "suite.toml"
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(InputError, match=message):
        suite_file.load(path)


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
