"""Figures of the report: every curve is there, and no text of a run is more than a text."""

from __future__ import annotations

import re
import warnings
from xml.etree import ElementTree

import numpy as np
import pytest

from fiji_bridge_lab.figures import Line, Panel, difference_picture, draw, reduce_by_peaks

SVG = "{http://www.w3.org/2000/svg}"
RAMP = Line("a ramp", (0.0, 1.0, 2.0), (1.0, 2.0, 3.0), 0)
BELOW = Line("never above 0", (0.0, 1.0), (0.0, -1.0), 1)


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_each_label_stands_once_below_all_panels() -> None:
    panel = Panel("panel", "x", "y", (RAMP, BELOW))
    found = texts(draw("two", (panel, panel)))
    assert found.count("a ramp") == found.count("never above 0") == 1
    assert found.count("panel") == 2


def test_curves_have_other_dashes_and_markers() -> None:
    def strokes(style: int) -> set[str]:
        line = Line("one", RAMP.x, RAMP.y, style)
        svg = draw("one", (Panel("p", "x", "y", (line,)),))
        return set(re.findall(r"stroke-dasharray: [^;]+|stroke: #[0-9a-f]{6}", svg))

    assert strokes(1) != strokes(2) != strokes(-1)


@pytest.mark.parametrize("lines", [(), (BELOW,), (Line("no sample", (), (), 2),)])
@pytest.mark.parametrize("logarithmic", [False, True])
def test_nothing_to_show_is_an_empty_frame(lines: tuple[Line, ...], logarithmic: bool) -> None:
    svg = draw("empty", (Panel("panel", "x", "y", lines, logarithmic),))
    assert "panel" in texts(svg)


@pytest.mark.parametrize("name", ["$x_1$", "<b>&\"'", "显微镜", "--><script>", "_hidden"])
def test_texts_stay_what_they_are(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        svg = draw(name, (Panel(name, name, name, (Line(name, RAMP.x, RAMP.y, 0),)),))
    assert texts(svg).count(name) == 4
    assert "<script" not in svg
    assert svg.startswith('<svg class="plot" role="img" ')


@pytest.mark.parametrize("logarithmic", [False, True])
def test_the_same_figure_has_the_same_bytes(logarithmic: bool) -> None:
    """Whatever was drawn before it."""
    wide = Line("far larger", (-500.0, 500.0), (1e-9, 1e9), 3)
    panels = (Panel("panel", "x", "y", (RAMP,), logarithmic),)
    first = draw("same", panels)
    for lines in ((wide, RAMP), (), (BELOW,)):
        draw("another", (Panel("other", "u", "v", lines, logarithmic),))
        draw.cache_clear()
        assert draw("same", panels) == first


def test_the_largest_difference_of_a_large_plane_is_kept() -> None:
    plane = np.zeros((600, 10))
    plane[431, 7] = -5
    small = reduce_by_peaks(plane)
    assert max(small.shape) <= 260
    assert small.min() == -5
    assert 'alt="a &lt;b&gt;"' in difference_picture(plane, 5, "a <b>")
