"""Provenance as text: where it is kept in files and in ImageJ, and how it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fiji_bridge.image.jsontext import json_text, parse_json

#: Key of the image property, and name of the OME annotation, that hold the provenance.
PROVENANCE_KEY = "fiji_bridge.provenance"
#: Image property in which ImageJ keeps the label of a single plane.
LABEL_KEY = "Slice_Label"

Provenance = tuple[Mapping[str, Any], ...]


def to_text(provenance: Sequence[Mapping[str, Any]]) -> str:
    """Return the entries as JSON, ASCII only."""
    return json_text([dict(entry) for entry in provenance])


def to_entries(text: str | None) -> Provenance:
    """Read what `to_text` wrote; nothing for any other text."""
    found = parse_json(text)
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        return ()
    return tuple(found)


def as_property(provenance: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the image property for a provenance; none for an empty one."""
    return {PROVENANCE_KEY: to_text(provenance)} if provenance else {}


def take(properties: Mapping[str, str]) -> tuple[dict[str, str], Provenance]:
    """Split image properties into the others and the provenance, if it can be read."""
    found = to_entries(properties.get(PROVENANCE_KEY))
    others = {k: v for k, v in properties.items() if not (found and k == PROVENANCE_KEY)}
    return others, found
