"""Names of borders elsewhere, held to what those libraries really do."""

from __future__ import annotations

import re
from typing import Any, cast

import numpy as np
import pytest
from scipy import ndimage

from conftest import ROOT
from fiji_bridge.errors import InputError, SigmaError
from fiji_bridge.kernels.borders import BORDERS, border, check_border, continued

ROW = np.array([3.0, 1.0, 4.0, 1.0, 5.0])


def beyond(picture: str) -> list[float]:
    """Return what a picture says stands round ``a b c d``."""
    values = dict(zip("abcdk", (1.0, 2.0, 3.0, 4.0, 9.0), strict=True))
    return [values[letter] for letter in picture if letter in values]


@pytest.mark.parametrize("known", BORDERS.values(), ids=list(BORDERS))
def test_pictures_and_names_are_those_of_the_libraries(known: Any) -> None:
    inside = np.array([1.0, 2.0, 3.0, 4.0])
    fill = {"constant_values": 9.0} if known.numpy == "constant" else {}
    padded = np.pad(inside, 3, mode=cast("Any", known.numpy), **fill)
    assert padded.tolist() == beyond(known.picture)
    shifted = [
        ndimage.correlate1d(inside, np.eye(7)[3 + k], mode=known.scipy, cval=9.0)
        for k in range(-3, 4)
    ]
    assert [shifted[i][0] for i in range(3)] == beyond(known.picture)[:3]
    assert [shifted[i][-1] for i in range(4, 7)] == beyond(known.picture)[-3:]


@pytest.mark.parametrize("known", BORDERS.values(), ids=list(BORDERS))
def test_an_axis_goes_on_as_the_picture_says(known: Any) -> None:
    letters = [*"abcd", "k"]
    found = "".join(letters[place] for place in continued(4, 3, 3, known.name))
    assert found == re.sub("[^abcdk]", "", known.picture)


def test_a_border_is_one_line_here_and_three_files_of_java() -> None:
    """What CONTRIBUTING says: nothing else tells one border of Java's from another."""
    sources = ROOT / "java" / "src" / "main" / "java"
    naming = {
        path.name
        for path in sources.rglob("*.java")
        if re.search(
            r"case MIRROR_SINGLE|Border\.MIRROR_SINGLE|^    MIRROR_SINGLE", path.read_text(), re.M
        )
    }
    assert naming == {"Border.java", "BorderFold.java", "Gauss3Adapter.java"}
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in text or f"engine/{name}`" in text for name in naming)
    # SciPy's and NumPy's names are those of the line; what mirrors has a period as well.
    treated = re.compile(r'(== |\(\s*)"mirror-single"')
    python = {
        str(path.relative_to(ROOT / "fiji_bridge"))
        for path in (ROOT / "fiji_bridge").rglob("*.py")
        if treated.search(path.read_text(encoding="utf-8"))
    }
    assert python == {"kernels/borders.py", "check/continuous.py"}


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("mirror", "mirror-single"), ("symmetric", "mirror-double"), ("edge", "nearest"),
        ("wrap", "periodic"), ("extendMirrorSingle", "mirror-single"),
        ("extendmirrordouble", "mirror-double"), ("extendBorder", "nearest"),
        ("extendValue", "constant"), ("extendPeriodic", "periodic"),
        ("scipy:reflect", "mirror-double"), ("numpy:reflect", "mirror-single"),
        ("NumPy:Reflect", "mirror-single"), ("scipy:mirror", "mirror-single"),
        ("grid-mirror", "mirror-double"), ("scipy:grid-wrap", "periodic"), ("nearest", "nearest"),
        ("imglib2:extendMirrorDouble", "mirror-double"), (" Mirror-Double ", "mirror-double"),
    ],
)  # fmt: skip
def test_names_elsewhere(name: str, known: str) -> None:
    assert border(name).name == known
    assert check_border(name, 0.0) == known


@pytest.mark.parametrize("name", ["reflect", "REFLECT"])
def test_the_one_name_that_means_two_things_is_refused_with_both(name: str) -> None:
    with pytest.raises(
        InputError,
        match=r"scipy:reflect is mirror-double \(c b a .*numpy:reflect is mirror-single \(d c b",
    ):
        border(name)


@pytest.mark.parametrize("name", ["numpy:mirror", "itk:edge", "", "mirrored", None, 3, "scipy:"])
def test_unknown_names(name: Any) -> None:
    with pytest.raises(InputError, match=r"unknown border .*use one of mirror-single"):
        border(name)


def test_a_constant_goes_with_its_border_under_any_name() -> None:
    assert check_border("extendValue", 3.0) == "constant"
    with pytest.raises(SigmaError, match="the border is 'nearest'"):
        check_border("edge", 3.0)
