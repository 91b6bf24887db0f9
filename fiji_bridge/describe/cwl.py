"""The operations as tools of the Common Workflow Language, v1.2.

CWL is YAML, of which JSON is a part; JSON needs no further library. Nothing here needs JavaScript
(``InlineJavascriptRequirement``), so that a runner needs no Node.js.
"""

from __future__ import annotations

import json
from typing import Any

from fiji_bridge._version import __version__
from fiji_bridge.engines.select import ENGINES
from fiji_bridge.ops.operation import Operation, Result
from fiji_bridge.ops.parameter import Kind, Parameter
from fiji_bridge.ops.registry import REGISTRY

_TYPES = {
    Kind.WIDTH: "string",
    Kind.LENGTHS: "string",
    Kind.TEXT: "string",
    Kind.NUMBER: "double",
    Kind.INTEGER: "int",
    Kind.FLAG: "boolean",
}


def generate() -> dict[str, str]:
    """Return the tools by file name, one per operation."""
    return {
        f"{operation.name}.cwl": json.dumps(tool(operation), indent=2, ensure_ascii=False) + "\n"
        for operation in REGISTRY.values()
    }


def tool(operation: Operation) -> dict[str, Any]:
    """Return the tool of an operation as JSON holds it."""
    inputs: dict[str, Any] = {
        "image": {"type": "File", "inputBinding": {"position": 1}, "doc": "The image to read."}
    }
    inputs |= {parameter.name: _input(parameter) for parameter in operation.parameters}
    inputs["voxel_size"] = _option(
        "voxel_size", "string", "Voxel size, instead of the file's: '2 0.45 0.45 um'."
    )
    if operation.uses_engine:
        inputs["engine"] = _option("engine", _one_of(ENGINES), "Which engine computes.")
        inputs["threads"] = _option("threads", "int", "By default all processors.")
    described: dict[str, Any] = {
        "cwlVersion": "v1.2",
        "class": "CommandLineTool",
        "label": operation.title,
        "doc": operation.summary,
        "hints": {"SoftwareRequirement": {"packages": {"fiji-bridge": {"version": [__version__]}}}},
        "baseCommand": ["fiji-bridge", operation.name.replace("_", "-")],
        "inputs": inputs,
    }
    return described | _result(operation, inputs)


def _input(parameter: Parameter) -> dict[str, Any]:
    kind = _one_of(parameter.choices) if parameter.kind is Kind.CHOICE else _TYPES[parameter.kind]
    found = _option(parameter.name, kind, parameter.sentence)
    if parameter.required:
        found["type"] = kind
    if parameter.default is not None:
        found["default"] = parameter.default
    return found


def _option(name: str, kind: Any, doc: str) -> dict[str, Any]:
    prefix = "--" + name.replace("_", "-")
    return {
        "type": ["null", kind],
        "inputBinding": {"position": 3, "prefix": prefix},
        "doc": doc,
    }


def _one_of(choices: Any) -> dict[str, Any]:
    return {"type": "enum", "symbols": list(choices)}


def _result(operation: Operation, inputs: dict[str, Any]) -> dict[str, Any]:
    """Return what is said of the result, and add the input that names it."""
    if operation.result is Result.REPORT:
        return {"stdout": f"{operation.name}.txt", "outputs": {"report": {"type": "stdout"}}}
    inputs["output_name"] = {
        "type": "string",
        "default": operation.name,
        "inputBinding": {"position": 2, "valueFrom": "$(self).tif"},
        "doc": "Name of the result, without its ending .tif.",
    }
    if operation.result is Result.IMAGE:
        kind, glob = "File", "$(inputs.output_name).tif"
    else:
        kind, glob = "File[]", "$(inputs.output_name)-*.tif"
    return {"outputs": {"result": {"type": kind, "outputBinding": {"glob": glob}}}}
