"""Arrays with named axes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from fiji_bridge.errors import AxesError
from fiji_bridge.image.calibrated import CalibratedImage, volume_view
from fiji_bridge.imagej.samples import planes
from strategies import named_images


@given(named_images())
def test_the_view_has_z_y_x_last_and_shares_memory(image: CalibratedImage) -> None:
    view = volume_view(image.data, image.axes)
    assert view.shape[-3:] == tuple(image.size(axis) for axis in "zyx")
    assert np.shares_memory(view, image.data)
    assert sum(1 for _ in image.volumes()) == np.prod(view.shape[:-3], dtype=int)


@given(named_images())
def test_volumes_are_addressed_by_name(image: CalibratedImage) -> None:
    lead = [axis for axis in image.axes if axis not in "zyx"]
    for index, label in image.volumes():
        picked: list[int | slice] = [
            index[lead.index(axis)] if axis in lead else slice(None) for axis in image.axes
        ]
        volume = volume_view(image.data, image.axes)[index]
        rest = tuple(axis for axis in image.axes if axis in "zyx")
        assert np.array_equal(volume, volume_view(image.data[tuple(picked)], rest))
        assert all(f"{a}={i}" in label for a, i in zip(lead, index, strict=True))


@given(named_images())
def test_planes_come_in_the_order_of_imagej(image: CalibratedImage) -> None:
    order = [axis for axis in ("t", "z", "c", "y", "x", "s") if axis in image.axes]
    data = image.data.transpose([image.axes.index(axis) for axis in order])
    tail = data.shape[order.index("y") :]
    assert np.array_equal(list(planes(image)), data.reshape(-1, *tail))


@pytest.mark.parametrize(
    ("axes", "named"), [("zy", "2 axis names"), ("zyq", "'q'"), ("yyx", "'y'"), ("zyxc", "4 axis")]
)
def test_axes_that_do_not_fit(axes: str, named: str) -> None:
    with pytest.raises(AxesError, match=named):
        CalibratedImage(np.zeros((2, 3, 4)), tuple(axes))


def test_sizes_and_spatial_axes() -> None:
    image = CalibratedImage(np.zeros((2, 3, 4)), ("x", "c", "z"))
    assert image.spatial_axes == ("z", "x")
    assert [image.size(axis) for axis in "tzcyxs"] == [1, 4, 3, 1, 2, 1]
