"""``ij.measure.ResultsTable`` is made to tell which tables would be shown.

Without a screen ImageJ shows none, and keeps only that which is titled Results. The class is
changed before it is loaded, so not in a JVM that others have started: there only Results are kept.
"""

from __future__ import annotations

from fiji_bridge.jvm.classes import ClassChange

_CLASS = "ij.measure.ResultsTable"
_FIRST = "org.fijibridge.bridge.Watched.shown(this, $1);"


def install() -> None:
    """Define the class; it must not have been loaded."""
    change = ClassChange(_CLASS)
    for method in change.changed.getDeclaredMethods("show"):
        method.insertBefore(_FIRST)
    change.define()
