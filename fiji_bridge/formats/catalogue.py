"""The file formats of this package: one line each, in the order in which they are asked."""

from __future__ import annotations

from fiji_bridge.formats.czi import CZI
from fiji_bridge.formats.imagej_tiff import IMAGEJ_TIFF
from fiji_bridge.formats.lif import LIF
from fiji_bridge.formats.nd2 import ND2
from fiji_bridge.formats.ome import OME_TIFF
from fiji_bridge.formats.ome_zarr import OME_ZARR
from fiji_bridge.formats.plain_tiff import PLAIN_TIFF
from fiji_bridge.formats.scifio_tiff import SCIFIO_TIFF

FORMATS = (
    OME_TIFF,
    SCIFIO_TIFF,
    IMAGEJ_TIFF,
    PLAIN_TIFF,
    OME_ZARR,
    CZI,
    LIF,
    ND2,
)
