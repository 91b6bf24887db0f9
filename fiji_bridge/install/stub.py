"""What type checkers read of the operations.

A part of ``fiji_bridge/__init__.pyi`` names them, ``fiji_bridge/ops/by_name.pyi`` tells what `run`
gives for each name.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import get_args

import fiji_bridge
from fiji_bridge.convert.adapters import FilteredArray
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.results import Plan
from fiji_bridge.ops.operation import Result
from fiji_bridge.ops.registry import REGISTRY

PATH = Path(fiji_bridge.__file__).with_suffix(".pyi")
BY_NAME = PATH.parent / "ops" / "by_name.pyi"

_MARK = "# The operations; written by python -m fiji_bridge.install.macrogen.\n"

#: What goes into an operation that gives one image, and what comes out.
_KINDS = {
    "NDArray[Any]": "FilteredArray",
    "xarray.DataArray": "xarray.DataArray",
    "xarray.Dataset": "xarray.Dataset",
    "LayerData": "LayerData",
    "CalibratedImage | str | os.PathLike[str]": "CalibratedImage",
}

_BY_NAME_HEAD = '''\
"""What `run` gives for each name; written by python -m fiji_bridge.install.macrogen."""

import os
from typing import Any, Literal, overload

import xarray
from numpy.typing import NDArray

'''

_BY_NAME_TAIL = """\
def plan(image: Any, operation: str = "gaussian", **parameters: Any) -> Plan: ...
"""


def generate(folder: Path = PATH.parent / "ops") -> str:
    """Return the stub with a line for each operation whose file is in a folder."""
    before, mark, _ = PATH.read_text(encoding="utf-8").partition(_MARK)
    if not mark:
        raise ValueError(f"{PATH} lacks the line {_MARK!r}")
    return before + mark + "".join(f"from .ops.{n} import {n} as {n}\n" for n in _names(folder))


def by_name(folder: Path = PATH.parent / "ops") -> str:
    """Return the stub of `fiji_bridge.ops.by_name` for the operations of a folder."""
    operations = {name: REGISTRY[name] for name in _names(folder)}
    filters = [name for name, found in operations.items() if found.result is Result.IMAGE]
    results = {
        name: get_args(inspect.signature(found.prepare, eval_str=True).return_annotation)[1]
        for name, found in operations.items()
        if name not in filters
    }
    taken = {FilteredArray, CalibratedImage, Plan, *results.values()}
    modules = {"fiji_bridge.ops.operation": {"LayerData"}}
    for kind in taken:
        modules.setdefault(kind.__module__, set()).add(kind.__name__)
    imports = [f"from {m} import {', '.join(sorted(n))}\n" for m, n in sorted(modules.items())]
    names = "".join(f'    "{name}",\n' for name in filters)
    overloads = [_overload("_Filter", image, result) for image, result in _KINDS.items()]
    overloads += [_overload(f'Literal["{n}"]', "Any", r.__name__) for n, r in results.items()]
    overloads.append(_overload("str", "Any", "Any"))
    names = f"\n_Filter = Literal[\n{names}]\n\n"
    return "".join([_BY_NAME_HEAD, *imports, names, *overloads, _BY_NAME_TAIL])


def _names(folder: Path) -> list[str]:
    return sorted(name for name, path in REGISTRY.sources().items() if path.parent == folder)


def _overload(name: str, image: str, result: str) -> str:
    taken = f"operation: {name}, image: {image}, **parameters: Any"
    if len(taken) + len(result) > 78:  # the formatter's way with long lines
        taken = f"\n    {taken}\n"
    return f"@overload\ndef run({taken}) -> {result}: ...\n"
