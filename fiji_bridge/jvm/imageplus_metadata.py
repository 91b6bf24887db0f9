"""What an ``ij.ImagePlus`` carries beside pixels and calibration: LUTs, ranges, labels, ROIs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.image.calibrated import CalibratedImage, ImageJMetadata
from fiji_bridge.image.provenance import LABEL_KEY, PROVENANCE_KEY, as_property, take, to_entries
from fiji_bridge.imagej.samples import imagej_ranges, plane_labels
from fiji_bridge.imagej.text import carried, java_double, parse_properties
from fiji_bridge.jvm.session import Session


@cache
def customise() -> None:
    """Give ImagePlus an attribute ``provenance`` in Python."""
    import jpype

    @jpype.JImplementationFor("ij.ImagePlus")
    class _WithProvenance:
        @property
        def provenance(self) -> tuple[Mapping[str, Any], ...]:
            return to_entries(_text(self.getProp(PROVENANCE_KEY)))  # type: ignore[attr-defined]


def read_metadata(
    session: Session, imp: Any
) -> tuple[ImageJMetadata, tuple[Mapping[str, Any], ...]]:
    """Return the metadata of an ImagePlus and its provenance."""
    saver = session.jclass("ij.io.FileSaver")
    # What ImageJ itself would write: density calibration, display range, mode.
    written = str(saver(imp).getDescriptionString()).rstrip("\0")
    properties = parse_properties(written.encode("latin-1"))
    composite = bool(imp.isComposite())
    pairs = [_text(text) or "" for text in imp.getPropertiesAsArray() or ()]
    image_properties, provenance = take(dict(zip(pairs[::2], pairs[1::2], strict=True)))
    labels = _labels(imp)
    if image_properties.get(LABEL_KEY) in labels[:1]:
        del image_properties[LABEL_KEY]  # ImageJ's second copy, made when it read the file
    low, high = java_double(properties.get("min")), java_double(properties.get("max"))
    ranges: tuple[float, ...] = () if low is None or high is None else (low, high)
    if composite:
        luts = [imp.getChannelLut(c + 1) for c in range(int(imp.getNChannels()))]
        ranges = tuple(float(value) for lut in luts for value in (lut.min, lut.max))
    roi = session.jclass("ij.io.RoiEncoder").saveAsByteArray(imp.getRoi())
    return ImageJMetadata(
        info=_text(imp.getInfoProperty()),
        labels=labels,
        luts=_luts(imp, composite),
        ranges=ranges,
        roi=None if roi is None else _bytes(roi),
        overlay=tuple(_bytes(element) for element in saver.getOverlay(imp) or ()),
        properties=image_properties,
        mode=properties.get("mode"),
        description=carried(properties),
    ), provenance


def channel_setup(session: Session, image: CalibratedImage) -> tuple[Any, Any]:
    """Return the colour model for a new stack, and the FileInfo of a composite, if it is one."""
    metadata = image.metadata
    tables = [np.asarray(lut, np.uint8) for lut in metadata.luts]
    if metadata.mode is None or image.size("c") == 1:
        if not tables or "s" in image.axes:
            return None, None
        rows = [_java_bytes(row) for row in tables[0]]
        return session.jclass("java.awt.image.IndexColorModel")(8, 256, *rows), None
    import jpype

    info = session.jclass("ij.io.FileInfo")()
    if metadata.ranges:
        info.displayRanges = jpype.JArray(jpype.JDouble)(list(imagej_ranges(image)))
    if tables:
        info.channelLuts = jpype.JArray(jpype.JByte, 2)([_java_bytes(t.ravel()) for t in tables])
    return None, info


def set_metadata(session: Session, imp: Any, image: CalibratedImage) -> None:
    """Give a new ImagePlus what ImageJ keeps beside pixels and calibration."""
    import jpype

    metadata = image.metadata
    _set_description(imp, metadata.description)
    if metadata.ranges and not imp.isComposite() and "s" not in image.axes:
        imp.getProcessor().setMinAndMax(*imagej_ranges(image)[:2])
    if metadata.description.get("8bitcolor") == "true":
        imp.setTypeToColor256()
    if metadata.info:
        imp.setProperty("Info", metadata.info)
    properties = {**metadata.properties, **as_property(image.provenance)}
    planes = int(imp.getStackSize())
    labels = plane_labels(image)
    if planes == 1 and labels:
        properties[LABEL_KEY] = labels[0]
    if properties:
        flat = [text for pair in properties.items() for text in pair]
        imp.setProperties(jpype.JArray(jpype.JString)(flat))
    for index, label in enumerate(labels):
        imp.getStack().setSliceLabel(label or None, index + 1)
    decoder = session.jclass("ij.io.RoiDecoder")
    if metadata.roi:
        imp.setRoi(decoder.openFromByteArray(_java_bytes(metadata.roi)))
    if metadata.overlay:
        imp.setOverlay(_overlay(session, decoder, metadata.overlay))


def _set_description(imp: Any, lines: Mapping[str, str]) -> None:
    """Set density calibration and the like from the lines of ImageJ's description."""
    import jpype

    calibration = imp.getCalibration()
    function = java_double(lines.get("cf"))
    unit = lines.get("vunit")
    if function is not None:
        found = [java_double(lines.get(f"c{i}")) for i in range(5)]
        coefficients = [value for value in found if value is not None]
        array = jpype.JArray(jpype.JDouble)(coefficients) if len(coefficients) > 1 else None
        clip = lines.get("zeroclip") == "true"
        calibration.setFunction(int(function), array, unit, clip)
    elif unit is not None:
        calibration.setValueUnit(unit)
    calibration.fps = java_double(lines.get("fps")) or 0.0
    calibration.loop = lines.get("loop") == "true"
    calibration.setInvertY(lines.get("inverty") == "true")
    calibration.info = lines.get("info")


