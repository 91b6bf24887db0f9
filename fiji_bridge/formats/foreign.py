"""What files of others say about themselves, checked before anything believes it.

All foreign metadata that are more than a number or a text go through the models here: JSON in
annotations and descriptions, sizes and planes of OME-XML. What does not fit is refused, or left
out with a warning where the image is sound without it.
"""

from __future__ import annotations

import base64
import warnings
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar
from xml.etree import ElementTree

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    ValidationError,
)

from fiji_bridge.errors import FileError
from fiji_bridge.formats.limits import MAX_SIDE, MAX_TEXT, MAX_XML_DEPTH
from fiji_bridge.image.jsontext import parse_json

ModelT = TypeVar("ModelT", bound=BaseModel)


class MetadataWarning(UserWarning):
    """Something about an image, not its samples, could not be read or kept."""


def _decoded(text: object) -> object:
    return base64.b64decode(text, validate=True) if isinstance(text, str) else text


def _lut(raw: bytes) -> bytes:
    if len(raw) != 768:
        raise ValueError("a LUT has 768 bytes")
    return raw


Number = StrictFloat | StrictInt
Base64 = Annotated[bytes, BeforeValidator(_decoded)]
Lut = Annotated[Base64, AfterValidator(_lut)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class StoredImageJ(_Model):
    """The annotation in which ImageJ's metadata are kept in an OME-TIFF."""

    info: StrictStr | None = None
    labels: tuple[StrictStr, ...] = ()
    luts: tuple[Lut, ...] = ()
    ranges: tuple[Number, ...] = ()
    roi: Base64 | None = None
    overlay: tuple[Base64, ...] = ()
    properties: dict[StrictStr, StrictStr] = {}
    mode: StrictStr | None = Field(None, pattern="^(composite|color|grayscale)$")
    description: dict[StrictStr, StrictStr] = {}


class StoredAxis(_Model):
    """One axis of `StoredCalibration`."""

    size: Number | None = None
    unit: StrictStr = ""
    origin: Number = 0.0
    raw: StrictStr | None = None


class StoredCalibration(_Model):
    """The annotation in which what OME-XML has no place for is kept."""

    z: StoredAxis
    y: StoredAxis
    x: StoredAxis
    frame_interval: Number = 0.0
    time_unit: StrictStr = "sec"


Size = Annotated[int, Field(gt=0, le=MAX_SIDE)]
Index = Annotated[int, Field(ge=0, le=MAX_SIDE)]


class OmePixels(_Model):
    """Attributes of Pixels without which no plane can be found."""

    DimensionOrder: str = Field(pattern="^XY(ZCT|ZTC|CZT|CTZ|TZC|TCZ)$")
    SizeX: Size
    SizeY: Size
    SizeZ: Size
    SizeC: Size
    SizeT: Size
    Type: StrictStr | None = None


class OmeTiffData(_Model):
    """Attributes of TiffData: which planes stand in which pages."""

    IFD: Index | None = None
    FirstZ: Index = 0
    FirstC: Index = 0
    FirstT: Index = 0
    PlaneCount: Index | None = None


class InstallRecord(_Model):
    """What `fiji_bridge.install` put into a folder."""

    version: StrictStr
    complete: StrictBool
    files: dict[StrictStr, list[StrictStr]]
    folders: list[StrictStr]


class ShapedDescription(_Model):
    """The JSON with which tifffile describes an array."""

    shape: tuple[Index, ...]
    axes: StrictStr | None = None
    unit: StrictStr | None = None
    spacing: Number | None = None
    PhysicalSizeX: Number | None = None
    PhysicalSizeXUnit: StrictStr = "um"
    PhysicalSizeY: Number | None = None
    PhysicalSizeYUnit: StrictStr = "um"
    PhysicalSizeZ: Number | None = None
    PhysicalSizeZUnit: StrictStr = "um"


def checked(model: type[ModelT], values: Mapping[str, Any], what: str) -> ModelT:
    """Validate values that an image cannot do without.

    Raises
    ------
    FileError
        Names what it is, the entry and its value.
    """
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        raise FileError(f"{what}: {_first(error)}") from None


def optional(model: type[ModelT], text: str | None, what: str) -> ModelT | None:
    """Read a JSON text that an image can do without; None, with a warning, where it is damaged."""
    return None if text is None else lenient(model, parse_json(text), what)


def lenient(model: type[ModelT], found: object, what: str) -> ModelT | None:
    """Validate values that an image can do without; None, with a warning, where they do not fit."""
    try:
        return model.model_validate(found)
    except ValidationError as error:
        said = _first(error) if isinstance(found, dict) else "it is no JSON object"
        warnings.warn(f"{what} is left out: {said}", MetadataWarning, stacklevel=2)
        return None


def _first(error: ValidationError) -> str:
    found = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in found["loc"]) or "it"
    if found["type"] == "missing":
        return f"{where} is missing"
    return f"{where}={found.get('input')!r:.60} does not fit ({found['msg']})"


def parse_xml(text: bytes, name: str) -> ElementTree.Element:
    """Parse an XML text of a file.

    Raises
    ------
    FileError
        If it is no XML, too large or nested too deep, or defines entities of its own.
    """
    if len(text) > MAX_TEXT:
        raise FileError(f"cannot read {name}: its XML has {len(text)} bytes (limit {MAX_TEXT})")
    if b"<!DOCTYPE" in text:
        raise FileError(f"cannot read {name}: its XML has a document type of its own")
    parser = ElementTree.XMLParser(target=_ShallowBuilder())
    try:
        parser.feed(text)
        root: ElementTree.Element = parser.close()
    except RecursionError:
        raise FileError(
            f"cannot read {name}: its XML is nested more than {MAX_XML_DEPTH} deep"
        ) from None
    except (ElementTree.ParseError, UnicodeError, AssertionError) as error:
        raise FileError(f"cannot read {name}: its XML is damaged ({error})") from error
    return root


class _ShallowBuilder(ElementTree.TreeBuilder):
    """Builds the tree, and stops where it grows too deep."""

    depth = 0

    def start(self, tag: Any, attrs: Any, /) -> ElementTree.Element:
        self.depth += 1
        if self.depth > MAX_XML_DEPTH:
            raise RecursionError
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> ElementTree.Element:
        self.depth -= 1
        return super().end(tag)
