"""ImageJ2's ``Dataset``, ``ImgPlus``, ``DatasetView`` and ImgLib2's images, in and out.

The axes are read themselves: averages of scales are NaN along an axis of one sample, and PyImageJ's
DataArray has no units. ImgLib2's order of axes is turned round here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.errors import AxesError, DTypeError, InputError
from fiji_bridge.image.calibrated import CalibratedImage, ImageJMetadata
from fiji_bridge.image.calibration import SPATIAL_AXES, AxisCalibration, Calibration
from fiji_bridge.image.memory import array_bytes, check_memory
from fiji_bridge.image.provenance import PROVENANCE_KEY, as_property, to_entries
from fiji_bridge.jvm.imglib2 import TYPES, copied, samples_of, shared
from fiji_bridge.jvm.session import start

#: ImageJ2's labels of axes.
LABELS = {"X": "x", "Y": "y", "Z": "z", "Channel": "c", "Time": "t"}
_LABEL_OF = {axis: label for label, axis in LABELS.items()}
#: The label of an axis that has no type.
_NO_TYPE = "Unknown"
_DEFAULT_AXES = {1: "x", 2: "yx", 3: "zyx"}


def from_dataset(obj: Any, axes: str | None = None) -> CalibratedImage:
    """Read an image of ImageJ2 or ImgLib2, with what it says of its axes.

    Samples are copied, but for those that lie in a buffer.

    Parameters
    ----------
    obj : net.imagej.Dataset, ImgPlus, DatasetView or RandomAccessibleInterval
        Of whole numbers up to 32 bits, or of floats.
    axes : str, optional
        For an image of which not all axes have a type, as PyImageJ makes of an array: in Python's
        order, the reverse of ImgLib2's.

    Raises
    ------
    AxesError, DTypeError, MemoryLimitError
    """
    source = _data(obj)
    count = int(source.numDimensions())
    dtype = np.dtype(_type(source)[0])
    shape = tuple(int(source.dimension(d)) for d in reversed(range(count)))
    check_memory(array_bytes(shape, dtype.itemsize), "the image of ImgLib2")
    names = _names(source, axes)
    if not hasattr(source, "axis"):
        calibration = Calibration(source="an image of ImgLib2")
        return CalibratedImage(samples_of(source, dtype, shape), names, calibration, name="image")
    calibration = Calibration(source="the axes of the Dataset")
    for d, axis in enumerate(reversed(names)):
        if axis in SPATIAL_AXES:
            calibration = calibration.with_axes(**{axis: _calibration(source.axis(d))})
        if axis == "t" and hasattr(source.axis(d), "scale"):
            unit = source.axis(d).unit()
            calibration = replace(
                calibration,
                frame_interval=float(source.axis(d).scale()),
                time_unit="sec" if unit is None else str(unit),
            )
    said = source.getProperties().get(PROVENANCE_KEY)
    return CalibratedImage(
        samples_of(source, dtype, shape),
        names,
        calibration,
        metadata=ImageJMetadata(luts=_tables(obj, source)),
        name=str(source.getName() or "Dataset"),
        provenance=to_entries(None if said is None else str(said)),
    )


def like_dataset(original: Any, result: CalibratedImage) -> Any:
    """Return a result as the same kind of Java object, with what the original had besides."""
    source = _data(original)
    image = copied(result.data)
    if not hasattr(source, "axis"):
        return image
    axes = [source.axis(d).copy() for d in range(int(source.numDimensions()))]
    for name, axis in zip(reversed(result.axes), axes, strict=True):
        if name in SPATIAL_AXES and result.calibration.axis(name) != _calibration(axis):
            _set(axis, result.calibration.axis(name))
    made = _imgplus(image, source.getName(), axes)
    _keep(source, made, result)
    if hasattr(source, "getContext"):
        made = _dataset(source.getContext(), made)
        made.setRGBMerged(source.isRGBMerged())
        if source is not original:
            return _view(original, made)
    return made


def to_dataset(context: Any, image: CalibratedImage, *, copy: bool = True) -> Any:
    """Make a new Dataset.

    Parameters
    ----------
    context : org.scijava.Context
    image : CalibratedImage
        Samples of colours (s) become merged channels.
    copy : bool
        Whether the samples are copied; otherwise the memory is shared.
    """
    import jpype

    kinds = jpype.JClass("net.imagej.axis.Axes")
    data, names = _colours_as_channels(image)
    if names.count("c") > 1:
        raise AxesError(
            "a Dataset has one axis of channels, and this image has colours (s) beside its "
            "channels (c); give one channel at a time"
        )
    axes = []
    for name in reversed(names):
        axis = jpype.JClass("net.imagej.axis.DefaultLinearAxis")(kinds.get(_LABEL_OF[name]))
        if name in SPATIAL_AXES:
            _set(axis, image.calibration.axis(name))
        if name == "t" and image.calibration.frame_interval:
            axis.setScale(image.calibration.frame_interval)
            axis.setUnit(image.calibration.time_unit)
        axes.append(axis)
    made = _imgplus(copied(data) if copy else shared(data), image.name, axes)
    _set_tables(made, image.metadata.luts)
    for key, text in as_property(image.provenance).items():
        made.getProperties().put(key, text)
    dataset = _dataset(context, made)
    # ImageJ2 merges three channels of 8 bits only; others stay channels.
    colours = dict(zip(image.axes, image.data.shape, strict=True)).get("s")
    dataset.setRGBMerged(colours == 3 and image.data.dtype == np.uint8)
    return dataset


def _data(obj: Any) -> Any:
    """Return the Dataset of a view, and anything else as it is."""
    return obj.getData() if hasattr(obj, "getData") and hasattr(obj, "getColorTables") else obj


def _type(source: Any) -> tuple[str, str]:
    import jpype

    kind = jpype.JClass("net.imglib2.util.Util").getTypeFromInterval(source)
    name = str(kind.getClass().getSimpleName())
    if name not in TYPES:
        raise DTypeError(
            f"cannot take samples of ImgLib2's {name}; convert them first, for example with "
            f"ij.op().convert().float32(image) (known are {', '.join(TYPES)})"
        )
    return TYPES[name]


def _colours_as_channels(image: CalibratedImage) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Return samples and axes with colours (s) as channels, before x and y in Python's order."""
    if "s" not in image.axes:
        return image.data, image.axes
    names = [name for name in image.axes if name != "s"]
    at = min(names.index(name) for name in names if name in "yx")
    return np.moveaxis(image.data, image.axes.index("s"), at), (*names[:at], "c", *names[at:])


