"""What OME-XML has no place for, kept in structured annotations.

Origins, unit spellings, senseless sizes, the time unit, provenance and ImageJ's metadata, each as
JSON in a comment annotation with a namespace of ours; other programs carry them along.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from typing import Any

import numpy as np

from fiji_bridge.formats.foreign import StoredAxis, StoredCalibration, StoredImageJ, optional
from fiji_bridge.formats.ome_units import physical_size, time_symbol
from fiji_bridge.image.calibrated import CalibratedImage, ImageJMetadata
from fiji_bridge.image.calibration import SPATIAL_AXES, AxisCalibration, Calibration
from fiji_bridge.image.jsontext import json_text
from fiji_bridge.image.provenance import PROVENANCE_KEY, to_entries, to_text

CALIBRATION_KEY = "fiji_bridge.image.calibration"
IMAGEJ_KEY = "fiji_bridge.imagej"
_OWN, _IMAGEJ = "the calibration annotation", "the ImageJ annotation"


def to_annotations(image: CalibratedImage) -> dict[str, str]:
    """Return namespace → JSON for everything that an image has beside pixels and voxel size."""
    found = {CALIBRATION_KEY: json_text(_calibration_dict(image.calibration))}
    if image.provenance:
        found[PROVENANCE_KEY] = to_text(image.provenance)
    metadata = _metadata_dict(image.metadata)
    if metadata:
        found[IMAGEJ_KEY] = json_text(metadata)
    return found


def restore(image: CalibratedImage, annotations: Mapping[str, str], name: str) -> CalibratedImage:
    """Add what `to_annotations` wrote; damaged entries are left out with a warning."""
    calibration, metadata = image.calibration, image.metadata
    stored = optional(StoredCalibration, annotations.get(CALIBRATION_KEY), f"{_OWN} of {name}")
    if stored is not None:
        calibration = _restored_calibration(calibration, stored)
    kept = optional(StoredImageJ, annotations.get(IMAGEJ_KEY), f"{_IMAGEJ} of {name}")
    if kept is not None:
        metadata = _metadata(kept)
    provenance = to_entries(annotations.get(PROVENANCE_KEY))
    return replace(image, calibration=calibration, metadata=metadata, provenance=provenance)


def _calibration_dict(calibration: Calibration) -> dict[str, Any]:
    stored = asdict(calibration)
    del stored["source"]
    return stored


def _restored_calibration(found: Calibration, stored: StoredCalibration) -> Calibration:
    """Take over what Pixels cannot hold, unless another program has changed what it can."""
    kept: dict[str, Any] = {}
    for axis in SPATIAL_AXES:
        said: StoredAxis = getattr(stored, axis)
        size = None if said.size is None else float(said.size)
        was = AxisCalibration(size, said.unit, float(said.origin), said.raw)
        now = found.axis(axis)
        unchanged = physical_size(was) == (now.size, now.unit)
        kept[axis] = was if unchanged else replace(now, origin=was.origin)
    now_unit = time_symbol(found.time_unit)
    if found.frame_interval in (0, stored.frame_interval) and (
        found.frame_interval == 0 or time_symbol(stored.time_unit) == now_unit
    ):
        kept |= {"time_unit": stored.time_unit, "frame_interval": float(stored.frame_interval)}
    return replace(found, **kept)


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


def _metadata(kept: StoredImageJ) -> ImageJMetadata:
    return ImageJMetadata(
        info=kept.info,
        labels=kept.labels,
        luts=tuple(np.frombuffer(lut, np.uint8).reshape(3, 256) for lut in kept.luts),
        ranges=tuple(float(value) for value in kept.ranges),
        roi=kept.roi,
        overlay=kept.overlay,
        properties=kept.properties,
        mode=kept.mode,
        description=kept.description,
    )


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
