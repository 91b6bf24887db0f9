"""The typical run of an operation, as Python, the command line and macros write it."""

from __future__ import annotations

from typing import Any

from fiji_bridge.image.lengths import read_lengths
from fiji_bridge.image.units import Length
from fiji_bridge.ops.operation import Operation
from fiji_bridge.ops.parameter import Kind, Parameter


def program_options(operation: Operation) -> list[str]:
    """Return the options of the subcommand."""
    found = []
    for name, value in operation.example.items():
        flag = "--" + name.replace("_", "-")
        found += [flag] if value is True else [flag, str(value)]
    return found


def macro_values(operation: Operation) -> dict[str, str]:
    """Return the values of the fields of a dialog; a flag that is set holds its own name."""
    known = {parameter.name: parameter for parameter in operation.parameters}
    found: dict[str, str] = {}
    for name, value in operation.example.items():
        found |= _values(known[name], value)
    return found


def macro_options(operation: Operation) -> str:
    """Return the options as ImageJ records them."""
    return " ".join(
        key if key == value else f"{key}=[{value}]" if " " in value else f"{key}={value}"
        for key, value in macro_values(operation).items()
    )


def _values(parameter: Parameter, value: Any) -> dict[str, str]:
    if parameter.kind is Kind.WIDTH:
        length: Length = read_lengths(value, ["x"])["x"]
        return {parameter.name: f"{length.value:g}", "unit": _ascii(length)}
    if parameter.kind is Kind.FLAG:
        return {parameter.name: parameter.name} if value else {}
    return {parameter.name: f"{value:g}" if isinstance(value, float) else str(value)}


def _ascii(length: Length) -> str:
    """Return a unit as the dialog offers it."""
    return {"micrometer": "um", "nanometer": "nm", "millimeter": "mm"}.get(
        length.unit or "", length.unit or "pixel"
    )