def _imgplus(image: Any, name: Any, axes: list[Any]) -> Any:
    import jpype

    array = jpype.JArray(jpype.JClass("net.imagej.axis.CalibratedAxis"))(axes)
    return jpype.JClass("net.imagej.ImgPlus")(image, name, array)


def _dataset(context: Any, imgplus: Any) -> Any:
    import jpype

    return jpype.JClass("net.imagej.DefaultDataset")(context, imgplus)


def _view(original: Any, dataset: Any) -> Any:
    """Return a new view of a dataset with the colour tables of the original view."""
    import jpype

    service = original.getContext().getService(
        jpype.JClass("net.imagej.display.ImageDisplayService")
    )
    view = service.createDataView(dataset)
    view.rebuild()
    for channel, table in enumerate(original.getColorTables()):
        view.setColorTable(table, channel)
    return view


def _names(source: Any, given: str | None) -> tuple[str, ...]:
    """Return the axes in Python's order: their types, and for those without one what is given."""
    count = int(source.numDimensions())
    labels = [_NO_TYPE] * count
    if hasattr(source, "axis"):
        labels = [str(source.axis(d).type().getLabel()) for d in reversed(range(count))]
    for label in labels:
        if label not in (*LABELS, _NO_TYPE):
            raise AxesError(
                f"the Dataset has an axis {label!r}; known are {', '.join(LABELS)}: set its type"
            )
    if _NO_TYPE not in labels:
        if given is not None:
            raise AxesError("axes= is for arrays; a Dataset names its axes")
        return tuple(LABELS[label] for label in labels)
    names = tuple((given or _DEFAULT_AXES.get(count, "")).lower())
    if len(names) != count or any(
        LABELS.get(label, name) != name for label, name in zip(labels, names, strict=True)
    ):
        what = "ImgLib2" if not hasattr(source, "axis") else f"ImgLib2 with axes {labels}"
        raise AxesError(
            f"an image of {what} of {count} dimensions needs names for them in Python's "
            "order, the reverse of ImgLib2's, for example axes='czyx'"
        )
    return names


