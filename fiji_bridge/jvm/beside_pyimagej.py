"""PyImageJ imported after a JVM has started that it cannot use."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

from fiji_bridge.jvm.guest import located

#: What imglyb, which PyImageJ imports, asks a running JVM for as soon as it is imported.
_NEEDED = "net/imglib2/python/Helpers.class"


class _Refusal(MetaPathFinder):
    """Says at ``import imagej`` what a bare TypeError about a class would not."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name == "imglyb":
            raise ImportError(
                "PyImageJ needs the jars imglib2-imglyb and imglib2-unsafe in the JVM, and the "
                "one that fiji_bridge has started has none; call imagej.init(...) before "
                "fiji_bridge, which then uses the same JVM, or start fiji_bridge with a Fiji "
                "that has them: fiji_bridge.start(fiji=...)",
                name=name,
            )
        return None


def refuse_imglyb() -> None:
    """See to it that a later ``import imagej`` explains itself, if it could not succeed."""
    if "imglyb" not in sys.modules and located(_NEEDED) is None:
        sys.meta_path.insert(0, _Refusal())
