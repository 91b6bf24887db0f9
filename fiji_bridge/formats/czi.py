"""Zeiss's CZI. Read by BioIO's plugin, `formats/bioio_files.py`."""

from __future__ import annotations

from fiji_bridge.formats.bioio_files import by_plugin

#: The plugin is under the GPL and so not in the extra.
CZI = by_plugin("CZI", lambda probe: probe.head[:10] == b"ZISRAWFILE", "bioio_czi", " bioio-czi")
