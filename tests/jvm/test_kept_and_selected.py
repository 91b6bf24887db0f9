"""What a command keeps of an image, and what it changes within a selection of any shape."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fiji_bridge
from fiji_bridge.errors import MacroError
from fiji_bridge.formats import read
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import AxisCalibration, Calibration
from fiji_bridge.install.macrogen import commands
from fiji_bridge.jvm.imageplus import from_imageplus, to_imageplus
from fiji_bridge.jvm.macros import run_macro
from fiji_bridge.jvm.session import Session

pytestmark = pytest.mark.jvm

BLUR = 'run("Gaussian Blur (Physical)...", "sigma=0.4 unit=um engine=fused{more}");'
SHAPE = {"z": 5, "c": 2, "y": 21, "x": 18, "s": 3}


def image(axes: str, dtype: str = "uint8") -> CalibratedImage:
    data = np.random.default_rng(5).integers(0, 256, [SHAPE[axis] for axis in axes])
    sizes = {"z": 0.5, "y": 0.2, "x": 0.2}
    calibration = Calibration(**{axis: AxisCalibration(v, "µm") for axis, v in sizes.items()})  # type: ignore[arg-type]
    return CalibratedImage(data.astype(dtype), tuple(axes), calibration, name="test")


def shown(session: Session, imp: Any, macro: str) -> str:
    """Run a macro on an image that is open."""
    session.jclass("ij.WindowManager").setTempCurrentImage(None)
    imp.show()
    try:
        return run_macro(session, macro)
    finally:
        imp.changes = False
        imp.close()


def test_overlay_and_selection_stay(session: Session, tmp_path: Path) -> None:
    imp = to_imageplus(image("zcyx"))
    roi, oval = session.jclass("ij.gui.Roi"), session.jclass("ij.gui.OvalRoi")
    overlay = session.jclass("ij.gui.Overlay")()
    named = roi(2, 3, 4, 5)
    named.setName("a cell")
    overlay.add(named)
    imp.setOverlay(overlay)
    imp.setRoi(oval(3, 4, 9, 7))
    before = from_imageplus(imp).metadata
    result = tmp_path / "result.tif"
    shown(session, imp, BLUR.format(more="") + f'saveAs("Tiff", "{result}");')
    after = read(result).metadata
    assert len(before.overlay) == 1
    assert after.overlay == before.overlay
    assert after.roi == before.roi


@pytest.mark.parametrize("shape", ["OvalRoi", "PolygonRoi", "outside"])
@pytest.mark.parametrize("axes", ["zyx", "zyxs"])
def test_only_the_selection_changes_whatever_its_shape(
    session: Session, tmp_path: Path, axes: str, shape: str
) -> None:
    given = image(axes)
    imp = to_imageplus(given)
    if shape == "PolygonRoi":
        roi = session.jclass("ij.gui.PolygonRoi")([2.0, 14.0, 6.0], [3.0, 5.0, 17.0], 2)
    elif shape == "outside":
        roi = session.jclass("ij.gui.OvalRoi")(-4, -5, 16, 15)
    else:
        roi = session.jclass("ij.gui.OvalRoi")(3, 4, 9, 11)
    imp.setRoi(roi)
    mask = np.zeros((SHAPE["y"], SHAPE["x"]), bool)
    for y, x in np.ndindex(mask.shape):
        mask[y, x] = bool(roi.contains(x, y))
    assert 20 < mask.sum() < mask.size / 2
    result = tmp_path / "result.tif"
    shown(session, imp, BLUR.format(more=" region=selection") + f'saveAs("Tiff", "{result}");')
    expected = fiji_bridge.gaussian(given, sigma="0.4 um", engine="fused").data
    inside = mask[..., None] if "s" in axes else mask
    np.testing.assert_array_equal(read(result).data, np.where(inside, expected, given.data))


@pytest.mark.parametrize("operation", [o for o in commands() if o.name != "gaussian"])
def test_rgb_is_refused_where_its_samples_cannot_hold_the_result(
    session: Session, operation: Any
) -> None:
    imp = to_imageplus(image("zyxs"))
    with pytest.raises(MacroError, match="image 'test' is RGB, whose samples cannot hold"):
        shown(session, imp, f'run("{operation.title}...", "sigma=0.4 unit=um");')
