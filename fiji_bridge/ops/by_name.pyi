"""What `run` gives for each name; written by python -m fiji_bridge.install.macrogen."""

import os
from typing import Any, Literal, overload

import xarray
from numpy.typing import NDArray

from fiji_bridge.convert.arrays import FilteredArray
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.results import Images, Plan
from fiji_bridge.ops.operation import LayerData
from fiji_bridge.ops.pyramid import Pyramid
from fiji_bridge.ops.structure_tensor import StructureTensor
from fiji_bridge.ops.suggestion import BlurReport

_Filter = Literal[
    "bilateral",
    "convolve",
    "derivative",
    "difference_of_gaussians",
    "gaussian",
    "gradient_magnitude",
    "laplacian",
    "median",
    "rescale",
    "unsharp_mask",
]

@overload
def run(operation: _Filter, image: NDArray[Any], **parameters: Any) -> FilteredArray: ...
@overload
def run(operation: _Filter, image: xarray.DataArray, **parameters: Any) -> xarray.DataArray: ...
@overload
def run(operation: _Filter, image: xarray.Dataset, **parameters: Any) -> xarray.Dataset: ...
@overload
def run(operation: _Filter, image: LayerData, **parameters: Any) -> LayerData: ...
@overload
def run(
    operation: _Filter, image: CalibratedImage | str | os.PathLike[str], **parameters: Any
) -> CalibratedImage: ...
@overload
def run(operation: Literal["pyramid"], image: Any, **parameters: Any) -> Pyramid: ...
@overload
def run(
    operation: Literal["structure_tensor"], image: Any, **parameters: Any
) -> StructureTensor: ...
@overload
def run(operation: Literal["suggest"], image: Any, **parameters: Any) -> BlurReport: ...
@overload
def run(operation: Literal["views"], image: Any, **parameters: Any) -> Images: ...
@overload
def run(operation: str, image: Any, **parameters: Any) -> Any: ...
def plan(image: Any, operation: str = "gaussian", **parameters: Any) -> Plan: ...
