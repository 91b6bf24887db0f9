"""What OME-XML has no place for, kept in structured annotations.

Origins, unit spellings, senseless sizes, the time unit, provenance and ImageJ's metadata, each as
JSON in a comment annotation with a namespace of ours; other programs carry them along.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from typing import Any

import numpy as np

from fiji_bridge.calibration import SPATIAL_AXES, AxisCalibration, Calibration
from fiji_bridge.image import CalibratedImage, ImageJMetadata
from fiji_bridge.io.ome_units import TIME_UNITS, physical_size
from fiji_bridge.provenance_text import PROVENANCE_KEY, to_entries, to_text

CALIBRATION_KEY = "fiji_bridge.calibration"
IMAGEJ_KEY = "fiji_bridge.imagej"


def to_annotations(image: CalibratedImage) -> dict[str, str]:
    """Return namespace → JSON for everything that an image has beside pixels and voxel size."""
    found = {CALIBRATION_KEY: json.dumps(_calibration_dict(image.calibration))}
    if image.provenance:
        found[PROVENANCE_KEY] = to_text(image.provenance)
    metadata = _metadata_dict(image.metadata)
    if metadata:
        found[IMAGEJ_KEY] = json.dumps(metadata)
    return found


def restore(image: CalibratedImage, annotations: Mapping[str, str]) -> CalibratedImage:
    """Add what `to_annotations` wrote; damaged entries and foreign ones are left alone."""
    calibration = image.calibration
    stored = _loads(annotations.get(CALIBRATION_KEY))
    if stored:
        calibration = _restored_calibration(calibration, stored)
    metadata = image.metadata
    kept = _loads(annotations.get(IMAGEJ_KEY))
    if kept:
        metadata = _metadata(kept)
    provenance = to_entries(annotations.get(PROVENANCE_KEY))
    return replace(image, calibration=calibration, metadata=metadata, provenance=provenance)


def _calibration_dict(calibration: Calibration) -> dict[str, Any]:
    stored = asdict(calibration)
    del stored["source"]
    return stored


def _restored_calibration(found: Calibration, stored: Mapping[str, Any]) -> Calibration:
    """Take over what Pixels cannot hold, unless another program has changed what it can."""
    try:
        axes = {axis: AxisCalibration(**stored[axis]) for axis in SPATIAL_AXES}
    except (KeyError, TypeError):
        return found
    kept: dict[str, Any] = {}
    for axis, was in axes.items():
        now = found.axis(axis)
        unchanged = physical_size(was) == (now.size, now.unit)
        kept[axis] = was if unchanged else replace(now, origin=was.origin)
    time: dict[str, Any] = {}
    was_unit, was_interval = stored.get("time_unit"), stored.get("frame_interval")
    now_unit = TIME_UNITS.get(found.time_unit)
    if found.frame_interval in (0, was_interval) and (
        found.frame_interval == 0 or TIME_UNITS.get(str(was_unit)) == now_unit
    ):
        time = {"time_unit": was_unit, "frame_interval": was_interval}
    return replace(found, **kept, **time)


def _metadata_dict(metadata: ImageJMetadata) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for entry in fields(metadata):
        value = getattr(metadata, entry.name)
        if value is None or len(value) == 0:
            continue
        if entry.name == "luts":
            value = [_text(np.asarray(lut, np.uint8).tobytes()) for lut in value]
        elif entry.name == "roi":
            value = _text(value)
        elif entry.name == "overlay":
            value = [_text(element) for element in value]
        elif isinstance(value, Mapping):
            value = dict(value)
        found[entry.name] = value
    return found


def _metadata(kept: Mapping[str, Any]) -> ImageJMetadata:
    try:
        found = dict(kept)
        for name in ("labels", "ranges"):
            if name in found:
                found[name] = tuple(found[name])
        if "luts" in found:
            found["luts"] = tuple(
                np.frombuffer(base64.b64decode(lut), np.uint8).reshape(3, 256)
                for lut in found["luts"]
            )
        if "roi" in found:
            found["roi"] = base64.b64decode(found["roi"])
        if "overlay" in found:
            found["overlay"] = tuple(base64.b64decode(element) for element in found["overlay"])
        return ImageJMetadata(**found)
    except (TypeError, ValueError):
        return ImageJMetadata()


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _loads(text: str | None) -> dict[str, Any]:
    try:
        found = json.loads(text or "")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
