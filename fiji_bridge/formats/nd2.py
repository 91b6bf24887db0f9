"""Nikon's ND2. Read by BioIO's plugin, `formats/bioio_files.py`."""

from __future__ import annotations

from fiji_bridge.formats.bioio_files import by_plugin
from fiji_bridge.formats.registry import Probe


def _recognises(probe: Probe) -> bool:
    # The second is JPEG 2000, as NIS-Elements wrote it before 2009; others write it as well.
    legacy = probe.head[4:8] == b"jP  " and probe.path.suffix.lower() == ".nd2"
    return probe.head[:4] == b"\xda\xce\xbe\x0a" or legacy


ND2 = by_plugin("ND2", _recognises, "bioio_nd2")
