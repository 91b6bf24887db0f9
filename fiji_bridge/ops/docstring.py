"""The docstring of an operation: what it leaves out is what its parameters say of themselves."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from textwrap import indent, wrap
from typing import Any

from fiji_bridge.ops.parameter import Parameter
from fiji_bridge.ops.parameters import HOW

_IMAGE = (
    "image",
    "ndarray, xarray.DataArray, ij.ImagePlus, CalibratedImage or path",
    "An array of two dimensions is (y, x), of three (z, y, x); more need `axes`.\n"
    "Types: int8 … int32, uint8 … uint32, float16, float32, float64; any memory layout.\n"
    "A path is read, and gives a `CalibratedImage`.",
)
_SECTION = re.compile(r"^Parameters\n-+\n", re.M)
_NEXT = re.compile(r"^\S[^\n]*\n-{3,}$", re.M)


def typical_call(name: str, example: Mapping[str, Any], image: str = "image") -> str:
    """Return the call of an operation's function that its declaration gives as an example."""
    words = [image, *(f"{keyword}={value!r}" for keyword, value in example.items())]
    return f"fiji_bridge.{name}({', '.join(words)})"


def completed(
    doc: str | None, parameters: Sequence[Parameter], context: Sequence[str], call: str
) -> str | None:
    """Return a numpydoc text in which every parameter is described, in order, with an example.

    Parameters
    ----------
    doc : str or None
        None where Python strips docstrings.
    parameters : sequence of Parameter
        One that `doc` does not describe is described by its own help.
    context : sequence of str
        Names out of `HOW`, described as that table does.
    call : str
        A typical one; see `typical_call`.
    """
    if doc is None:
        return None
    text = inspect.cleandoc(doc)
    start = _SECTION.search(text)
    begin = start.end() if start else 0
    after = _NEXT.search(text, begin)
    end = after.start() if after else len(text)
    said = _entries(text[begin:end]) if start else {}
    known = dict([(_IMAGE[0], _entry(*_IMAGE))])
    for parameter in parameters:
        known[parameter.name] = _entry(parameter.name, parameter.type_text, _wrapped(parameter))
    known |= {name: _entry(name, *HOW[name]) for name in context}
    # An entry may describe several at once: it stands where the first of them does.
    chosen = dict.fromkeys(said.get(name, own) for name, own in known.items())
    before = text[: start.start()] if start else text[:end].rstrip() + "\n\n"
    section = "Parameters\n----------\n" + "\n".join(chosen)
    example = (
        "Examples\n--------\n>>> import fiji_bridge\n"
        f'>>> image = fiji_bridge.read("stack.tif")\n>>> result = {call}\n'
    )
    return f"{before}{section}\n\n{text[end:]}".rstrip() + f"\n\n{example}"


def _entries(section: str) -> dict[str, str]:
    """Return the entries of a section, by each name that they describe."""
    found: dict[str, str] = {}
    for entry in re.split(r"\n(?=\S)", section.strip("\n")):
        for name in entry.partition("\n")[0].partition(" : ")[0].split(","):
            found[name.strip().strip("*")] = entry.rstrip()
    return found


def _entry(name: str, kind: str, text: str) -> str:
    return f"{name} : {kind}\n{indent(text, '    ')}"


def _wrapped(parameter: Parameter) -> str:
    return "\n".join(wrap(parameter.sentence, 92))
