"""A calibrated image as JSON beside its samples: what client and service exchange.

The samples themselves travel as an ``.npy`` file, which holds no objects and runs no code.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any, Literal, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fiji_bridge.errors import InputError
from fiji_bridge.image.calibrated import CalibratedImage, ImageJMetadata
from fiji_bridge.image.calibration import AxisCalibration, Calibration

_LUT_SHAPE = (3, 256)
#: Samples that travel: signed, unsigned, floating, boolean.
KINDS = "iufb"

_Short = Annotated[str, Field(max_length=500)]


class _Model(BaseModel):
    # NaN is the word "NaN", so that the text is JSON everywhere.
    model_config = ConfigDict(extra="forbid", ser_json_inf_nan="strings", strict=False)


class WireAxis(_Model):
    """An `AxisCalibration`."""

    size: float | None = None
    unit: _Short = ""
    origin: float = 0.0
    raw: _Short | None = None
    bare: bool = False


class WireCalibration(_Model):
    """A `Calibration`."""

    z: WireAxis = WireAxis()
    y: WireAxis = WireAxis()
    x: WireAxis = WireAxis()
    frame_interval: float = 0.0
    time_unit: _Short = "sec"
    source: _Short = "no calibration"


class WireMetadata(_Model):
    """An `ImageJMetadata`; bytes are in base64."""

    info: str | None = None
    labels: list[str] = []
    luts: list[str] = []
    ranges: list[float] = []
    roi: str | None = None
    overlay: list[str] = []
    properties: dict[str, str] = {}
    mode: _Short | None = None
    description: dict[str, str] = {}


class WireImage(_Model):
    """A `CalibratedImage` without its samples, and without what an OME-TIFF said beyond it."""

    axes: list[Literal["t", "z", "c", "y", "x", "s"]] = Field(max_length=6)
    calibration: WireCalibration = WireCalibration()
    metadata: WireMetadata = WireMetadata()
    name: _Short = "image"
    provenance: list[dict[str, Any]] = []
    channel_names: list[str] = []


def described(image: CalibratedImage) -> dict[str, Any]:
    """Return what there is to say of an image beside its samples, as plain values for JSON."""
    kept = image.metadata
    made = WireImage(
        axes=cast("Any", list(image.axes)),
        calibration=WireCalibration(**asdict(image.calibration)),
        metadata=WireMetadata(
            info=kept.info,
            labels=list(kept.labels),
            luts=[_text(lut.astype(np.uint8).tobytes()) for lut in kept.luts],
            ranges=list(kept.ranges),
            roi=None if kept.roi is None else _text(kept.roi),
            overlay=[_text(element) for element in kept.overlay],
            properties=dict(kept.properties),
            mode=kept.mode,
            description=dict(kept.description),
        ),
        name=image.name[:500],
        provenance=[dict(entry) for entry in image.provenance],
        channel_names=list(image.channel_names),
    )
    found: dict[str, Any] = json.loads(made.model_dump_json())
    return found


def rebuilt(samples: NDArray[Any], said: Mapping[str, Any]) -> CalibratedImage:
    """Return the image that was described.

    Raises
    ------
    InputError
        For a description of another form, naming the place, and for samples of a kind or with
        dimensions that do not belong to it.
    """
    try:
        found = WireImage.model_validate(said)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(f"the description of the image: {where}: {first['msg']}") from None
    if samples.dtype.kind not in KINDS:
        raise InputError(f"samples of {samples.dtype} are no numbers that can be filtered")
    kept = found.metadata
    return CalibratedImage(
        samples,
        tuple(found.axes),
        Calibration(
            **{
                axis: AxisCalibration(**getattr(found.calibration, axis).model_dump())
                for axis in "zyx"
            },
            frame_interval=found.calibration.frame_interval,
            time_unit=found.calibration.time_unit,
            source=found.calibration.source,
        ),
        ImageJMetadata(
            info=kept.info,
            labels=tuple(kept.labels),
            luts=tuple(_lut(text) for text in kept.luts),
            ranges=tuple(kept.ranges),
            roi=None if kept.roi is None else _bytes(kept.roi),
            overlay=tuple(_bytes(element) for element in kept.overlay),
            properties=kept.properties,
            mode=kept.mode,
            description=kept.description,
        ),
        found.name,
        tuple(found.provenance),
        tuple(found.channel_names),
    )


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise InputError("the description of the image holds text that is not base64") from None


def _lut(text: str) -> NDArray[np.uint8]:
    data = _bytes(text)
    if len(data) != _LUT_SHAPE[0] * _LUT_SHAPE[1]:
        raise InputError(f"a LUT in the description has {len(data)} bytes instead of 768")
    return np.frombuffer(data, np.uint8).reshape(_LUT_SHAPE).copy()
