"""JSON Schema of the operations, from the declarations that Python, program and macros have too."""

from __future__ import annotations

from typing import Any

from fiji_bridge.ops.operation import Operation
from fiji_bridge.ops.parameter import Kind, Parameter

#: The longest text of a parameter; a kernel of many rows fits.
_LONGEST = 4000
_LENGTH: dict[str, Any] = {
    "anyOf": [
        {"type": "string", "maxLength": _LONGEST},
        {"type": "number"},
        {
            "type": "array",
            "minItems": 1,
            "maxItems": 3,
            "items": {"anyOf": [{"type": "string", "maxLength": 100}, {"type": "number"}]},
        },
        {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"enum": ["z", "y", "x"]},
            "additionalProperties": {
                "anyOf": [{"type": "string", "maxLength": 100}, {"type": "number"}]
            },
        },
    ]
}


def described(operation: Operation) -> dict[str, Any]:
    """Return what a client has to know of an operation."""
    return {
        "name": operation.name,
        "title": operation.title,
        "summary": operation.summary,
        "group": operation.group,
        "result": operation.result.value,
        "uses_engine": operation.uses_engine,
        "example": {**operation.example},
        "parameters": schema(operation),
    }


def schema(operation: Operation) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the parameters of an operation."""
    return {
        "type": "object",
        "title": operation.title,
        "description": operation.summary,
        "additionalProperties": False,
        "properties": {one.name: _one(one) for one in operation.parameters},
        "required": [one.name for one in operation.parameters if one.required],
    }


def _one(parameter: Parameter) -> dict[str, Any]:
    kinds: dict[Kind, dict[str, Any]] = {
        Kind.WIDTH: _LENGTH,
        Kind.LENGTHS: _LENGTH,
        Kind.NUMBER: {"type": "number"},
        Kind.INTEGER: {"type": "integer"},
        Kind.FLAG: {"type": "boolean"},
        Kind.TEXT: {"type": "string", "maxLength": _LONGEST},
        Kind.CHOICE: {"enum": list(parameter.choices)},
    }
    made = dict(kinds[parameter.kind])
    if parameter.default is None and not parameter.required:
        made = {"anyOf": [made, {"type": "null"}]}
    made |= {
        "title": parameter.title,
        "description": parameter.sentence,
        "x-kind": parameter.kind.value,
    }
    if not parameter.required:
        made["default"] = parameter.default
    return made
