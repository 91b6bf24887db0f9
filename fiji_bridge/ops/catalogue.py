"""The registry with every operation in it: one line each."""

from fiji_bridge.ops.bilateral import BILATERAL
from fiji_bridge.ops.convolve import CONVOLVE
from fiji_bridge.ops.derivative import DERIVATIVE
from fiji_bridge.ops.difference_of_gaussians import DIFFERENCE_OF_GAUSSIANS
from fiji_bridge.ops.gaussian import GAUSSIAN
from fiji_bridge.ops.gradient_magnitude import GRADIENT_MAGNITUDE
from fiji_bridge.ops.laplacian import LAPLACIAN
from fiji_bridge.ops.median import MEDIAN
from fiji_bridge.ops.pyramid import PYRAMID
from fiji_bridge.ops.registry import REGISTRY
from fiji_bridge.ops.rescale import RESCALE
from fiji_bridge.ops.structure_tensor import STRUCTURE_TENSOR
from fiji_bridge.ops.suggest import SUGGEST
from fiji_bridge.ops.unsharp_mask import UNSHARP_MASK
from fiji_bridge.ops.views import VIEWS_OPERATION

REGISTRY.register(GAUSSIAN)
REGISTRY.register(DERIVATIVE)
REGISTRY.register(GRADIENT_MAGNITUDE)
REGISTRY.register(LAPLACIAN)
REGISTRY.register(DIFFERENCE_OF_GAUSSIANS)
REGISTRY.register(UNSHARP_MASK)
REGISTRY.register(CONVOLVE)
REGISTRY.register(RESCALE)
REGISTRY.register(PYRAMID)
REGISTRY.register(VIEWS_OPERATION)
REGISTRY.register(SUGGEST)
REGISTRY.register(STRUCTURE_TENSOR)
REGISTRY.register(MEDIAN)
REGISTRY.register(BILATERAL)

__all__ = ["REGISTRY"]
