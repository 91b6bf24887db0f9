"""ROIs of ImageJ's ROI Manager and overlays, as shapes with physical coordinates."""

from __future__ import annotations

import base64
import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.errors import FileError, InputError
from fiji_bridge.formats.atomic import atomic_output
from fiji_bridge.image.calibration import Calibration
from fiji_bridge.image.jsontext import read_json

if TYPE_CHECKING:
    from roifile import ImagejRoi

_KINDS = {
    "POLYGON": "polygon", "FREEHAND": "polygon", "TRACED": "polygon", "RECT": "rectangle",
    "OVAL": "oval", "LINE": "line", "POLYLINE": "polyline", "FREELINE": "polyline",
    "ANGLE": "angle", "POINT": "point",
}  # fmt: skip
_SUBTYPES = {
    "TEXT": "text", "ARROW": "arrow", "ELLIPSE": "ellipse", "ROTATED_RECT": "rotated rectangle",
    "IMAGE": "image",
}  # fmt: skip
_LINES = ("line", "arrow", "polyline", "angle")


@dataclass(frozen=True)
class Shape:
    """One ROI.

    Attributes
    ----------
    kind : str
        ``"polygon"``, ``"rectangle"``, ``"oval"``, ``"line"``, ``"polyline"``, ``"angle"``,
        ``"point"``, ``"composite"``, ``"text"``, ``"arrow"``, ``"ellipse"`` …
    name : str
    parts : tuple of array
        Outlines or points, each of shape (n, 2): x and y in pixels. 0 is the outer edge of the
        first pixel; the point (1, 1) is ImageJ's own, wherever in the pixel that was clicked.
        Ovals are given by points along them.
    physical : tuple of array
        The same in `unit`, from the origin of the image on.
    unit : str
        ``"pixel"`` where the image has no voxel size.
    position : mapping of str to int
        ``c``, ``z``, ``t``, or ``slice`` in an image that is no hyperstack; from 1 on, as in
        ImageJ. An axis on all of whose planes the ROI lies is not there.
    data : bytes
        The ROI in ImageJ's file format, complete.
    """

    kind: str
    name: str
    parts: tuple[NDArray[np.float64], ...]
    physical: tuple[NDArray[np.float64], ...]
    unit: str
    position: Mapping[str, int]
    data: bytes

    @classmethod
    def from_bytes(cls, data: bytes, calibration: Calibration | None = None) -> Shape:
        """Read a ROI in ImageJ's file format.

        Raises
        ------
        FileError
            If it is none.
        """
        from roifile import ImagejRoi

        try:
            roi = ImagejRoi.frombytes(data)
        except Exception as error:
            raise FileError(f"this is no ROI of ImageJ: {error}") from error
        parts = tuple(np.asarray(part, np.float64) for part in roi.coordinates(multi=True))
        found = calibration or Calibration()
        sizes = (found.x.size, found.y.size)
        origin = (found.x.origin, found.y.origin)
        known = None not in sizes and bool(found.x.unit) and found.x.unit == found.y.unit
        scale = np.array(sizes if known else (1.0, 1.0), np.float64)
        shift = np.array(origin if known else (0.0, 0.0))
        return cls(
            _kind(roi),
            str(roi.name),
            parts,
            tuple((part - shift) * scale for part in parts),
            str(found.x.unit) if known else "pixel",
            _position(roi),
            bytes(data),
        )

    @property
    def outline(self) -> tuple[Any, ...]:
        """What two ROIs that look alike have in common: kind, name and coordinates."""
        return (self.kind, self.name, *(part.tobytes() for part in self.parts))

    def as_feature(self) -> dict[str, Any]:
        """Return a GeoJSON feature; see `Rois.to_geojson`."""
        return {
            "type": "Feature",
            "geometry": _geometry(self),
            "properties": {
                "name": self.name,
                "kind": self.kind,
                "unit": self.unit,
                "position": dict(self.position),
                "pixels": [part.tolist() for part in self.parts],
                "imagej_roi": base64.b64encode(self.data).decode("ascii"),
            },
        }