def _calibration(axis: Any) -> AxisCalibration:
    unit = axis.unit()
    text = "" if unit is None or str(unit) == "null" else str(unit)
    if not hasattr(axis, "scale"):
        return AxisCalibration(None, text, raw=f"an axis of class {type(axis).__name__}")
    size, origin = float(axis.scale()), float(axis.origin())
    index = -origin / size + 0.0 if size else 0.0
    return AxisCalibration(size, text, index)


def _set(axis: Any, new: AxisCalibration) -> None:
    if new.size is not None:
        axis.setScale(new.size)
        axis.setOrigin(-new.origin * new.size + 0.0)
    if new.unit:
        axis.setUnit(new.unit)


def _keep(source: Any, made: Any, result: CalibratedImage) -> None:
    """Carry over what does not depend on the samples, and add the provenance."""
    made.getProperties().putAll(source.getProperties())
    for key, text in as_property(result.provenance).items():
        made.getProperties().put(key, text)
    made.setSource(source.getSource())
    made.initializeColorTables(source.getColorTableCount())
    for index in range(int(source.getColorTableCount())):
        made.setColorTable(source.getColorTable(index), index)
    made.setCompositeChannelCount(source.getCompositeChannelCount())


def _tables(obj: Any, source: Any) -> tuple[NDArray[np.uint8], ...]:
    """Return colour tables of 256 colours: those of the view, or of the image."""
    if obj is not source:
        found = list(obj.getColorTables())
    else:
        found = [source.getColorTable(i) for i in range(int(source.getColorTableCount()))]
    tables = [table for table in found if table is not None and int(table.getLength()) == 256]
    return tuple(
        np.array([[table.get(part, i) for i in range(256)] for part in range(3)], np.uint8)
        for table in tables
    )


def _set_tables(made: Any, luts: tuple[NDArray[np.uint8], ...]) -> None:
    import jpype

    made.initializeColorTables(len(luts))
    for index, lut in enumerate(luts):
        rows = [jpype.JArray(jpype.JByte)(np.asarray(row, np.uint8).view(np.int8)) for row in lut]
        made.setColorTable(jpype.JClass("net.imglib2.display.ColorTable8")(*rows), index)


def new_imglib2(image: CalibratedImage, *, copy: bool = True) -> Any:
    """Make an ``ArrayImg``; ImgLib2's images have no names of axes and no calibration."""
    start().attach()
    data, _ = _colours_as_channels(image)
    return copied(data) if copy else shared(data)


def new_dataset(image: CalibratedImage, *, copy: bool = True) -> Any:
    """Make a Dataset in the context of the ImageJ2 that runs.

    Raises
    ------
    InputError
        If the runtime is without ImageJ2.
    """
    gateway = start().ij
    context = getattr(gateway, "context", None)
    if context is None:
        raise InputError(
            "a Dataset needs ImageJ2: start with a Fiji (fiji_bridge.start(fiji=...)) or call "
            "imagej.init() first; kind='imageplus' works with the embedded ImageJ"
        )
    return to_dataset(context(), image, copy=copy)
