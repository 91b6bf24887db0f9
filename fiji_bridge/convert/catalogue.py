"""All kinds of object that come in and go out; one line each."""

from __future__ import annotations

from functools import cache

from fiji_bridge.convert import (
    array_protocols,
    arrays,
    bioio,
    calibrated_images,
    dask_arrays,
    datasets,
    imagej_images,
    itk,
    masked_arrays,
    napari_layers,
    xarray_datasets,
    xarrays,
    zarr_arrays,
)
from fiji_bridge.convert.registry import Registry


@cache
def kinds() -> Registry:
    """Return the registry, with what other packages add."""
    found = Registry(
        [
            calibrated_images.KIND,
            arrays.KIND,
            masked_arrays.KIND,
            xarrays.KIND,
            xarray_datasets.KIND,
            dask_arrays.KIND,
            zarr_arrays.KIND,
            itk.SIMPLE_ITK,
            itk.ITK,
            bioio.KIND,
            napari_layers.LAYER,
            napari_layers.LAYER_DATA,
            imagej_images.KIND,
            datasets.KIND,
            array_protocols.KIND,
        ]
    )
    found.add_entry_points()
    return found