def _overlay(session: Session, decoder: Any, elements: tuple[bytes, ...]) -> Any:
    overlay = session.jclass("ij.gui.Overlay")()
    for index, element in enumerate(elements):
        roi = decoder.openFromByteArray(_java_bytes(element))
        if index == 0:  # the first element carries how labels are drawn
            prototype = roi.getPrototypeOverlay()
            overlay.drawLabels(prototype.getDrawLabels())
            overlay.drawNames(prototype.getDrawNames())
            overlay.drawBackgrounds(prototype.getDrawBackgrounds())
            overlay.setLabelColor(prototype.getLabelColor())
            overlay.setLabelFont(prototype.getLabelFont(), prototype.scalableLabels())
        overlay.add(roi)
    return overlay


def _labels(imp: Any) -> tuple[str, ...]:
    planes = int(imp.getStackSize())
    if planes == 1:
        found = imp.getStack().getSliceLabel(1) if imp.hasImageStack() else None
        label = _text(found) or _text(imp.getProp(LABEL_KEY)) or ""
        info = _text(imp.getProperty("Info"))
        # ImageJ labels a lone slice with title and info where it has no label of its own.
        made_up = info is not None and label == f"{imp.getTitle()}\n{info}"
        return () if made_up or not label else (label,)
    stack = imp.getStack()
    labels = tuple(_text(stack.getSliceLabel(i + 1)) or "" for i in range(planes))
    return labels if any(labels) else ()


def _luts(imp: Any, composite: bool) -> tuple[NDArray[np.uint8], ...]:
    if composite:
        if not imp.hasCustomLuts():
            return ()
        tables = [imp.getChannelLut(c + 1).getBytes() for c in range(int(imp.getNChannels()))]
        return tuple(np.frombuffer(_bytes(t), np.uint8).reshape(3, 256) for t in tables)
    info = imp.getFileInfo()
    if int(info.lutSize) == 0 or int(imp.getType()) == 4:
        return ()
    lut = np.zeros((3, 256), np.uint8)
    for row, colours in zip(lut, (info.reds, info.greens, info.blues), strict=True):
        row[: int(info.lutSize)] = np.frombuffer(_bytes(colours), np.uint8)
    return () if (lut == np.arange(256, dtype=np.uint8)).all() else (lut,)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _bytes(array: Any) -> bytes:
    return bytes(memoryview(array))


def _java_bytes(raw: Any) -> Any:
    import jpype

    return jpype.JArray.of(np.frombuffer(bytes(raw), np.int8))
