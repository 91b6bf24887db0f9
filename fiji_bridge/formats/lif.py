"""Leica's LIF. Read by BioIO's plugin, `formats/bioio_files.py`."""

from __future__ import annotations

from fiji_bridge.formats.bioio_files import by_plugin
from fiji_bridge.formats.registry import Probe


def _recognises(probe: Probe) -> bool:
    return probe.head[:4] == b"\x70\0\0\0" and probe.head[8:9] == b"\x2a"


LIF = by_plugin("LIF", _recognises, "bioio_lif")
