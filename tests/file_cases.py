"""Inputs of the tests of files: small cases, a stack whose planes tell who they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile

from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import AxisCalibration, Calibration

CASES = Path(__file__).resolve().parent / "cases"
MICROMETRES = Calibration(*(AxisCalibration(size, "µm") for size in (2.0, 0.5, 0.5)))


def stack(planes: int = 8, dtype: str = "uint16") -> CalibratedImage:
    """Plane k is 100 (k + 1) everywhere: a plane that is missing or mixed up is seen."""
    data = np.empty((planes, 20, 30), dtype)
    data[:] = (100 * (np.arange(planes) + 1) % (251 if dtype == "uint8" else 60000))[:, None, None]
    return CalibratedImage(data, ("z", "y", "x"), MICROMETRES)


def edit(path: Path, old: str, new: str) -> None:
    """Replace a piece of the OME-XML."""
    with tifffile.TiffFile(path) as tif:
        xml = tif.ome_metadata or ""
    old = old if old in xml else old.replace(" />", "/>")
    assert xml.count(old) == 1
    tifffile.tiffcomment(path, xml.replace(old, new).encode())


def set_tag(path: Path, code: int, value: int) -> None:
    """Give a tag of the first page another value, in place."""
    with tifffile.TiffFile(path, mode="r+b") as tif:
        tif.pages.first.tags[code].overwrite(value)
