"""The same thing said in other ways: Python, the command line, a recorded macro, HTTP."""

from __future__ import annotations

import contextlib
import json
import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fiji_bridge.errors import InputError
from fiji_bridge.image.lengths import read_lengths
from fiji_bridge.install.examples import macro_options
from fiji_bridge.ops.operation import Operation, Result
from fiji_bridge.ops.parameter import Kind


def same_as(
    operation: Operation, asked: Mapping[str, Any], name: str, result: str = "result.tif"
) -> dict[str, str]:
    """Return the lines that do exactly what is asked; the macro only where one can say it.

    Parameters
    ----------
    operation : Operation
    asked : mapping
    name : str
        Of the image's file.
    result : str
        Of the file that the program writes.
    """
    given = asked["parameters"]
    understood = {key: asked[key] for key in ("voxel_size", "unit") if asked.get(key) is not None}
    words = [f"{key}={value!r}" for key, value in {**given, **understood}.items()]
    found = {
        "python": f"fiji_bridge.{operation.name}(image{''.join(f', {word}' for word in words)})",
        "http": json.dumps(
            {"operation": operation.name, "parameters": dict(given), **understood},
            ensure_ascii=False,
        ),
    }
    options = _options(operation, given)
    if options is not None and "unit" not in understood:
        out = [] if operation.result is Result.REPORT else [result]
        voxels = ["--voxel-size", understood["voxel_size"]] if understood else []
        command = operation.name.replace("_", "-")
        found["command line"] = shlex.join(["fiji-bridge", command, name, *out, *options, *voxels])
    with contextlib.suppress(InputError, AttributeError, TypeError, ValueError):
        if not understood and result.endswith(".tif") and _in_macro(operation, given):
            line = macro_options(replace(operation, example=given))
            found["macro"] = f'run("{operation.title}...", "{line}");'
    return found


def _options(operation: Operation, given: Mapping[str, Any]) -> list[str] | None:
    found = []
    for key, value in given.items():
        flag = "--" + key.replace("_", "-")
        if isinstance(value, Mapping):
            value = ", ".join(f"{axis}={length}" for axis, length in value.items())
        if value is True:
            found.append(flag)
        elif isinstance(value, str | int | float) and value is not False:
            # A value that begins with a dash would be taken for an option.
            found.append(f"{flag}={value}")
        elif value not in (None, False):
            return None
    return found


def _in_macro(operation: Operation, given: Mapping[str, Any]) -> bool:
    """Whether a macro's fields hold these values: one length for all axes, no quotes."""
    known = {parameter.name: parameter for parameter in operation.parameters}
    for key, value in given.items():
        parameter = known[key]
        if not parameter.in_macro or (isinstance(value, str) and set(value) & set('"[]\\\n')):
            return False
        if parameter.kind is Kind.WIDTH and len(set(read_lengths(value, "zyx").values())) != 1:
            return False
    return True
