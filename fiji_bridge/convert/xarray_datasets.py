"""`xarray.Dataset` at the edge: that of one variable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fiji_bridge.convert.registry import Kind
from fiji_bridge.convert.xarrays import from_dataarray, lazy_dataarray, to_dataarray
from fiji_bridge.errors import InputError
from fiji_bridge.image.calibrated import CalibratedImage

if TYPE_CHECKING:
    import xarray


def _variable(dataset: xarray.Dataset) -> Any:
    names = [str(name) for name in dataset.data_vars]
    if len(names) != 1:
        raise InputError(
            f"an xarray.Dataset must have one variable to be an image; this has {len(names)}"
            f"{': ' + ', '.join(names) if names else ''}; give one of them, such as "
            f"dataset[{names[0] if names else 'NAME'!r}]"
        )
    return next(iter(dataset.data_vars))


def from_dataset(dataset: xarray.Dataset, axes: str | None = None) -> CalibratedImage:
    """Read the only variable, see `fiji_bridge.convert.xarrays`.

    Raises
    ------
    InputError
        If there is another number of variables.
    """
    return from_dataarray(dataset[_variable(dataset)], axes)


def lazy_dataset(dataset: xarray.Dataset, axes: str | None = None) -> CalibratedImage | None:
    """Read the only variable if it is a dask array, computing no sample."""
    return lazy_dataarray(dataset[_variable(dataset)], axes)


def to_dataset(original: xarray.Dataset, result: CalibratedImage) -> xarray.Dataset:
    """Return a Dataset with the same name of its variable and the same attributes."""
    name = _variable(original)
    made = to_dataarray(original[name], result).rename(name)
    return made.to_dataset().assign_attrs(original.attrs)


KIND = Kind("xarray.Dataset", ("xarray.Dataset",), from_dataset, to_dataset, lazily=lazy_dataset)
