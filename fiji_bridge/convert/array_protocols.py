"""Arrays of other libraries that speak DLPack: PyTorch, CuPy, JAX and others, on the CPU."""

from __future__ import annotations

from typing import Any

import numpy as np

from fiji_bridge.convert.arrays import from_array, to_array
from fiji_bridge.convert.registry import Kind
from fiji_bridge.errors import InputError
from fiji_bridge.image.calibrated import CalibratedImage

#: DLDeviceType of memory that the processor reads: kDLCPU and kDLCUDAHost.
_READABLE = (1, 3)


def from_exchange(array: Any, axes: str | None = None) -> CalibratedImage:
    """Read an array over DLPack, without a copy.

    Raises
    ------
    InputError
        For an array in the memory of another device.
    """
    kind = f"{type(array).__module__.partition('.')[0]}.{type(array).__qualname__}"
    device = int(array.__dlpack_device__()[0])
    if device not in _READABLE:
        raise InputError(
            f"the {kind} lies in the memory of another device; bring it to the CPU first "
            "(.cpu() for PyTorch, .get() for CuPy)"
        )
    if getattr(array, "requires_grad", False):
        array = array.detach()
    return from_array(np.from_dlpack(array), axes, f"a {kind}")


def to_exchange(original: Any, result: CalibratedImage) -> Any:
    """Return an array of the same library, on the CPU."""
    data = np.ascontiguousarray(result.data)
    space = getattr(original, "__array_namespace__", None)
    if space is not None:
        return space().asarray(data)
    import sys

    library = sys.modules.get(type(original).__module__.partition(".")[0])
    take = getattr(library, "as_tensor", None) or getattr(library, "from_dlpack", None)
    return to_array(original, result) if take is None else take(data)


def _recognises(obj: Any) -> bool:
    return hasattr(obj, "__dlpack__") and hasattr(obj, "__dlpack_device__")


KIND = Kind(
    "an array with DLPack (PyTorch, CuPy on the CPU)", (), from_exchange, to_exchange, _recognises
)
