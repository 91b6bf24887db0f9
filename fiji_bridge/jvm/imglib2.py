"""Images of ImgLib2 over NumPy's memory, and NumPy arrays over theirs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.errors import DTypeError, InputError
from fiji_bridge.image.memory import readable

#: ImgLib2's types, the samples, and the factory of `ArrayImgs`.
TYPES = {
    "UnsignedByteType": ("uint8", "unsignedBytes"),
    "ByteType": ("int8", "bytes"),
    "UnsignedShortType": ("uint16", "unsignedShorts"),
    "ShortType": ("int16", "shorts"),
    "UnsignedIntType": ("uint32", "unsignedInts"),
    "IntType": ("int32", "ints"),
    "FloatType": ("float32", "floats"),
    "DoubleType": ("float64", "doubles"),
}
_FACTORIES = dict(TYPES.values())
_NIO = "net.imglib2.img.basictypeaccess.nio."
_ACCESSES = {1: "ByteBufferAccess", 2: "ShortBufferAccess", 4: "IntBufferAccess"}
_FLOATS = {4: "FloatBufferAccess", 8: "DoubleBufferAccess"}
#: A buffer ends there.
_LARGEST = 2**31 - 1


def copied(data: NDArray[Any]) -> Any:
    """Return an ``ArrayImg`` with a copy of the samples, in a Java array.

    Raises
    ------
    DTypeError
        If ImgLib2 has no such type.
    """
    import jpype

    factory = _factory(data)
    kind = {1: jpype.JByte, 2: jpype.JShort, 4: jpype.JInt, 8: jpype.JDouble}[data.dtype.itemsize]
    bits = np.ascontiguousarray(data, data.dtype.newbyteorder("="))
    if bits.dtype == np.float32:
        kind = jpype.JFloat
    elif bits.dtype.kind == "u":
        bits = bits.view(bits.dtype.name[1:])
    return factory(jpype.JArray(kind)(bits.reshape(-1)), _sizes(data.shape))


def shared(data: NDArray[Any]) -> Any:
    """Return an ``ArrayImg`` over the memory of an array, which lives as long as that does.

    Raises
    ------
    DTypeError
        If ImgLib2 has no such type.
    InputError
        Says why the memory cannot be shared.
    """
    import jpype

    factory = _factory(data)
    reasons = {
        "it is read-only": not data.flags.writeable,
        "its samples do not lie one behind the other (in C order)": not data.flags.c_contiguous,
        "its bytes are in another order than this machine's": not data.dtype.isnative,
        f"a buffer of Java ends at 2 GiB, and it has {readable(data.nbytes)}": (
            data.nbytes > _LARGEST
        ),
        "it has no samples": data.size == 0,
    }
    why = next((reason for reason, holds in reasons.items() if holds), None)
    if why is not None:
        raise InputError(f"the array cannot be shared with ImgLib2: {why}; copy it (copy=True)")
    memory = memoryview(data.reshape(-1).view(np.uint8).data)
    order = jpype.JClass("java.nio.ByteOrder").nativeOrder()
    buffer = jpype.nio.convertToDirectBuffer(memory).order(order)
    known = _FLOATS if data.dtype.kind == "f" else _ACCESSES
    access = jpype.JClass(_NIO + known[data.dtype.itemsize])(buffer, True)
    return factory(access, _sizes(data.shape))


def samples_of(source: Any, dtype: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Return the samples of any image: its memory where that is a buffer's, else a copy.

    Parameters
    ----------
    source : RandomAccessibleInterval
    dtype : dtype
    shape : tuple of int
        In Python's order.
    """
    import jpype

    buffer = buffer_of(source)
    if buffer is not None:
        return np.frombuffer(memoryview(buffer), dtype, math.prod(shape)).reshape(shape)
    kind = jpype.JClass("net.imglib2.util.Util").getTypeFromInterval(source)
    zero = jpype.JClass("net.imglib2.view.Views").zeroMin(source)
    target = jpype.JClass("net.imglib2.img.array.ArrayImgFactory")(kind).create(_sizes(shape))
    jpype.JClass("net.imglib2.util.ImgUtil").copy(zero, target)
    array = target.update(None).getCurrentStorageArray()
    return np.frombuffer(memoryview(array), dtype).reshape(shape).copy()


def buffer_of(obj: Any) -> Any:
    """Return the buffer that an image has its samples in; None where they lie in Java's heap.

    Parameters
    ----------
    obj : net.imagej.Dataset, ImgPlus, DatasetView or RandomAccessibleInterval, or anything else
    """
    for inside in ("getData", "getImgPlus", "getImg"):
        if hasattr(obj, inside):
            obj = getattr(obj, inside)()
    if not hasattr(obj, "randomAccess"):
        return None
    import jpype

    if not isinstance(obj, jpype.JClass("net.imglib2.img.array.ArrayImg")):
        return None
    found = getattr(obj.update(None), "getCurrentStorageArray", lambda: None)()
    direct = isinstance(found, jpype.JClass("java.nio.Buffer")) and found.isDirect()
    return found if direct else None


def _factory(data: NDArray[Any]) -> Any:
    import jpype

    name = data.dtype.newbyteorder("=").name
    if name not in _FACTORIES:
        raise DTypeError(
            f"ImgLib2 cannot be given samples of type {name}; convert the array first, for example "
            "with array.astype('float32')"
        )
    return getattr(jpype.JClass("net.imglib2.img.array.ArrayImgs"), _FACTORIES[name])


def _sizes(shape: tuple[int, ...]) -> Any:
    """Return the sizes in ImgLib2's order."""
    import jpype

    return jpype.JArray(jpype.JLong)(list(reversed(shape)))
