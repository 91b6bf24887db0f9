"""The reference of the operations, from their declarations."""

from __future__ import annotations

import inspect
import shlex

from fiji_bridge.install.examples import macro_options, program_options
from fiji_bridge.ops.docstring import typical_call
from fiji_bridge.ops.operation import Operation
from fiji_bridge.ops.registry import REGISTRY, function

_HEAD = """# Operations

Made by `python -m fiji_bridge.install.macrogen` from the declarations in `fiji_bridge/ops/`.
"""

#: What stands before the first list of names in docs/reference.rst.
_LIST = ".. autosummary::\n   :toctree: generated\n   :nosignatures:\n\n"


def page() -> str:
    """Return the reference of all operations as Markdown."""
    return "\n".join([_HEAD, *(entry(operation) for operation in REGISTRY.values())])


def names(text: str) -> str:
    """Return ``docs/reference.rst`` with the names of all operations in its first list."""
    head, block, tail = text.partition(_LIST)
    _, gap, rest = tail.partition("\n\n")
    return head + block + "\n".join(f"   {name}" for name in sorted(REGISTRY)) + gap + rest


def entry(operation: Operation) -> str:
    """Return what there is to know of an operation: each way to it, and its docstring."""
    command = operation.name.replace("_", "-")
    out = "" if operation.result.value == "report" else " OUT"
    options = shlex.join(program_options(operation))
    lines = [
        f"## {operation.name}",
        "",
        operation.summary,
        "",
        "| | |",
        "|---|---|",
        f"| Python | `{typical_call(operation.name, operation.example)}` |",
        f"| command line | `fiji-bridge {command} IN{out} {options}` |",
        f'| ImageJ | `run("{operation.title}...", "{macro_options(operation)}");` |',
        f"| menu | {operation.menu.replace('>', ' › ')} |",
        "",
        "```text",
        inspect.getdoc(function(operation.name)) or "",
        "```",
        "",
    ]
    return "\n".join(lines)
