"""What an image is for NumPy, in a console and in a notebook."""

from __future__ import annotations

import base64
import io
import re
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fiji_bridge.convert.adapters import to_image
from fiji_bridge.image.calibrated import CalibratedImage, ImageJMetadata
from fiji_bridge.image.calibration import AxisCalibration, Calibration
from fiji_bridge.image.show import orthogonal_planes

STACK = np.arange(6 * 40 * 50, dtype=np.uint16).reshape(6, 40, 50)
IMAGE = to_image(STACK, voxel_size="2 0.45 0.45 um")


def test_numpy_takes_an_image_for_its_samples() -> None:
    assert np.max(IMAGE) == STACK.max()
    assert np.asarray(IMAGE) is IMAGE.data
    assert IMAGE.to_numpy() is IMAGE.data
    copied = np.array(IMAGE)
    assert np.array_equal(copied, STACK)
    assert not np.shares_memory(copied, STACK)
    assert np.asarray(IMAGE, dtype=np.float64).dtype == np.float64
    assert np.array_equal(np.add(IMAGE, 1), STACK + 1)
    assert (IMAGE.shape, IMAGE.dtype, IMAGE.ndim, IMAGE.axes) == (
        (6, 40, 50), np.uint16, 3, ("z", "y", "x")
    )  # fmt: skip


def test_the_protocol_never_copies_against_the_callers_will() -> None:
    assert IMAGE.__array__(copy=False) is IMAGE.data
    with pytest.raises(ValueError, match="in a copy only"):
        IMAGE.__array__(np.float32, copy=False)


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (IMAGE, "<CalibratedImage 'array': z 6 × y 40 × x 50, uint16, "
                "voxel (z, y, x) 2 × 0.45 × 0.45 µm>"),
        (to_image(STACK), "voxel size unknown"),
        (to_image(STACK, voxel_size=(2, 0.45, 0.45)), "2 × 0.45 × 0.45 (no unit)"),
        (to_image(STACK, voxel_size="2 um; 450 nm; 450 nm"), "voxel z 2 µm, y 450 nm, x 450 nm"),
        (to_image(STACK, voxel_size={"z": 1 / (20 / 9), "y": 1, "x": 1}), "0.45 × 1 × 1"),
        (replace(IMAGE, provenance=({"operation": "gaussian"},)), ", after gaussian>"),
    ],
)  # fmt: skip
def test_one_line(image: CalibratedImage, said: str) -> None:
    assert said in repr(image)


def picture(image: CalibratedImage) -> Any:
    """The picture that a notebook shows."""
    found = re.search(r"base64,([^\"]*)", image._repr_html_())
    return None if found is None else Image.open(io.BytesIO(base64.b64decode(found[1])))


def test_the_views_are_at_true_aspect() -> None:
    # 22.5 um wide, 18 um high, 12 um deep: 360 pixels are 34.5 um, and a gap of 4.
    shown = picture(IMAGE)
    scale = 360 / 34.5
    assert shown.size == (round(22.5 * scale) + 4 + round(12 * scale),
                          round(18 * scale) + 4 + round(12 * scale))  # fmt: skip
    planes, _ = orthogonal_planes(IMAGE)
    assert {name: plane.shape for name, plane in planes.items()} == {
        "yx": (40, 50), "yz": (40, 6), "zx": (6, 50)
    }  # fmt: skip


def test_the_table_says_the_calibration_and_is_escaped() -> None:
    text = replace(IMAGE, name="<script>")._repr_html_()
    assert "<td>y</td><td>40</td><td>0.45 µm</td><td>0</td>" in text
    assert "<script>" not in text


@pytest.mark.parametrize(
    "image",
    [
        to_image(np.zeros((4, 5), bool)),
        to_image(np.zeros((0, 4, 5))),
        to_image(np.zeros(7)),
        to_image(np.full((4, 5), np.nan)),
        to_image(np.zeros((4, 5, 3), np.uint8), axes="yxs"),
        to_image(np.zeros((2, 3, 4, 5)), axes="tczy"),
        CalibratedImage(STACK, ("z", "y", "x"), Calibration(z=AxisCalibration(0.0, "furlong"))),
    ],
    ids=repr,
)
def test_odd_images_are_shown_too(image: CalibratedImage) -> None:
    assert "<table>" in image._repr_html_()


def test_without_pillow_the_table_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert "<img" not in IMAGE._repr_html_()
    assert "0.45 µm" in IMAGE._repr_html_()


@pytest.mark.parametrize("shape", [(6, 4, 5), (1, 4, 5), (4, 5)])
def test_a_dataarray_keeps_everything(shape: tuple[int, ...]) -> None:
    axes = ("z", "y", "x")[-len(shape) :]
    lut = np.zeros((3, 256), np.uint8)
    image = CalibratedImage(
        np.zeros(shape, np.uint8),
        axes,
        Calibration(
            AxisCalibration(2.0, "um", 1.0), AxisCalibration(0.45, "um"), AxisCalibration(450, "nm")
        ),
        ImageJMetadata(luts=(lut,), labels=("a",)),
        "made",
        ({"operation": "made up"},),
    )
    array = image.to_xarray()
    assert np.shares_memory(array.data, image.data)
    back = to_image(array)
    for axis in "zyx":
        assert back.calibration.axis(axis) == image.calibration.axis(axis)
    assert (back.axes, back.name, back.provenance) == (image.axes, "made", image.provenance)
    assert back.metadata is image.metadata
    if len(shape) == 3:
        assert to_image(array.isel(z=0)).calibration.z.size == 2.0, "of a plane that is cut out"
