"""An array with named axes, its calibration and what else a file said about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fiji_bridge.errors import AxesError
from fiji_bridge.image import show
from fiji_bridge.image.as_xarray import as_dataarray
from fiji_bridge.image.calibration import SPATIAL_AXES, Calibration

if TYPE_CHECKING:
    import xarray

#: All axes an image may have, in the order in which ImageJ TIFFs store them.
#: ``s`` are the samples of an RGB pixel.
AXES = ("t", "z", "c", "y", "x", "s")


@dataclass(frozen=True)
class ImageJMetadata:
    """What ImageJ keeps beside pixels and calibration; carried through untouched.

    Attributes
    ----------
    info : str or None
        The text of Image > Show Info.
    labels : tuple of str
        Slice labels, one per plane in ImageJ's order (c fastest, then z, then t), or empty.
    luts : tuple of array
        One per channel, uint8 of shape (3, 256).
    ranges : tuple of float
        Display range, (minimum, maximum) per channel, flat.
    roi : bytes or None
        The selection, in ImageJ's ROI format.
    overlay : tuple of bytes
        Elements of the overlay, in ImageJ's ROI format.
    properties : mapping of str to str
        Image properties.
    mode : str or None
        ``"composite"``, ``"color"`` or ``"grayscale"`` for several channels.
    description : mapping of str to str
        Other lines of ImageJ's TIFF description: density calibration (``cf``,
        ``c0`` …, ``vunit``), ``fps``, ``loop``, ``inverty``, ``info``.
    """

    info: str | None = None
    labels: tuple[str, ...] = ()
    luts: tuple[NDArray[np.uint8], ...] = ()
    ranges: tuple[float, ...] = ()
    roi: bytes | None = None
    overlay: tuple[bytes, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    mode: str | None = None
    description: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, repr=False)
class CalibratedImage:
    """An array with named axes and its calibration.

    NumPy takes it for its samples: ``np.max(image)``, ``np.asarray(image)``.

    Attributes
    ----------
    data : array
        One dimension per entry of `axes`.
    axes : tuple of str
        Names out of ``t z c y x s``, each at most once, in the order of the array.
    calibration : Calibration
    metadata : ImageJMetadata
    name : str
        Title or file name, for messages.
    provenance : tuple of mapping
        One entry per operation that made this image, oldest first.
    channel_names : tuple of str
        One per channel, or empty; ImageJ has slice labels instead.
    ome_xml : str or None
        What an OME-TIFF said, without its samples: carried through to the next one.
    """

    data: NDArray[Any]
    axes: tuple[str, ...]
    calibration: Calibration = field(default_factory=Calibration)
    metadata: ImageJMetadata = field(default_factory=ImageJMetadata)
    name: str = "image"
    provenance: tuple[Mapping[str, Any], ...] = ()
    channel_names: tuple[str, ...] = ()
    ome_xml: str | None = None

    def __post_init__(self) -> None:
        if len(self.axes) != self.data.ndim:
            raise AxesError(
                f"{self.name} has {self.data.ndim} dimensions but {len(self.axes)} axis names "
                f"{self.axes}; name each dimension once, out of {', '.join(AXES)}"
            )
        for axis in self.axes:
            if axis not in AXES or self.axes.count(axis) > 1:
                raise AxesError(
                    f"{self.name} has the axes {self.axes}; each must be one of "
                    f"{', '.join(AXES)} and stand once (axis {axis!r} does not)"
                )

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        """Return the samples: NumPy's protocol, in the form of its version 2."""
        kind = self.data.dtype if dtype is None else np.dtype(dtype)
        if copy is False and kind != self.data.dtype:
            raise ValueError(f"samples of {self.data.dtype} become {kind} in a copy only")
        return self.data.astype(kind, copy=bool(copy))

    def __repr__(self) -> str:
        return show.line(self)

    def _repr_html_(self) -> str:
        """Return what a notebook shows: calibration and orthogonal views at true aspect."""
        return show.page(self)

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of samples along each of `axes`."""
        return self.data.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the samples."""
        return self.data.dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.data.ndim

    def to_numpy(self) -> NDArray[Any]:
        """Return the samples, not copied, in the order of `axes`."""
        return np.asarray(self.data)

    def to_xarray(self) -> xarray.DataArray:
        """Return a DataArray over the same memory.

        Returns
        -------
        xarray.DataArray
            Dimensions are `axes`; coordinates the positions in the unit of the voxel size, with
            ``attrs["units"]`` and the voxel size as ``attrs["step"]``, which counts for a plane
            that is cut out, and for an axis that the image lacks. Channel names, times, provenance
            and what ImageJ keeps (LUTs, labels) go along, and come back with it.
        """
        return as_dataarray(self)

    @property
    def spatial_axes(self) -> tuple[str, ...]:
        """The spatial axes that the image has, in (z, y, x) order."""
        return tuple(axis for axis in SPATIAL_AXES if axis in self.axes)

    def size(self, axis: str) -> int:
        """Return the number of samples along an axis; 1 where the image lacks it."""
        return int(self.data.shape[self.axes.index(axis)]) if axis in self.axes else 1

    def with_data(self, data: NDArray[Any], **changes: Any) -> CalibratedImage:
        """Return a copy with other samples (and other fields as given)."""
        return replace(self, data=data, **changes)

    def with_result(self, data: NDArray[Any], entry: Mapping[str, Any]) -> CalibratedImage:
        """Return a copy with the samples that an operation made, and its provenance entry."""
        return replace(self, data=data, provenance=(*self.provenance, entry))

    def volumes(self) -> Iterator[tuple[tuple[int, ...], str]]:
        """Iterate over the index and the label of every (z, y, x) volume.

        The index addresses the non-spatial axes of `volume_view`.
        """
        lead = [axis for axis in self.axes if axis not in SPATIAL_AXES]
        for index in np.ndindex(*(self.size(axis) for axis in lead)):
            yield index, ", ".join(f"{axis}={i}" for axis, i in zip(lead, index, strict=True))


def volume_view(data: NDArray[Any], axes: tuple[str, ...]) -> NDArray[Any]:
    """View an array as (other axes …, z, y, x), missing spatial axes with size 1; no copy."""
    lead = [axis for axis in axes if axis not in SPATIAL_AXES]
    order = lead + [axis for axis in SPATIAL_AXES if axis in axes]
    view = data.transpose([axes.index(axis) for axis in order])
    for position, axis in enumerate(SPATIAL_AXES):
        if axis not in axes:
            view = np.expand_dims(view, len(lead) + position)
    return view
