"""Operations by their names; `by_name.pyi` beside it says what each gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fiji_bridge.ops.registry import function

if TYPE_CHECKING:
    from fiji_bridge.image.results import Plan


def run(operation: str, image: Any, **parameters: Any) -> Any:
    """Run an operation by its name.

    Parameters
    ----------
    operation : str
        ``run("laplacian", image, …)`` is ``fiji_bridge.laplacian(image, …)``.
    image : ndarray, xarray.DataArray, ij.ImagePlus, CalibratedImage or path
    **parameters
        As the function takes them.

    Returns
    -------
    What the function gives: the same type as `image`, several images, or a report.

    Raises
    ------
    ArgumentError
        For an operation or a keyword that does not exist; the nearest one is named.
    InputError, RuntimeStartError
        As the function does.

    Examples
    --------
    >>> fiji_bridge.run("median", "stack.tif", radius="0.5 um").shape
    (25, 81, 81)
    """
    return function(operation)(image, **parameters)


def plan(image: Any, operation: str = "gaussian", **parameters: Any) -> Plan:
    """Return what an operation would do, without touching a sample or starting Java.

    Parameters
    ----------
    image : ndarray, xarray.DataArray, ij.ImagePlus, CalibratedImage or path
    operation : str
        ``plan(image, "laplacian", …)`` is ``fiji_bridge.laplacian.plan(image, …)``.
    **parameters
        As the function takes them.

    Returns
    -------
    Plan
        ``print(plan.table())`` shows it; ``as_dict()``, ``to_dataframe()`` and ``needed_bytes``
        are for programs. The plan of a blur is a `BlurPlan`: requested σ, voxel size, σ in pixels,
        radius, effective σ, warnings.

    Raises
    ------
    InputError
        As the function would.

    Examples
    --------
    >>> plan = fiji_bridge.plan("stack.tif", "gaussian", sigma="1 um")
    >>> [round(axis.sigma_px, 3) for axis in plan.axes]
    [0.5, 2.222, 2.222]
    """
    made: Plan = function(operation).plan(image, **parameters)
    return made
