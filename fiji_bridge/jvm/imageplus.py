"""``ij.ImagePlus`` in and out: planes one by one, calibration and metadata field by field.

The ways through ImageJ2's Dataset and PyImageJ's DataArray lose units, origins or axes; so
``ij.measure.Calibration`` itself is read and set.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.errors import FileError
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import AxisCalibration, Calibration
from fiji_bridge.image.memory import array_bytes, check_memory
from fiji_bridge.imagej.samples import check_holdable, planes, undo_signed_16_bit
from fiji_bridge.jvm.calls import call, in_words
from fiji_bridge.jvm.heap import check_room
from fiji_bridge.jvm.imageplus_metadata import (
    channel_setup,
    customise,
    read_metadata,
    set_metadata,
)
from fiji_bridge.jvm.session import Session, start

#: ij.ImagePlus.getType()
_TYPES = {0: np.uint8, 1: np.uint16, 2: np.float32, 3: np.uint8, 4: np.uint32}
_RGB = 4
_CHANNEL_MODES = {"composite": 1, "color": 2, "grayscale": 3}


@in_words()
def from_imageplus(imp: Any) -> CalibratedImage:
    """Copy an ImagePlus.

    Parameters
    ----------
    imp : ij.ImagePlus
        8-, 16- and 32-bit, signed 16-bit and RGB; stacks, hyperstacks, virtual stacks.

    Returns
    -------
    CalibratedImage
        Axes in the order t, z, c, y, x, s; t, z and c only where there is more than one.

    Raises
    ------
    MemoryLimitError
        If a second copy of the samples does not fit into memory.
    """
    session = start()
    customise()
    dtype = np.dtype(_TYPES[int(imp.getType())])
    rgb = int(imp.getType()) == _RGB
    sizes = {"t": imp.getNFrames(), "z": imp.getNSlices(), "c": imp.getNChannels()}
    lead = tuple(axis for axis, size in sizes.items() if size > 1)
    height, width, count = int(imp.getHeight()), int(imp.getWidth()), int(imp.getStackSize())
    shape = (count, height, width, 3) if rgb else (count, height, width)
    samples = np.dtype(np.uint8) if rgb else dtype
    check_memory(array_bytes(shape, samples.itemsize), str(imp.getTitle()))
    data = np.empty(shape, samples)
    for index in range(count):
        pixels = _pixels(imp, index)
        plane = np.frombuffer(memoryview(pixels), dtype).reshape(height, width)
        data[index] = _samples(plane) if rgb else plane
    metadata, provenance = read_metadata(session, imp)
    data, metadata = undo_signed_16_bit(data, metadata)
    return CalibratedImage(
        data.reshape(*(int(sizes[axis]) for axis in lead), *data.shape[1:]),
        (*lead, "y", "x", *(("s",) if rgb else ())),
        read_calibration(imp.getCalibration()),
        metadata,
        str(imp.getTitle()),
        provenance,
    )


@in_words()
def to_imageplus(image: CalibratedImage) -> Any:
    """Make a new ImagePlus.

    Parameters
    ----------
    image : CalibratedImage
        uint8, int16 (ImageJ's signed 16-bit), uint16, float32 or RGB of uint8 samples.

    Returns
    -------
    ij.ImagePlus
        With an attribute ``provenance`` for Python and the image property for ImageJ.

    Raises
    ------
    DTypeError, AxesError
        For samples or axes that ImageJ cannot hold.
    MemoryLimitError
        If the Java heap is too small.
    """
    check_holdable(image, "an ImagePlus", "keep the result as an array")
    session = start()
    check_room(session.jclass("java.lang.Runtime").getRuntime(), image.data.nbytes, image.name)
    customise()
    channels, slices, frames = image.size("c"), image.size("z"), image.size("t")
    colours, composite = channel_setup(session, image)
    stack = session.jclass("ij.ImageStack")(image.size("x"), image.size("y"), colours)
    for plane in planes(image):
        stack.addSlice(None, _java_pixels(plane))
    imp = session.jclass("ij.ImagePlus")(image.name, stack)
    imp.setDimensions(channels, slices, frames)
    imp.setOpenAsHyperStack(sum(n > 1 for n in (channels, slices, frames)) > 1)
    if composite is not None:
        # The way the Opener takes: ranges and LUTs reach the channels through a FileInfo.
        imp.setFileInfo(composite)
        mode = _CHANNEL_MODES[image.metadata.mode or "composite"]
        imp = session.jclass("ij.CompositeImage")(imp, mode)
        imp.setFileInfo(None)
    set_calibration(session, imp, image.calibration, signed=image.data.dtype.name == "int16")
    set_metadata(session, imp, image)
    return imp


def open_file(path: str | os.PathLike[str], planes: int, needed: int) -> CalibratedImage:
    """Open a TIFF with ImageJ itself.

    Parameters
    ----------
    path : path
    planes : int
        How many it has at least.
    needed : int
        Bytes of their samples.

    Raises
    ------
    FileError
        If ImageJ cannot open it.
    MemoryLimitError
        If it does not fit into the Java heap: ImageJ would go on with the planes that do.
    """
    session = start()
    check_room(session.jclass("java.lang.Runtime").getRuntime(), needed, str(path))
    opener = session.jclass("ij.io.Opener")()
    opener.setSilentMode(True)
    absolute = Path(path).absolute()
    folder = str(absolute.parent) + os.sep
    # ImageJ's reader can go round in circles in a damaged file; then it is left to itself.
    imp = call(session, lambda _: opener.openTiff(folder, absolute.name), patience=0.5)
    if imp is None:
        raise FileError(f"ImageJ cannot open {path}; try reader='tifffile'")
    opened = int(imp.getStackSize())
    if opened < planes:
        imp.close()
        raise FileError(
            f"ImageJ opened {opened} of the {planes} planes of {path}; try reader='tifffile'"
        )
    image = from_imageplus(imp)
    info = imp.getOriginalFileInfo()
    if not image.metadata.labels and int(imp.getStackSize()) == 1 and info is not None:
        # ImageJ drops the label of a single plane where the file has image properties too.
        labels = tuple(str(label) for label in info.sliceLabels or () if label)
        image = replace(image, metadata=replace(image.metadata, labels=labels))
    imp.close()
    return image


def read_calibration(calibration: Any) -> Calibration:
    """Read an ``ij.measure.Calibration``; values as they are, senseless ones included."""
    return Calibration(
        z=AxisCalibration(
            float(calibration.pixelDepth), str(calibration.getZUnit()), float(calibration.zOrigin)
        ),
        y=AxisCalibration(
            float(calibration.pixelHeight), str(calibration.getYUnit()), float(calibration.yOrigin)
        ),
        x=AxisCalibration(
            float(calibration.pixelWidth), str(calibration.getXUnit()), float(calibration.xOrigin)
        ),
        frame_interval=float(calibration.frameInterval),
        time_unit=str(calibration.getTimeUnit()),
        source="ImagePlus",
    )


def set_calibration(session: Session, imp: Any, found: Calibration, *, signed: bool) -> None:
    """Give an ImagePlus a calibration; sizes that nobody stated are ImageJ's 1."""
    calibration = session.jclass("ij.measure.Calibration")(imp)
    for field, axis in (("Width", "x"), ("Height", "y"), ("Depth", "z")):
        size = found.axis(axis).size
        setattr(calibration, f"pixel{field}", 1.0 if size is None else size)
        setattr(calibration, f"{axis}Origin", found.axis(axis).origin)
    unit = found.x.unit or "pixel"
    calibration.setUnit(unit)
    for axis in "yz":
        own = found.axis(axis).unit or unit
        if own != unit:
            getattr(calibration, f"set{axis.upper()}Unit")(own)
    calibration.frameInterval = found.frame_interval
    calibration.setTimeUnit(found.time_unit)
    if signed:
        calibration.setSigned16BitCalibration()
    imp.setCalibration(calibration)


def _pixels(imp: Any, index: int) -> Any:
    """Return the Java array of a plane; a virtual stack reads it now."""
    if imp.getStackSize() == 1:
        return imp.getProcessor().getPixels()
    return imp.getStack().getProcessor(index + 1).getPixels()


def _samples(plane: NDArray[Any]) -> NDArray[np.uint8]:
    """Split 0xRRGGBB integers into three samples."""
    shifted = plane[..., None] >> np.array([16, 8, 0], np.uint32)
    samples: NDArray[np.uint8] = (shifted & 0xFF).astype(np.uint8)
    return samples


def _java_pixels(plane: NDArray[Any]) -> Any:
    """Copy a plane into the Java array that its ImageProcessor holds."""
    if plane.ndim == 3:
        red, green, blue = (plane[..., i].astype(np.uint32) for i in range(3))
        return _java_array(red << 16 | green << 8 | blue | np.uint32(0xFF000000))
    native = np.ascontiguousarray(plane, plane.dtype.newbyteorder("="))
    if native.dtype == np.int16:
        native = native.view(np.uint16) ^ np.uint16(0x8000)
    return _java_array(native)


def _java_array(samples: NDArray[Any]) -> Any:
    """Copy samples into a Java array in one go; JPype's own way takes them one by one."""
    import jpype

    order = jpype.JClass("java.nio.ByteOrder").nativeOrder()
    memory = samples.reshape(-1).view(np.uint8).data
    if not samples.flags.writeable:
        memory = memoryview(bytearray(memory))
    buffer = jpype.nio.convertToDirectBuffer(memory).order(order)
    # Java's integers are signed; the bits are the same.
    kind, typed = {
        "uint8": (jpype.JByte, buffer),
        "uint16": (jpype.JShort, buffer.asShortBuffer()),
        "uint32": (jpype.JInt, buffer.asIntBuffer()),
        "float32": (jpype.JFloat, buffer.asFloatBuffer()),
    }[samples.dtype.name]
    array = jpype.JArray(kind)(samples.size)
    typed.get(array)
    return array
