"""ImageJ's own 'Gaussian Blur 3D', called as a user's script would."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.cases import Case


def blur3d(volume: np.ndarray[Any, Any], case: Case) -> Callable[[], np.ndarray[Any, Any]]:
    """Return a function that blurs an ImageStack made of the volume.

    ImageJ works in place; the stack is made once and blurred again and again, which costs
    the same each time. Exchange with NumPy is not counted.
    """
    from fiji_bridge.jvm.session import start

    session = start()
    stack_type = session.jclass("ij.ImageStack")
    float_processor = session.jclass("ij.process.FloatProcessor")
    short_processor = session.jclass("ij.process.ShortProcessor")
    height, width = volume.shape[1:]
    stack = stack_type(width, height)
    for plane in volume:
        if volume.dtype == np.float32:
            processor = float_processor(width, height)
            processor.setPixels(_java_array(session, "float", plane))
        else:
            processor = short_processor(width, height)
            processor.setPixels(_java_array(session, "short", plane.view(np.int16)))
        stack.addSlice(processor)
    image = session.jclass("ij.ImagePlus")("volume", stack)
    blur = session.jclass("ij.plugin.GaussianBlur3D")
    z, y, x = case.sigma

    def run() -> np.ndarray[Any, Any]:
        blur.blur(image, x, y, z)
        return volume

    return run


def _java_array(session: Any, kind: str, plane: np.ndarray[Any, Any]) -> Any:
    from fiji_bridge.jvm.buffers import direct_buffers

    array = session.jclass("java.lang.reflect.Array")
    primitive = session.jclass("java.lang." + kind.capitalize()).TYPE
    target = array.newInstance(primitive, plane.size)
    contiguous = np.ascontiguousarray(plane)[np.newaxis]
    (buffer,) = direct_buffers(session, contiguous)
    order = session.jclass("java.nio.ByteOrder").nativeOrder()
    typed = getattr(buffer.order(order), f"as{kind.capitalize()}Buffer")()
    typed.get(target)
    return target