class Rois(Sequence[Shape]):
    """ROIs in order.

    Parameters
    ----------
    shapes : sequence of Shape
    """

    def __init__(self, shapes: Sequence[Shape] = ()) -> None:
        self._shapes = tuple(shapes)

    def __len__(self) -> int:
        return len(self._shapes)

    def __getitem__(self, index: Any) -> Any:
        return Rois(self._shapes[index]) if isinstance(index, slice) else self._shapes[index]

    def __iter__(self) -> Iterator[Shape]:
        return iter(self._shapes)

    def __repr__(self) -> str:
        return f"<Rois: {len(self)} ({', '.join(sorted({shape.kind for shape in self}))})>"

    def to_geojson(self) -> str:
        """Return a GeoJSON FeatureCollection.

        Coordinates are in each feature's ``unit``; its properties hold the name, the position,
        the coordinates in pixels, and the ROI in ImageJ's own format, for `from_geojson`.
        """
        features = [shape.as_feature() for shape in self]
        return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)

    @classmethod
    def from_geojson(cls, text: str, calibration: Calibration | None = None) -> Rois:
        """Read what `to_geojson` wrote.

        Parameters
        ----------
        text : str
        calibration : Calibration, optional
            For physical coordinates.

        Raises
        ------
        InputError
            For GeoJSON of others, which lacks ImageJ's own form of the ROIs.
        """
        try:
            features = read_json(text)["features"]
            coded = [feature["properties"]["imagej_roi"] for feature in features]
            data = [base64.b64decode(entry, validate=True) for entry in coded]
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"this is no GeoJSON that fiji_bridge wrote ({type(error).__name__}: {error})"
            ) from None
        return cls([Shape.from_bytes(roi, calibration) for roi in data])

    def to_zip(self) -> bytes:
        """Return a RoiSet.zip that ImageJ's ROI Manager opens."""
        import zipfile

        taken: set[str] = set()
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for number, shape in enumerate(self, 1):
                name = shape.name.replace("/", "_") or f"{number:04}"
                while name in taken:
                    name += f"-{number}"
                taken.add(name)
                archive.writestr(f"{name}.roi", shape.data)
        return out.getvalue()

    def as_file(self, ending: str) -> bytes:
        """Return what a file of this ending holds: `to_zip` for ``.zip``, else `to_geojson`."""
        return self.to_zip() if ending.lower() == ".zip" else self.to_geojson().encode()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a file by its ending, see `as_file`; it is replaced if it exists."""
        with atomic_output(path, overwrite=True) as file:
            file.write(self.as_file(os.path.splitext(path)[1]))

    @classmethod
    def load(cls, path: str | os.PathLike[str], calibration: Calibration | None = None) -> Rois:
        """Read a RoiSet.zip or a single ``.roi`` file.

        Raises
        ------
        FileError
            If it is neither.
        """
        import zipfile
        from pathlib import Path

        if not zipfile.is_zipfile(path):
            return cls([Shape.from_bytes(Path(path).read_bytes(), calibration)])
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.endswith(".roi")]
            return cls([Shape.from_bytes(archive.read(name), calibration) for name in names])


def _kind(roi: ImagejRoi) -> str:
    if roi.multi_coordinates is not None:
        return "composite"
    return _SUBTYPES.get(roi.subtype.name, _KINDS.get(roi.roitype.name, roi.roitype.name.lower()))


def _position(roi: ImagejRoi) -> dict[str, int]:
    axes = {"c": roi.c_position, "z": roi.z_position, "t": roi.t_position}
    found = {axis: int(number) for axis, number in axes.items() if number > 0}
    if not found and roi.position > 0:
        found["slice"] = int(roi.position)
    return found


def _geometry(shape: Shape) -> dict[str, Any]:
    parts = [part.tolist() for part in shape.physical]
    if shape.kind == "point":
        points = [point for part in parts for point in part]
        if len(points) == 1:
            return {"type": "Point", "coordinates": points[0]}
        return {"type": "MultiPoint", "coordinates": points}
    if shape.kind in _LINES:
        return {"type": "LineString", "coordinates": parts[0]}
    rings = [part if part[0] == part[-1] else [*part, part[0]] for part in parts if part]
    if len(rings) == 1:
        return {"type": "Polygon", "coordinates": rings}
    return {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}
