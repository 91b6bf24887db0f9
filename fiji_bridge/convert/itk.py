"""``SimpleITK.Image`` and ``itk.Image`` at the edge: spacing, origin and direction are kept.

ITK knows no unit: lengths are in that of the spacing, millimetres by custom, whatever its maker
meant elsewhere. So a bare number is in the unit of the spacing here too, and a length needs
``unit="mm"``. An image that lies obliquely in space is filtered along its own axes.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import numpy as np

from fiji_bridge.convert.arrays import from_array
from fiji_bridge.convert.registry import Kind
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import SPATIAL_AXES, AxisCalibration
from fiji_bridge.image.provenance import PROVENANCE_KEY, as_property, to_entries

# ITK's order of axes is the reverse.
_XYZ = tuple(reversed(SPATIAL_AXES))


def _read(image: Any, data: Any, components: int, axes: str | None) -> CalibratedImage:
    dimension = int(
        image.GetDimension() if hasattr(image, "GetDimension") else len(_spacing(image))
    )
    if axes is None:
        axes = ("t" if dimension == 4 else "") + "zyx"[-min(dimension, 3) :]
        if components > 1:
            axes += "s" if components in (3, 4) and data.dtype == np.uint8 else "c"
    found = from_array(data, axes, f"an image of {_library(image)}")
    calibration = found.calibration
    for axis, size, start in zip(_XYZ, _spacing(image), image.GetOrigin(), strict=False):
        if axis in found.axes:
            index = -float(start) / float(size) + 0.0
            calibration = calibration.with_axes(
                **{axis: AxisCalibration(float(size), "", index, bare=True)}
            )
    text = image.GetMetaData(PROVENANCE_KEY) if _has(image, PROVENANCE_KEY) else None
    return replace(found, calibration=calibration, name="image", provenance=to_entries(text))


def _place(original: Any, made: Any, before: CalibratedImage, result: CalibratedImage) -> None:
    """Give a new image the spacing, and the place in space, of a result."""
    spacing, origin = list(_spacing(original)), np.array(original.GetOrigin(), float)
    moved = np.zeros(len(spacing))
    for i, axis in enumerate(_XYZ[: len(spacing)]):
        old, new = before.calibration.axis(axis), result.calibration.axis(axis)
        if old.size is not None and new.size is not None:
            spacing[i] = new.size
            moved[i] = old.origin * old.size - new.origin * new.size
    direction = np.asarray(original.GetDirection(), float).reshape(len(spacing), -1)
    made.SetSpacing(spacing)
    made.SetDirection(original.GetDirection())
    made.SetOrigin([float(x) for x in (origin + direction @ moved if moved.any() else origin)])


def from_simpleitk(image: Any, axes: str | None = None) -> CalibratedImage:
    """Read an image; its samples are copied."""
    import SimpleITK

    data = SimpleITK.GetArrayFromImage(image)
    return _read(image, data, int(image.GetNumberOfComponentsPerPixel()), axes)


def to_simpleitk(original: Any, result: CalibratedImage) -> Any:
    """Return a new image with the place in space and the metadata of the original."""
    import SimpleITK

    before = from_simpleitk(original)
    vector = int(original.GetNumberOfComponentsPerPixel()) > 1
    # SimpleITK says no types.
    made: Any = SimpleITK.GetImageFromArray(np.ascontiguousarray(result.data), isVector=vector)
    if made.GetDimension() == original.GetDimension():
        _place(original, made, before, result)
    for key in original.GetMetaDataKeys():
        made.SetMetaData(key, original.GetMetaData(key))
    for key, text in as_property(result.provenance).items():
        made.SetMetaData(key, text)
    return made


def from_itk(image: Any, axes: str | None = None) -> CalibratedImage:
    """Read an image; its samples are copied."""
    library = sys.modules["itk"]
    data = np.asarray(library.array_from_image(image))
    return _read(image, data, int(image.GetNumberOfComponentsPerPixel()), axes)


def to_itk(original: Any, result: CalibratedImage) -> Any:
    """Return a new image with the place in space of the original."""
    library = sys.modules["itk"]
    vector = int(original.GetNumberOfComponentsPerPixel()) > 1
    made = library.image_from_array(np.ascontiguousarray(result.data), is_vector=vector)
    _place(original, made, from_itk(original), result)
    return made


def _spacing(image: Any) -> tuple[float, ...]:
    return tuple(float(size) for size in image.GetSpacing())


def _has(image: Any, key: str) -> bool:
    return hasattr(image, "HasMetaDataKey") and bool(image.HasMetaDataKey(key))


def _library(image: Any) -> str:
    return type(image).__module__.partition(".")[0]


def _is_itk(obj: Any) -> bool:
    # Every pixel type and dimension has a class of its own: itkImageF3, itkVectorImageUC2 …
    return any(
        kind.__module__.partition(".")[0] == "itk"
        and kind.__name__.startswith(("itkImage", "itkVectorImage"))
        for kind in type(obj).__mro__
    )


SIMPLE_ITK = Kind("SimpleITK.Image", ("SimpleITK.Image",), from_simpleitk, to_simpleitk)
ITK = Kind("itk.Image", (), from_itk, to_itk, _is_itk)
