"""The operations as Boutiques tools, schema 0.5.

T. Glatard et al., GigaScience 7, 2018, giy016. The command line is one of a shell, into which the
runner puts its values quoted.
"""

from __future__ import annotations

import json
from typing import Any

from fiji_bridge._version import __version__
from fiji_bridge.engines.select import ENGINES
from fiji_bridge.ops.operation import Operation, Result
from fiji_bridge.ops.parameter import Kind, Parameter
from fiji_bridge.ops.registry import REGISTRY

_TYPES = {Kind.NUMBER: "Number", Kind.INTEGER: "Number", Kind.FLAG: "Flag"}


def generate() -> dict[str, str]:
    """Return the tools by file name, one per operation."""
    return {
        f"{operation.name}.json": json.dumps(tool(operation), indent=2, ensure_ascii=False) + "\n"
        for operation in REGISTRY.values()
    }


def tool(operation: Operation) -> dict[str, Any]:
    """Return the tool of an operation as JSON holds it."""
    options = [_input(parameter) for parameter in operation.parameters]
    options.append(
        _option("voxel_size", "String", "Voxel size, instead of the file's: '2 0.45 0.45 um'.")
    )
    if operation.uses_engine:
        options.append(
            _option("engine", "String", "Which engine computes.") | {"value-choices": list(ENGINES)}
        )
        options.append(_option("threads", "Number", "By default all processors.", integer=True))
    given = [{**_place("image", "File"), "description": "The image to read."}]
    report = operation.result is Result.REPORT
    if not report:
        named = "Name of the result, which ends in .tif."
        default = f"{operation.name}.tif"
        given.append(
            {**_place("output", "String"), "description": named, "default-value": default,
             "optional": True}
        )  # fmt: skip
    inputs = [*given, *options]
    words = ["fiji-bridge", operation.name.replace("_", "-"), *(i["value-key"] for i in inputs)]
    return {
        "name": f"fiji-bridge-{operation.name.replace('_', '-')}",
        "description": operation.summary,
        "tool-version": __version__,
        "schema-version": "0.5",
        "command-line": " ".join(words) + (f" > {operation.name}.txt" if report else ""),
        "inputs": inputs,
        "output-files": [_output(operation)],
    }


def _place(name: str, kind: str) -> dict[str, Any]:
    return {"id": name, "name": name, "type": kind, "value-key": f"[{name.upper()}]"}


def _option(name: str, kind: str, doc: str, *, integer: bool = False) -> dict[str, Any]:
    found = _place(name, kind) | {
        "description": doc,
        "optional": True,
        "command-line-flag": "--" + name.replace("_", "-"),
    }
    return found | ({"integer": True} if integer else {})


def _input(parameter: Parameter) -> dict[str, Any]:
    found = _option(
        parameter.name,
        _TYPES.get(parameter.kind, "String"),
        parameter.sentence,
        integer=parameter.kind is Kind.INTEGER,
    )
    if parameter.required:
        found["optional"] = False
    if parameter.kind is Kind.CHOICE:
        found["value-choices"] = list(parameter.choices)
    if parameter.default is not None and parameter.kind is not Kind.FLAG:
        found["default-value"] = parameter.default
    return found


def _output(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {"id": "result", "name": "result"}
    if operation.result is Result.REPORT:
        return found | {"path-template": f"{operation.name}.txt"}
    if operation.result is Result.IMAGE:
        return found | {"path-template": "[OUTPUT]"}
    return found | {
        "path-template": "[OUTPUT]-*.tif",
        "path-template-stripped-extensions": [".tif"],
        "list": True,
    }
