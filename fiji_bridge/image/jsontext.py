"""Reading JSON that others may have written."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from fiji_bridge.image.texts import encodable


def json_text(value: Any) -> str:
    """Return plain values as JSON in ASCII that every reader of JSON takes.

    Halves of surrogate pairs, which a name of odd bytes has, are replaced.
    """
    return json.dumps(json.loads(encodable(json.dumps(value, ensure_ascii=False))))


def read_json(text: str | bytes) -> Any:
    """Return the value of a JSON text that others may have written.

    Raises
    ------
    ValueError
        For what is no JSON, and for texts nested deeper than some hundred brackets: `json` would
        recurse as deep, which ends Python where a JVM has taken the end of its stack.
    """
    from pydantic_core import from_json

    try:
        return from_json(text, allow_inf_nan=True)
    except TypeError as error:  # lone surrogates
        raise ValueError(str(error)) from None


def parse_json(text: str | bytes | None) -> Any:
    """Return the value of a JSON text as `read_json` does, or None where it is none."""
    try:
        return read_json(text or "")
    except ValueError:
        return None


def indented(value: Mapping[str, Any]) -> str:
    """Return plain values as JSON for people and programs; NaN and infinities become null."""
    return encodable(json.dumps(_plain(value), indent=2, ensure_ascii=False))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
