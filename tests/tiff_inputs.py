"""TIFFs to work on by regions: each layout that programs write, with all that they say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

import fiji_bridge
from blocks_inputs import noise
from fiji_bridge.convert.adapters import to_image
from fiji_bridge.image.calibrated import AXES, CalibratedImage, ImageJMetadata

#: Sizes of hyperstacks by axis; odd ones, so that tiles and strips end beside the planes.
SIZES = {"t": 3, "z": 7, "c": 2, "y": 45, "x": 37}


def image_of(axes: str = "zyx", dtype: str = "uint16", **changes: Any) -> CalibratedImage:
    """Return an image of noise that says all that a file can keep."""
    order = [axis for axis in AXES if axis in axes]
    data = noise(tuple(SIZES[axis] for axis in order), dtype)
    image = to_image(
        data,
        voxel_size="z=2 um, y=0.5 um, x=0.5 um" if "z" in axes else "0.5 um",
        axes="".join(order),
    )
    channels = image.size("c")
    luts = tuple(np.tile(np.arange(256, dtype=np.uint8), (3, 1)) * n for n in range(channels))
    several = channels > 1
    metadata = ImageJMetadata(
        info="what it is",
        labels=tuple(f"plane {n}" for n in range(image.size("t") * image.size("z") * channels)),
        luts=luts if several else (),
        ranges=(10.0, 900.0) * channels,
        properties={"lens": "long"},
        mode="composite" if several else None,
    )
    calibration = replace(image.calibration, frame_interval=2.5 if "t" in axes else 0.0)
    return replace(image, metadata=metadata, calibration=calibration, name="made", **changes)


def imagej(path: Path, image: CalibratedImage) -> Path:
    """Write an ImageJ TIFF: big-endian, planes without a gap."""
    fiji_bridge.write(image, path)
    return path


def single(path: Path, image: CalibratedImage) -> Path:
    """Write an ImageJ TIFF in its large-file form: one directory for all planes."""
    fiji_bridge.write(image, path)
    with path.open("r+b") as file, tifffile.TiffFile(path) as tif:
        first = tif.pages.first
        file.seek(first.offset + 2 + 12 * len(first.tags))
        file.write(b"\0\0\0\0")
    return path


def by_tifffile(**options: Any) -> Callable[[Path, CalibratedImage], Path]:
    """Return what writes an ImageJ TIFF by tifffile."""

    def make(path: Path, image: CalibratedImage) -> Path:
        with tifffile.TiffWriter(path, imagej=True) as writer:
            writer.write(
                image.data,
                resolution=(2.0, 2.0),
                metadata={"axes": "".join(image.axes).upper(), "unit": "um", "spacing": 2.0},
                **options,
            )
        return path

    return make


def ome(big: bool = False, **options: Any) -> Callable[[Path, CalibratedImage], Path]:
    """Return what writes an OME-TIFF by tifffile."""

    def make(path: Path, image: CalibratedImage) -> Path:
        data: NDArray[Any] = image.data
        said: dict[str, Any] = {"axes": "".join(image.axes).upper(), "Name": image.name}
        for axis, size in (("Z", 2.0), ("Y", 0.5), ("X", 0.5)):
            said |= {f"PhysicalSize{axis}": size, f"PhysicalSize{axis}Unit": "µm"}
        if "c" in image.axes:
            said["Channel"] = {"Name": [f"channel {n}" for n in range(image.size("c"))]}
        with tifffile.TiffWriter(path, ome=True, bigtiff=big) as writer:
            writer.write(data, photometric="minisblack", metadata=said, **options)
        return path

    return make


#: Name -> (ending, how it is written).
LAYOUTS: dict[str, tuple[str, Callable[[Path, CalibratedImage], Path]]] = {
    "imagej": (".tif", imagej),
    "imagej-single": (".tif", single),
    "imagej-little-endian": (".tif", by_tifffile()),
    "imagej-small-strips": (".tif", by_tifffile(rowsperstrip=2)),
    "imagej-deflate": (".tif", by_tifffile(compression="zlib", predictor=True)),
    "imagej-lzw": (".tif", by_tifffile(compression="lzw")),
    "ome-planes": (".ome.tif", ome()),
    "ome-ours": (".ome.tif", imagej),
    "ome-tiles": (".ome.tif", ome(tile=(16, 32))),
    "ome-big-tiles-deflate": (".ome.tif", ome(True, tile=(16, 16), compression="zlib")),
    "ome-tiles-zstd": (".ome.tif", ome(tile=(32, 16), compression="zstd", predictor=True)),
    "ome-strips-lzw": (".ome.tif", ome(rowsperstrip=8, compression="lzw")),
}


def make(folder: Path, layout: str, image: CalibratedImage) -> Path:
    """Write an image in a layout."""
    ending, write = LAYOUTS[layout]
    return write(folder / f"in{ending}", image)
