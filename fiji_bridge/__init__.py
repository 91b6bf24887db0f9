"""One physical sigma in, the same blur in every direction out."""

from fiji_bridge._version import __version__
from fiji_bridge.api import gaussian, plan, run
from fiji_bridge.calibration import AxisCalibration, Calibration
from fiji_bridge.check.compare import compare
from fiji_bridge.check.crosscheck import crosscheck
from fiji_bridge.image import CalibratedImage
from fiji_bridge.io import read, write
from fiji_bridge.jvm.session import start

__all__ = [
    "AxisCalibration",
    "CalibratedImage",
    "Calibration",
    "__version__",
    "compare",
    "crosscheck",
    "gaussian",
    "plan",
    "read",
    "run",
    "start",
    "write",
]
