"""One physical sigma in, the same blur in every direction out."""

from fiji_bridge._version import __version__
from fiji_bridge.api import gaussian, plan, run, write
from fiji_bridge.api_analysis import structure_tensor, suggest
from fiji_bridge.api_family import (
    bilateral,
    convolve,
    derivative,
    difference_of_gaussians,
    gradient_magnitude,
    laplacian,
    median,
    unsharp_mask,
)
from fiji_bridge.api_geometry import pyramid, pyramid_plan, rescale, rescale_plan, views
from fiji_bridge.calibration import AxisCalibration, Calibration
from fiji_bridge.check.compare import compare
from fiji_bridge.check.crosscheck import crosscheck
from fiji_bridge.image import CalibratedImage
from fiji_bridge.io import read
from fiji_bridge.jvm.session import start
from fiji_bridge.output import write_images

__all__ = [
    "AxisCalibration",
    "CalibratedImage",
    "Calibration",
    "__version__",
    "bilateral",
    "compare",
    "convolve",
    "crosscheck",
    "derivative",
    "difference_of_gaussians",
    "gaussian",
    "gradient_magnitude",
    "laplacian",
    "median",
    "plan",
    "pyramid",
    "pyramid_plan",
    "read",
    "rescale",
    "rescale_plan",
    "run",
    "start",
    "structure_tensor",
    "suggest",
    "unsharp_mask",
    "views",
    "write",
    "write_images",
]
