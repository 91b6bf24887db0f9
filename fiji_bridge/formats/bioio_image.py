"""What a ``bioio.BioImage`` says of the scene that is set: axes, calibration, channel names."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fiji_bridge.errors import AxesError
from fiji_bridge.image.calibrated import AXES
from fiji_bridge.image.calibration import SPATIAL_AXES, AxisCalibration, Calibration


def axis_order(image: Any) -> tuple[str, ...]:
    """Return the axes of the samples, such as t, c, z, y, x.

    Raises
    ------
    AxesError
        For an axis that images here do not have, one that BioIO leaves out included.
    """
    order = str(image.dims.order)
    # BioIO takes the first of what is neither T, C, M, Z, Y, X nor S, and does not say so.
    own = getattr(getattr(image, "reader", None), "dims", None)
    left_out = {} if own is None else {a: own[a][0] for a in own.order if a not in (*order, "M")}
    unknown = [axis for axis in order if axis.lower() not in AXES]
    unknown += [axis for axis, size in left_out.items() if size > 1]
    if unknown:
        raise AxesError(
            f"the BioImage has a dimension {unknown[0]!r}; reduce it to T, C, Z, Y, X and S first"
        )
    return tuple(order.lower())


def calibration(image: Any, axes: tuple[str, ...], source: str) -> Calibration:
    """Return pixel sizes and frame interval.

    BioIO's pixel sizes are numbers; their unit is known where its reader is one that gives µm,
    says the properties of the dimensions or has OME metadata, and has to be said with ``unit=``
    otherwise.

    Parameters
    ----------
    image : bioio.BioImage
    axes : tuple of str
    source : str
        Where it was found, for messages.
    """
    found = Calibration(source=source)
    interval = getattr(image, "time_interval", None)
    if isinstance(interval, timedelta):
        found = Calibration(source=source, frame_interval=interval.total_seconds())
    sizes = image.physical_pixel_sizes
    for axis in SPATIAL_AXES:
        size = getattr(sizes, axis.upper(), None)
        if size is not None and axis in axes and not _filled_in(image, axis):
            made = AxisCalibration(float(size), _unit(image, axis, float(size)))
            found = found.with_axes(**{axis: made})
    return found


def channel_names(image: Any) -> tuple[str, ...]:
    """Return the names of the channels; none where there are none."""
    return tuple(str(name) for name in image.channel_names or ())


def reader_name(image: Any) -> str:
    """Return the package of the reader, such as ``"bioio_czi"``."""
    return type(getattr(image, "reader", None)).__module__.partition(".")[0]


def _unit(image: Any, axis: str, size: float) -> str:
    reader = reader_name(image)
    # These two turn metres into µm and leave the unit of the result unsaid (`pixel_sizes.py` and
    # `reader.py` of theirs); what else a LIF says stays as it is.
    if reader == "bioio_czi":
        return "µm"
    if reader == "bioio_lif":
        sides = (side for side in image.metadata.iter("DimensionDescription"))
        said = {side.get("Unit") for side in sides if side.get("DimID") in ("1", "2", "3")}
        return "µm" if said == {"m"} else ""
    properties = getattr(image, "dimension_properties", None)
    unit = getattr(getattr(properties, axis.upper(), None), "unit", None)
    return _ome_unit(image, axis, size) if unit is None else str(unit)


def _filled_in(image: Any, axis: str) -> bool:
    """Whether a size is the 1 that the reader of ND2 gives where the file has none."""
    if reader_name(image) != "bioio_nd2":
        return False
    try:
        volume = image.metadata["metadata"].channels[0].volume
        return not volume.axesCalibrated["xyz".index(axis)]
    except (AttributeError, IndexError, KeyError, TypeError):
        return True


def _ome_unit(image: Any, axis: str, size: float) -> str:
    """Return the unit in the OME metadata of the scene, where these have the same pixel size."""
    try:
        pixels = image.ome_metadata.images[image.current_scene_index].pixels
    except (AttributeError, IndexError, NotImplementedError):
        # Most readers have none; an image made from an array has none either.
        return ""
    # A reader may have converted the size; the unit of another number is not its unit.
    if getattr(pixels, f"physical_size_{axis}", None) != size:
        return ""
    unit = getattr(pixels, f"physical_size_{axis}_unit", None)
    return "" if unit is None else str(getattr(unit, "value", unit))
