"""What a user writes, as type checkers see it; `test_types.py` runs mypy and pyright on it.

Lines that end with ``type: ignore`` are mistakes that must be found.
"""

from __future__ import annotations

from typing import Any, assert_type

import numpy as np
import xarray
from numpy.typing import NDArray

import fiji_bridge
from fiji_bridge import BlurPlan, BlurReport, CalibratedImage, FilteredArray, Pyramid, RescalePlan


def arrays(data: NDArray[np.uint16]) -> None:
    blurred = fiji_bridge.gaussian(data, sigma="1 um", voxel_size=(2, 0.45, 0.45))
    assert_type(blurred, FilteredArray)
    print(blurred.provenance[-1]["engine"], blurred.mean())
    again = fiji_bridge.laplacian(blurred, sigma=(2, 1, 1), engine="scipy", nan="propagate")
    assert_type(again, FilteredArray)


def images(image: CalibratedImage, labelled: xarray.DataArray, unknown: Any) -> None:
    assert_type(fiji_bridge.median(image, radius="1 um"), CalibratedImage)
    assert_type(fiji_bridge.gaussian("a.tif", fwhm="1 um"), CalibratedImage)
    assert_type(fiji_bridge.gaussian(labelled, sigma={"z": 2, "y": 1, "x": 1}), xarray.DataArray)
    fiji_bridge.write(fiji_bridge.gaussian(unknown, sigma=1), "b.tif", overwrite=True)


def several(image: CalibratedImage) -> None:
    made = fiji_bridge.pyramid(image, levels=3, downsampling="none")
    assert_type(made, Pyramid)
    print([level.data.shape for level in made.levels], made["level0"].axes)
    found = fiji_bridge.suggest(image, beads=True)
    assert_type(found, BlurReport)
    print(found.table(), found.to_dataframe().columns)


def by_name(data: NDArray[np.float32], image: CalibratedImage, name: str) -> None:
    assert_type(fiji_bridge.run("laplacian", data, sigma="1 um"), FilteredArray)
    assert_type(fiji_bridge.run("median", image, radius="1 um"), CalibratedImage)
    assert_type(fiji_bridge.run("pyramid", data), Pyramid)
    assert_type(fiji_bridge.run("suggest", image), BlurReport)
    assert_type(fiji_bridge.run(name, image), Any)


def plans(data: NDArray[np.float32]) -> None:
    plan = fiji_bridge.unsharp_mask.plan(data, sigma="1 um", voxel_size="1 um")
    assert_type(plan, BlurPlan)
    print(plan.table(), plan.needed_bytes, plan.sigma_px(), plan.as_dict())
    assert_type(fiji_bridge.rescale.plan(data, to="finest"), RescalePlan)
    print(fiji_bridge.plan(data, "views").table())


def errors(data: NDArray[np.float32]) -> None:
    try:
        fiji_bridge.gaussian(data, sigma="1 parsec")
    except fiji_bridge.InputError as error:
        print(error)


def mistakes(data: NDArray[np.float32]) -> None:
    fiji_bridge.gaussian(data, sigm="1 um")  # type: ignore
    fiji_bridge.gaussian(data, sigma="1 um", border="reflected")  # type: ignore
    fiji_bridge.gaussian(data, sigma="1 um", engine="cuda")  # type: ignore
    fiji_bridge.laplacian(data, sigma="1 um", nan="ignore")  # type: ignore
    fiji_bridge.pyramid.plan(data, level=3)  # type: ignore
    fiji_bridge.median(data)  # type: ignore
    fiji_bridge.median(data, radius="1 um", engine="fused")  # type: ignore
    fiji_bridge.gaussian(3, sigma="1 um")  # type: ignore
